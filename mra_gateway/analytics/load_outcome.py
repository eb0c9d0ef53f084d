"""What came of the rows of a file: how many count, and what is wrong with the others."""

# ruff: noqa: S608 - SQL is made of our own names; what comes from outside is quoted or a table

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mra_gateway.analytics.declaration_sql import Check, Plan
from mra_gateway.analytics.duck_tables import scan
from mra_gateway.analytics.fault_texts import FaultTexts
from mra_gateway.analytics.load_request import MOST_FAULTS, Taken
from mra_gateway.errors import Reason
from mra_gateway.model.measured_loads import LoadFault


class Outcome:
    """Of one file: its tables `raw`, `typed` and `dropped`."""

    def __init__(
        self, connection: Any, plan: Plan, looked_at: Sequence[Check], texts: FaultTexts
    ) -> None:
        self._sql, self._plan, self._looked_at, self._texts = connection, plan, looked_at, texts

    def taken(self, target: Path) -> Taken:
        """Returns what was read, counted and left out."""
        looked_at = self._looked_at
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
        by_reason = self._text_reasons(each)
        for check, count in zip(looked_at, each, strict=True):
            if count and check.name != "text":
                by_reason[check.reason] += int(count)
        faults = [*self._faulty_rows(), *self._doubled_rows()]
        contradicting = dropped.get("contradicts", 0)
        doubled = dropped.get("doubled", 0) + dropped.get("elsewhere", 0)
        by_reason += Counter({Reason.ROWS_CONTRADICT: contradicting, Reason.ROW_DOUBLED: doubled})
        day = "released_on" if "released_at" in self._plan.places else "lodged_on"
        days = dict(
            self._sql.execute(
                f"SELECT {day}, count(*) FROM {scan(target)} GROUP BY 1 ORDER BY 1"
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
            currency=self._plan.currency,
            days_only=tuple(self._plan.days_only),
        )

    def _faulty_rows(self) -> Iterator[LoadFault]:
        columns = ", ".join(f"c{place}" for place in dict.fromkeys(self._plan.places.values()))
        found = self._sql.execute(
            f"SELECT t.*, broken, {columns} FROM (SELECT source_row, mask, lodged_on, "
            "released_on, counted_on FROM typed WHERE mask <> 0 ORDER BY source_row "
            f"LIMIT {MOST_FAULTS}) AS t JOIN raw ON source_row = rn ORDER BY source_row"
        )
        names = [column[0] for column in found.description]
        for values in found.fetchall():
            row = dict(zip(names, values, strict=True))
            for bit, check in enumerate(self._looked_at):
                if row["mask"] >> bit & 1:
                    yield self._texts.of_check(check, row)

    def _doubled_rows(self) -> Iterator[LoadFault]:
        found = self._sql.execute(
            "SELECT source_row, declaration, first_row, why FROM dropped "
            f"ORDER BY source_row LIMIT {MOST_FAULTS}"
        )
        for row, declaration, first, why in found.fetchall():
            yield self._texts.of_double(row, declaration, first=first, why=why)

    def _text_reasons(self, counts: Sequence[int]) -> Counter[Reason]:
        """Counts texts that mean nothing, each by why it does."""
        found: Counter[Reason] = Counter()
        for bit, (check, count) in enumerate(zip(self._looked_at, counts, strict=True)):
            if check.name == "text" and count:
                column = f"c{self._plan.places[check.field]}"
                each = self._sql.execute(
                    f"SELECT CAST({column} AS VARCHAR), count(*) FROM typed "
                    f"JOIN raw ON source_row = rn WHERE (mask >> {bit}) & 1 = 1 GROUP BY 1"
                )
                for text, rows in each.fetchall():
                    found[self._texts.reason_of(check, text)] += int(rows)
        return found
