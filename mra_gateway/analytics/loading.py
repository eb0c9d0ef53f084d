"""Takes a file of declarations in: checked, typed, every declaration once, written as Parquet.

1. lay the rows out by their numbers, as texts 2. read the words and what is in no plain form, each
text once 3. type every row and mark what is wrong with it 4. find rows that say the same, or of one
declaration different things 5. write the others

Millions of rows stay with DuckDB and on disk; what comes here is a few hundred faults, and counts.
"""

# ruff: noqa: S608 - SQL is made of our own names; what comes from outside is quoted or a table

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyarrow import parquet

from mra_gateway.analytics.declaration_sql import (
    CONTENT,
    MOMENTS,
    NUMBERS,
    OUTPUT,
    WORDS,
    Check,
    Plan,
    checks,
    has_offset,
    iso,
    number,
    seconds,
    typed,
    word_source,
)
from mra_gateway.analytics.engine import DuckDbEngine
from mra_gateway.analytics.fault_texts import FaultTexts
from mra_gateway.analytics.parquet_rows import pieces
from mra_gateway.analytics.wall_clock import WallClock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.measured_loads import LoadFault
from mra_gateway.model.periods import Period
from mra_gateway.tables.measure_columns import DECLARATIONS, Kind
from mra_gateway.tables.measure_file import MeasureFile
from mra_gateway.tables.measure_texts import Moment, TextReader
from mra_gateway.tables.problems import CellProblem

MOST_FAULTS: Final = 200
"""Rows told one by one; all are counted."""

_MOST_WORDS: Final = 200_000
_MOST_ODD: Final = 2_000_000
_BELIEVED: Final = timedelta(days=3 * 366)
"""Longer before a release nothing is lodged, nor does it arrive."""

