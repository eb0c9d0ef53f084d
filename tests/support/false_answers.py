"""The table of false answers: what comes back, on our own connection, in place of a receipt.

A row makes a reply out of the genuine one. Nothing is settled on it, the message stays where it is
and is sent again; the untouched twin, the genuine receipt, then settles it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mra_gateway.errors import Reason
from mra_gateway.model.identifiers import Digest, MessageId
from mra_gateway.model.messages import Environment, Ping
from mra_gateway.wire.codec import encode
from tests.support.attacks import replaced
from tests.support.counterpart import Answerer, Occasion, Reply, genuine
from tests.support.live import KZ, MN, live_side
from tests.support.messages import a_message, a_uuid
from tests.support.pki import Side


@dataclass(frozen=True)
class FalseAnswer:
    """One row of the table.

    Attributes:
        name: Short, unique.
        description: One line.
        reason: Why the message waits on.
        is_kept: Whether the answer is kept as evidence: it did not verify.
        make: Makes the reply.
        shown: Whose TLS certificate the server shows; None: its own.
    """

    name: str
    description: str
    reason: Reason
    is_kept: bool
    make: Answerer
    shown: Side | None = None


ROWS: list[FalseAnswer] = []


def _row(name: str, reason: Reason, *, is_kept: bool = False) -> Callable[[Answerer], Answerer]:
    def add(make: Answerer) -> Answerer:
        description = (make.__doc__ or "").strip().splitlines()[0]
        ROWS.append(FalseAnswer(name, description, reason, is_kept, make))
        return make

    return add


def _with(occasion: Occasion, *, by: Side | None = None, **envelope: Any) -> Reply:
    message = occasion.receipt
    changed = message.model_copy(update={"envelope": message.envelope.model_copy(update=envelope)})
    return Reply(occasion.sign(changed, by=by))


def _saying(occasion: Occasion, **body: Any) -> Reply:
    message = occasion.receipt
    return Reply(
        occasion.sign(message.model_copy(update={"body": message.body.model_copy(update=body)}))
    )


# a receipt, but not of this message


@_row("receipt-of-earlier-message", Reason.RECEIPT_NOT_FOR_THIS_MESSAGE)
def receipt_of_earlier_message(occasion: Occasion) -> Reply:
    """The genuine receipt of an earlier message, replayed."""
    return Reply(occasion.earlier)


@_row("receipt-of-other-message", Reason.RECEIPT_NOT_FOR_THIS_MESSAGE)
def receipt_of_other_message(occasion: Occasion) -> Reply:
    """A receipt that names another message."""
    return _saying(occasion, message_id=MessageId(a_uuid()))


@_row("receipt-of-other-content", Reason.RECEIPT_NOT_FOR_THIS_MESSAGE)
def receipt_of_other_content(occasion: Occasion) -> Reply:
    """A receipt that names the message and the digest of another content."""
    return _saying(occasion, digest=Digest("0" * 64))


@_row("message-for-a-receipt", Reason.RECEIPT_NOT_FOR_THIS_MESSAGE)
def message_for_a_receipt(occasion: Occasion) -> Reply:
    """A genuine message of the partner that is no receipt."""
    envelope = {"sender": occasion.side.territory, "recipient": MN, "created_at": occasion.at}
    return Reply(occasion.sign(a_message(Ping(), **envelope)))


# a receipt that does not verify


@_row("receipt-changed", Reason.DIGEST_MISMATCH, is_kept=True)
def receipt_changed(occasion: Occasion) -> Reply:
    """A refusal made into an acceptance by somebody without the key."""
    refused = _saying(occasion, outcome="refused").body or b""
    return Reply(replaced(refused, b"refused", b"accepted"))


@_row("receipt-unsigned", Reason.SIGNATURE_MISSING, is_kept=True)
def receipt_unsigned(occasion: Occasion) -> Reply:
    """The genuine receipt without its signature."""
    return Reply(encode(occasion.receipt))


@_row("receipt-signed-by-other-partner", Reason.CERTIFICATE_UNTRUSTED, is_kept=True)
def receipt_signed_by_other_partner(occasion: Occasion) -> Reply:
    """The right receipt, signed by another partner of ours."""
    return Reply(occasion.sign(occasion.receipt, by=live_side(KZ)))


@_row("receipt-of-other-partner", Reason.TLS_PEER_OF_OTHER_PARTNER, is_kept=True)
def receipt_of_other_partner(occasion: Occasion) -> Reply:
    """A genuine receipt by another partner, brought on this one's connection."""
    return _with(occasion, by=live_side(KZ), sender=KZ)


