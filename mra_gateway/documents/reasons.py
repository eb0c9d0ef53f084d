"""Says what is told in English – reasons of results, a diagnosis – in another language.

Results are kept in English, byte for byte. Here the template of a stored sentence is recognised
among those of `words/reasons/en.toml` and `words/doctor/en.toml`, and the template of the same key
in the other language is filled with what stands in it; words among that, days and names of
territories are translated too.

A sentence that no template knows is given as it stands, and marked: nothing is guessed. Of several
templates that fit, the one with the most words of its own is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from mra_gateway.documents.page import Said
from mra_gateway.documents.words import ENGLISH, groups_of, words_of
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.operators import Role
from mra_gateway.model.recognition import RecognitionReason

_FOLDER: Final = "reasons"
_FOLDERS: Final = (_FOLDER, "doctor")
_FOLDER_OF_CODES: Final = "programmes"
_FOLDER_OF_REASONS: Final = "codes"
_HOLE: Final = re.compile(r"\{(\w+)\}")
_LIST: Final = {
    "flows": "flow",
    "foldings": "folding",
    "functions": "function",
    "overrides": "override",
    "roles": "role",
}
"""Lists, and the words they are lists of."""
_CODES: Final[Mapping[str, type[StrEnum]]] = {
    "flow": Flow,
    "function": PartyFunction,
    "role": Role,
}
"""Words that other documents have too."""
_SENTENCES: Final = {
    "capped": ("capped", "; "),
    "covers": ("cover", ", "),
    "extent": ("extent", "; "),
    "parts": ("part", "; "),
}
"""Several sentences in a row: the group each is of, and what divides them."""
_FORMS: Final = {
    "capped": r"[^;]+ is capped to [^;]+(?:; [^;]+ is capped to [^;]+)*",
    "arrangement": r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+",
    "benefits": r"[a-z][a-z0-9_]*(?:, [a-z][a-z0-9_]*)*",
    "code": r"[A-Z]+",
    "count": r"\d+",
    "covers": r"[A-Z0-9-]+ with [A-Z]{2}(?:, [A-Z0-9-]+ with [A-Z]{2})*",
    "day": r"\d+-\d\d-\d\d",
    "exception": r"[A-Z]\w*Error",
    "file": r"[^:]+",
    "moment": r"\d+-\d\d-\d\d \d\d:\d\d \([^() ]+\)",
    "place": r".+?\.toml(?::\d+)?",
    "programme": r"[A-Z]{2}-[A-Z0-9-]+",
    "reason": r"[A-Z][A-Z0-9_]+",
    "row": r"[A-Za-z0-9][A-Za-z0-9_.-]*",
    "rule": r"[A-Za-z0-9][A-Za-z0-9_.-]*@\d+",
    "territories": r"[A-Z]{2}(?:, [A-Z]{2})*",
    "territory": r"[A-Z]{2}",
    "time": r"\d\d:\d\d:\d\d",
    "tin": r"[A-Z]{2}[A-Z0-9]+",
    "where": r"[^()]+",
    "zone": r"[A-Z][A-Za-z0-9_+/-]*",
}
"""What has a form of its own; anything else may be any text."""
_MOST_SENTENCES: Final = 40


class Retold(NamedTuple):
    """A stored sentence in a language.

    Attributes:
        key: Of its template; None when none knows it.
        is_told: Whether all of it is said in the language.
    """

    text: str
    key: str | None
    is_told: bool


class _Template(NamedTuple):
    key: str
    pattern: re.Pattern[str]
    text: str


def retell(text: str, *, group: str, language: str) -> Retold:
    """Returns a stored sentence in a language.

    Args:
        text: As stored.
        group: Where it stands: `step`, `benefit`, `correction`, `flag`, `part`; `explained`; of a
            diagnosis `check`, `found` or `advice`.
        language: The language.
    """
    return _retell(text, group, language)


def said(text: str, *, group: str, languages: Sequence[str]) -> Said:
    """Returns a stored sentence in the languages of a document."""
    return _alike(_retell(text, group, language).text for language in languages)


def said_to_trader(
    text: str, *, group: str, reason: RecognitionReason | None, languages: Sequence[str]
) -> Said:
    """Returns it as a trader may read it: some reasons are told without what stands behind them."""
    key = _retell(text, group, ENGLISH).key
    instead = {reason, key} & _groups(ENGLISH)["trader"].keys()
    if instead:
        return to_trader(str(instead.pop()), languages=languages)
    return said(text, group=group, languages=languages)


def to_trader(key: str, *, languages: Sequence[str]) -> Said:
    """Returns what a trader is told in place of a sentence."""
    return _alike(_groups(language)["trader"][key] for language in languages)


def word(kind: str, text: str, *, languages: Sequence[str]) -> Said:
    """Returns a word of a list, as a status or a function; one that is not in it as it stands."""
    return _alike(_translated(kind, language).get(text, text) for language in languages)


def code(reason: str, language: str) -> str:
    """Returns a reason code with what it means; in English it speaks for itself."""
    if language == ENGLISH:
        return reason
    meaning = groups_of(_FOLDER_OF_REASONS, language).get(reason)
    return reason if meaning is None else f"{reason} ({meaning})"


def as_stated(text: str, language: str) -> str:
    """Returns a text nobody has translated, as a note of a data file, marked as such."""
    return _untold(text, language)


def territory(code: str, language: str) -> str | None:
    """Returns what a language calls a territory, with its code; None where it has no name."""
    told = _territory(code, language)
    return None if told == code else told


def local_day(day: str, *, language: str) -> str:
    """Returns a day written year first, as a language writes it."""
    if language != "ru":
        return day
    year, month, of_month = day.split("-")
    return f"{of_month}.{month}.{year}"


def local_days(day: str, *, languages: Sequence[str]) -> Said:
    """Returns the same in the languages of a document."""
    return _alike(local_day(day, language=language) for language in languages)


@lru_cache(maxsize=16_384)
def _retell(text: str, group: str, language: str) -> Retold:
    in_part: Retold | None = None
    for key, pattern, template in _templates(group, language):
        found = pattern.fullmatch(text)
        if found is None:
            continue
        if language == ENGLISH:
            return Retold(text, key, is_told=True)
        retold = _filled(key, template, found.groupdict(), language)
        if retold.is_told:
            return retold
        in_part = in_part or retold
    return in_part or Retold(_untold(text, language), None, is_told=language == ENGLISH)


def _filled(key: str, template: str, holes: Mapping[str, str], language: str) -> Retold:
    filled = {hole: _fill(_kind(hole), text, language) for hole, text in holes.items()}
    return Retold(
        _HOLE.sub(lambda hole: filled[hole[1]][0], template),
        key,
        is_told=all(is_told for _, is_told in filled.values()),
    )


def _fill(kind: str, text: str, language: str) -> tuple[str, bool]:
    """Returns what fills a hole in the language, and whether it is all told there."""
    if _stored_words(_LIST.get(kind, kind)):
        words = _translated(_LIST.get(kind, kind), language)
        return ", ".join(words[one] for one in _listed(text, kind)), True
    if kind in _SENTENCES:
        return _sentences(text, *_SENTENCES[kind], language)
    if kind == "reason":
        return code(text, language), True
    if kind == "english":
        return _untold(text, language), True
    if kind in _groups(ENGLISH):
        retold = _retell(text, kind, language)
        return retold.text, retold.is_told
    if kind in {"territory", "territories"}:
        return ", ".join(_territory(code, language) for code in text.split(", ")), True
    if kind in {"day", "moment"}:
        day, space, rest = text.partition(" ")
        return f"{local_day(day, language=language)}{space}{rest}", True
    return text, True


def _listed(text: str, kind: str) -> Sequence[str]:
    return text.split(", ") if kind in _LIST else (text,)


def _sentences(text: str, group: str, by: str, language: str) -> tuple[str, bool]:
    """Returns sentences told one after the other; each may hold what divides them."""
    pieces = text.split(by)
    told: list[str] = []
    at, all_told = 0, len(pieces) <= _MOST_SENTENCES
    while at < len(pieces):
        for end in range(len(pieces), at, -1):
            retold = _retell(by.join(pieces[at:end]), group, language)
            if retold.is_told and (end == at + 1 or not _is_several(pieces[at:end], group)):
                break
        all_told = all_told and retold.is_told
        told.append(retold.text)
        at = end
    return by.join(told), all_told


def _is_several(pieces: Sequence[str], group: str) -> bool:
    """Says whether pieces that fit one template are rather sentences of their own."""
    return any(_retell(piece, group, ENGLISH).key is not None for piece in pieces[1:])


@cache
def _templates(group: str, language: str) -> tuple[_Template, ...]:
    english, other = _groups(ENGLISH)[group], _groups(language)[group]
    ordered = sorted(english.items(), key=lambda one: -len(_HOLE.sub("", one[1])))
    return tuple(_Template(key, _pattern(text), other[key]) for key, text in ordered)


def _pattern(template: str) -> re.Pattern[str]:
    """Returns what recognises a sentence of a template."""
    pieces = _HOLE.split(template)
    for at in range(0, len(pieces), 2):
        pieces[at] = re.escape(pieces[at])
    for at in range(1, len(pieces), 2):
        pieces[at] = f"(?P<{pieces[at]}>{_form(_kind(pieces[at]))})"
    return re.compile("".join(pieces), re.DOTALL)


def _form(kind: str) -> str:
    words = _stored_words(_LIST.get(kind, kind))
    if not words:
        return _FORMS.get(kind, ".+?")
    one = f"(?:{'|'.join(map(re.escape, words))})"
    return f"{one}(?:, {one})*" if kind in _LIST else one


def _kind(hole: str) -> str:
    return re.sub(r"_\d$", "", hole)


def _stored_words(kind: str) -> Sequence[str]:
    """Returns the words of a list as they stand in stored sentences; none for what is no list."""
    if kind in _CODES:
        return tuple(_CODES[kind])
    return tuple(_groups(ENGLISH)["words"].get(kind, {}).values())


@cache
def _translated(kind: str, language: str) -> Mapping[str, str]:
    """Returns the words of a list as stored, with those of the language."""
    if kind in _CODES:
        texts = words_of(_FOLDER_OF_CODES, language).texts
        return {code: texts[f"{kind}_{code}"] for code in _CODES[kind]}
    words = _groups(language)["words"][kind]
    return {stored: words[key] for key, stored in _groups(ENGLISH)["words"][kind].items()}


def _territory(code: str, language: str) -> str:
    name = words_of(_FOLDER, language).territories.get(code)
    return code if name is None else f"{name} ({code})"


def _untold(text: str, language: str) -> str:
    return str(_groups(language)["mark"]["untold"]).replace("{text}", text)


@cache
def _groups(language: str) -> Mapping[str, Any]:
    groups: dict[str, Any] = {}
    for folder in _FOLDERS:
        for group, texts in groups_of(folder, language).items():
            groups[group] = {**groups.get(group, {}), **texts}
    return groups


def _alike(texts: Iterator[str]) -> Said:
    told = tuple(texts)
    return told[:1] if len(set(told)) == 1 else told