_ARROW: Final = {
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is wanted of a file.

    Attributes:
        period: In which every row has to count.
        zone: The administration's: its days are counted by.
        wall: Of moments that name none.
        is_wall_stated: Whether an officer said so: then moments without an offset are good beside
            others that have one.
        stated: Field → what stands for it in rows that state none.
        currency: Into which values are changed; None: the only one there is.
        own_currency: Of values beside which none is stated.
        factor: Returns what one of a currency is worth in another, or None.
        region_of: Returns the region of a territory.
        others: Files whose declarations are counted already, if lodged on the same day.
    """

    period: Period
    zone: ZoneInfo
    wall: ZoneInfo
    is_wall_stated: bool = False
    stated: Mapping[str, Any] = field(default_factory=dict)
    currency: str | None = None
    own_currency: str | None = None
    factor: Callable[[str, str], float | None]
    region_of: Callable[[str], str | None]
    others: Sequence[Path] = ()


class Taken(NamedTuple):
    """What came of it.

    Attributes:
        read: Rows that are not blank.
        counted: Rows written.
        faulty: Rows left out for what is wrong with them.
        outside: Rows left out because they count in another period.
        doubled: Rows left out because others say the same.
        by_reason: Of how many rows each is true.
        faults: The first of them.
        days: Day → rows that count on it.
        currency: Of every value.
    """

    read: int
    counted: int
    faulty: int
    outside: int
    doubled: int
    by_reason: dict[Reason, int]
    faults: tuple[LoadFault, ...]
    days: dict[date, int]
    currency: str | None


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
    return _Taking(engine.connection, file, reader, wanted, folder).run(target)


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
        self._places = {name: file.fields[name] for name in DECLARATIONS if name in file.fields}
        self._codes: set[str] = set()
        self._currencies: set[str] = set()
        self._typed = frozenset(
            name for name, kind in file.types.items() if name in NUMBERS and _is_number(kind)
        )

    def run(self, target: Path) -> Taken:
        self._lay_out()  # step 1
        words = self._read_words()  # step 2
        currency = self._currency()
        self._register_words(words, currency)
        plan = self._plan(self._read_odd(), currency)
        looked_at = checks(plan)
        rows = self._folder / "typed.parquet"
        self._copy(typed(plan, looked_at), rows)  # step 3
        self._sql.execute(f"CREATE VIEW typed AS SELECT * FROM {_scan(rows)}")
        self._find_doubles()  # step 4
        names = ", ".join(OUTPUT)
        self._copy(
            f"SELECT {names} FROM typed ANTI JOIN dropped USING (source_row) WHERE mask = 0",
            target,
            packed=True,
        )  # step 5
        return self._taken(target, looked_at, plan)

    # --- 1

    def _lay_out(self) -> None:
        """Makes the view `raw`: `rn`, `broken`, and a column `cN` for each that is read."""
        if self._file.kind == "parquet":
            linked = self._folder / "handed-in.parquet"
            linked.symlink_to(self._file.path.resolve())
            columns = [
                f"CAST({_quoted(self._file.headings[place])} AS "
                f"{'DOUBLE' if name in self._typed else 'VARCHAR'}) AS c{place}"
                for name, place in self._places.items()
            ]
            self._view_raw(linked, "file_row_number + 1", "NULL::VARCHAR", columns)
            return
        laid = self._folder / "laid-out.parquet"
        columns = [f"c{place}" for place in self._places.values()]
        if self._file.is_plain and self._copy_plain(laid):
            self._view_raw(laid, "file_row_number + 2", "NULL::VARCHAR", columns)
        else:
            self._copy_slowly(laid)
            self._view_raw(laid, "rn", "broken", columns)

    def _view_raw(self, path: Path, rn: str, broken: str, columns: Sequence[str]) -> None:
        numbered = _scan(path, numbered=True)
        chosen = ", ".join(dict.fromkeys(columns))
        self._sql.execute(
            f"CREATE VIEW raw AS SELECT {rn} AS rn, {broken} AS broken, {chosen} FROM {numbered}"
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
            f"SELECT {wanted} FROM read_csv('{_text(linked)}', columns={{{kinds}}}, "
            f"delim='{delimiter}', quote='\"', escape='\"', header=true, auto_detect=false, "
            "nullstr='', strict_mode=true)"
        )
        # rows are told by the numbers they have in the file
        self._sql.execute("SET preserve_insertion_order = true")
        try:
            self._copy(query, laid)
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

    # --- 2

    def _read_words(self) -> dict[str, dict[str, tuple[Any, bool]]]:
        """Returns field → text → what it means, and whether it means nothing."""
        found = {}
        for name, place in self._places.items():
            kind = DECLARATIONS[name]
            if kind not in WORDS:
                continue
            source = word_source(name, f"c{place}")
            texts = self._texts(
                f"SELECT DISTINCT {source} AS t FROM raw WHERE {source} IS NOT NULL "
                f"LIMIT {_MOST_WORDS + 1}"
            )
            if len(texts) > _MOST_WORDS:
                heading = self._file.heading(name)
                raise RequestRefused(
                    f"more than {_MOST_WORDS:,} different texts stand under {heading!r}: it is not "
                    f"the {name} (--column {name}=HEADING)",
                    reason=Reason.VALUE_UNREADABLE,
                    where=str(self._file.path),
                )
            found[name] = {text: self._meaning(kind, text) for text in texts}
        for name in ("country", "dispatched_from", "destined_to"):
            self._codes |= {value for value, _ in found.get(name, {}).values() if value}
        self._currencies = {value for value, _ in found.get("currency", {}).values() if value}
        return found

    def _meaning(self, kind: Kind, text: str) -> tuple[Any, bool]:
        try:
            return self._reader.read(kind, text), False
        except CellProblem:
            return None, True

    def _currency(self) -> str | None:
        """Returns into which currency values are changed.

        Raises:
            RequestRefused: There are several, and none was named.
        """
        wanted = self._wanted
        if not any(name in self._places for name in NUMBERS):
            return None
        if wanted.currency is not None:
            return wanted.currency
        used = self._currencies | ({wanted.own_currency} - {None})
        if len(used) > 1:
            raise RequestRefused(
                f"{self._first_rows_of(sorted(self._currencies))}: name the one to change the "
                "others into by the rates of partners/rates (--currency XXX)",
                reason=Reason.CURRENCIES_MIXED,
                where=str(self._file.path),
            )
        return next(iter(used), None)

    def _first_rows_of(self, codes: Sequence[str]) -> str:
        column = f"c{self._places['currency']}"
        firsts = self._sql.execute(
            f"SELECT upper(trim({column})), min(rn) FROM raw GROUP BY 1 ORDER BY 2"
        ).fetchall()
        told = [f"{code} in row {row}" for code, row in firsts if code in codes]
        return f"values in several currencies ({', '.join(told[:5])})"

    def _register_words(
        self, words: Mapping[str, Mapping[str, tuple[Any, bool]]], currency: str | None
    ) -> None:
        for name, read in words.items():
            values = [value for value, _ in read.values()]
            columns: dict[str, Any] = {
                "t": pa.array(list(read), pa.string()),
                "v": pa.array(values, _ARROW[WORDS[DECLARATIONS[name]]]),
                "bad": pa.array([bad for _, bad in read.values()], pa.bool_()),
            }
            if name == "currency":
                factors = [self._factor(value, currency) for value in values]
                columns["factor"] = pa.array(factors, pa.float64())
            self._keep(f"word_{name}", columns)
        codes = sorted(self._codes | {str(self._wanted.stated.get("country") or "")} - {""})
        regions = [self._wanted.region_of(code) for code in codes]
        self._keep(
            "regions",
            {"code": pa.array(codes, pa.string()), "region": pa.array(regions, pa.string())},
        )

    def _factor(self, code: str | None, currency: str | None) -> float | None:
        if code is None or currency is None:
            return None
        return 1.0 if code == currency else self._wanted.factor(code, currency)

    def _read_odd(self) -> list[str]:
        """Registers what texts in no plain form mean; returns of which fields there are some."""
        found: list[str] = []
        for name in (*NUMBERS, *MOMENTS):
            if name not in self._places or name in self._typed:
                continue
            column = f"c{self._places[name]}"
            plain = number(column) if name in NUMBERS else seconds(iso(column))
            texts = self._texts(
                f"SELECT DISTINCT {column} AS t FROM raw WHERE {column} IS NOT NULL "
                f"AND {plain} IS NULL LIMIT {_MOST_ODD + 1}"
            )
            if len(texts) > _MOST_ODD:
                raise RequestRefused(
                    f"more than {_MOST_ODD:,} texts under {self._file.heading(name)!r} are in "
                    "another form than ISO 8601 or plain numbers; export them so",
                    reason=Reason.VALUE_UNREADABLE,
                    where=str(self._file.path),
                )
            if texts:
                self._register_odd(name, texts)
                found.append(name)
        return found

    def _register_odd(self, name: str, texts: Sequence[str]) -> None:
        read = [self._meaning(DECLARATIONS[name], text) for text in texts]
        columns: dict[str, Any] = {
            "t": pa.array(texts, pa.string()),
            "bad": pa.array([bad for _, bad in read], pa.bool_()),
        }
        if name in NUMBERS:
            columns["v"] = pa.array([value for value, _ in read], pa.float64())
        else:
            moments: list[Moment | None] = [value for value, _ in read]
            columns["v"] = pa.array([one and one.seconds for one in moments], pa.int64())
            columns["what"] = pa.array([one and one.what for one in moments], pa.string())
        self._keep(f"odd_{name}", columns)

    def _plan(self, odd: Sequence[str], currency: str | None) -> Plan:
        wanted = self._wanted
        first, last = wanted.period.first_on, wanted.period.last_on
        earliest, latest = first - _BELIEVED, last + timedelta(days=366)
        own = wanted.own_currency
        factor = None if own is None else self._factor(own, currency)
        return Plan(
            places=self._places,
            typed=self._typed,
            odd=odd,
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
            offsets_needed=not wanted.is_wall_stated and self._has_offsets(odd),
            own_factor=None if factor is None else repr(factor),
            currency=currency,
        )

    def _has_offsets(self, odd: Sequence[str]) -> bool:
        """Says whether some moment states its offset."""
        for name in MOMENTS:
            if name not in self._places:
                continue
            stated = has_offset(f"c{self._places[name]}")
            if self._sql.execute(f"SELECT 1 FROM raw WHERE {stated} LIMIT 1").fetchone():
                return True
            if (
                name in odd
                and self._sql.execute(
                    f"SELECT 1 FROM odd_{name} WHERE what = 'at' LIMIT 1"
                ).fetchone()
            ):
                return True
        return False

    # --- 4

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
                "SELECT source_row, declaration, lodged_on FROM typed SEMI JOIN "
                f"(SELECT hash(declaration) AS key FROM {_scan(other)}) AS there "
                "ON hash(typed.declaration) = there.key WHERE mask = 0"
            )
            self._sql.execute(
                "INSERT INTO dropped SELECT source_row, one.declaration, NULL, 'elsewhere' "
                f"FROM suspected AS one SEMI JOIN {_scan(other)} AS other "
                "ON one.declaration = other.declaration "
                "AND one.lodged_on IS NOT DISTINCT FROM other.lodged_on "
                "ANTI JOIN dropped USING (source_row)"
            )

    # --- what came of it

    def _taken(self, target: Path, looked_at: Sequence[Check], plan: Plan) -> Taken:
        bits = ", ".join(f"coalesce(sum((mask >> {bit}) & 1), 0)" for bit in range(len(looked_at)))
        elsewhere = [
            str(1 << bit)
            for bit, check in enumerate(looked_at)
            if check.reason is Reason.OUTSIDE_PERIOD
        ]
        beyond_masks = ", ".join(elsewhere)
        read, faulty, beyond, *each = self._sql.execute(
            f"SELECT count(*), count(*) FILTER (mask NOT IN (0, {beyond_masks})), "
            f"count(*) FILTER (mask IN ({beyond_masks})), {bits} FROM typed"
        ).fetchone()
        dropped = dict(
            self._sql.execute("SELECT why, count(*) FROM dropped GROUP BY why").fetchall()
        )
        texts = FaultTexts(self._file, self._reader, plan)
        by_reason = self._text_reasons(looked_at, each, texts)
        for check, count in zip(looked_at, each, strict=True):
            if count and check.name != "text":
                by_reason[check.reason] += int(count)
        faults = [*self._faulty_rows(looked_at, texts), *self._doubled_rows(texts)]
        contradicting = dropped.get("contradicts", 0)
        doubled = dropped.get("doubled", 0) + dropped.get("elsewhere", 0)
        by_reason += Counter({Reason.ROWS_CONTRADICT: contradicting, Reason.ROW_DOUBLED: doubled})
        day = "released_on" if "released_at" in self._places else "lodged_on"
        days = dict(
            self._sql.execute(
                f"SELECT {day}, count(*) FROM {_scan(target)} GROUP BY 1 ORDER BY 1"
            ).fetchall()
        )
        return Taken(
            read=read,
            counted=sum(days.values()),
            faulty=faulty + contradicting,
            outside=beyond,
            doubled=doubled,
            by_reason=dict(by_reason),
            faults=tuple(sorted(faults, key=lambda fault: fault.row)[:MOST_FAULTS]),
            days=days,
            currency=plan.currency,
        )

    def _faulty_rows(self, looked_at: Sequence[Check], texts: FaultTexts) -> Iterator[LoadFault]:
        columns = ", ".join(f"c{place}" for place in dict.fromkeys(self._places.values()))
        found = self._sql.execute(
            f"SELECT t.*, broken, {columns} FROM (SELECT source_row, mask, lodged_on, "
            "released_on, counted_on FROM typed WHERE mask <> 0 ORDER BY source_row "
            f"LIMIT {MOST_FAULTS}) AS t JOIN raw ON source_row = rn ORDER BY source_row"
        )
        names = [column[0] for column in found.description]
        for values in found.fetchall():
            row = dict(zip(names, values, strict=True))
            for bit, check in enumerate(looked_at):
                if row["mask"] >> bit & 1:
                    yield texts.of_check(check, row)

    def _doubled_rows(self, texts: FaultTexts) -> Iterator[LoadFault]:
        found = self._sql.execute(
            "SELECT source_row, declaration, first_row, why FROM dropped "
            f"ORDER BY source_row LIMIT {MOST_FAULTS}"
        )
        for row, declaration, first, why in found.fetchall():
            yield texts.of_double(row, declaration, first=first, why=why)

    def _text_reasons(
        self, looked_at: Sequence[Check], counts: Sequence[int], texts: FaultTexts
    ) -> Counter[Reason]:
        """Counts texts that mean nothing, each by why it does."""
        found: Counter[Reason] = Counter()
        for bit, (check, count) in enumerate(zip(looked_at, counts, strict=True)):
            if check.name == "text" and count:
                column = f"c{self._places[check.field]}"
                each = self._sql.execute(
                    f"SELECT CAST({column} AS VARCHAR), count(*) FROM typed "
                    f"JOIN raw ON source_row = rn WHERE (mask >> {bit}) & 1 = 1 GROUP BY 1"
                )
                for text, rows in each.fetchall():
                    found[texts.reason_of(check, text)] += int(rows)
        return found

    def _texts(self, query: str) -> list[str]:
        return [row[0] for row in self._sql.execute(query).fetchall()]

    def _keep(self, name: str, columns: Mapping[str, Any]) -> None:
        """Makes a table of values of this process."""
        self._sql.register("handed", pa.table(columns))
        self._sql.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM handed")
        self._sql.unregister("handed")

    def _copy(self, query: str, path: Path, *, packed: bool = False) -> None:
        how = "zstd" if packed else "lz4_raw"
        self._sql.execute(f"COPY ({query}) TO '{_text(path)}' (FORMAT parquet, COMPRESSION {how})")


def _scan(path: Path, *, numbered: bool = False) -> str:
    more = ", file_row_number = true" if numbered else ""
    return f"read_parquet('{_text(path)}'{more})"


def _text(path: Path) -> str:
    return str(path).replace("'", "''")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _epoch(day: date) -> int:
    return 86_400 * (day - date(1970, 1, 1)).days


def _is_number(kind: str) -> bool:
    return kind.startswith(("int", "uint", "float", "double", "halffloat", "decimal"))
