"""Names of many operators as rows to search: by what they are compared as, by word, by likeness.

A row is a number. Nothing but texts and numbers is kept, so that a hundred thousand names stay
small; whose row it is, and what two names have in common, is known in `matching.py`. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from rapidfuzz import fuzz, process

from mra_gateway.identifiers.names import ComparableName

_COMMON: Final = 400
"""A word that more rows share selects none: it would select half the register."""

_ALIKE: Final = 70
"""How alike the telling words of two names must be to be compared word by word."""


class NameRows:
    """Rows of names; a row that was taken out is used again."""

    def __init__(self) -> None:
        self._texts: list[str | None] = []
        self._free: list[int] = []
        self._same = _Postings()
        self._words = _Postings()

    def add(self, name: ComparableName) -> int:
        """Adds a name and returns its row."""
        if self._free:
            row = self._free.pop()
            self._texts[row] = _telling(name)
        else:
            row = len(self._texts)
            self._texts.append(_telling(name))
        for text in _wholes(name):
            self._same.add(text, row)
        for text in _parts(name):
            self._words.add(text, row)
        return row

    def remove(self, row: int, name: ComparableName) -> None:
        """Takes a row out.

        Args:
            row: As `add` returned it.
            name: The name it was added with.
        """
        for text in _wholes(name):
            self._same.discard(text, row)
        for text in _parts(name):
            self._words.discard(text, row)
        self._texts[row] = None
        self._free.append(row)

    def find_same(self, name: ComparableName) -> set[int]:
        """Returns the rows of names that are compared as the same."""
        return {row for text in _wholes(name) for row in self._same.rows(text)}

    def find_near(self, name: ComparableName, *, limit: int) -> list[int]:
        """Returns rows of names that share rare words or look alike, the nearest first."""
        shared: Counter[int] = Counter()
        for text in _parts(name):
            rows = self._words.rows(text)
            if len(rows) <= _COMMON:
                shared.update(rows)
        alike = process.extract(
            _telling(name), self._texts, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=limit
        )
        by_word = [row for row, _ in shared.most_common(limit)]
        return list(dict.fromkeys([*by_word, *(row for _, _, row in alike)]))


class _Postings:
    """Rows by text; most texts have one row, which is kept as a bare number."""

    def __init__(self) -> None:
        self._rows: dict[str, int | set[int]] = {}

    def rows(self, text: str) -> set[int]:
        """Returns the rows of a text."""
        held = self._rows.get(text)
        if held is None:
            return set()
        return {held} if isinstance(held, int) else held

    def add(self, text: str, row: int) -> None:
        """Adds a row to a text."""
        held = self._rows.setdefault(text, row)
        if isinstance(held, set):
            held.add(row)
        elif held != row:
            self._rows[text] = {held, row}

    def discard(self, text: str, row: int) -> None:
        """Takes a row from a text."""
        held = self._rows.get(text)
        if isinstance(held, set):
            held.discard(row)
            if not held:
                del self._rows[text]
        elif held == row:
            del self._rows[text]


def _telling(name: ComparableName) -> str:
    return "".join(word.key for word in name.telling)


def _wholes(name: ComparableName) -> Iterator[str]:
    """What a name as a whole is found by: its words as written, and sorted where that differs."""
    yield name.joined
    ordered = name.key.replace(" ", "")
    if ordered != name.joined:
        yield ordered


def _parts(name: ComparableName) -> Iterable[str]:
    return dict.fromkeys(word.key for word in name.telling)
