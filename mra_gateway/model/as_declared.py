"""What people and systems type into declarations, as the model takes it: texts, moments, chapters.

Only what cannot change a meaning is changed: white space, invisible characters, the normalisation
form. A moment that could be two moments is refused, never guessed.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from datetime import UTC, datetime, time
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.operators import Text

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad\u200e\u200f"))
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?")
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
OUT_OF_RANGE: Final = "not between 2000 and 2199"
_STATED: Final = "in a form of your own (partners/declarations/README.md)"
_CODED = re.compile(r"(\d{14})([+-]\d\d)(\d\d)?")


def one_line(text: str) -> str | None:
    """Returns text as one line in Normalization Form C, or None when there is none."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip() or None
    plain = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    return " ".join(plain.split()) or None


def is_in_range(at: datetime) -> bool:
    """Says whether a moment may be meant, and exists on every calendar and database.

    Readers of JSON take digits for seconds: of `20261122` they make a day of August 1970.
    """
    return _EARLIEST <= at < _LATEST


@functools.lru_cache(maxsize=4096)
def chapter_of(commodity: str) -> str:
    """Returns the chapter of the Harmonized System a commodity code stands in.

    Raises:
        ValueError: It does not begin with two digits, or with none of the chapters.
    """
    digits = commodity.replace(" ", "").replace(".", "")[:2]
    if len(digits) != 2 or not (digits.isascii() and digits.isdigit()) or digits == "00":
        msg = f"{commodity[:40]!r} does not begin with a chapter of the Harmonized System"
        raise ValueError(msg)
    return digits


class Moments(Noun):
    """How a source of declarations writes moments.

    Attributes:
        time_zone: The zone of moments written without one; where absent, the zone of the
            administration that reads.
        day_alone: The time of day (`HH:MM`) a day without one stands for; where absent, such a day
            is refused, for a status may have changed on it.
        forms: Forms besides ISO 8601, in the letters of strptime: `%d.%m.%Y %H:%M`.
    """

    time_zone: Text | None = None
    day_alone: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = None
    forms: tuple[Text, ...] = ()

    def read(self, text: str, *, zone: ZoneInfo | None = None) -> datetime:
        """Returns the moment a text means.

        Args:
            text: ISO 8601, `20250326112200+01` as code 304 of UN/EDIFACT 2379 has it, or one of
                the forms.
            zone: The zone of the administration that reads.

        Raises:
            ValueError: Not a moment, or one that could be another moment elsewhere; says why.
        """
        try:
            at = self._parse(text)
        except OverflowError:
            at = None
        if at is None:
            msg = (
                f"{text[:40]!r} is no moment; write ISO 8601, or state its form: `forms` under "
                f"[moments], {_STATED}"
            )
            raise ValueError(msg)
        if at.tzinfo is not None:
            return at
        known = ZoneInfo(self.time_zone) if self.time_zone else zone
        if known is None:
            msg = f"{text[:40]!r} names no time zone, and none is set (time_zone of the form)"
            raise ValueError(msg)
        return at.replace(tzinfo=known)

    def _parse(self, text: str) -> datetime | None:
        coded = _CODED.fullmatch(text)
        if coded:
            return _in_form(f"{coded[1]}{coded[2]}{coded[3] or '00'}", "%Y%m%d%H%M%S%z")
        if _ISO.fullmatch(text):
            return _in_iso(text)
        if _DAY.fullmatch(text):
            day = _in_iso(text)
            return None if day is None else self._on(day, text)
        for form in self.forms:
            at = _in_form(text, form)
            if at is not None:
                has_time = any(mark in form for mark in ("%H", "%I", "%X", "%c"))
                return at if has_time else self._on(at, text)
        return None

    def _on(self, day: datetime, text: str) -> datetime:
        if self.day_alone is None:
            msg = (
                f"{text[:40]!r} is a day without a time; write the time too, or state which one it "
                f"stands for: `day_alone` under [moments], {_STATED}"
            )
            raise ValueError(msg)
        return datetime.combine(day, time.fromisoformat(self.day_alone))


def _in_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _in_form(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - a zone follows where none is named
    except ValueError:
        return None
