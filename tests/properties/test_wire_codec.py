"""Whatever a message holds, it comes back; whatever the schema takes, the nouns take, and back."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from pydantic import TypeAdapter, ValidationError

from mra_gateway.errors import MalformedMessage, Reason
from mra_gateway.model.changes import ListedOperator
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    Digest,
    MessageId,
    ProgrammeId,
    Territory,
    Tin,
)
from mra_gateway.model.messages import Message, StatusListPart
from mra_gateway.model.operators import Code, LanguageTag, Text
from mra_gateway.model.profiles import UnitCode
from mra_gateway.model.requirements import ItemReference
from mra_gateway.model.trust import ClaimedHeader
from mra_gateway.settings import data_folder
from mra_gateway.wire.codec import decode, encode
from mra_gateway.wire.digests import list_root, part_digest
from mra_gateway.wire.header import peek
from mra_gateway.wire.xml import canonical, digest_of, parse
from tests.support.messages import (
    a_change,
    a_notification,
    a_record,
    as_verified,
    digests,
    list_parts,
    listed_operators,
    messages,
    texts,
)

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Whole messages are large to draw, and the machine may be busy: neither is a finding."""


@settings(UNHURRIED)
@given(messages())
def test_every_message_comes_back_as_it_was(message: Message) -> None:
    assert decode(as_verified(encode(message))).message == message


@settings(UNHURRIED)
@given(messages())
def test_every_message_is_written_canonically(message: Message) -> None:
    content = encode(message)
    assert canonical(parse(content, max_bytes=len(content))) == content


@settings(UNHURRIED, max_examples=25)
@given(messages())
def test_a_header_claims_what_the_envelope_says(message: Message) -> None:
    content = encode(message)
    claimed = peek(parse(content, max_bytes=len(content)))
    said = message.envelope.model_dump(include=set(ClaimedHeader.model_fields))
    assert claimed == ClaimedHeader(**said)


@settings(UNHURRIED, max_examples=50)
@given(messages(list_parts()))
def test_both_sides_find_the_same_digest_of_a_part(message: Message) -> None:
    body = message.body
    assert isinstance(body, StatusListPart)
    signed = encode(message)
    operators = parse(signed, max_bytes=len(signed))[1][-1]
    found = decode(as_verified(signed)).part_digest
    assert found == part_digest(body.operators) == digest_of(canonical(operators))


@settings(UNHURRIED, max_examples=30)
@given(st.lists(listed_operators(), min_size=1, max_size=4))
def test_a_list_cut_differently_has_another_root(operators: list[ListedOperator]) -> None:
    whole = list_root([part_digest(operators)])
    cut = list_root([part_digest(operators[:1]), part_digest(operators[1:])])
    assert whole != cut


@given(st.lists(digests(), min_size=2, max_size=5, unique=True))
def test_the_root_of_a_list_tells_the_order_of_its_parts(parts: list[Digest]) -> None:
    assert list_root(parts) != list_root(list(reversed(parts)))


@settings(UNHURRIED)
@given(st.data())
def test_one_changed_byte_is_refused_or_read_as_another_message(data: st.DataObject) -> None:
    genuine = a_notification()
    content = bytearray(encode(genuine))
    index = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != content[index]))
    content[index] = byte
    try:
        decoded = decode(as_verified(bytes(content)))
    except MalformedMessage:
        return
    assert decoded.message != genuine


@settings(UNHURRIED)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_refused_with_a_reason_and_a_printable_text(content: bytes) -> None:
    with pytest.raises(MalformedMessage) as refused:
        decode(as_verified(content))
    assert str(refused.value).isprintable()


