"""How single values are spelled in XML and read back: texts, numbers, moments, days, codes.

Each value has one spelling. Which element holds which value stands in the tables of
`wire/operators.py`, `wire/changes.py`, `wire/bodies.py` and `wire/header.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from mra_gateway.errors import Reason
from mra_gateway.model.messages import MessageKind


class _Ignored:
    """The type of the one value that says: this element is not for us, leave it out."""


IGNORED: Final = _Ignored()


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a kind of value is written and read.

    Attributes:
        write: From the value to escaped XML text.
        read: From the text of an element to the value; None where the text is the value.
    """

    write: Callable[[Any], str]
    read: Callable[[str], Any] | None = None


def escape(text: str) -> str:
    """Returns a text as it stands between tags in canonical XML.

    Source: Canonical XML 1.0, section 2.3, text nodes.
    """
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\r" in text:
        text = text.replace("\r", "&#xD;")
    return text


def escape_attribute(text: str) -> str:
    """Returns a text as it stands in an attribute in canonical XML.

    Source: Canonical XML 1.0, section 2.3, attribute nodes.
    """
    for character, reference in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        ('"', "&quot;"),
        ("\t", "&#x9;"),
        ("\n", "&#xA;"),
        ("\r", "&#xD;"),
    ):
        text = text.replace(character, reference)
    return text


def spell_moment(at: datetime) -> str:
    """Returns a moment in UTC with `Z`; a fraction only where there is one.

    Raises:
        OverflowError: In UTC the moment lies outside the years 1 to 9999.
    """
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def read_reason(code: str) -> Reason:
    """Returns a reason code; one this gateway is too old to know is `REASON_NOT_KNOWN`."""
    try:
        return Reason(code)
    except ValueError:
        return Reason.REASON_NOT_KNOWN


def read_kind(code: str) -> MessageKind | _Ignored:
    """Returns a kind of message, or `IGNORED` for one this gateway is too old to know."""
    try:
        return MessageKind(code)
    except ValueError:
        return IGNORED


def read_number(text: str) -> int:
    """Returns a number of digits alone; the schema lets space stand around them.

    Raises:
        ValueError: Something else than digits.
    """
    if not text.isdigit():
        msg = "not digits alone"
        raise ValueError(msg)
    return int(text)


def spell_figure(value: float) -> str:
    """Returns a figure in decimal digits, a fraction only where there is one.

    Raises:
        OverflowError: It has more than 18 digits before the point or 9 behind it.
    """
    whole, _, fraction = format(abs(Decimal(repr(value))), "f").partition(".")
    fraction = fraction.rstrip("0")
    if len(whole) > 18 or len(fraction) > 9:
        msg = "a figure with more digits than a message holds"
        raise OverflowError(msg)
    return f"{whole}.{fraction}" if fraction else whole


def read_figure(text: str) -> float:
    """Returns a figure of digits and a point alone; the schema lets space stand around it.

    Raises:
        ValueError: Something else.
    """
    if text != text.strip():
        msg = "not digits and a point alone"
        raise ValueError(msg)
    return float(text)


def spell_amount(value: float) -> str:
    """Returns a computed figure with every digit it has, so that it is read back the same.

    Raises:
        OverflowError: It has more than 18 digits before the point or 30 behind it.
    """
    whole, _, fraction = format(abs(Decimal(repr(value))), "f").partition(".")
    fraction = fraction.rstrip("0")
    if len(whole) > 18 or len(fraction) > 30:
        msg = "a figure with more digits than a message holds"
        raise OverflowError(msg)
    return f"{whole}.{fraction}" if fraction else whole


def _spell_flag(value: object) -> str:
    return "true" if value else "false"


TEXT = Spelling(write=escape)
NUMBER = Spelling(write=str, read=read_number)
FIGURE = Spelling(write=spell_figure, read=read_figure)
AMOUNT = Spelling(write=spell_amount, read=float)
MOMENT = Spelling(write=spell_moment, read=datetime.fromisoformat)
DAY = Spelling(write=date.isoformat, read=date.fromisoformat)
FLAG = Spelling(write=_spell_flag, read={"true": True, "false": False}.__getitem__)
REASON = Spelling(write=escape, read=read_reason)
KIND = Spelling(write=escape, read=read_kind)
