"""Names of many operators as rows to search: those that are the same, and those that are near.

A row is a number. Near are rows that share the most groups of three letters with the name asked
for, the rarest groups counted first and no more of them than can be counted in a few milliseconds;
how near is for `likeness.py` to say. Nothing but texts and numbers is kept, so that a hundred
thousand names stay small. Pure.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from mra_gateway.identifiers.names import ComparableName

_COUNTED: Final = 30_000
"""Rows counted for one question: what is in every second name tells nothing and costs time."""


class NameRows:
    """Rows of names; a row that was taken out is used again."""

    def __init__(self) -> None:
        self._free: list[int] = []
        self._next = 0
        self._same: dict[str, set[int]] = {}
        self._groups: dict[str, array[int]] = {}

    def add(self, name: ComparableName) -> int:
        """Adds a name and returns its row."""
        if self._free:
            row = self._free.pop()
        else:
            row, self._next = self._next, self._next + 1
        for text in _wholes(name):
            self._same.setdefault(text, set()).add(row)
        for group in _groups(name):
            self._groups.setdefault(group, array("I")).append(row)
        return row

    def remove(self, row: int, name: ComparableName) -> None:
        """Takes a row out.

        Args:
            row: As `add` returned it.
            name: The name it was added with.
        """
        for text in _wholes(name):
            self._same[text].discard(row)
            if not self._same[text]:
                del self._same[text]
        for group in _groups(name):
            self._groups[group].remove(row)
            if not self._groups[group]:
                del self._groups[group]
        self._free.append(row)

    def find_same(self, name: ComparableName) -> set[int]:
        """Returns the rows of names that are compared as the same."""
        return {row for text in _wholes(name) for row in self._same.get(text, ())}

    def find_near(self, name: ComparableName, *, limit: int) -> list[int]:
        """Returns the rows that share the most letter groups, the nearest first."""
        shared: Counter[int] = Counter()
        held = [self._groups[group] for group in _groups(name) if group in self._groups]
        counted = 0
        for rows in sorted(held, key=len):
            counted += len(rows)
            if counted > _COUNTED and shared:
                break
            shared.update(rows)
        return [row for row, _ in shared.most_common(limit)]


def _wholes(name: ComparableName) -> Iterator[str]:
    """What a name as a whole is found by: its words as written, and sorted where that differs."""
    yield name.joined
    ordered = name.key.replace(" ", "")
    if ordered != name.joined:
        yield ordered


def _groups(name: ComparableName) -> Iterable[str]:
    """Every three letters of every telling word; a place, a number or a sense as a whole."""
    found: dict[str, None] = {}
    for word in name.telling:
        if not word.key[0].isalpha() or len(word.key) < 4:
            found[word.key] = None
        else:
            found.update(dict.fromkeys(word.key[at : at + 3] for at in range(len(word.key) - 2)))
    return found
