"""Gathers what an estimate of an impact needs, and refuses what cannot be used before it begins.

What is asked, our declarations opened, and the partner's operators: those of a list, or the classes
that stand for an expected number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mra_gateway.analytics.effects import MULTIPLIER, OperatorClass
from mra_gateway.analytics.engine import EngineName
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.assume_table import AssumedTable
from mra_gateway.flows.match_list import Matcher, aliases_of, classes_of, read_list
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.comparison import Audience
from mra_gateway.model.declaration_forms import DeclarationForm
from mra_gateway.model.facts import Administration
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.impact import ExpectedShare, ListedOperator
from mra_gateway.registry.load import Registry
from mra_gateway.tables.declaration_rows import RowFault
from mra_gateway.tables.measured_table import MeasuredTable, Period, open_measured

HOURS = "hours_per_inspection"
ASSUMABLE = (MULTIPLIER, HOURS)
MOST_FAULTS = 50
"""Faults that are told at once; a file with one bad column would tell millions."""


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


class Partner(NamedTuple):
    """Who is asked about; None where every programme of it is meant."""

    administration: Administration
    programme: ProgrammeId | None


class Operators(NamedTuple):
    """Those of a list, or the classes that stand for those expected."""

    listed: tuple[ListedOperator, ...]
    class_of: list[int]
    classes: list[OperatorClass]
    matcher: Matcher | None


def find_partner(named: str, registry: Registry) -> Partner:
    """Returns a partner by its territory or by one of its programmes.

    Raises:
        RequestRefused: Neither is known.
    """
    if "-" in named:
        programme = registry.get_programme(named)
        administration = registry.get_administration(programme.administration)
        return Partner(administration, programme.id)
    return Partner(registry.get_administration(named), None)


def open_declarations(
    request: ImpactRequest, *, registry: Registry, zone: ZoneInfo | None
) -> list[MeasuredTable]:
    """Opens the files: every one has to have its columns, and a row at least.

    Raises:
        InputRefused: Some file cannot be used.
        RequestRefused: There is no form of that id.
    """
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


def gather_operators(
    request: ImpactRequest,
    partner: Partner,
    assumed: AssumedTable,
    *,
    registry: Registry,
    home: Path | None,
) -> Operators:
    """Returns the partner's operators, listed or expected.

    Raises:
        InputRefused: The list cannot be used.
        RequestRefused: Neither or both were given, or the shares make no sense.
    """
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
    return Operators(read.operators, class_of, classes, matcher)


def _expected(
    request: ImpactRequest, partner: Partner, assumed: AssumedTable, *, registry: Registry
) -> Operators:
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
    return Operators((), [], classes, None)


def problem_of(path: Path, fault: RowFault) -> Problem:
    """Returns the fault of a row with its file."""
    return Problem(f"{path}, row {fault.row}{_column(fault.column)}", fault.reason, fault.text)


def _column(name: str | None) -> str:
    return "" if name is None else f", column {name[:80]!r}"
