"""Opens a file handed in for measuring: which kind and form it is in, where its headings stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.declaration_forms import DeclarationForm, TableForm
from mra_gateway.tables.cell_texts import cell_text
from mra_gateway.tables.cleaning import clean_line, key_of, shown
from mra_gateway.tables.declaration_columns import quoted
from mra_gateway.tables.declaration_files import (
    PARQUET,
    CsvHead,
    csv_heads,
    parquet_file,
)
from mra_gateway.tables.limits import read_bytes, unreadable
from mra_gateway.tables.measure_columns import (
    NOTHING_SAID,
    Kind,
    Said,
    find_columns,
    headings_of,
)
from mra_gateway.tables.measure_file import FileKind, MeasureFile
from mra_gateway.tables.sheet import Row, Sheet
from mra_gateway.tables.workbook import read_workbook

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_NO_TEXT: Final = ((b"%PDF", "a PDF"), (b"\x1f\x8b", "compressed: unpack it"))
_SEARCHED: Final = 20
"""Rows that may stand above the headings."""


def open_measure_file(
    path: Path,
    *,
    kinds: Mapping[str, Kind],
    forms: Sequence[DeclarationForm],
    known: Mapping[str, str] | None = None,
    said: Said = NOTHING_SAID,
) -> MeasureFile:
    """Opens a file by what it holds, not by its name.

    Args:
        path: The file.
        kinds: The fields there are.
        forms: Forms of declarations: the one that knows most headings is taken.
        known: Heading → field, in the place of those of the forms.
        said: What the officer says about the columns.

    Raises:
        RequestRefused: It cannot be read, or its columns cannot be told.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise unreadable(str(path), error.strerror or "cannot be opened") from None
    if not start:
        raise unreadable(str(path), "holds nothing")
    _check_text(start, path)
    finder = _Finder(path, kinds, forms, known, said)
    if start == PARQUET:
        return finder.parquet()
    return finder.workbook() if start == _ZIP else finder.csv()


def _check_text(start: bytes, path: Path) -> None:
    """Refuses what is often handed in and is no table."""
    if start == _OLE:
        raise unreadable(str(path), "a workbook of Excel before 2007: save it as XLSX")
    for mark, what in _NO_TEXT:
        if start.startswith(mark):
            raise unreadable(str(path), f"is {what}; CSV, XLSX and Parquet are read")


class _Headed(NamedTuple):
    """A sheet, and the row of it in which most headings are known."""

    score: int
    sheet: Sheet
    row: Row


class _Finder:
    """Finds the headings of one file."""

    def __init__(
        self,
        path: Path,
        kinds: Mapping[str, Kind],
        forms: Sequence[DeclarationForm],
        known: Mapping[str, str] | None,
        said: Said,
    ) -> None:
        self._path, self._kinds, self._said = path, kinds, said
        self._forms = tuple(one for one in forms if isinstance(one.reads.value, TableForm))
        if not self._forms:
            raise RequestRefused(
                "no form of partners/declarations is about tables", reason=Reason.NOT_FOUND
            )
        self._known = known

    def csv(self) -> MeasureFile:
        best: tuple[int, CsvHead] | None = None
        for head in csv_heads(self._path, forms=self._forms, searched=_SEARCHED):
            score = self._score(head.headings, head.table)
            if best is None or score > best[0]:
                best = score, head
        assert best is not None
        head = best[1]
        file = self._file("csv", head.headings, head.form, head.table)
        file.encoding, file.delimiter, file.above = head.encoding, head.delimiter, head.above
        return file

    def parquet(self) -> MeasureFile:
        import pyarrow as pa

        with parquet_file(self._path) as opened:
            schema = opened.schema_arrow
        file = self._file("parquet", schema.names, *self._form_of(schema.names))
        for field, place in file.fields.items():
            kind = schema.field(place).type
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
                file.types[field] = str(kind)
        return file

    def workbook(self) -> MeasureFile:
        source = read_workbook(read_bytes(self._path), file=self._path.name)
        found = sorted(
            filter(None, map(self._headed, source.sheets)),
            key=lambda one: (_hidden(one), -one.score),
        )
        if not found:
            raise RequestRefused(
                "no row holds headings that are known",
                reason=Reason.HEADINGS_NOT_FOUND,
                where=str(self._path),
            )
        best, alike = found[0], [one for one in found[1:] if 2 * one.score > found[0].score]
        names = [one.sheet.name or "" for one in (best, *alike) if _hidden(one) == _hidden(best)]
        if len(names) > 1:
            raise RequestRefused(
                f"rows stand under such headings on the sheets {quoted(names)}: "
                "put them on one, or take each in as a part, from a file of its own (--part)",
                reason=Reason.HEADINGS_NOT_FOUND,
                where=str(self._path),
            )
        headings = _texts(best.row)
        file = self._file("xlsx", headings, *self._form_of(headings))
        file.sheet, file.heading_row = best.sheet, best.row.number
        if _hidden(best):
            file.remarks.append(f"read from the hidden sheet {shown(best.sheet.name)}")
        for one in alike:
            file.remarks.append(f"the sheet {shown(one.sheet.name)} is hidden and was not read")
        return file

    def _headed(self, sheet: Sheet) -> _Headed | None:
        """Returns where the headings of a sheet stand; None where no row knows any, or is below."""
        best: _Headed | None = None
        rows = [row for row in sheet.rows[: _SEARCHED + 1] if not row.is_blank]
        for row in rows:
            headings = _texts(row)
            score = max(self._score(headings, _table_of(form)) for form in self._forms)
            if score and (best is None or score > best.score):
                best = _Headed(score, sheet, row)
        return best

    def _form_of(self, headings: Sequence[str]) -> tuple[DeclarationForm, TableForm]:
        form = max(self._forms, key=lambda one: self._score(headings, _table_of(one)))
        return form, _table_of(form)

    def _score(self, headings: Sequence[str], table: TableForm) -> int:
        known = headings_of(table) if self._known is None else self._known
        named = {key_of(heading) for heading in self._said.columns.values()}
        return sum(
            key_of(text) in known or key_of(text) in named or text.strip().lower() in self._kinds
            for text in headings
        )

    def _file(
        self, kind: FileKind, headings: Sequence[str], form: DeclarationForm, table: TableForm
    ) -> MeasureFile:
        known = headings_of(table) if self._known is None else self._known
        fields = find_columns(
            headings, kinds=self._kinds, known=known, said=self._said, where=str(self._path)
        )
        return MeasureFile(
            self._path,
            kind,
            headings=headings,
            fields=fields,
            kinds=self._kinds,
            form=form,
            table=table,
        )


def _table_of(form: DeclarationForm) -> TableForm:
    assert isinstance(form.reads.value, TableForm)
    return form.reads.value


def _hidden(headed: _Headed) -> bool:
    return headed.sheet.is_hidden


def _texts(row: Row) -> list[str]:
    return [clean_line(cell_text(value) or "") for value in row.values]
