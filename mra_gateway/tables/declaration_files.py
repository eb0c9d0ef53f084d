"""CSV and Parquet files of declarations, millions of rows, as a stream in constant memory.

CSV is read by the standard library, Parquet by pyarrow, loaded where a file is one.
"""

from __future__ import annotations

import codecs
import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO
from zoneinfo import ZoneInfo

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.declaration_forms import DeclarationForm, TableForm
from mra_gateway.model.declarations import DeclaredMessage
from mra_gateway.tables.cleaning import shown
from mra_gateway.tables.csv_file import DELIMITERS, LEGACY
from mra_gateway.tables.declaration_columns import (
    IDENTIFIER,
    Columns,
    check_columns,
    columns_of,
    quoted,
    table_forms,
)
from mra_gateway.tables.declaration_rows import RowFault, RowReader
from mra_gateway.tables.limits import unreadable

PARQUET = b"PAR1"
"""What a Parquet file begins and ends with."""

_HEAD = 1 << 16
_BATCH = 2000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class CsvHead(NamedTuple):
    """How a CSV file may be read, and its headings if it is.

    Attributes:
        above: Rows that stand above the headings: a title, the office.
    """

    form: DeclarationForm
    table: TableForm
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    above: int = 0


class DeclaredTable(ABC):
    """A table of declarations that was opened; each `rows` reads it from its beginning.

    Attributes:
        columns: Which column is which field.
    """

    def __init__(self, path: Path, columns: Columns, *, zone: ZoneInfo | None) -> None:
        self.columns = columns
        self._path = path
        self._zone = zone

    @property
    def remark(self) -> str | None:
        """What a person should know: columns that are not read."""
        unread = self.columns.unread
        return f"columns not read: {quoted(unread)}" if unread else None

    def rows(self) -> Iterator[DeclaredMessage | RowFault]:
        """Yields the declaration of each row, or each fault of the row.

        Raises:
            RequestRefused: `FILE_UNREADABLE`: the file breaks off or is damaged further on.
        """
        reader = RowReader(self.columns, zone=self._zone)
        for number, cells in self.cells():
            read = reader.read(number, cells)
            if isinstance(read, DeclaredMessage):
                yield read
            else:
                yield from read

    @abstractmethod
    def cells(self, also: Collection[int] = ()) -> Iterator[tuple[int, Sequence[str | None]]]:
        """Yields the number and the cells of each row.

        Args:
            also: Columns that are no fields of a declaration and are wanted all the same.
        """


class CsvTable(DeclaredTable):
    """A CSV file.

    Attributes:
        encoding: Its encoding.
        delimiter: What stands between its cells.
        above: How many rows stand above its headings.
    """

    def __init__(
        self,
        path: Path,
        columns: Columns,
        *,
        zone: ZoneInfo | None,
        encoding: str,
        delimiter: str,
        above: int = 0,
    ) -> None:
        super().__init__(path, columns, zone=zone)
        self.encoding = encoding
        self.delimiter = delimiter
        self.above = above

    @property
    def has_separator_line(self) -> bool:
        """Whether its first line only names the delimiter."""
        # what is no such text is told with its row, when rows are read
        with self._path.open(encoding=self.encoding, errors="replace", newline="") as file:
            return _skip_separator_line(file)

    def cells(
        self,
        also: Collection[int] = (),  # noqa: ARG002 - every cell of a line is read anyhow
    ) -> Iterator[tuple[int, Sequence[str | None]]]:
        """Yields the number and the cells of each row."""
        number = 1
        with self._path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            try:
                first = 1 + _skip_separator_line(file)
                for _ in range(self.above + 1):
                    next(reader, None)
                number = reader.line_num + first
                for cells in reader:
                    yield number, cells
                    number = reader.line_num + first
            except csv.Error as error:
                why = f"row {number}: {str(error)[:100]}; is a quotation mark left open?"
                raise unreadable(str(self._path), why) from None
            except UnicodeError:
                why = f"row {number} or soon after is not {self.encoding}; save the file as UTF-8"
                raise unreadable(
                    str(self._path), f"{why}, or name its encoding in a form"
                ) from None


class ParquetTable(DeclaredTable):
    """A Parquet file."""

    def cells(self, also: Collection[int] = ()) -> Iterator[tuple[int, Sequence[str | None]]]:
        """Yields the number and the cells of each row; a cell of another column is None."""
        import pyarrow as pa

        pairs = list(zip(self.columns.headings, self.columns.fields, strict=True))
        places = [place for place, (_, field) in enumerate(pairs) if field or place in also]
        wanted = [self.columns.headings[place] for place in places]
        cells: list[str | None] = [None] * len(pairs)
        number = 0
        try:
            with parquet_file(self._path) as file:
                for batch in file.iter_batches(_BATCH, columns=wanted, use_threads=False):
                    for values in zip(*(one.to_pylist() for one in batch.columns), strict=True):
                        number += 1
                        for place, value in zip(places, values, strict=True):
                            cells[place] = self._text(value)
                        yield number, cells
        except (pa.ArrowException, OSError) as error:
            why = f"after row {number}: {shown(str(error)[:100])}"
            raise unreadable(str(self._path), why) from None

    def _text(self, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, list | tuple):
            return self.columns.table.list_separator.join(self._text(one) or "" for one in value)
        return str(value)


