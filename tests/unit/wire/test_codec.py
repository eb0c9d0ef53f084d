"""Messages to bytes and back: what the codec refuses beside what it takes."""

from __future__ import annotations

import pytest

from mra_gateway.errors import MalformedMessage, Reason
from mra_gateway.model.messages import (
    Message,
    MessageKind,
    Receipt,
    StatusAnswer,
    StatusNotification,
)
from mra_gateway.model.operators import OperatorName
from mra_gateway.wire.codec import Decoded, decode, encode
from mra_gateway.wire.digests import list_root, part_digest
from mra_gateway.wire.xml import canonical, digest_of, parse
from tests.support.messages import (
    a_change,
    a_list_part,
    a_listed_operator,
    a_notification,
    a_ping,
    a_receipt,
    a_record,
    a_uuid,
    a_void,
    an_answer,
    an_enquiry,
    an_envelope,
    as_verified,
    list_messages,
    one_of_each,
)


def _decode(content: bytes) -> Decoded:
    return decode(as_verified(content))


def _changed(message: Message, old: str, new: str) -> bytes:
    content = encode(message)
    assert old.encode() in content
    return content.replace(old.encode(), new.encode(), 1)


def _refused(content: bytes) -> MalformedMessage:
    with pytest.raises(MalformedMessage) as refused:
        _decode(content)
    return refused.value


@pytest.mark.parametrize("message", one_of_each(), ids=lambda message: message.envelope.kind)
def test_a_message_of_every_kind_comes_back_as_it_was(message: Message) -> None:
    assert _decode(encode(message)).message == message


def test_there_is_a_builder_for_every_kind() -> None:
    assert {message.envelope.kind for message in one_of_each()} == set(MessageKind)


@pytest.mark.parametrize(
    "name",
    [
        'O\'Brien & Sons <Ltd> "Est." 1900',
        "]]> & <![CDATA[",
        "&amp;lt;",
        "0042",
        "宁波虚构国际贸易有限公司",
        "Монголын хуурамч ХХК",
        "𠮷野家 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
        "two  spaces",
        "\u0338mark first",
        "한국 가상 주식회사",
    ],
)
def test_a_name_in_any_script_comes_back_byte_for_byte(name: str) -> None:
    record = a_record(legal_name=name, names=(OperatorName(text=name, language="mn"),))
    body = _decode(encode(a_notification(a_change(operator=record)))).message.body
    assert isinstance(body, StatusNotification)
    operator = body.changes[0].operator
    assert operator.legal_name is not None
    assert operator.legal_name.encode() == name.encode()
    assert operator.names[0].text == name


def test_leading_zeros_stay() -> None:
    record = a_record(tin="KZ000040000123", authorisation="0007", tier="03")
    body = _decode(encode(a_notification(a_change(operator=record)))).message.body
    assert isinstance(body, StatusNotification)
    operator = body.changes[0].operator
    assert (operator.tin, operator.authorisation, operator.tier) == (
        "KZ000040000123",
        "0007",
        "03",
    )


@pytest.mark.parametrize("message", one_of_each(), ids=lambda message: message.envelope.kind)
def test_what_is_written_is_canonical_already(message: Message) -> None:
    content = encode(message)
    assert canonical(parse(content, max_bytes=len(content))) == content


def test_the_same_meaning_in_other_bytes_has_the_same_digest() -> None:
    content = encode(a_ping())
    spelled = b'<?xml version="1.0" encoding="UTF-8"?>\n' + content.replace(
        b"<Ping></Ping>", b"<Ping />"
    ).replace(b"<SenderID>CN<", b"<SenderID><![CDATA[CN]]><")
    assert _digest(spelled) == digest_of(content)
    assert _digest(content.replace(b">CN<", b">MN<")) != digest_of(content)


def _digest(content: bytes) -> str:
    return digest_of(canonical(parse(content, max_bytes=len(content))))


# parts and lists


def test_the_digest_of_a_part_is_the_same_before_writing_and_after_reading() -> None:
    operators = (a_listed_operator(), a_listed_operator(change_id=None))
    assert _decode(encode(a_list_part(*operators))).part_digest == part_digest(operators)


