"""Reads the elements of a declaration: their text whole, their place, and nouns made of them.

The text of an element is all its text: comments and processing instructions stand in declarations
of real systems and split it, and half an identifier is another identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from lxml import etree
from pydantic import ValidationError

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.as_declared import Moments, one_line
from mra_gateway.model.base import Noun
from mra_gateway.model.faults import faults_of

N = TypeVar("N", bound=Noun)
T = TypeVar("T")


def refused(text: str, element: etree._Element) -> RequestRefused:
    """Returns the refusal of a declaration because of one element, for the caller to raise."""
    return RequestRefused(
        text, reason=Reason.DECLARATION_INVALID, where=f"line {element.sourceline}"
    )


def local_name(element: etree._Element) -> str | None:
    """Returns the name of an element without its namespace; None for a comment."""
    tag: object = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else None


def whole_text(element: etree._Element, *, empty: str | None = None) -> str:
    """Returns the text of an element as it stands, over comments and processing instructions.

    Args:
        element: The element.
        empty: Name of an element that stands for an empty value.

    Raises:
        RequestRefused: It holds other elements.
    """
    parts = [element.text or ""]
    for child in element:
        name = local_name(child)
        if name is not None and (name != empty or len(child) or (child.text or "").strip()):
            raise refused(
                f"{local_name(element)!r} holds {name[:60]!r} where a value is expected", child
            )
        parts.append(child.tail or "")
    return "".join(parts)


def value_of(element: etree._Element | None, *, empty: str | None = None) -> str | None:
    """Returns the value of an element on one line, or None when there is none.

    Raises:
        RequestRefused: It holds other elements.
    """
    return None if element is None else one_line(whole_text(element, empty=empty))


def children(element: etree._Element, name: str) -> Iterable[etree._Element]:
    """Yields the children with a local name, in whatever namespace."""
    return (child for child in element if local_name(child) == name)


def descend(element: etree._Element, path: str) -> Iterable[etree._Element]:
    """Yields what stands at a path of local names."""
    first, _, rest = path.partition("/")
    for child in children(element, first):
        if rest:
            yield from descend(child, rest)
        else:
            yield child


def find(element: etree._Element, path: str) -> etree._Element | None:
    """Returns the first element at a path of local names, if there is one."""
    return next(iter(descend(element, path)), None)


def made(kind: type[N], element: etree._Element, **values: Any) -> N:
    """Returns a noun made of values of an element.

    Raises:
        RequestRefused: A value does not fit; names the line and the field.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        first = faults_of(error)[0]
        field = ".".join(str(part) for part in first.where)
        raise refused(f"{field[:80]}: {first.text}{first.found}", element) from None


def understood(read: Callable[[str], T], text: str, element: etree._Element) -> T:
    """Returns what a reader makes of a text.

    Raises:
        RequestRefused: The reader cannot read it; names the line.
    """
    try:
        return read(text)
    except ValueError as error:
        raise refused(str(error)[:200], element) from None


def moment_of(
    element: etree._Element | None,
    *,
    moments: Moments,
    zone: ZoneInfo | None,
    empty: str | None = None,
) -> datetime | None:
    """Returns the moment an element holds; None when it holds nothing.

    Raises:
        RequestRefused: It cannot be read, or could be two moments.
    """
    text = value_of(element, empty=empty)
    if element is None or text is None:
        return None
    return understood(lambda written: moments.read(written, zone=zone), text, element)
