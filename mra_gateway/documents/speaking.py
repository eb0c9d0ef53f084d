"""Says things in the one or two languages of a document, from words, phrases and names.

Also what every document of a comparison is told when it is composed: languages, readers, date,
letterhead. What is internal stops here: a document for the partner is not composed from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from mra_gateway.documents.page import Said
from mra_gateway.documents.words import words_of
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.comparison import Audience, Comparison, Side
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.requirements import Phrase

_FOLDER = "programmes"
NO_NAMES: Mapping[Territory, str] = MappingProxyType({})


class Printing(NamedTuple):
    """How a document is to be written.

    Attributes:
        languages: One of `en`, `ru`, or both for two columns, in this order.
        audience: Who reads it.
        names: Display names of territories, where the words of a language have none.
        letterhead: Lines of the office that writes, above everything.
    """

    printed_on: date
    languages: tuple[str, ...] = ("en",)
    audience: Audience = Audience.INTERNAL
    names: Mapping[Territory, str] = NO_NAMES
    letterhead: tuple[str, ...] = ()

    @property
    def is_for_partner(self) -> bool:
        """Whether the partner reads it."""
        return self.audience is Audience.PARTNER


class Speaker:
    """Says texts in the languages of one document.

    Args:
        printing: How it is to be written.
        folder: Of its words.
    """

    def __init__(self, printing: Printing, *, folder: str = _FOLDER) -> None:
        if not 1 <= len(printing.languages) <= 2:
            raise RequestRefused("a document is written in one language or in two")
        self.printing = printing
        self._words = tuple(words_of(folder, language) for language in printing.languages)

    def say(self, key: str, **names: Said | str) -> Said:
        """Returns a text of the words, with names filled in."""
        return self._alike(
            words.say(key, **{name: _pick(value, index) for name, value in names.items()})
            for index, words in enumerate(self._words)
        )

    def say_to_reader(self, key: str, **names: Said | str) -> Said:
        """Returns the text for whoever reads: `…_partner` differs from `…_internal`."""
        return self.say(f"{key}_{self.printing.audience.value}", **names)

    def phrase(self, phrase: Phrase) -> Said:
        """Returns a phrase; one without Russian stays English, never a guess."""
        return self._alike(
            (phrase.ru or phrase.en) if words.language == "ru" else phrase.en
            for words in self._words
        )

    def territory(self, territory: Territory) -> Said:
        """Returns the name of a territory."""
        return self._alike(
            words.territories.get(territory) or self.printing.names.get(territory, territory)
            for words in self._words
        )

    def side(self, side: Side) -> Said:
        """Returns a side as a column is headed by it: its territory and programme."""
        return self.joined((self.territory(side.territory), (str(side.programme),)), by=" · ")

    def joined(self, parts: Iterable[Said], *, by: str = ", ") -> Said:
        """Returns several texts as one."""
        listed = list(parts)
        return self._alike(
            by.join(_pick(part, index) for part in listed) for index in range(len(self._words))
        )

    def number(self, value: float) -> Said:
        """Returns a number as each language groups its digits."""
        return self.digits(f"{value:,.0f}" if float(value).is_integer() else f"{value:,}")

    def digits(self, digits: str) -> Said:
        """Returns a number written with points and commas in English as each language does."""
        return self._alike(
            digits.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
            if words.language == "ru"
            else digits
            for words in self._words
        )

    def has(self, key: str) -> bool:
        """Says whether the words have a text."""
        return key in self._words[0].texts

    def _alike(self, texts: Iterable[str]) -> Said:
        told = tuple(texts)
        return told[:1] if len(set(told)) == 1 else told


def check_audience(comparison: Comparison, printing: Printing) -> None:
    """Checks that a document for the partner rests on a comparison made for the partner.

    Raises:
        RequestRefused: The comparison is internal.
    """
    if printing.is_for_partner and comparison.audience is not Audience.PARTNER:
        raise RequestRefused(
            "this comparison is internal: make one for the partner before writing to the partner",
            reason=Reason.REQUEST_INVALID,
        )


def choose_document_languages(wanted: str) -> tuple[str, ...]:
    """Returns the languages of `en`, `ru` or `en+ru`.

    Raises:
        RequestRefused: Another one.
    """
    chosen: Sequence[str] = wanted.split("+")
    if len(set(chosen)) != len(chosen) or not set(chosen) <= {"en", "ru"}:
        raise RequestRefused("documents are written in en, ru, en+ru or ru+en")
    return tuple(chosen)


def _pick(said: Said | str, index: int) -> str:
    if isinstance(said, str):
        return said
    return said[index] if len(said) > 1 else said[0]
