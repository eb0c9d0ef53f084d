"""The texts of a file of declarations that are no plain form: each is read once, and joined back.

Words – lanes, flows, yes and no – become tables `word_FIELD`; numbers and moments in a form of
their own tables `odd_FIELD`. What means nothing is marked, so that its rows are found.
"""

# ruff: noqa: S608 - SQL is made of our own names; what comes from outside is quoted or a table

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from mra_gateway.analytics.declaration_sql import (
    MOMENTS,
    NUMBERS,
    WORDS,
    has_time_of_day,
    iso,
    number,
    seconds,
    word_source,
)
from mra_gateway.analytics.duck_tables import keep, texts_of
from mra_gateway.analytics.load_request import Wanted
from mra_gateway.analytics.mixed_offsets import check_offsets
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.tables.measure_columns import DECLARATIONS, Kind
from mra_gateway.tables.measure_file import MeasureFile
from mra_gateway.tables.measure_texts import Moment, TextReader
from mra_gateway.tables.problems import CellProblem

_MOST_WORDS: Final = 200_000
_MOST_ODD: Final = 2_000_000
_ARROW: Final = {
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
}


class LoadTexts:
    """Of one file, laid out as the table `raw`.

    Attributes:
        currency: Into which values are changed; None where there is none.
        odd: Fields of which some text is in no plain form.
        days_only: Moments of which every one is a midnight.
    """

    def __init__(
        self,
        connection: Any,
        file: MeasureFile,
        reader: TextReader,
        wanted: Wanted,
        *,
        places: Mapping[str, int],
        typed: Collection[str],
    ) -> None:
        """Reads them.

        Args:
            connection: DuckDB's.
            file: The file.
            reader: Reads a text.
            wanted: What is wanted.
            places: Field → place of its column.
            typed: Fields the file keeps as numbers.

        Raises:
            RequestRefused: Values are in several currencies and none was named, some moments state
                their offset and others do not, or a column holds more different texts than the
                field it is said to be can have.
        """
        self._sql = connection
        self._file, self._reader, self._wanted = file, reader, wanted
        self._places, self._typed = places, typed
        self._codes: set[str] = set()
        self._currencies: set[str] = set()
        words = self._read_words()
        self.currency = self._currency()
        self._register_words(words, self.currency)
        self.odd = self._read_odd()
        self.days_only = self._days_only()
        if not wanted.is_wall_stated:
            check_offsets(connection, file, places=places, odd=self.odd, days_only=self.days_only)

    @property
    def own_factor(self) -> float | None:
        """What a value beside which no currency is stated is multiplied by."""
        own = self._wanted.own_currency
        return None if own is None else self._factor(own, self.currency)

    def _read_words(self) -> dict[str, dict[str, tuple[Any, bool]]]:
        """Returns field → text → what it means, and whether it means nothing."""
        found = {}
        for name, place in self._places.items():
            kind = DECLARATIONS[name]
            if kind not in WORDS:
                continue
            source = word_source(name, f"c{place}")
            texts = texts_of(
                self._sql,
                f"SELECT DISTINCT {source} AS t FROM raw WHERE {source} IS NOT NULL "
                f"LIMIT {_MOST_WORDS + 1}",
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
                "others into by the rates of partners/rates (--currency CODE)",
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
            keep(self._sql, f"word_{name}", columns)
        codes = sorted(self._codes | {str(self._wanted.stated.get("country") or "")} - {""})
        regions = [self._wanted.region_of(code) for code in codes]
        keep(
            self._sql,
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
            texts = texts_of(
                self._sql,
                f"SELECT DISTINCT {column} AS t FROM raw WHERE {column} IS NOT NULL "
                f"AND {plain} IS NULL LIMIT {_MOST_ODD + 1}",
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
        keep(self._sql, f"odd_{name}", columns)

    def _days_only(self) -> list[str]:
        """Returns the moments of which every one is a midnight."""
        found = []
        for name in MOMENTS:
            if name in self._places and name not in self.odd:
                column = f"c{self._places[name]}"
                query = f"SELECT 1 FROM raw WHERE {has_time_of_day(column)} LIMIT 1"
                if self._sql.execute(query).fetchone() is None:
                    found.append(name)
        return found
