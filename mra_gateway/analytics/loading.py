"""Takes a file of declarations in: checked, typed, every declaration once, written as Parquet.

1. lay the rows out by their numbers, as texts 2. read the words and what is in no plain form, each
text once 3. type every row and mark what is wrong with it 4. find rows that say the same, or of one
declaration different things 5. write the others, their declarations unnamed

Millions of rows stay with DuckDB and on disk; what comes here is a few hundred faults, and counts.
"""

# ruff: noqa: S608 - SQL is made of our own names; what comes from outside is quoted or a table

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from mra_gateway.analytics.declaration_sql import CONTENT, NUMBERS, OUTPUT, Plan, checks, typed
from mra_gateway.analytics.duck_tables import copy, quoted_name, quoted_path, scan
from mra_gateway.analytics.engine import DuckDbEngine
from mra_gateway.analytics.fault_texts import FaultTexts
from mra_gateway.analytics.load_outcome import Outcome
from mra_gateway.analytics.load_request import MOST_FAULTS, Taken, Wanted
from mra_gateway.analytics.load_texts import LoadTexts
from mra_gateway.analytics.parquet_rows import pieces
from mra_gateway.analytics.wall_clock import WallClock
from mra_gateway.tables.limits import unreadable
from mra_gateway.tables.measure_columns import DECLARATIONS
from mra_gateway.tables.measure_file import MeasureFile
from mra_gateway.tables.measure_texts import TextReader

_DIGITS: Final = 20
"""Of what stands for a reference: two of a hundred million are alike once in 240 million times."""
_BELIEVED: Final = timedelta(days=3 * 366)
"""Longer before a release nothing is lodged, nor does it arrive."""


def take_declarations(
    engine: DuckDbEngine,
    file: MeasureFile,
    reader: TextReader,
    wanted: Wanted,
    *,
    target: Path,
    folder: Path,
) -> Taken:
    """Writes the declarations of a file as Parquet and returns what was found.

    Args:
        engine: Where.
        file: The file.
        reader: Reads its texts.
        wanted: What is wanted of it.
        target: The file to write.
        folder: For what lies between.

    Raises:
        RequestRefused: The file cannot be read, or not as it is.
    """
    try:
        return _Taking(engine.connection, file, reader, wanted, folder).run(target)
    except engine.failures as error:
        first = str(error).strip().splitlines() or [type(error).__name__]
        raise unreadable(str(file.path), f"cannot be read through: {first[0][:200]!r}") from None


