"""Fills in a questionnaire as a person does: by its headings, cell by cell."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from openpyxl.utils import get_column_letter


class Filled:
    """A questionnaire that is open in a spreadsheet program."""

    def __init__(self, book: Any) -> None:
        self.book = book

    def head(self, label: str, value: Any) -> None:
        """Writes a value of the first sheet."""
        sheet = self.book["questionnaire"]
        (row,) = [line[0].row for line in sheet.iter_rows() if line[0].value == label]
        sheet.cell(row, 3).value = value

    def rows(self, sheet: str) -> list[str]:
        """Returns the items of a sheet, in order."""
        return [line[0].value for line in self.book[sheet].iter_rows(min_row=3) if line[0].value]

    def row(self, sheet: str, item: str) -> int:
        """Returns the first row of an item."""
        lines = self.book[sheet].iter_rows()
        return next(int(line[0].row) for line in lines if line[0].value == item)

    def column(self, sheet: str, heading: str) -> int:
        """Returns the column under a heading."""
        headings = [cell.value for cell in self.book[sheet][1]]
        return headings.index(heading) + 1

    def value(self, sheet: str, item: str, heading: str) -> Any:
        """Returns what stands in a cell."""
        return self.book[sheet][self.cell(sheet, item, heading)].value

    def cell(self, sheet: str, item: str, heading: str) -> str:
        """Returns the address of an answer."""
        return self.cell_at(sheet, self.row(sheet, item), heading)

    def cell_at(self, sheet: str, row: int, heading: str) -> str:
        """Returns the address of an answer in a row."""
        return f"{get_column_letter(self.column(sheet, heading))}{row}"

    def put(self, sheet: str, item: str, cells: Mapping[str, Any]) -> None:
        """Writes answers on an item."""
        self.put_at(sheet, self.row(sheet, item), cells)

    def put_at(self, sheet: str, row: int, cells: Mapping[str, Any]) -> None:
        """Writes answers into a row."""
        for heading, value in cells.items():
            self.book[sheet][self.cell_at(sheet, row, heading)].value = value

    def clear(self, sheet: str, item: str) -> None:
        """Empties the answers on an item."""
        row = self.row(sheet, item)
        for column in range(self.column(sheet, "answer"), self.book[sheet].max_column + 1):
            self.book[sheet].cell(row, column).value = None

    def content(self) -> bytes:
        """Returns the workbook as it is saved."""
        content = io.BytesIO()
        self.book.save(content)
        return content.getvalue()