SCHEMA_TYPES: dict[str, Any] = {
    "TextType": TypeAdapter(Text),
    "CodeType": TypeAdapter(Code),
    "LanguageType": TypeAdapter(LanguageTag),
    "AuthorisationNumberType": TypeAdapter(AuthorisationNumber),
    "TerritoryType": TypeAdapter(Territory),
    "TinType": TypeAdapter(Tin),
    "ProgrammeIdType": TypeAdapter(ProgrammeId),
    "ArrangementIdType": TypeAdapter(ArrangementId),
    "UuidType": TypeAdapter(MessageId),
    "DigestType": TypeAdapter(Digest),
    "ItemReferenceType": TypeAdapter(ItemReference),
    "UnitCodeType": TypeAdapter(UnitCode),
}
NEAR: dict[str, str] = {
    "TextType": "O'Brien & Sons 宁波",
    "CodeType": "US-MID.1_a",
    "LanguageType": "zh-Hans-CN",
    "AuthorisationNumberType": "BY/0042/ТИП 3",
    "TerritoryType": "CN",
    "TinType": "CN3302462345",
    "ProgrammeIdType": "CN-AEO-2",
    "ArrangementIdType": "CN-MN-2025",
    "UuidType": "00000000-0000-4000-8000-00000000000a",
    "DigestType": "0123456789abcdef" * 4,
    "ItemReferenceType": "safe_customs:D.C.a",
    "UnitCodeType": "UZ-MINIMUM_WAGE",
}
_INSERTED = st.sampled_from([*string.ascii_letters, *string.digits, *"-_./ é宁𠮷Ⅷ\u0661"])


def _schema_of(type_name: str) -> etree.XMLSchema:
    location = (data_folder("schemas") / "exchange/1.0/values.xsd").as_uri()
    namespace = "urn:mra-gateway:exchange:1.0"
    return etree.XMLSchema(
        etree.fromstring(
            f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{namespace}"'
            f' xmlns:x="{namespace}"><xs:include schemaLocation="{location}"/>'
            f'<xs:element name="value" type="x:{type_name}"/></xs:schema>'
        )
    )


@pytest.mark.parametrize("type_name", SCHEMA_TYPES)
def test_schema_and_model_take_the_same_values(type_name: str) -> None:
    schema, adapter = _schema_of(type_name), SCHEMA_TYPES[type_name]
    root = etree.Element("{urn:mra-gateway:exchange:1.0}value")
    taken = {True: 0, False: 0}

    @settings(UNHURRIED)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        value = _near_miss(data, NEAR[type_name])
        root.text = value
        try:
            adapter.validate_python(value)
        except ValidationError:
            by_model = False
        else:
            by_model = True
        assert bool(schema.validate(root)) is by_model, value
        taken[by_model] += 1

    check()
    root.text = NEAR[type_name]
    assert schema.validate(root)
    assert taken[True]
    assert taken[False]


def _near_miss(data: st.DataObject, value: str) -> str:
    """Returns a value a few edits away: characters put in, left out, doubled, or many more."""
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(value)))
        edit = data.draw(st.sampled_from(("insert", "drop", "double", "lower", "many")))
        if edit == "insert":
            value = value[:at] + data.draw(_INSERTED) + value[at:]
        elif edit == "drop":
            value = value[:at] + value[at + 1 :]
        elif edit == "double":
            value = value[:at] + value[:at]
        elif edit == "lower":
            value = value.swapcase()
        else:
            value += "A" * data.draw(st.integers(28, 520))
    return value


@settings(UNHURRIED)
@given(texts(70))
def test_a_text_means_the_same_wherever_it_stands(text: str) -> None:
    operator = a_record(
        authorisation=text, legal_name=text, issuing_authority=text, episode=text, names=()
    )
    message = a_notification(a_change(operator=operator))
    assert decode(as_verified(encode(message))).message == message


def test_text_that_is_not_in_normal_form_is_refused_by_its_reason() -> None:
    content = encode(a_notification()).replace(b"Ningbo Customs", "Nin\u0303gbo".encode())
    with pytest.raises(MalformedMessage) as refused:
        decode(as_verified(content))
    assert refused.value.reason is Reason.TEXT_NOT_NFC
    decode(as_verified(encode(a_notification())))