class _Taking:
    """One file."""

    def __init__(
        self,
        connection: Any,
        file: MeasureFile,
        reader: TextReader,
        wanted: Wanted,
        folder: Path,
    ) -> None:
        self._sql = connection
        self._file, self._reader, self._wanted, self._folder = file, reader, wanted, folder
        self._unnamed = f"left(sha256('{wanted.key.hex()}' || declaration), {_DIGITS})"
        self._places = {name: file.fields[name] for name in DECLARATIONS if name in file.fields}
        self._typed = frozenset(
            name for name, kind in file.types.items() if name in NUMBERS and _is_number(kind)
        )

    def run(self, target: Path) -> Taken:
        self._lay_out()  # step 1
        texts = LoadTexts(  # step 2
            self._sql,
            self._file,
            self._reader,
            self._wanted,
            places=self._places,
            typed=self._typed,
        )
        plan = self._plan(texts)
        looked_at = checks(plan)
        rows = self._folder / "typed.parquet"
        copy(self._sql, typed(plan, looked_at), rows)  # step 3
        self._sql.execute(f"CREATE VIEW typed AS SELECT * FROM {scan(rows)}")
        self._find_doubles()  # step 4
        names = ", ".join(name for name in OUTPUT if name != "declaration")
        query = (
            f"SELECT {self._unnamed} AS declaration, {names} "
            "FROM typed ANTI JOIN dropped USING (source_row) WHERE mask = 0"
        )
        copy(self._sql, query, target, packed=True)  # step 5
        told = FaultTexts(self._file, self._reader, plan)
        return Outcome(self._sql, plan, looked_at, told).taken(target)

    def _lay_out(self) -> None:
        """Makes the view `raw`: `rn`, `broken`, and a column `cN` for each that is read."""
        if self._file.kind == "parquet":
            linked = self._folder / "handed-in.parquet"
            linked.symlink_to(self._file.path.resolve())
            columns = [
                f"CAST({quoted_name(self._file.headings[place])} AS "
                f"{'DOUBLE' if name in self._typed else 'VARCHAR'}) AS c{place}"
                for name, place in self._places.items()
            ]
            self._view_raw(linked, "file_row_number + 1", "NULL::VARCHAR", columns)
            return
        laid = self._folder / "laid-out.parquet"
        columns = [f"c{place}" for place in self._places.values()]
        if self._file.is_plain and self._copy_plain(laid):
            wanted = self._without_nothing(laid)
            self._view_raw(laid, "file_row_number + 2", "NULL::VARCHAR", columns, wanted=wanted)
        else:
            self._copy_slowly(laid)
            self._view_raw(laid, "rn", "broken", columns)

    def _without_nothing(self, laid: Path) -> str:
        """Returns what rows of a plain file have to be, to be more than `tables/passed_over.py`."""
        (count,) = self._sql.execute(f"SELECT count(*) FROM {scan(laid)}").fetchone()
        last = count - self._file.count_last()
        over = self._file.passed_over.rows
        over += range(last + 2, count + 2)
        wanted = f"file_row_number < {last}"
        if self._file.is_numbered:
            over.append(2)
            wanted += " AND file_row_number > 0"
        place = self._places.get("declaration")
        if place is None:
            return wanted
        heading = self._file.headings[place].replace("'", "''")
        repeated = self._sql.execute(
            f"SELECT file_row_number + 2 FROM {scan(laid, numbered=True)} "
            f"WHERE c{place} = '{heading}' ORDER BY 1 LIMIT {MOST_FAULTS}"
        )
        over += (row for (row,) in repeated.fetchall())
        return f"{wanted} AND c{place} IS DISTINCT FROM '{heading}'"

    def _view_raw(
        self,
        path: Path,
        rn: str,
        broken: str,
        columns: Sequence[str],
        *,
        wanted: str = "TRUE",
    ) -> None:
        numbered = scan(path, numbered=True)
        chosen = ", ".join(dict.fromkeys(columns))
        self._sql.execute(
            f"CREATE VIEW raw AS SELECT {rn} AS rn, {broken} AS broken, {chosen} "
            f"FROM {numbered} WHERE {wanted}"
        )

    def _copy_plain(self, laid: Path) -> bool:
        """Lays a CSV file out as it stands; False where some row is of another width."""
        import duckdb

        linked = self._folder / "handed-in.csv"
        linked.symlink_to(self._file.path.resolve())
        names = [f"c{place}" for place in range(len(self._file.headings))]
        kinds = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        wanted = ", ".join(f"c{place}" for place in dict.fromkeys(self._places.values()))
        delimiter = self._file.delimiter.replace("'", "''")
        query = (
            f"SELECT {wanted} FROM read_csv('{quoted_path(linked)}', columns={{{kinds}}}, "
            f"delim='{delimiter}', quote='\"', escape='\"', header=true, auto_detect=false, "
            "nullstr='', strict_mode=true)"
        )
        # rows are told by the numbers they have in the file
        self._sql.execute("SET preserve_insertion_order = true")
        try:
            copy(self._sql, query, laid)
        except duckdb.Error:
            with suppress(FileNotFoundError):
                laid.unlink()
            return False
        finally:
            self._sql.execute("SET preserve_insertion_order = false")
        return True

    def _copy_slowly(self, laid: Path) -> None:
        """Lays any file out row by row; what breaks a row is kept beside it."""
        places = list(dict.fromkeys(self._places.values()))
        schema = pa.schema(
            [
                ("rn", pa.int64()),
                ("broken", pa.string()),
                *((f"c{place}", pa.string()) for place in places),
            ]
        )
        with parquet.ParquetWriter(laid, schema, compression="zstd") as writer:
            for rows in pieces(self._file.rows()):
                columns: list[list[Any]] = [[row.number for row in rows]]
                columns.append([row.fault for row in rows])
                columns += [
                    [None if row.fault else row.cells[place] or None for row in rows]
                    for place in places
                ]
                writer.write_table(pa.table(columns, schema=schema))

    def _find_doubles(self) -> None:
        """Makes the table `dropped`: rows beside which others say the same, or another thing."""
        self._sql.execute(
            "CREATE TEMP TABLE twice AS SELECT hash(declaration) AS key FROM typed WHERE mask = 0 "
            "GROUP BY key HAVING count(*) > 1"
        )
        self._sql.execute(
            "CREATE TEMP TABLE dropped AS SELECT source_row, declaration, first_row, "
            "CASE WHEN same THEN 'doubled' ELSE 'contradicts' END AS why FROM ("
            "SELECT source_row, declaration, min(source_row) OVER one AS first_row, "
            "min(content) OVER one = max(content) OVER one AS same, count(*) OVER one AS n "
            f"FROM (SELECT source_row, declaration, hash({', '.join(CONTENT)}) AS content "
            "FROM typed SEMI JOIN twice ON hash(typed.declaration) = twice.key WHERE mask = 0) "
            "WINDOW one AS (PARTITION BY declaration)"
            ") WHERE n > 1 AND (source_row > first_row OR NOT same)"
        )
        for other in self._wanted.others:
            # by hashes first: texts of two months side by side would not fit into memory
            self._sql.execute(
                "CREATE OR REPLACE TEMP TABLE suspected AS "
                f"SELECT source_row, declaration, {self._unnamed} AS unnamed, lodged_on "
                f"FROM typed SEMI JOIN (SELECT hash(declaration) AS key FROM {scan(other)}) "
                f"AS there ON hash({self._unnamed}) = there.key WHERE mask = 0"
            )
            self._sql.execute(
                "INSERT INTO dropped SELECT source_row, one.declaration, NULL, 'elsewhere' "
                f"FROM suspected AS one SEMI JOIN {scan(other)} AS other "
                "ON one.unnamed = other.declaration "
                "AND one.lodged_on IS NOT DISTINCT FROM other.lodged_on "
                "ANTI JOIN dropped USING (source_row)"
            )

    def _plan(self, texts: LoadTexts) -> Plan:
        wanted = self._wanted
        first, last = wanted.period.first_on, wanted.period.last_on
        earliest, latest = first - _BELIEVED, last + timedelta(days=366)
        factor = texts.own_factor
        return Plan(
            places=self._places,
            typed=self._typed,
            odd=texts.odd,
            days_only=texts.days_only,
            # a currency that is stated for all rows is `own_factor`
            defaults={
                name: _literal(value) for name, value in wanted.stated.items() if name != "currency"
            },
            wall=WallClock(wanted.wall, first=earliest, last=latest),
            local=WallClock(wanted.zone, first=earliest, last=latest),
            first=first.isoformat(),
            last=last.isoformat(),
            earliest=_epoch(earliest),
            latest=_epoch(latest),
            own_factor=None if factor is None else repr(factor),
            currency=texts.currency,
        )


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _epoch(day: date) -> int:
    return 86_400 * (day - date(1970, 1, 1)).days


def _is_number(kind: str) -> bool:
    return kind.startswith(("int", "uint", "float", "double", "halffloat", "decimal"))