def test_the_digest_of_an_empty_part_is_that_of_the_empty_element() -> None:
    empty = b'<Operators xmlns="urn:mra-gateway:exchange:1.0"></Operators>'
    assert part_digest(()) == digest_of(empty)
    assert _decode(encode(a_list_part())).part_digest == part_digest(())


def test_a_part_in_other_namespaces_has_the_digest_of_its_canonical_form() -> None:
    content = encode(a_list_part(a_listed_operator()))
    declared = content.replace(b":exchange:1.0", b':exchange:1.0" xmlns:other="urn:other', 1)
    signed = canonical(parse(declared, max_bytes=len(declared)))
    operators = parse(signed, max_bytes=len(signed))[1][-1]
    found = _decode(signed).part_digest
    assert found == digest_of(canonical(operators))
    assert b'xmlns:other="urn:other"' in canonical(operators)
    assert found != _decode(content).part_digest


def test_operators_in_an_extension_do_not_enter_the_digest_of_the_part() -> None:
    content = encode(a_list_part(a_listed_operator()))
    extended = content.replace(
        b"</ExchangeMessage>",
        b'<Extension><Operators xmlns="urn:other">x</Operators></Extension></ExchangeMessage>',
    )
    assert _decode(extended).part_digest == _decode(content).part_digest


def test_only_a_list_has_a_part_digest() -> None:
    assert _decode(encode(a_notification())).part_digest is None


def test_the_root_of_a_list_depends_on_the_order_of_its_parts() -> None:
    first, second = part_digest([a_listed_operator()]), part_digest(())
    assert list_root([first, second]) != list_root([second, first])
    message, *_ = list_messages([a_listed_operator()], ())
    assert message.envelope.sequence == 1


# later minor versions


def test_unknown_content_in_the_extension_is_ignored() -> None:
    message = a_notification()
    extended = encode(message).replace(
        b"</ExchangeMessage>",
        b'<Extension><n:Note xmlns:n="urn:other" kind="x">later<n:More></n:More></n:Note>'
        b"</Extension></ExchangeMessage>",
    )
    assert _decode(extended).message == message


def test_a_later_minor_version_is_read_and_keeps_its_number() -> None:
    content = _changed(a_ping(), "<VersionID>1.0<", "<VersionID>1.7<")
    assert _decode(content).message.envelope.schema_version == "1.7"


@pytest.mark.parametrize("version", ["2.0", "0.9", "10.0", "x", "", "&#127;"])
def test_another_major_version_is_refused(version: str) -> None:
    content = _changed(a_ping(), "<VersionID>1.0<", f"<VersionID>{version}<")
    assert _refused(content).reason is Reason.SCHEMA_VERSION_UNKNOWN
    _decode(encode(a_ping()))


def test_a_kind_of_message_not_known_is_refused_as_such() -> None:
    content = encode(a_ping()).replace(b">Ping<", b">LogProof<").replace(b"<Ping>", b"<LogProof>")
    refused = _refused(content.replace(b"</Ping>", b"</LogProof>"))
    assert refused.reason is Reason.KIND_NOT_ACCEPTED


def test_a_reason_code_not_known_yet_does_not_make_a_receipt_unreadable() -> None:
    content = _changed(
        a_receipt(), "<ReasonCode>OK</ReasonCode>", "<ReasonCode>NEW_REASON</ReasonCode>"
    )
    body = _decode(content).message.body
    assert isinstance(body, Receipt)
    assert body.reason is Reason.REASON_NOT_KNOWN


def test_a_kind_not_known_yet_does_not_make_capabilities_unreadable() -> None:
    ping = {"kinds": ("Ping",), "versions": ("1.0",), "max_bytes": 1, "max_records": 1}
    content = _changed(
        a_receipt(capabilities=ping),
        "<KindCode>Ping</KindCode>",
        "<KindCode>Ping</KindCode><KindCode>LogProof</KindCode>",
    )
    body = _decode(content).message.body
    assert isinstance(body, Receipt)
    assert body.capabilities is not None
    assert body.capabilities.kinds == (MessageKind.PING,)


