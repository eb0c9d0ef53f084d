"""Rows of a file that is measured by which are clearly nothing to be counted.

Totals and signatures below, numbers of columns under the headings, headings said again where files
were put together. Every other row is counted, or at fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mra_gateway.tables.cleaning import key_of
from mra_gateway.tables.footers import is_footer
from mra_gateway.tables.headings import is_numbering
from mra_gateway.tables.sheet import Row, Value, is_empty
from mra_gateway.tables.vocabulary import load_vocabulary

_FEW: Final = 3
_MOST: Final = 200


class PassedOver:
    """Of one file.

    Attributes:
        rows: The first of their numbers.
    """

    def __init__(self, headings: Sequence[str]) -> None:
        self._headings = tuple(headings)
        self._keys = [key_of(text) for text in headings]
        self.rows: list[int] = []

    def takes(self, number: int, cells: Sequence[Value]) -> bool:
        """Says whether a row is one of them, and keeps its number."""
        found = self._is_repeated(cells) or self.is_footer(cells) or counts_columns(cells)
        if found and len(self.rows) < _MOST:
            self.rows.append(number)
        return found

    def is_footer(self, cells: Sequence[Value]) -> bool:
        """Says whether a row is a total or a signature."""
        # most rows are told from one by how much of them is filled: reading words takes long
        filled = sum(not is_empty(cell) for cell in cells)
        if filled > max(_FEW, len(self._headings) // 2):
            return False
        return is_footer(Row(0, tuple(cells)), load_vocabulary()) is not None

    def _is_repeated(self, cells: Sequence[Value]) -> bool:
        if not (cells and isinstance(cells[0], str) and len(cells) == len(self._keys) > 1):
            return False
        return key_of(cells[0]) == self._keys[0] and self._keys == [
            key_of(cell) if isinstance(cell, str) else "" for cell in cells
        ]


def counts_columns(cells: Sequence[Value]) -> bool:
    """Says whether a row only numbers the columns, as printed forms do."""
    return bool(cells) and str(cells[0]).strip() == "1" and is_numbering(Row(0, tuple(cells)))