@_row("receipt-to-somebody-else", Reason.RECIPIENT_NOT_US, is_kept=True)
def receipt_to_somebody_else(occasion: Occasion) -> Reply:
    """A receipt addressed to another administration."""
    return _with(occasion, recipient=KZ)


@_row("receipt-of-other-environment", Reason.ENVIRONMENT_MISMATCH, is_kept=True)
def receipt_of_other_environment(occasion: Occasion) -> Reply:
    """A receipt of the production environment in the test environment."""
    return _with(occasion, environment=Environment.PRODUCTION)


@_row("receipt-created-ahead", Reason.CREATED_IN_FUTURE)
def receipt_created_ahead(occasion: Occasion) -> Reply:
    """A receipt created ten minutes ahead of our clock."""
    return _with(occasion, created_at=occasion.at + timedelta(minutes=10))


@_row("our-own-message-back", Reason.SENDER_UNKNOWN, is_kept=True)
def our_own_message_back(occasion: Occasion) -> Reply:
    """What we sent, sent back to us."""
    return Reply(occasion.content)


@_row("receipt-in-our-name", Reason.SENDER_UNKNOWN, is_kept=True)
def receipt_in_our_name(occasion: Occasion) -> Reply:
    """A receipt that names ourselves as its sender."""
    return _with(occasion, sender=MN)


@_row("nothing", Reason.NOT_WELL_FORMED, is_kept=True)
def nothing(occasion: Occasion) -> Reply:
    """No bytes at all, as XML."""
    return Reply(b"")


@_row("receipt-cut-off", Reason.NOT_WELL_FORMED, is_kept=True)
def receipt_cut_off(occasion: Occasion) -> Reply:
    """The first half of a receipt."""
    content = occasion.sign(occasion.receipt)
    return Reply(content[: len(content) // 2])


@_row("receipt-with-entity", Reason.DOCTYPE_PRESENT, is_kept=True)
def receipt_with_entity(occasion: Occasion) -> Reply:
    """A receipt behind a document type that names a local file."""
    content = occasion.sign(occasion.receipt)
    body = content[content.index(b"<Exchange") :]
    return Reply(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + body)


# no receipt


@_row("answer-page", Reason.PARTNER_PROBLEM)
def answer_page(occasion: Occasion) -> Reply:
    """A page, as a proxy with another idea of the address would send, with status 200."""
    return Reply(b"<html>welcome</html>", content_type="text/html")


@_row("answer-unsigned-acceptance", Reason.PARTNER_PROBLEM)
def answer_unsigned_acceptance(occasion: Occasion) -> Reply:
    """An unsigned JSON document with status 200 that says *accepted*."""
    return Reply(json.dumps({"outcome": "accepted"}).encode(), content_type="application/json")


@_row("answer-unsigned-refusal", Reason.PARTNER_PROBLEM)
def answer_unsigned_refusal(occasion: Occasion) -> Reply:
    """An unsigned problem document: not final, whatever it says."""
    problem = json.dumps({"code": "MESSAGE_ID_CONFLICT", "status": 409}).encode()
    return Reply(problem, status=409, content_type="application/problem+json")


@_row("answer-receipt-with-error-status", Reason.PARTNER_PROBLEM)
def answer_receipt_with_error_status(occasion: Occasion) -> Reply:
    """The genuine receipt with status 500."""
    return Reply(genuine(occasion).body, status=500)


@_row("answer-elsewhere", Reason.PARTNER_PROBLEM)
def answer_elsewhere(occasion: Occasion) -> Reply:
    """A redirection to another address: a message goes where two officers pinned, nowhere else."""
    return Reply(b"", status=307, headers={"Location": "http://127.0.0.1:9/exchange/v1/messages"})


@_row("answer-endless", Reason.PARTNER_PROBLEM)
def answer_endless(occasion: Occasion) -> Reply:
    """More bytes than any message may have."""
    return Reply(b" " * 8_000_001)


@_row("connection-cut", Reason.PARTNER_UNREACHABLE)
def connection_cut(occasion: Occasion) -> Reply:
    """The connection ends after the message was taken."""
    return Reply(None)


ROWS.append(
    FalseAnswer(
        "server-of-other-partner",
        "The server shows another partner's TLS certificate: nothing is sent to it.",
        Reason.PARTNER_TLS,
        is_kept=False,
        make=genuine,
        shown=live_side(KZ),
    )
)


def all_false_answers() -> dict[str, FalseAnswer]:
    """Returns every row by its name."""
    named = {row.name: row for row in ROWS}
    assert len(named) == len(ROWS), "two rows have one name"
    return named