# what is refused


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (":exchange:1.0", ":exchange:1.1"),
        ("<ExchangeMessage ", "<exchangeMessage "),
    ],
)
def test_another_root_is_refused(old: str, new: str) -> None:
    content = encode(a_ping()).replace(old.encode(), new.encode())
    content = content.replace(b"</ExchangeMessage>", b"</" + content[1:16] + b">")
    assert _refused(content).reason is Reason.UNKNOWN_ROOT


def test_an_element_out_of_place_is_named_with_its_record() -> None:
    changes = (a_change(change_number=1), a_change(change_number=2))
    content = encode(a_notification(*changes))
    head, _, tail = content.rpartition(b"<ChangeCode>granted</ChangeCode>")
    refused = _refused(head + b"<Colour>red</Colour>" + tail)
    assert refused.reason is Reason.SCHEMA_VIOLATION
    assert refused.where == ("line 1, ExchangeMessage/StatusNotification/StatusChange[2]/Colour")
    assert refused.text.startswith("element Colour is not expected here")


def test_what_a_stranger_wrote_is_quoted_in_the_error() -> None:
    refused = _refused(_changed(a_ping(), "<Ping></Ping>", "<漢\u3042></漢\u3042>"))
    assert refused.reason is Reason.SCHEMA_VIOLATION
    assert "'漢\u3042'" in refused.text


def test_a_value_the_schema_lets_through_is_refused_with_element_and_record() -> None:
    changes = (a_change(change_number=1), a_change(change_number=2))
    content = encode(a_notification(*changes))
    head, _, tail = content.rpartition("宁波虚构".encode())
    refused = _refused(head + "宁波\u00a0虚构".encode() + tail)
    assert refused.reason is Reason.VALUE_NOT_ALLOWED
    assert refused.where == "StatusNotification/StatusChange[2]/AEOMutualRecognitionParty/Name"
    assert "宁波" not in refused.text


def test_a_value_in_a_list_is_located_in_its_part() -> None:
    content = _changed(a_list_part(a_listed_operator()), "Ningbo Customs", "Ningbo\u00a0Customs")
    assert _refused(content).where == (
        "StatusList/Operators/ListedOperator[1]/AEOMutualRecognitionParty/IssuingAuthorityName"
    )


def test_a_change_whose_status_does_not_follow_from_its_kind_is_refused() -> None:
    content = _changed(a_notification(), "<StatusCode>valid<", "<StatusCode>revoked<")
    refused = _refused(content)
    assert refused.reason is Reason.VALUE_NOT_ALLOWED
    assert refused.where == "StatusNotification/StatusChange[1]"


def test_a_day_that_does_not_exist_is_refused() -> None:
    content = _changed(a_notification(), "<GrantDate>2024-05-06<", "<GrantDate>2023-02-29<")
    assert _refused(content).reason is Reason.SCHEMA_VIOLATION


def test_a_body_of_another_kind_than_the_header_says_is_refused_both_ways() -> None:
    message = a_ping()
    refused = _refused(_changed(message, "<Ping></Ping>", encode_body(an_enquiry())))
    assert refused.reason is Reason.VALUE_NOT_ALLOWED
    assert refused.where == "Header/TypeCode"
    crossed = Message(envelope=message.envelope, body=an_enquiry().body)
    with pytest.raises(MalformedMessage):
        encode(crossed)


def encode_body(message: Message) -> str:
    content = encode(message).decode()
    kind = message.envelope.kind
    return content[content.index(f"<{kind}>") : content.index("</ExchangeMessage>")]


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        (a_notification(), "sequence", None),
        (a_list_part(), "sequence", None),
        (a_void(), "sequence", None),
        (a_ping(), "sequence", 1),
        (an_enquiry(), "sequence", 1),
        (an_answer(), "sequence", 1),
        (a_receipt(), "sequence", 1),
        (a_ping(), "arrangement", "CN-MN-2025"),
        (a_notification(), "arrangement", None),
        (an_enquiry(), "arrangement", None),
    ],
)
def test_an_envelope_that_does_not_fit_its_kind_is_neither_written_nor_read(
    message: Message, field: str, value: object
) -> None:
    encode(message)
    unfit = message.model_copy(
        update={"envelope": message.envelope.model_copy(update={field: value})}
    )
    with pytest.raises(MalformedMessage) as refused:
        encode(unfit)
    assert refused.value.reason is Reason.VALUE_NOT_ALLOWED
    content = _with_header_of(encode(message), unfit)
    assert _refused(content).reason is Reason.VALUE_NOT_ALLOWED


