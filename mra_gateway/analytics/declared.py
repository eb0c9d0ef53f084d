"""A file of declarations as one expression with typed columns, the same for both engines.

Plain forms are read by the engine: `1234.5`, `2026-03-02`, `2026-03-02T09:15`. Every other text of
a column is fetched once, read by `tables/measured_values.py`, and joined back; a text that means
nothing, or two things, is a fault of the rows that hold it.

What only divides (region, mode, type …) stays the text it is, and is read when the sums are there.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Collection, Iterator
from datetime import date, datetime
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from mra_gateway.analytics.engine import Engine
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.tables.declaration_files import CsvTable
from mra_gateway.tables.measured_table import KINDS, MOMENTS, NUMBERS, MeasuredTable
from mra_gateway.tables.measured_values import epoch_seconds, is_blank
from mra_gateway.tables.problems import CellProblem

_PLAIN = {
    "number": r"^[0-9]+([.][0-9]{1,2})?$",
    "day": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]*)?$",
    "moment": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?$",
}
_TIME_OF_DAY = r",? +[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?$"
_MOST_ODD = 2_000_000
"""How many different texts of one column this process reads; more have to be put right first."""

KEYS = {
    "type": "k_type",
    "region": "k_region",
    "commodity_codes": "k_chapter",
    "mode": "k_mode",
    "currency": "k_currency",
    "inspected": "k_inspected",
}
"""What the sums are divided by."""


class Scanned(NamedTuple):
    """A file as an expression.

    Attributes:
        expression: Keys as text, `v` value, `d` day, `h` hours of inspection, `r` hours to release,
            `bad` for a row with a fault, and the identifier of every function as it stands.
        table: The file.
    """

    expression: Any
    table: MeasuredTable


def scan(
    engine: Engine,
    table: MeasuredTable,
    *,
    functions: Collection[str],
    facts: Collection[str],
    folder: Path,
) -> Scanned:
    """Returns a file as an expression.

    Args:
        engine: Where.
        table: The file.
        functions: The functions whose identifiers are wanted (`exporter`).
        facts: Further fields wanted as text, as `f_office`.
        folder: For a copy of a file that the engine cannot read as it is.
    """
    raw = _columns(engine, table, folder=folder)
    parts = _Parts(engine, table, raw)
    chosen: dict[str, Any] = {
        name: parts.key(field) for field, name in KEYS.items() if field != "commodity_codes"
    }
    chosen["k_chapter"] = parts.chapter()
    for fact in facts:
        chosen[f"f_{fact}"] = parts.key(fact)
    for function in functions:
        chosen[f"i_{function}"] = parts.key(f"{function}.identifier")
    chosen["v"], chosen["h"] = parts.number("value"), parts.number("inspection_hours")
    chosen["d"] = parts.day()
    chosen["r"] = parts.release_hours()
    chosen["bad"] = parts.bad()
    return Scanned(parts.raw.select(**chosen), table)


class _Parts:
    """The columns of one file, one after the other; odd texts are joined to `raw` on the way."""

    def __init__(self, engine: Engine, table: MeasuredTable, raw: Any) -> None:
        self.raw = raw
        self._engine = engine
        self._table = table
        self._bad: list[str] = []
        self._texts: dict[str, str] = {}
        for field in ("accepted_at", *NUMBERS, *MOMENTS):
            if field in table.fields and self._is_text(field):
                self._join_odd(field)

    def key(self, field: str) -> Any:
        if field not in self._table.fields:
            return _nothing("string")
        return self._column(field).cast("string")

    def chapter(self) -> Any:
        if "commodity_codes" not in self._table.fields:
            return _nothing("string")
        return self._column("commodity_codes").strip().left(2)

    def number(self, field: str) -> Any:
        if field not in self._table.fields:
            return _nothing("float64")
        column = self._column(field)
        if not self._is_text(field):
            return column.cast("float64")
        plain = column.re_search(_PLAIN["number"]).ifelse(column, None)
        return self._with_odd(field, plain.try_cast("float64"))

    def day(self) -> Any:
        column = self._column("accepted_at")
        if not self._is_text("accepted_at"):
            return column.cast("date")
        plain = column.re_search(_PLAIN["day"]).ifelse(column.left(10), None)
        return self._with_odd("accepted_at", plain.try_cast("date"))

    def release_hours(self) -> Any:
        if "release_hours" in self._table.fields:
            return self.number("release_hours")
        if not all(field in self._table.fields for field in MOMENTS):
            return _nothing("float64")
        arrived, released = (self._seconds(field) for field in MOMENTS)
        return (released - arrived) / 3600.0

    def bad(self) -> Any:
        import ibis

        found = ibis.literal(value=False)
        for name in self._bad:
            found = found | self.raw[name].fill_null(False)  # noqa: FBT003 - ibis has it so
        return found

    def _seconds(self, field: str) -> Any:
        column = self._column(field)
        if not self._is_text(field):
            return column.cast("timestamp").epoch_seconds().cast("float64")
        plain = column.re_search(_PLAIN["moment"]).ifelse(column.replace("T", " "), None)
        seconds = plain.try_cast("timestamp").epoch_seconds().cast("float64")
        return self._with_odd(field, seconds)

    def _with_odd(self, field: str, plain: Any) -> Any:
        name = self._texts.get(field)
        return plain if name is None else plain.fill_null(self.raw[name])

    def _join_odd(self, field: str) -> None:
        """Fetches the texts the engine does not read, and joins what they mean."""
        column = self._column(field)
        kind = KINDS[field]
        plain = column.re_search(_PLAIN[kind])
        if kind != "number":
            as_day = kind == "day"
            iso = column.left(10) if as_day else column.replace("T", " ")
            plain = plain & iso.try_cast("date" if as_day else "timestamp").notnull()
        text = self._odd_text(field)
        odd = self.raw.filter(column.notnull() & ~plain).select(text=text).distinct()
        found = self._engine.run(odd.limit(_MOST_ODD + 1)).column("text").to_pylist()
        if not found:
            return
        if len(found) > _MOST_ODD:
            raise RequestRefused(
                f"more than {_MOST_ODD:,} texts of {field} are in another form than ISO 8601 or "
                "plain numbers; export them so",
                reason=Reason.VALUE_UNREADABLE,
                where=str(self._table.path),
            )
        read = [self._meaning(field, text) for text in found]
        values = pa.table(
            {
                f"t_{field}": pa.array(found, pa.string()),
                f"o_{field}": pa.array([one[0] for one in read], _ARROW[kind]),
                f"b_{field}": pa.array([one[1] for one in read], pa.bool_()),
            }
        )
        small = self._engine.small(values)
        self.raw = self.raw.left_join(small, text == small[f"t_{field}"])
        self._texts[field] = f"o_{field}"
        self._bad.append(f"b_{field}")

    def _odd_text(self, field: str) -> Any:
        """Of a day only the day: with the time beside it there could be millions of texts."""
        column = self._column(field)
        return column.re_replace(_TIME_OF_DAY, "") if KINDS[field] == "day" else column

    def _meaning(self, field: str, text: str) -> tuple[float | date | None, bool]:
        if is_blank(text):
            return None, False
        try:
            value = self._table.value(field, text)
        except CellProblem:
            return None, True
        return (epoch_seconds(value) if isinstance(value, datetime) else value), False

    def _column(self, field: str) -> Any:
        return self.raw[_name(self._table.fields[field])]

    def _is_text(self, field: str) -> bool:
        return field not in self._table.typed


_ARROW = {"number": pa.float64(), "day": pa.date32(), "moment": pa.float64()}


def _columns(engine: Engine, table: MeasuredTable, *, folder: Path) -> Any:
    """Returns the file with its columns named by their places."""
    if table.is_parquet:
        scanned = engine.scan_parquet(table.path)
        return scanned.select(
            **{_name(at): scanned[table.headings[at]] for at in sorted(table.fields.values())}
        )
    opened = table.opened
    assert isinstance(opened, CsvTable)
    path = _plain_csv(opened, table.path, folder=folder)
    names = [_name(place) for place in range(len(table.headings))]
    scanned = engine.scan_csv(path, columns=names, delimiter=opened.delimiter)
    # a line of delimiters alone is no declaration
    return scanned.filter(reduce(or_, [scanned[name].notnull() for name in names]))


def _name(place: int) -> str:
    return f"c{place}"


def _nothing(kind: str) -> Any:
    import ibis

    return ibis.null(kind)


def _plain_csv(opened: CsvTable, path: Path, *, folder: Path) -> Path:
    """Returns the file, or a copy in UTF-8 without what stands before its headings."""
    is_utf8 = codecs.lookup(opened.encoding).name in {"utf-8", "utf-8-sig"}
    if is_utf8 and not opened.has_separator_line:
        return path
    copy = folder / f"{path.stem}-utf8.csv"
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=opened.delimiter)
        writer.writerow(opened.columns.headings)
        writer.writerows(_cells(opened))
    return copy


def _cells(opened: CsvTable) -> Iterator[list[str]]:
    for _, cells in opened.cells():
        yield ["" if cell is None else cell for cell in cells]