def open_csv(
    path: Path, *, forms: Sequence[DeclarationForm], zone: ZoneInfo | None = None
) -> DeclaredTable:
    """Opens a CSV file of declarations by the form that knows most of its headings.

    Args:
        path: The file.
        forms: The forms that may be meant.
        zone: Of moments that name none.

    Raises:
        RequestRefused: `FILE_UNREADABLE` or `HEADINGS_NOT_FOUND`.
    """
    best: tuple[Columns, CsvHead] | None = None
    for head in csv_heads(path, forms=forms):
        columns = columns_of(head.headings, form=head.form, table=head.table)
        if best is None or columns.known > best[0].known:
            best = columns, head
    columns, head = _found(best, path)
    check_columns(columns, file=str(path))
    return CsvTable(path, columns, zone=zone, encoding=head.encoding, delimiter=head.delimiter)


def csv_heads(
    path: Path, *, forms: Sequence[DeclarationForm], searched: int = 1
) -> Iterator[CsvHead]:
    """Yields what the head of a CSV file may be, by each form, encoding and delimiter.

    What is no UTF-8 and named by no form may be any of the older encodings: one is taken when more
    headings are known by it. Where none is, the first row that is no UTF-8 is told.

    Args:
        path: The file.
        forms: The forms that may be meant.
        searched: In how many of its first rows headings may stand.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    mark = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    told = ("utf-8",) if _is_utf8(head) else ("utf-8", *LEGACY)
    for form, table in table_forms(forms):
        named = mark or table.encoding
        for encoding in [named] if named else told:
            text = _decoded(head, encoding)
            for delimiter in [table.delimiter] if table.delimiter else _delimiters(text):
                for above, headings in enumerate(_first_rows(text, delimiter, searched)):
                    yield CsvHead(form, table, encoding, delimiter, tuple(headings), above)


def open_parquet(
    path: Path, *, forms: Sequence[DeclarationForm], zone: ZoneInfo | None = None
) -> DeclaredTable:
    """Opens a Parquet file of declarations by the form that knows most of its columns.

    Args:
        path: The file.
        forms: The forms that may be meant.
        zone: Of moments that name none.

    Raises:
        RequestRefused: `FILE_UNREADABLE`; `HEADINGS_NOT_FOUND`; `NUMBER_FOR_IDENTIFIER` for
            identifiers kept as numbers.
    """
    with parquet_file(path) as file:
        schema = file.schema_arrow
    read = [columns_of(schema.names, form=form, table=table) for form, table in table_forms(forms)]
    columns = _found(max(read, key=lambda one: one.known, default=None), path)
    check_columns(columns, file=str(path))
    _check_types(columns, schema, file=str(path))
    return ParquetTable(path, columns, zone=zone)


def _found(best: Any, path: Path) -> Any:
    if best is None:
        raise RequestRefused(
            "no form of partners/declarations/ is about tables",
            reason=Reason.HEADINGS_NOT_FOUND,
            where=str(path),
        )
    return best


def _check_types(columns: Columns, schema: Any, *, file: str) -> None:
    import pyarrow as pa

    for place, field in enumerate(columns.fields):
        kind = schema.field(place).type
        if field is not None and field.endswith(IDENTIFIER) and not _is_text(pa, kind):
            raise RequestRefused(
                f"the column {shown(columns.headings[place])} holds {kind}: numbers lose their "
                "leading zeros; export it as text",
                reason=Reason.NUMBER_FOR_IDENTIFIER,
                where=file,
            )


def _is_text(pa: Any, kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)
    )


def parquet_file(path: Path) -> Any:
    """Opens a Parquet file with pyarrow.

    Raises:
        RequestRefused: `FILE_UNREADABLE`.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(str(path), f"no Parquet file: {shown(str(error)[:100])}") from None


def _is_utf8(head: bytes) -> bool:
    """Says whether the beginning of a file is UTF-8; it may end within a character."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(head: bytes, encoding: str) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)("replace").decode(head)
    except LookupError:
        return ""


def _delimiters(text: str) -> Sequence[str]:
    first = text.partition("\n")[0].strip()
    if first.lower().startswith("sep=") and len(first) == 5:
        return (first[4],)
    return DELIMITERS


def _first_rows(text: str, delimiter: str, many: int) -> list[list[str]]:
    """Returns as many rows as can be read; one without cells where none can."""
    file = io.StringIO(text, newline="")
    _skip_separator_line(file)
    found: list[list[str]] = []
    with suppress(csv.Error):
        found.extend(islice(csv.reader(file, delimiter=delimiter), many))
    return found or [[]]


def _skip_separator_line(file: TextIO) -> bool:
    """Goes behind a first line that only names the delimiter, as Excel writes it, if there is."""
    first = file.readline()
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return True
    file.seek(0)
    return False