def _with_header_of(content: bytes, unfit: Message) -> bytes:
    """Puts the envelope into the document by hand, for `encode` refuses to."""
    envelope = unfit.envelope
    before, _, rest = content.partition(b"</RecipientID>")
    _, _, after = rest.partition(b"<EpochNumeric>")
    middle = b""
    if envelope.arrangement is not None:
        middle += f"<ArrangementID>{envelope.arrangement}</ArrangementID>".encode()
    if envelope.sequence is not None:
        middle += f"<SequenceNumeric>{envelope.sequence}</SequenceNumeric>".encode()
    return before + b"</RecipientID>" + middle + b"<EpochNumeric>" + after


def test_a_receipt_travels_with_and_without_an_arrangement() -> None:
    with_one = a_receipt()
    without = with_one.model_copy(
        update={"envelope": an_envelope(MessageKind.RECEIPT, arrangement=None)}
    )
    for message in (with_one, without):
        assert _decode(encode(message)).message == message


def test_an_answer_without_a_hit_holds_no_data() -> None:
    no_hit = an_answer(hit=False, status=None)
    assert _decode(encode(no_hit)).message == no_hit
    with pytest.raises(MalformedMessage) as refused:
        encode(an_answer(hit=False))
    assert refused.value.where == "StatusAnswer/HitIndicator"
    content = _changed(an_answer(), "<HitIndicator>true<", "<HitIndicator>false<")
    assert _refused(content).where == "StatusAnswer/HitIndicator"
    body = _decode(encode(an_answer())).message.body
    assert isinstance(body, StatusAnswer)


def test_the_same_change_twice_in_a_notification_is_refused() -> None:
    change = a_change(change_id=a_uuid(7))
    for twice in (
        a_change(change_id=a_uuid(7), change_number=2),
        a_change(change_id=a_uuid(8), change_number=1),
    ):
        with pytest.raises(MalformedMessage) as refused:
            encode(a_notification(change, twice))
        assert refused.value.reason is Reason.SCHEMA_VIOLATION
    encode(a_notification(change, a_change(change_id=a_uuid(8), change_number=2)))


def test_what_cannot_be_written_is_refused_with_its_reason() -> None:
    for message, reason in (
        (a_ping(epoch=10**18), Reason.SCHEMA_VIOLATION),
        (
            a_notification(a_change(operator=a_record(authorisation="cafe\u0301"))),
            Reason.TEXT_NOT_NFC,
        ),
        (an_enquiry("x").model_copy(update={"body": _forced("\ud800")}), Reason.VALUE_NOT_ALLOWED),
        (an_enquiry("x").model_copy(update={"body": _forced("\x01")}), Reason.NOT_WELL_FORMED),
    ):
        with pytest.raises(MalformedMessage) as refused:
            encode(message)
        assert refused.value.reason is reason


def _forced(identifier: str) -> object:
    return an_enquiry().body.model_copy(update={"identifier": identifier})


@pytest.mark.parametrize(
    ("message", "value"),
    [
        (a_ping(), "<EpochNumeric>1</EpochNumeric>"),
        (a_ping(), "<IssueDateTime>2026-03-01T08:30:00Z</IssueDateTime>"),
        (a_notification(), "<GrantDate>2024-05-06</GrantDate>"),
        (an_answer(), "<HitIndicator>true</HitIndicator>"),
    ],
)
@pytest.mark.parametrize("space", [" ", "\n", "\t"])
def test_space_around_a_value_is_refused_on_either_side(
    message: Message, value: str, space: str
) -> None:
    _decode(encode(message))
    for spaced in (value.replace(">", f">{space}", 1), value.replace("</", f"{space}</")):
        assert _refused(_changed(message, value, spaced)).reason is Reason.VALUE_NOT_ALLOWED
