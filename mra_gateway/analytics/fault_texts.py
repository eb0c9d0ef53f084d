"""What is wrong with a row of declarations, in words that quote what stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mra_gateway.analytics.declaration_sql import Check, Plan
from mra_gateway.errors import Reason
from mra_gateway.model.measured_loads import LoadFault
from mra_gateway.tables.cleaning import shown
from mra_gateway.tables.measure_columns import DECLARATIONS
from mra_gateway.tables.measure_file import MeasureFile
from mra_gateway.tables.measure_texts import TextReader
from mra_gateway.tables.problems import CellProblem


class FaultTexts:
    """Of one file."""

    def __init__(self, file: MeasureFile, reader: TextReader, plan: Plan) -> None:
        self._file, self._reader, self._plan = file, reader, plan

    def of_check(self, check: Check, row: Mapping[str, Any]) -> LoadFault:
        """Returns what one check found in a row.

        Args:
            check: Which.
            row: `source_row`, the days that were read, and the texts `cN`.
        """
        text = self._text(check.field, row)
        reason, why = check.reason, ""
        match check.name:
            case "broken":
                why = str(row["broken"])
            case "text":
                reason, why = self._unread(check, text)
            case "unbelievable":
                why = f"{shown(text)} lies years away from the period"
            case "twice":
                why = f"{shown(text)} was shown twice by clocks that were put back; state offsets"
            case "never":
                why = f"{shown(text)} was never shown: clocks were put forward over it"
            case "missing":
                why = f"the row has no {check.field}"
            case "cell_error":
                why = f"{shown(text)} is an error of a spreadsheet"
            case "rounded":
                why = f"{shown(text)} was rounded by a spreadsheet; keep numbers as text in it"
            case "no_currency":
                why = "a value without its currency (--set currency=CODE)"
            case "no_rate":
                why = f"no rate of {shown(text)} into {self._plan.currency} (partners/rates)"
            case "missing_day":
                why = f"no {check.field}: counts in the period in which it has one"
            case "before_lodged":
                lodged = self._text("lodged_at", row)
                why = f"released at {shown(text)}, before it was lodged at {shown(lodged)}"
            case "outside":
                why = (
                    f"counts on {row['counted_on']}, outside {self._plan.first} to "
                    f"{self._plan.last}"
                )
        return self._fault(row["source_row"], check.field, reason, why)

    def of_double(self, row: int, declaration: str, *, first: int | None, why: str) -> LoadFault:
        """Returns what is said of a row whose declaration stands elsewhere too."""
        named = shown(declaration)
        if why == "contradicts":
            text = f"{named} stands in several rows that differ; one row a declaration is needed"
            return self._fault(row, "declaration", Reason.ROWS_CONTRADICT, text)
        where = "in another load" if first is None else f"in row {first}"
        text = f"{named} is counted {where} already"
        return self._fault(row, "declaration", Reason.ROW_DOUBLED, text)

    def reason_of(self, check: Check, text: str | None) -> Reason:
        """Returns why a text of a column means nothing."""
        return self._unread(check, text)[0]

    def _unread(self, check: Check, text: str | None) -> tuple[Reason, str]:
        try:
            self._reader.read(DECLARATIONS[check.field], text or "")
        except CellProblem as problem:
            return problem.reason, problem.text
        return check.reason, f"{shown(text)} is no number of 0 or more"

    def _text(self, field: str, row: Mapping[str, Any]) -> str | None:
        place = self._file.fields.get(field)
        value = None if place is None else row.get(f"c{place}")
        return None if value is None else str(value)

    def _fault(self, row: int, field: str, reason: Reason, text: str) -> LoadFault:
        return LoadFault(row=row, column=self._file.heading(field), reason=reason, text=text)
