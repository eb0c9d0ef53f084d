"""What a command says to a person, in English or Russian; what programs read stays English.

English sentences are printed as they are stored; in another language they are told from these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mra_gateway.cli import show
from mra_gateway.documents import reasons
from mra_gateway.documents.words import ENGLISH, words_of

_WORDS = "terminal"


class Spoken:
    """One language, for one command.

    Attributes:
        language: Its tag.
        is_stored: Whether it is the language sentences are stored in.
        say: Returns a text of the command's own.
    """

    def __init__(self, language: str, *, folder: str = _WORDS) -> None:
        """Takes the language.

        Raises:
            RequestRefused: There are no words in it.
        """
        self.language = language
        self.is_stored = language == ENGLISH
        self.say = words_of(folder, language).say

    def told(self, text: str, group: str) -> str:
        """Returns a sentence; what has no words in the language is marked."""
        if self.is_stored:
            return text
        return reasons.retell(text, group=group, language=self.language).text

    def as_stated(self, text: str) -> str:
        """Returns a text nobody translates, as a note of a data file, marked as such."""
        return text if self.is_stored or not text else reasons.as_stated(text, self.language)

    def word(self, kind: str, text: str) -> str:
        """Returns a word of a list, as a status."""
        return text if self.is_stored else reasons.word(kind, text, languages=(self.language,))[0]

    def code(self, reason: str) -> str:
        """Returns a reason code, with what it means."""
        return reason if self.is_stored else reasons.code(reason, self.language)

    def territory(self, code: str, name: str) -> str:
        """Returns what a territory is called; its own display name where it has none here."""
        return name if self.is_stored else reasons.territory(code, self.language) or name

    def headings(self, *keys: str) -> list[str]:
        """Returns the headings of a table."""
        return [self.say(f"heading_{key}") for key in keys]

    def table(
        self,
        headings: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        empty: str,
        zone: ZoneInfo,
    ) -> None:
        """Prints a table, its moments as the language writes them."""
        if self.is_stored:
            show.table(headings, rows, empty=empty, zone=zone)
            return
        given = [tuple(row) for row in rows]
        show.table(headings, [[self._cell(one, zone) for one in row] for row in given], empty=empty)
        if any(isinstance(one, datetime) for row in given for one in row):
            show.line(self.say("times_in", zone=zone.key))

    def day(self, day: date) -> str:
        """Returns a day as the language writes it."""
        return reasons.local_day(f"{day:%Y-%m-%d}", language=self.language)

    def moment(self, at: datetime, zone: ZoneInfo) -> str:
        """Returns a moment with its zone, the day as the language writes it."""
        day, _, rest = show.moment(at, zone).partition(" ")
        return f"{reasons.local_day(day, language=self.language)} {rest}"

    def _cell(self, value: object, zone: ZoneInfo) -> object:
        if not isinstance(value, datetime):
            return value
        return self.moment(value, zone).removesuffix(f" {zone.key}")
