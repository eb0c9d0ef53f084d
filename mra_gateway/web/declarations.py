"""The declarations of a request, read once: one, a list of them, or an XML document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.read_declaration_xml import XmlReader
from mra_gateway.model.as_declared import OUT_OF_RANGE, is_in_range
from mra_gateway.model.declarations import Declaration
from mra_gateway.web.answers import MOST_DECLARATIONS, DeclarationList
from mra_gateway.web.endpoints import in_ascii, load_object, parse
from mra_gateway.web.problems import FieldError, InvalidRequest
from mra_gateway.wire.declaration_json import find_doubled


def is_list(content: bytes) -> bool:
    """Says whether a request is a list of declarations, not one.

    Raises:
        InvalidRequest: Not JSON, or not an object, where it was looked at for that.
    """
    may_be_one = (
        content[:1] == b"{"
        and b"declarations" not in content
        and b"NaN" not in content
        and b"Infinity" not in content
    )
    return not may_be_one and "declarations" in load_object(content)


def read_one(content: bytes) -> Declaration:
    """Returns the declaration of a request.

    Raises:
        InvalidRequest: It is none, or one nothing can be decided about; says where.
    """
    one = parse(content, Declaration, reason=Reason.DECLARATION_INVALID)
    check_names(content, [one])
    check_moment(one.accepted_at, field="/accepted_at")
    return one


def read_list(content: bytes) -> Sequence[Declaration]:
    """Returns the declarations of a request that is a list of them.

    Raises:
        InvalidRequest: One of them is none, or one nothing can be decided about; says which.
    """
    many = parse(content, DeclarationList, reason=Reason.DECLARATION_INVALID).declarations
    check_names(content, many, names=1)
    _check_moments(many, pointer="/declarations/{}")
    return many


def read_xml(content: bytes, reader: XmlReader) -> Sequence[Declaration]:
    """Returns the declarations of a document, all of which ask for something to be decided.

    Raises:
        InvalidRequest: It is no such document; says where.
        RequestRefused: `TOO_LARGE`: too many of them.
    """
    try:
        messages = reader.read(content)
    except RequestRefused as error:
        wrong = FieldError(error.where or "", in_ascii(error.text))
        raise InvalidRequest(
            "the document is not read", errors=[wrong], reason=error.reason
        ) from None
    if len(messages) > MOST_DECLARATIONS:
        raise RequestRefused(
            f"{len(messages):,} declarations; at most {MOST_DECLARATIONS:,} are taken together",
            reason=Reason.TOO_LARGE,
        )
    undecided = [
        FieldError(f"/{number}", f"nothing to decide in this {message.type}: {message.reference!a}")
        for number, message in enumerate(messages)
        if message.declaration is None
    ]
    if undecided:
        raise InvalidRequest(
            "not every declaration in it is one to decide",
            errors=undecided[:20],
            reason=Reason.DECLARATION_INVALID,
        )
    declarations = [one.declaration for one in messages if one.declaration is not None]
    _check_moments(declarations, pointer="/{}")
    return declarations


def check_moment(at: datetime | None, *, field: str) -> None:
    """Requires a moment that exists on every calendar and database this runs on.

    Raises:
        InvalidRequest: `DECLARATION_INVALID`: before 2000, or after 2199.
    """
    if at is not None and not is_in_range(at):
        raise InvalidRequest(
            "a moment is out of range",
            errors=[FieldError(field, OUT_OF_RANGE)],
            reason=Reason.DECLARATION_INVALID,
        )


def check_names(
    content: bytes,
    declarations: Sequence[Declaration] = (),
    *,
    names: int = 0,
    reason: Reason = Reason.DECLARATION_INVALID,
) -> None:
    """Requires that no object names a field twice; nobody could say which of the two counts.

    Raises:
        InvalidRequest: For the reason handed in; says which name.
    """
    doubled = find_doubled(content, declarations=declarations, names=names)
    if doubled is not None:
        raise InvalidRequest(
            "the request is not valid", errors=[FieldError("", doubled)], reason=reason
        )


def _check_moments(declarations: Sequence[Declaration], *, pointer: str) -> None:
    for number, declaration in enumerate(declarations):
        at = declaration.accepted_at
        if at is not None and not is_in_range(at):  # only then is the place put into words
            check_moment(at, field=f"{pointer.format(number)}/accepted_at")
