"""The base of all nouns, and the base of all identifiers.

Nothing here knows a customs term. Identifiers are types of their own, never bare `str`: mixing up a
TIN and an authorisation number is a type error.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Noun(BaseModel):
    """A frozen value: two nouns with equal fields are equal, unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_timedelta="iso8601")


class Identifier(str):
    """A text with a form of its own; constructing one checks the form.

    Raises:
        ValueError: The text does not have the form; the message says which form it is.
    """

    __slots__ = ()
    form: ClassVar[str]
    pattern: ClassVar[str]

    def __new__(cls, text: str) -> Self:
        """Checks the form and returns the text under its own type."""
        if not re.fullmatch(cls.pattern, text):
            msg = f"{text[:60]!r} is not {cls.form}"
            raise ValueError(msg)
        return str.__new__(cls, text)

    @classmethod
    def trusted(cls, text: str) -> Self:
        """Returns the text under this type without checking: for text that was checked before."""
        return str.__new__(cls, text)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            partial(str.__new__, cls),  # as `trusted` does, for a list of thousands
            core_schema.str_schema(pattern=f"^(?:{cls.pattern})$", regex_engine="rust-regex"),
            serialization=core_schema.to_string_ser_schema(),
        )


def is_nfc(text: str) -> bool:
    """Says whether a text is in Unicode Normalization Form C, the one form messages carry."""
    return unicodedata.is_normalized("NFC", text)
