"""The headings and words administrations use, in their languages: the data of `partners/mappings/`.

Every file is one language. All are merged, for a register mixes them; a word that means two things
is a fault of the data and refused when it is loaded.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from pydantic import Field, ValidationError

from mra_gateway.errors import Reason, SetupError
from mra_gateway.model.base import Noun
from mra_gateway.model.changes import Status
from mra_gateway.model.operators import ProgrammeKind, Role, Text
from mra_gateway.model.register import ConsentBasis
from mra_gateway.settings import data_folder
from mra_gateway.tables.cleaning import key_of
from mra_gateway.tables.fields import BASES, field_of

TERRITORY = "{territory}"
LONGEST_BLANK = 24
"""Texts that stand for nothing are short; long ones are not looked up."""
Words = tuple[Text, ...]
V = TypeVar("V")


class _Months(Noun):
    names: Words = ()
    short: Words = ()


class _OtherWords(Noun):
    blank: Words = ()
    no_expiry: Words = ()
    totals: Words = ()
    signature: Words = ()


class _Consent(Noun):
    yes: Words = ()
    no: Words = ()
    law: Words = ()
    contract: Words = ()
    consent: Words = ()


class _Samples(Noun):
    headings: dict[str, Words] = Field(default_factory=dict)
    words: dict[str, Words] = Field(default_factory=dict)


class Language(Noun):
    """One file of `partners/mappings/`.

    Attributes:
        date_order: How the language's users write a date; shown as a hint, never assumed.
        samples: Headings and words of time-release and cost studies.
    """

    language: str
    date_order: Literal["dmy", "mdy", "ymd", "unknown"]
    headings: dict[str, Words]
    status: dict[Status, Words]
    roles: dict[Role, Words] = Field(default_factory=dict)
    kinds: dict[ProgrammeKind, Words] = Field(default_factory=dict)
    tiers: dict[str, Words] = Field(default_factory=dict)
    consent: _Consent = _Consent()
    words: _OtherWords = _OtherWords()
    months: _Months = _Months()
    samples: _Samples = _Samples()


class Heading(NamedTuple):
    """A known heading: the field it stands for, in which language, as the file writes it."""

    field: str
    language: str
    written: str


class Vocabulary:
    """All languages together, keyed by `key_of`."""

    def __init__(self, languages: Iterable[Language]) -> None:
        self.languages = tuple(languages)
        self.headings: dict[str, Heading] = {}
        self._for_territory: list[tuple[re.Pattern[str], Heading]] = []
        self.status: dict[str, Status] = {}
        self.roles: dict[str, Role] = {}
        self.kinds: dict[str, ProgrammeKind] = {}
        self.tiers: dict[str, str] = {}
        self.yes_no: dict[str, bool] = {}
        self.bases: dict[str, ConsentBasis] = {}
        self.months: dict[str, int] = {}
        self.blank: frozenset[str] = frozenset()
        self.no_expiry: frozenset[str] = frozenset()
        self.totals: frozenset[str] = frozenset()
        self.signature: frozenset[str] = frozenset()
        self.sample_headings: dict[str, str] = {}
        self.sample_words: dict[str, str] = {}
        for language in self.languages:
            self._add(language)

    def find_heading(self, text: str) -> Heading | None:
        """Returns what a heading stands for, or None when no language knows it.

        The name of a field itself is always known: that is how an exported register comes back.
        """
        try:
            if text != "ignore" and field_of(text):
                return Heading(text, "field name", text)
        except ValueError:
            pass
        key = key_of(text)
        if key in self.headings:
            return self.headings[key]
        for pattern, heading in self._for_territory:
            match = pattern.fullmatch(key)
            if match:
                return heading._replace(field=f"{heading.field}:{match[1].upper()}")
        return None

    def is_blank(self, text: str) -> bool:
        """Says whether a text stands for nothing (`-`, `н/д`, `无`)."""
        if len(text) > LONGEST_BLANK:
            return False
        key = key_of(text)
        return not key or key in self.blank

    def _add(self, language: Language) -> None:
        for field, written in language.headings.items():
            for text in written:
                self._add_heading(Heading(field, language.language, text))
        _merge(self.status, language.status, language.language)
        _merge(self.roles, language.roles, language.language)
        _merge(self.kinds, language.kinds, language.language)
        _merge(self.tiers, language.tiers, language.language)
        consent = language.consent
        _merge(self.yes_no, {True: consent.yes, False: consent.no}, language.language)
        bases = {
            ConsentBasis.LAW: consent.law,
            ConsentBasis.CONTRACT: consent.contract,
            ConsentBasis.CONSENT: consent.consent,
        }
        _merge(self.bases, bases, language.language)
        for names in (language.months.names, language.months.short):
            _merge(self.months, {n: (name,) for n, name in enumerate(names, 1)}, language.language)
        self.blank |= _keys(language.words.blank)
        self.no_expiry |= _keys(language.words.no_expiry)
        self.totals |= _keys(language.words.totals)
        self.signature |= _keys(language.words.signature)
        _merge(self.sample_headings, language.samples.headings, language.language)
        _merge(self.sample_words, language.samples.words, language.language)

    def _add_heading(self, heading: Heading) -> None:
        if heading.field.partition(":")[0] not in BASES:
            msg = f"{heading.language}: {heading.field!r} is not a field of a register"
            raise ValueError(msg)
        if not key_of(heading.written):
            msg = f"{heading.language}: {heading.written!r} holds no letter or digit"
            raise ValueError(msg)
        if TERRITORY in heading.written:
            before, _, after = heading.written.partition(TERRITORY)
            parts = [re.escape(key_of(before)), "([a-z]{2})", re.escape(key_of(after))]
            pattern = re.compile(" ".join(part for part in parts if part))
            self._for_territory.append((pattern, heading))
            return
        held = self.headings.setdefault(key_of(heading.written), heading)
        if held.field != heading.field:
            msg = f"{heading.written!r} means both {held.field!r} and {heading.field!r}"
            raise ValueError(msg)


@functools.cache
def load_vocabulary(folder: Path | None = None) -> Vocabulary:
    """Reads every language file of a folder; without one, those that travel with the product.

    Raises:
        SetupError: A file that is not as described, or a word with two meanings.
    """
    languages = []
    for file in sorted((folder or data_folder("partners") / "mappings").glob("*.toml")):
        try:
            languages.append(Language.model_validate(tomllib.loads(file.read_text("utf-8"))))
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            raise SetupError(str(error), reason=Reason.DATA_FILE_INVALID, where=file.name) from None
    try:
        return Vocabulary(languages)
    except ValueError as error:
        raise SetupError(
            str(error), reason=Reason.DATA_FILE_INVALID, where="partners/mappings"
        ) from None


def _keys(words: Words) -> frozenset[str]:
    return frozenset(key for key in map(key_of, words) if key)


def _merge(into: dict[str, V], words: Mapping[V, Words], language: str) -> None:
    for value, written in words.items():
        for text in written:
            _put(into, key_of(text), value, language)


def _put(into: dict[str, V], key: str, value: V, language: str) -> None:
    held = into.setdefault(key, value)
    if held != value:
        msg = f"{language}: {key!r} means both {held!r} and {value!r}"
        raise ValueError(msg)
