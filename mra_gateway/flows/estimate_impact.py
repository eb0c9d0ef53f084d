"""Estimates what an arrangement would touch, from our own declarations of a period.

1. open the files, the partner's list or its expected size, and the proposed table
2. find the operators the declarations name, by the rules of recognition
3. sum the declarations into cells in one pass (`analytics/cells.py`)
4. refuse what cannot be read: file, row, column and reason; nothing half done
5. judge each cell by the table, as a declaration is judged (`analytics/effects.py`)
6. sum by cut, make figures, and leave out what a partner may not see
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from mra_gateway.analytics import explain
from mra_gateway.analytics.cells import Match, cells, find_matches
from mra_gateway.analytics.declared import Scanned, scan
from mra_gateway.analytics.disclosure import suppress
from mra_gateway.analytics.effects import MULTIPLIER, Judge
from mra_gateway.analytics.engine import Engine, open_engine
from mra_gateway.analytics.figures import Known, gains, table_of
from mra_gateway.analytics.sums import Cell, Touch, release_times, sums_by, tabulate
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.assume_table import AssumedTable, assume_table
from mra_gateway.flows.gather_impact import (
    HOURS,
    MOST_FAULTS,
    ImpactRequest,
    InputRefused,
    Operators,
    Partner,
    Problem,
    find_partner,
    gather_operators,
    open_declarations,
    problem_of,
)
from mra_gateway.flows.read_cells import Exchanged, Unreadable, exchange, read_cells
from mra_gateway.flows.share_cells import share_cells
from mra_gateway.model.comparison import Audience
from mra_gateway.model.impact import (
    Assumption,
    Cut,
    Impact,
    ImpactTable,
)
from mra_gateway.registry.load import Registry
from mra_gateway.tables.measured_table import MOMENTS, MeasuredTable

_CUTS = {Cut.REGION: "region", Cut.CHAPTER: "commodity_codes", Cut.MODE: "mode"}


def estimate_impact(
    request: ImpactRequest,
    *,
    registry: Registry,
    zone: ZoneInfo | None = None,
    home: Path | None = None,
    folder: Path | None = None,
) -> Impact:
    """Returns the report.

    Args:
        request: What is asked.
        registry: Forms, alias rules, benefit codes and rates.
        zone: Of moments that name none.
        home: Where mappings of lists are kept.
        folder: Where an engine may write what does not fit into memory.

    Raises:
        InputRefused: A file cannot be used: every problem with file, row and reason.
        RequestRefused: What is asked cannot be answered.
        SetupError: The engine is not installed.
    """
    partner = find_partner(request.partner, registry)
    assumed = assume_table(request.table, registry=registry)
    tables = open_declarations(request, registry=registry, zone=zone)
    operators = gather_operators(request, partner, assumed, registry=registry, home=home)
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="impact-") as work,
        open_engine(request.engine, folder=Path(work)) as engine,
    ):
        run = _Run(request, registry, partner, assumed, tables, operators)
        return run.report(engine, Path(work))


class _Run:
    """One estimate."""

    def __init__(
        self,
        request: ImpactRequest,
        registry: Registry,
        partner: Partner,
        assumed: AssumedTable,
        tables: Sequence[MeasuredTable],
        operators: Operators,
    ) -> None:
        self._request, self._registry, self._partner = request, registry, partner
        self._assumed, self._tables, self._operators = assumed, tables, operators
        self._fields = frozenset(name for table in tables for name in table.fields)
        self._functions = assumed.functions
        if request.partner_list is not None:
            named = [one for one in assumed.functions if f"{one}.identifier" in self._fields]
            if not named:
                wanted = ", ".join(assumed.functions[:5])
                raise RequestRefused(
                    f"no column holds an identifier of those the table is about ({wanted})",
                    reason=Reason.COLUMN_MISSING,
                    where=f"{tables[0].path}, row 1",
                )
            self._functions = tuple(named)

    def report(self, engine: Engine, work: Path) -> Impact:
        listed = self._request.partner_list is not None
        judge = self._judge()
        ends = () if listed else ("dispatched_from", "destined_to")
        facts = tuple(dict.fromkeys((*judge.facts, *ends)))
        functions = self._functions if listed else ()
        try:
            scanned = [
                scan(engine, table, functions=functions, facts=facts, folder=work)
                for table in self._tables
            ]
            match = self._match(engine, scanned, functions)
            expression = cells(
                engine,
                scanned,
                match=match,
                classes=self._operators.class_of,
                functions=functions,
                facts=facts,
                period=self._request.period,
                also=judge.also and listed,
            )
            summed = engine.run(expression)
        except RequestRefused as refused:
            # the engine says that a file breaks off; the slow reader says where
            self._refuse_faults(frozenset())
            raise refused from None
        exchanged, known_cells = self._read(summed)
        touches = self._touches(judge, summed, known_cells)
        return self._made(engine, summed, known_cells, touches, match, judge, exchanged)

    def _judge(self) -> Judge:
        return Judge(
            self._assumed.compiled,
            classes=self._operators.classes,
            functions=self._functions,
            fields=self._fields,
            on=self._request.period.last or date.max,
            assumed=self._request.assumed,
            separator=self._tables[0].table.list_separator,
        )

    def _match(self, engine: Engine, scanned: Sequence[Scanned], functions: Sequence[str]) -> Match:
        matcher = self._operators.matcher
        if matcher is None:
            return Match([], [])
        return find_matches(engine, scanned, functions=functions, find=matcher.find)

    def _read(self, summed: pa.Table) -> tuple[Exchanged, list[Cell]]:
        """Step 4."""
        own = self._request.currency
        try:
            exchanged = exchange(
                summed, tables=self._tables, currency=own, rates=self._registry.rates
            )
            return exchanged, read_cells(summed, tables=self._tables, exchanged=exchanged)
        except Unreadable as why:
            self._refuse_faults(why.currencies)
            raise RequestRefused(why.text, reason=Reason.ROWS_INVALID) from None

    def _refuse_faults(self, currencies: frozenset[str]) -> None:
        problems = list(islice(self._faults(currencies), MOST_FAULTS))
        if problems:
            raise InputRefused(problems)

    def _faults(self, currencies: frozenset[str]) -> Iterator[Problem]:
        for table in self._tables:
            try:
                for fault in table.faults(
                    period=self._request.period,
                    currency=self._request.currency,
                    without_rate=currencies,
                ):
                    yield problem_of(table.path, fault)
            except RequestRefused as refused:
                yield Problem(refused.where or str(table.path), refused.reason, refused.text)

    def _touches(self, judge: Judge, summed: pa.Table, read: Sequence[Cell]) -> list[Touch]:
        """Step 5."""
        if self._operators.matcher is None:
            return share_cells(
                summed,
                read,
                judge=judge,
                functions=self._functions,
                shares=[share.share for share in self._request.shares],
                theirs=self._partner.administration.tin_territories.value
                or (self._partner.administration.territory,),
            )
        columns = [summed.column(name).to_pylist() for name in judge.columns]
        found = []
        for place, values in enumerate(zip(*columns, strict=True)):
            effect = judge.effect(read[place].flow, values)
            if effect.touched:
                found.append(Touch(place, 1.0, effect))
        return found

    def _made(
        self,
        engine: Engine,
        summed: pa.Table,
        read: Sequence[Cell],
        touches: Sequence[Touch],
        match: Match,
        judge: Judge,
        exchanged: Exchanged,
    ) -> Impact:
        """Step 6."""
        request = self._request
        whole, touched = tabulate(engine, summed, read, touches)
        listed = self._operators.matcher is not None
        known = Known(
            observed=listed,
            inspected="inspected" in self._fields,
            hours="inspection_hours" in self._fields,
            hours_each=request.assumed.get(HOURS),
            release="release_hours" in self._fields or self._fields.issuperset(MOMENTS),
            gains=gains(release_times(engine, whole)),
        )
        tables = tuple(self._table(engine, cut, whole, touched, known) for cut in Cut)
        if request.audience is Audience.PARTNER:
            tables = suppress(tables)
        days = [summed.column(name).to_pylist() for name in ("first_d", "last_d")]
        total = sum(summed.column("n").to_pylist())
        operators = self._operators
        assumptions = self._assumptions(judge, exchanged, summed)
        return Impact(
            partner=request.partner,
            table=f"{request.table.id}, version {request.table.version}",
            audience=request.audience,
            engine=engine.name,
            period_from=request.period.first or min(days[0]),
            period_until=request.period.last or max(days[1]),
            declarations=total,
            operators=len(operators.listed) if listed else request.operators or 0,
            valid_operators=sum(one.is_valid for one in operators.listed) if listed else None,
            matched_operators=len(set(match.operators)) if listed else None,
            ambiguous_identifiers=operators.matcher.ambiguous if operators.matcher else None,
            currency=exchanged.currency,
            definitions=explain.definitions(exchanged.currency),
            assumptions=assumptions,
            tables=tables,
            remarks=self._remarks() if request.audience is Audience.INTERNAL else (),
        )

    def _table(
        self, engine: Engine, cut: Cut, whole: Any, touched: Any, known: Known
    ) -> ImpactTable:
        column = _CUTS.get(cut)
        if column is not None and column not in self._fields:
            return ImpactTable(cut=cut, rows=(), note=f"no column is the {column}")
        return table_of(cut, sums_by(engine, cut, whole, touched), known=known)

    def _assumptions(
        self, judge: Judge, exchanged: Exchanged, summed: pa.Table
    ) -> tuple[Assumption, ...]:
        request = self._request
        table = explain.TABLE.format(table=request.table.id)
        if self._assumed.not_offered:
            codes = ", ".join(self._assumed.not_offered)
            table += explain.NOT_OFFERED.format(codes=codes)
        if judge.unstated:
            table += explain.UNSTATED.format(facts=", ".join(judge.unstated))
        spared = explain.SPARED
        if MULTIPLIER in request.assumed:
            spared += explain.MULTIPLIER.format(multiplier=request.assumed[MULTIPLIER])
        hours = explain.HOURS
        if "inspection_hours" not in self._fields and HOURS in request.assumed:
            hours = explain.HOURS_EACH.format(hours=request.assumed[HOURS])
        texts = (
            table,
            self._who(summed),
            explain.ROWS,
            explain.SAMPLE,
            exchanged.text,
            spared,
            hours,
            explain.RELEASE,
        )
        return tuple(
            Assumption(id=f"A{number}", text=text) for number, text in enumerate(texts, start=1)
        )

    def _who(self, summed: pa.Table) -> str:
        request = self._request
        if self._operators.matcher is not None:
            return explain.LISTED.format(territory=request.table.granted_by)
        ends = self._fields & {"dispatched_from", "destined_to"}
        partner = self._partner.administration.territory
        which = (
            f"those whose goods come from or go to {partner}"
            if ends
            else "all of them: no column states where goods come from or go to"
        )
        shares = ", ".join(
            f"{share.share:g}" if share.tier is None else f"{share.tier} {share.share:g}"
            for share in request.shares
        )
        total = sum(summed.column("n").to_pylist())
        each = sum(share.share for share in request.shares) * total / (request.operators or 1)
        return explain.EXPECTED.format(
            operators=request.operators, which=which, shares=shares, each=f"at most {each:,.1f}"
        )

    def _remarks(self) -> tuple[str, ...]:
        second = sorted(
            name for name in self._fields if name.endswith(".identifier") and name.count(".") > 1
        )
        remarks = [table.remark for table in self._tables if table.remark is not None]
        if second:
            remarks.append(f"not looked at, for one party of a kind is: {', '.join(second)}")
        return tuple(remarks)
