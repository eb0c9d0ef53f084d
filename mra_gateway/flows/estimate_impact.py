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
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa

from mra_gateway.analytics import explain
from mra_gateway.analytics.cells import Match, cells, find_matches
from mra_gateway.analytics.declared import Scanned, scan
from mra_gateway.analytics.disclosure import suppress
from mra_gateway.analytics.effects import MULTIPLIER, Judge, OperatorClass
from mra_gateway.analytics.engine import Engine, EngineName, open_engine
from mra_gateway.analytics.figures import Known, gains, table_of
from mra_gateway.analytics.sums import Cell, Touch, release_times, sums_by, tabulate
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.assume_table import AssumedTable, assume_table
from mra_gateway.flows.match_list import Matcher, aliases_of, classes_of, read_list
from mra_gateway.flows.read_cells import Exchanged, Unreadable, exchange, read_cells
from mra_gateway.flows.share_cells import share_cells
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.comparison import Audience
from mra_gateway.model.declaration_forms import DeclarationForm
from mra_gateway.model.facts import Administration
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.impact import (
    Assumption,
    Cut,
    ExpectedShare,
    Impact,
    ImpactTable,
    ListedOperator,
)
from mra_gateway.registry.load import Registry
from mra_gateway.tables.declaration_rows import RowFault
from mra_gateway.tables.measured_table import MOMENTS, MeasuredTable, Period, open_measured

HOURS = "hours_per_inspection"
ASSUMABLE = (MULTIPLIER, HOURS)
MOST_FAULTS = 50
"""Faults that are told at once; a file with one bad column would tell millions."""

_CUTS = {Cut.REGION: "region", Cut.CHAPTER: "commodity_codes", Cut.MODE: "mode"}


@dataclass(frozen=True, kw_only=True)
class ImpactRequest:
    """What is asked.

    Attributes:
        partner: A territory or a programme.
        declarations: Our own, CSV or Parquet.
        table: The proposed benefit table.
        partner_list: Its list of operators; without it, `operators` and `shares`.
        list_mapping: How the list is read, by name or file.
        operators: How many are expected.
        shares: Which share of the declarations is expected to be theirs.
        form: The form of the declarations.
        currency: In which values are told, and of values beside which none is stated.
        assumed: `inspection_rate_multiplier` where the table has none, `hours_per_inspection`.
    """

    partner: str
    declarations: tuple[Path, ...]
    table: DecisionTable
    partner_list: Path | None = None
    list_mapping: str | None = None
    operators: int | None = None
    shares: tuple[ExpectedShare, ...] = ()
    form: str | None = None
    period: Period = field(default_factory=Period)
    currency: str | None = None
    assumed: dict[str, float] = field(default_factory=dict)
    engine: EngineName = "duckdb"
    audience: Audience = Audience.INTERNAL


class Problem(NamedTuple):
    """One thing that must be corrected: file, row and column; what is wrong."""

    where: str
    reason: Reason
    text: str


class InputRefused(RequestRefused):
    """Files that cannot be used; nothing was estimated.

    Attributes:
        problems: What must be corrected, the first of it where there is much.
    """

    default_reason = Reason.ROWS_INVALID

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{first.text}{more}", where=first.where)
        self.problems = tuple(problems)


class _Partner(NamedTuple):
    administration: Administration
    programme: ProgrammeId | None


class _Operators(NamedTuple):
    """Those of a list, or the classes that stand for those expected."""

    listed: tuple[ListedOperator, ...]
    class_of: list[int]
    classes: list[OperatorClass]
    matcher: Matcher | None


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
    partner = _partner(request.partner, registry)
    assumed = assume_table(request.table, registry=registry)
    tables = _open(request, registry=registry, zone=zone)
    operators = _operators(request, partner, assumed, registry=registry, home=home)
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
        partner: _Partner,
        assumed: AssumedTable,
        tables: Sequence[MeasuredTable],
        operators: _Operators,
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
                    yield _problem(table.path, fault)
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


def _partner(named: str, registry: Registry) -> _Partner:
    if "-" in named:
        programme = registry.get_programme(named)
        administration = registry.get_administration(programme.administration)
        return _Partner(administration, programme.id)
    return _Partner(registry.get_administration(named), None)


