"""What is wrong with values somebody gave, in words for that person (pure).

pydantic says it for programmers: patterns, types, and faults that only follow from another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mra_gateway.model.base import Identifier

_CUT: Final = 300
_FORMS: Final[Mapping[str, str]] = {
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,34}$": (
        "a code (1 to 35 Latin letters, digits, dots, hyphens or underscores)"
    ),
    r"^[0-9]{2}$": "a chapter of the Harmonized System (two digits, as 08)",
}
"""What a text of a pattern is, where it is no identifier."""


class Fault(NamedTuple):
    """One value that is wrong.

    Attributes:
        where: The fields and numbers that lead to it.
        text: What is wrong.
        given: What was given instead.
    """

    where: tuple[int | str, ...]
    text: str
    given: Any
    is_missing: bool = False

    @property
    def found(self) -> str:
        """What was given, for the end of the sentence; quoted and cut. Nothing, if it is long."""
        is_plain = isinstance(self.given, str | int | float) and not self.is_missing
        return f"; found {repr(self.given)[:80]}" if is_plain else ""


def faults_of(error: ValidationError) -> list[Fault]:
    """Returns what is wrong, without what only follows: a list of one faulty entry is not empty."""
    found = error.errors(include_url=False)
    # every place that has a fault further in, so that thousands of faults take one look each
    outer = {each["loc"][:depth] for each in found for depth in range(len(each["loc"]))}
    return [
        Fault(each["loc"], _in_words(each), each["input"], each["type"] == "missing")
        for each in found
        if not (each["type"] == "too_short" and each["loc"] in outer)
    ]


def _in_words(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            text = "is missing"
        case "extra_forbidden":
            text = "is no field that is known here"
        case "literal_error" | "enum":
            text = f"has to be {context['expected']}"
        case "string_pattern_mismatch":
            text = f"is not {_form_of(context['pattern'])}"
        case "string_too_long":
            text = f"is longer than {context['max_length']} characters"
        case "too_short":
            least = context["min_length"]
            text = "is empty" if least == 1 else f"has fewer than {least} entries"
        case "too_long":
            text = f"has more than {context['max_length']} entries"
        case "less_than_equal":
            text = f"is above {context['le']}"
        case "greater_than_equal":
            text = f"is below {context['ge']}"
        case "int_parsing" | "int_type" | "int_from_float":
            text = "is no whole number"
        case "float_parsing" | "float_type":
            text = "is no number"
        case "timezone_aware":
            text = "is a moment without its offset, as +08:00 or Z"
        case "value_error":
            text = detail["msg"].removeprefix("Value error, ")
        case _:
            text = detail["msg"]
    return text[:_CUT]


@cache
def _form_of(pattern: str) -> str:
    forms = {f"^(?:{kind.pattern})$": kind.form for kind in _identifiers(Identifier)}
    return _FORMS.get(pattern) or forms.get(pattern) or f"as {pattern}"


def _identifiers(kind: type[Identifier]) -> Iterator[type[Identifier]]:
    for one in kind.__subclasses__():
        yield one
        yield from _identifiers(one)
