"""What a document claims about itself, before anything is verified."""

from __future__ import annotations

import pytest

from mra_gateway.model.messages import Environment, MessageKind
from mra_gateway.model.trust import ClaimedHeader
from mra_gateway.wire.codec import encode
from mra_gateway.wire.header import peek
from mra_gateway.wire.xml import parse
from tests.support.messages import AT, CN, MN, a_notification, a_ping

NOTHING = ClaimedHeader()


def _peek(content: bytes) -> ClaimedHeader:
    return peek(parse(content, max_bytes=100_000))


def test_a_message_claims_what_its_envelope_says() -> None:
    message = a_notification()
    claimed = _peek(encode(message))
    assert claimed == ClaimedHeader(
        message_id=message.envelope.message_id,
        kind=MessageKind.STATUS_NOTIFICATION,
        environment=Environment.TEST,
        sender=CN,
        recipient=MN,
        created_at=AT,
    )


@pytest.mark.parametrize(
    "content",
    [
        b"<a/>",
        b'<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body/></Envelope>',
        b'<ExchangeMessage xmlns="urn:mra-gateway:exchange:1.0"/>',
        b'<ExchangeMessage xmlns="urn:mra-gateway:exchange:1.0"><Ping/></ExchangeMessage>',
        b'<ExchangeMessage xmlns="urn:mra-gateway:exchange:9.0"><Header><SenderID>CN</SenderID>'
        b"</Header></ExchangeMessage>",
    ],
)
def test_a_document_that_is_no_message_claims_nothing(content: bytes) -> None:
    assert _peek(content) == NOTHING


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b"<SenderID>CN</SenderID>", b"<SenderID>China</SenderID>", "sender"),
        (b"<SenderID>CN</SenderID>", b"<SenderID></SenderID>", "sender"),
        (b"<SenderID>CN</SenderID>", b"<SenderID>C<b/>N</SenderID>", "sender"),
        (b"<SenderID>CN</SenderID>", b"<SenderID>CN</SenderID><SenderID>MN</SenderID>", "sender"),
        (b"<TypeCode>Ping</TypeCode>", b"<TypeCode>Pong</TypeCode>", "kind"),
        (b"2026-03-01T08:30:00Z", b"2026-03-01T08:30:00", "created_at"),
        (b"2026-03-01T08:30:00Z", b"yesterday", "created_at"),
        (b"<EnvironmentCode>test<", b"<EnvironmentCode>live<", "environment"),
    ],
)
def test_a_claim_that_cannot_be_read_is_none_and_the_others_stay(
    old: bytes, new: bytes, field: str
) -> None:
    genuine = encode(a_ping())
    assert old in genuine
    claimed = _peek(genuine.replace(old, new))
    untouched = _peek(genuine)
    assert getattr(claimed, field) is None
    assert getattr(untouched, field) is not None
    assert claimed == untouched.model_copy(update={field: None})