def _open(
    request: ImpactRequest, *, registry: Registry, zone: ZoneInfo | None
) -> list[MeasuredTable]:
    """Step 1: every file has to have its columns, and a row at least."""
    forms: tuple[DeclarationForm, ...] = tuple(registry.declaration_forms.values())
    if request.form is not None:
        found = registry.declaration_forms.get(request.form)
        if found is None:
            text = f"no form of declarations {request.form[:60]!r}"
            raise RequestRefused(text, reason=Reason.NOT_FOUND)
        forms = (found,)
    if not request.declarations:
        raise RequestRefused("give files of declarations")
    tables, problems = [], []
    for path in request.declarations:
        try:
            table = open_measured(path, forms=forms, zone=zone)
            if next(iter(table.opened.cells()), None) is None:
                where = f"{path}, row 1"
                problems.append(Problem(where, Reason.FILE_UNREADABLE, "headings and no rows"))
            tables.append(table)
        except RequestRefused as refused:
            where = refused.where or ""
            place = where if where.startswith(str(path)) else f"{path}, {where}".rstrip(", ")
            problems.append(Problem(place, refused.reason, refused.text))
    if problems:
        raise InputRefused(problems)
    return tables


def _operators(
    request: ImpactRequest,
    partner: _Partner,
    assumed: AssumedTable,
    *,
    registry: Registry,
    home: Path | None,
) -> _Operators:
    if request.partner_list is None:
        return _expected(request, partner, assumed, registry=registry)
    if request.operators is not None or request.shares:
        raise RequestRefused("give a list, or an expected size: not both")
    read = read_list(
        request.partner_list,
        administration=partner.administration,
        programme=partner.programme,
        mapping=request.list_mapping,
        home=home,
    )
    if read.faults:
        raise InputRefused(
            [
                Problem(
                    f"{request.partner_list}, row {one.where.row}{_column(one.where.column)}",
                    one.reason,
                    one.text,
                )
                for one in read.faults[:MOST_FAULTS]
            ]
        )
    if not read.operators:
        why = Problem(f"{request.partner_list}, row 1", Reason.FILE_UNREADABLE, "no operators")
        raise InputRefused([why])
    class_of, classes = classes_of(read.operators, table=assumed.table)
    matcher = Matcher(
        read.operators,
        aliases=aliases_of(registry, Territory(request.table.granted_by)),
        arrangement=request.table.arrangement,
        on=request.period.last or request.table.rows.as_of,
    )
    return _Operators(read.operators, class_of, classes, matcher)


def _expected(
    request: ImpactRequest, partner: _Partner, assumed: AssumedTable, *, registry: Registry
) -> _Operators:
    """Returns a class for each share that is assumed."""
    if not request.operators or not request.shares:
        raise RequestRefused("give a list (--partner-list), or --operators and --share")
    if sum(one.share for one in request.shares) > 1:
        raise RequestRefused("the shares are more than the whole", where="--share")
    own = partner.administration.territory
    programmes = [partner.programme] if partner.programme else []
    programmes += [one for one in registry.programmes if one.territory == own]
    if not programmes:
        raise RequestRefused(f"no programme of {own} is known; name one", where=request.partner)
    classes = []
    for share in request.shares:
        tier = share.tier
        if tier is None and len(assumed.tiers) > 1:
            tiers = ", ".join(assumed.tiers)
            text = f"the table tells tiers apart ({tiers}): write --share TIER=S"
            raise RequestRefused(text, where="--share")
        tier = tier or next(iter(assumed.tiers), None)
        roles = frozenset(
            role
            for row in assumed.table.rows.value or ()
            if not isinstance(row.roles, str)
            for role in row.roles
        )
        classes.append(OperatorClass(programmes[0], tier, roles, None))
    return _Operators((), [], classes, None)


def _problem(path: Path, fault: RowFault) -> Problem:
    return Problem(f"{path}, row {fault.row}{_column(fault.column)}", fault.reason, fault.text)


def _column(name: str | None) -> str:
    return "" if name is None else f", column {name[:80]!r}"
