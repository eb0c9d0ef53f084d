"""Bytes ⇄ messages: the one way out for a message, and the one way in for a verified one.

Writing: 1. the envelope must fit the kind, 2. canonical XML, 3. parsed again under the same limits
and checked against the schema, as the recipient will.

Reading: 1. only the bytes that were signed, 2. schema, 3. nouns, which know what a schema cannot
say, 4. the envelope must fit the kind.

Which element holds which field stands in `wire/header.py`, `wire/bodies.py`, `wire/changes.py` and
`wire/operators.py`. Whether a message may be believed is decided before, in `trust/`; whether it
may have an effect afterwards, in `flows/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

from lxml import etree
from pydantic import ValidationError

from mra_gateway.errors import MalformedMessage, Reason
from mra_gateway.model.base import Noun
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.messages import (
    SEQUENCED,
    WITHOUT_ARRANGEMENT,
    Body,
    Envelope,
    Message,
    MessageKind,
    StatusAnswer,
)
from mra_gateway.model.trust import VerifiedMessage
from mra_gateway.wire.bodies import BODIES
from mra_gateway.wire.digests import received_part_digest
from mra_gateway.wire.header import ENVELOPE
from mra_gateway.wire.names import NAMESPACE
from mra_gateway.wire.schemas import check_schema
from mra_gateway.wire.shapes import Shape
from mra_gateway.wire.xml import parse

N = TypeVar("N", bound=Noun)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A message as it was signed.

    Attributes:
        message: Envelope and body.
        part_digest: For a StatusList, the digest of its `Operators` element as received.
    """

    message: Message
    part_digest: Digest | None = None


def encode(message: Message) -> bytes:
    """Returns the unsigned document of a message: canonical XML in UTF-8, valid by the schema.

    Raises:
        MalformedMessage: The message cannot be said in this vocabulary: the envelope does not fit
            its kind, a number has more than 18 digits, a text is not in Normalization Form C, a
            change stands twice.
        SetupError: The schema is missing or damaged.
    """
    _check_consistent(message)
    shape, _ = BODIES[message.envelope.kind]
    out = [f'<ExchangeMessage xmlns="{NAMESPACE}">']
    try:
        ENVELOPE.write(message.envelope, "Header", out)
        shape.write(message.body, message.envelope.kind, out)
        out.append("</ExchangeMessage>")
        content = "".join(out).encode()
    except (OverflowError, UnicodeEncodeError) as error:
        raise MalformedMessage(
            f"a value cannot be written: {type(error).__name__}", reason=Reason.VALUE_NOT_ALLOWED
        ) from error
    check_schema(parse(content, max_bytes=len(content)))
    return content


def decode(verified: VerifiedMessage) -> Decoded:
    """Returns the message that was signed, read from the signed bytes alone.

    Content inside `Extension` is ignored: it is signed, and means nothing to this version.

    Raises:
        MalformedMessage: Not a message of ours, a version or kind that is not read, a breach of the
            schema, or a value the schema lets through and the message set does not allow.
        SetupError: The schema is missing or damaged.
    """
    root = parse(verified.signed, max_bytes=len(verified.signed))  # 1
    check_schema(root)  # 2
    header, element = root[0], root[1]
    kind = MessageKind(etree.QName(element).localname)
    shape, noun = BODIES[kind]
    envelope = _build(Envelope, element=header, shape=ENVELOPE)  # 3
    body = cast("Body", _build(noun, element=element, shape=shape))
    message = Message.model_construct(envelope=envelope, body=body)
    _check_consistent(message)  # 4
    if kind is not MessageKind.STATUS_LIST:
        return Decoded(message)
    return Decoded(message, received_part_digest(verified.signed, operators=element[-1]))


def _build(noun: type[N], *, element: etree._Element, shape: Shape) -> N:
    """Returns a noun from an element; what pydantic finds wrong names the element and record."""
    name = etree.QName(element).localname
    try:
        return noun.model_validate(shape.read(element))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise MalformedMessage(
            f"a value is not allowed ({first['type']})",
            reason=Reason.VALUE_NOT_ALLOWED,
            where="/".join(filter(None, (name, shape.locate(first["loc"])))),
        ) from None
    except (ValueError, LookupError):
        raise MalformedMessage(
            "a value cannot be read", reason=Reason.VALUE_NOT_ALLOWED, where=name
        ) from None


def _check_consistent(message: Message) -> None:
    """Checks what holds between envelope and body, in both directions."""
    envelope, body = message.envelope, message.body
    kind = envelope.kind
    if body.kind is not kind:
        _refuse(f"the header says {kind}, the body is {body.kind}", "Header/TypeCode")
    if (envelope.sequence is not None) is not (kind in SEQUENCED):
        _refuse(
            f"a {kind} carries {'a' if kind in SEQUENCED else 'no'} sequence number",
            "Header/SequenceNumeric",
        )
    forbidden = kind in WITHOUT_ARRANGEMENT
    if kind is not MessageKind.RECEIPT and (envelope.arrangement is None) is not forbidden:
        _refuse(
            f"a {kind} names {'no' if forbidden else 'its'} arrangement", "Header/ArrangementID"
        )
    if isinstance(body, StatusAnswer) and not body.hit and (body.status or body.operator):
        _refuse("an answer without a hit holds no data", "StatusAnswer/HitIndicator")


def _refuse(text: str, where: str) -> None:
    raise MalformedMessage(text, reason=Reason.VALUE_NOT_ALLOWED, where=where)
