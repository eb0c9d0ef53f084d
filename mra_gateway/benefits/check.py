"""What is wrong or doubtful in a decision table, before two officers accept it (pure).

1. each row on its own: ids, dates, references, parameters
2. each benefit: agreed, in the catalogue, possible abroad, offered at home
3. rows against each other: unreachable ones, and overlaps with different outcomes
4. the table against the arrangement: agreed cases no row covers, granted cases that were not agreed

Steps 3 and 4 are exact, not sampled: `regions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mra_gateway.benefits.home import AtHome, limit
from mra_gateway.benefits.regions import (
    Pair,
    cell_mask,
    movement_dimensions,
    other_dimensions,
    pairs_dimension,
    reachable,
)
from mra_gateway.errors import Reason
from mra_gateway.model.benefits import DecisionTable, Effect, TabledBenefit, TableRow
from mra_gateway.model.facts import (
    ALL,
    Arrangement,
    Benefit,
    BenefitDefinition,
    Flow,
    PartyFunction,
    Programme,
)
from mra_gateway.model.identifiers import ProgrammeId

_ANY = TableRow(
    id="scope",
    benefits=(TabledBenefit(code="any"),),
    programmes=ALL,
    tiers=ALL,
    roles=ALL,
    functions=ALL,
    flows=ALL,
)
"""A row that leaves nothing out."""


class TableFinding(NamedTuple):
    """One thing that is wrong or doubtful.

    Attributes:
        key: Where in the file: `rows.value[2].benefits[0].code`.
        reason: One sentence for the person who puts it right.
        is_error: Must be put right; otherwise it asks for a second look.
    """

    key: str
    reason: str
    code: Reason
    is_error: bool


def check_table(
    table: DecisionTable,
    *,
    arrangement: Arrangement,
    programmes: Mapping[ProgrammeId, Programme],
    definitions: Mapping[str, BenefitDefinition],
    at_home: AtHome,
) -> tuple[TableFinding, ...]:
    """Returns everything wrong or doubtful in a table, errors first.

    Args:
        table: The table.
        arrangement: The one it belongs to.
        programmes: For the tiers a programme has.
        definitions: The benefit catalogue.
        at_home: What the granting side's own AEOs get.
    """
    check = _Check(
        table,
        arrangement=arrangement,
        programmes=programmes,
        definitions=definitions,
        at_home=at_home,
    )
    return tuple(sorted(check.run(), key=lambda finding: not finding.is_error))


class _Check:
    """One check of one table."""

    def __init__(
        self,
        table: DecisionTable,
        *,
        arrangement: Arrangement,
        programmes: Mapping[ProgrammeId, Programme],
        definitions: Mapping[str, BenefitDefinition],
        at_home: AtHome,
    ) -> None:
        self._table = table
        self._arrangement = arrangement
        self._programmes = programmes
        self._definitions = definitions
        self._at_home = at_home
        self._rows = table.rows.value or ()
        listed = arrangement.benefits.value
        self._is_list_read = listed is not None
        self._agreed = [one for one in listed or () if one.granted_by == table.granted_by]

    def run(self) -> Iterator[TableFinding]:
        yield from self._head()
        yield from self._unknown_at_home()
        for number, row in enumerate(self._rows):
            yield from self._row(f"rows.value[{number}]", row)
        for code in dict.fromkeys(one.code for row in self._rows for one in row.benefits):
            yield from self._together(code)
        if self._rows:
            for code in dict.fromkeys(benefit.code for benefit in self._agreed):
                yield from self._gaps(code)

    def _head(self) -> Iterator[TableFinding]:
        table = self._table
        expected = f"{table.arrangement}.{table.granted_by}"
        if table.id != expected:
            yield _error("id", f"is {table.id!r}; it has to be {expected}", Reason.DATA_FILE_NAME)
        if self._arrangement.party(table.granted_by) is None:
            yield _error(
                "granted_by",
                f"{table.granted_by} is not a party of {table.arrangement}",
                Reason.DATA_BENEFIT_GRANTED_BY,
            )
        ids = [row.id for row in self._rows]
        for id_ in dict.fromkeys(id_ for id_ in ids if ids.count(id_) > 1):
            yield _error("rows.value", f"row {id_} stands here twice", Reason.DATA_ID_DOUBLED)

    def _unknown_at_home(self) -> Iterator[TableFinding]:
        """What nobody gets for the time being, told once and not for each row."""
        granted_by = self._table.granted_by
        if self._rows and not self._is_list_read:
            yield _doubt(
                "arrangement",
                f"{self._table.arrangement} has no list of benefits yet: nobody gets any",
                Reason.DATA_BENEFIT_NOT_AGREED,
            )
        granted = dict.fromkeys(
            benefit.code
            for row in self._rows
            if row.effect is Effect.GRANT
            for benefit in row.benefits
        )
        missing = [code for code in granted if code not in self._at_home.offered]
        if missing:
            yield _doubt(
                "rows.value",
                f"{granted_by}'s own AEOs are not known to get {', '.join(missing)}: nobody does",
                Reason.DATA_BENEFIT_NOT_OFFERED,
            )

    # step 1

    def _row(self, key: str, row: TableRow) -> Iterator[TableFinding]:
        if row.valid_from and row.valid_until and row.valid_until < row.valid_from:
            yield _error(
                f"{key}.valid_until",
                f"{row.valid_until} lies before valid_from, {row.valid_from}",
                Reason.DATA_DATES_ORDER,
            )
        if row.functions != ALL and PartyFunction.NOT_STATED in row.functions:
            yield _error(
                f"{key}.functions",
                "a party whose function is not stated never meets a condition on it",
                Reason.DATA_VALUE_INVALID,
            )
        yield from self._programmes_of(key, row)
        codes = [benefit.code for benefit in row.benefits]
        for number, benefit in enumerate(row.benefits):
            place = f"{key}.benefits[{number}]"
            if benefit.code in codes[:number]:
                yield _error(
                    f"{place}.code",
                    f"{benefit.code} stands in this row twice",
                    Reason.DATA_BENEFIT_DOUBLED,
                )
            yield from self._benefit(place, row, benefit)

    def _programmes_of(self, key: str, row: TableRow) -> Iterator[TableFinding]:
        known = {programme for programme, _ in self._scope()}
        named = () if isinstance(row.programmes, str) else row.programmes
        for programme in named:
            if programme not in known:
                yield _doubt(
                    f"{key}.programmes",
                    f"no other side brings {programme} into {self._arrangement.id}",
                    Reason.DATA_REFERENCE_UNKNOWN,
                )
        offered = {
            tier.code
            for programme in (named or known)
            if programme in self._programmes
            for tier in self._programmes[ProgrammeId.trusted(programme)].tiers.value or ()
        }
        for tier in () if isinstance(row.tiers, str) else row.tiers:
            if offered and tier not in offered:
                yield _doubt(
                    f"{key}.tiers",
                    f"{tier!r} is no known tier of {', '.join(sorted(named or known))}",
                    Reason.DATA_REFERENCE_UNKNOWN,
                )

    # step 2

    def _benefit(self, key: str, row: TableRow, benefit: TabledBenefit) -> Iterator[TableFinding]:
        code = benefit.code
        definition = self._definitions.get(code)
        if definition is None:
            yield _error(
                f"{key}.code", f"{code!r} is no known benefit code", Reason.DATA_REFERENCE_UNKNOWN
            )
            return
        agreed = [one for one in self._agreed if one.code == code]
        if not agreed and self._is_list_read:
            yield _error(
                f"{key}.code",
                f"{self._arrangement.id} does not list it among what {self._table.granted_by} "
                "grants",
                Reason.DATA_BENEFIT_NOT_AGREED,
            )
        if row.effect is Effect.REFUSE:
            return
        if definition.local_holder_only or any(one.local_holder_only for one in agreed):
            yield _error(
                f"{key}.code",
                f"{code} needs a local establishment, taxpayer or guarantee",
                Reason.DATA_BENEFIT_LOCAL_ONLY,
            )
        yield from self._parameters(key, benefit, definition)
        yield from self._wider(f"{key}.code", row, agreed)

    def _parameters(
        self, key: str, benefit: TabledBenefit, definition: BenefitDefinition
    ) -> Iterator[TableFinding]:
        local = self._at_home.parameters.get(benefit.code, {})
        for name, value in benefit.parameters.items():
            place = f"{key}.parameters.{name}"
            if name not in definition.parameters:
                yield _error(
                    place,
                    f"the catalogue knows no parameter {name!r} of {benefit.code}",
                    Reason.DATA_PARAMETER_UNKNOWN,
                )
                continue
            given = limit({name: value}, definition=definition, local=local)
            if given.unknown is not None:
                yield _doubt(
                    place,
                    f"which {name} our own AEOs get is not known: nobody gets {benefit.code}",
                    Reason.DATA_PARAMETER_UNKNOWN,
                )
            for sentence in given.capped:
                yield _doubt(place, sentence, Reason.DATA_PARAMETER_ABOVE_LOCAL)

    def _wider(self, key: str, row: TableRow, agreed: Iterable[Benefit]) -> Iterator[TableFinding]:
        """Step 4, the other way round: granted, but not agreed."""
        cases = {(flow, function) for one in agreed for flow in one.flows
                 for function in one.functions}  # fmt: skip
        flows = tuple(Flow) if isinstance(row.flows, str) else row.flows
        functions = _stated() if isinstance(row.functions, str) else row.functions
        more = [(flow, function) for flow in flows for function in functions
                if (flow, function) not in cases]  # fmt: skip
        if cases and more:
            yield _doubt(
                key,
                f"is granted for more than {self._arrangement.id} lists: {_cells(more)}",
                Reason.DATA_BENEFIT_NOT_AGREED,
            )

    # step 3

    def _together(self, code: str) -> Iterator[TableFinding]:
        numbers = [
            number
            for number, row in enumerate(self._rows)
            if any(benefit.code == code for benefit in row.benefits)
        ]
        rows = [self._rows[number] for number in numbers]
        pairs = [*self._scope(), *self._named()]
        dimensions = [
            pairs_dimension(rows, pairs),
            *movement_dimensions(rows),
            *other_dimensions(rows),
        ]
        masks = reachable(dimensions, rows=len(rows))
        ending = ((mask, mask >> len(rows)) for mask in masks)
        first = {_lowest(ends) for mask, ends in ending if ends and mask >> _lowest(ends) & 1}
        for place, number in enumerate(numbers):
            if place not in first:
                yield _error(
                    f"rows.value[{number}]",
                    f"row {rows[place].id} never decides {code}: {_why(place, rows, masks)}",
                    Reason.DATA_ROW_UNREACHABLE,
                )
        yield from _overlaps(code, rows, numbers, masks, first)

    def _scope(self) -> tuple[Pair, ...]:
        """Returns the programmes and tiers the other sides bring in."""
        return tuple(dict.fromkeys(pair for pair, _ in self._scope_items()))

    def _scope_items(self) -> Iterator[tuple[Pair, TableRow]]:
        """Yields each programme and tier the other sides bring in, with its roles as a row."""
        for side in self._arrangement.parties:
            if side.territory == self._table.granted_by:
                continue
            for item in side.scope.value or ():
                tiers = self._tiers(item.programme) if item.tiers == ALL else item.tiers
                for tier in tiers:
                    yield (item.programme, tier), _ANY.model_copy(update={"roles": item.roles})

    def _tiers(self, programme: ProgrammeId) -> tuple[str | None, ...]:
        known = self._programmes.get(programme)
        tiers = () if known is None else (known.tiers.value or ())
        named = [
            tier
            for row in self._rows
            if row.programmes == ALL or programme in row.programmes
            for tier in (() if isinstance(row.tiers, str) else row.tiers)
        ]
        found = dict.fromkeys([*(tier.code for tier in tiers), *named])
        return tuple(found) if tiers else (*found, None)

    def _named(self) -> Iterator[Pair]:
        """Yields what rows name, in or out of scope: a row may refuse what was never brought in."""
        scoped = [programme for programme, _ in self._scope()]
        for row in self._rows:
            programmes = scoped if isinstance(row.programmes, str) else row.programmes
            tiers = (None,) if isinstance(row.tiers, str) else row.tiers
            for programme in programmes:
                yield from ((programme, tier) for tier in tiers)

    # step 4

    def _gaps(self, code: str) -> Iterator[TableFinding]:
        rows = [row for row in self._rows if any(one.code == code for one in row.benefits)]
        full = (1 << len(rows)) - 1
        cells = dict.fromkeys(
            (flow, function)
            for one in self._agreed
            if one.code == code
            for flow in one.flows
            for function in one.functions
        )
        none: dict[Pair, list[tuple[Flow, PartyFunction]]] = {}
        some: dict[tuple[str, ...], dict[Pair, list[tuple[Flow, PartyFunction]]]] = {}
        for pair, scope in self._scope_items():
            # the scope stands behind the rows: where its bit is set, the case is one of its roles
            all_rows = [*rows, scope]
            masks = reachable(other_dimensions(all_rows), rows=len(all_rows))
            others = {mask: example for mask, example in masks.items() if mask >> len(rows) & 1}
            (of_pair,) = pairs_dimension(all_rows, [pair])
            for flow, function in cells:
                mask = of_pair & cell_mask(all_rows, flow=flow, function=function) & full
                left = [example for other, example in others.items() if not mask & other]
                if len(left) == len(others):
                    none.setdefault(pair, []).append((flow, function))
                elif left:
                    some.setdefault(left[0], {}).setdefault(pair, []).append((flow, function))
        for text in _grouped(none):
            yield _doubt(
                "rows.value", f"{code}: no row covers {text}", Reason.DATA_CASES_NOT_COVERED
            )
        for example, cases in some.items():
            for text in _grouped(cases):
                yield _doubt(
                    "rows.value",
                    f"{code}: no row covers {text} in every case, for instance not with "
                    f"{', '.join(example)}",
                    Reason.DATA_CASES_NOT_COVERED,
                )


def _overlaps(
    code: str,
    rows: list[TableRow],
    numbers: list[int],
    masks: Mapping[int, tuple[str, ...]],
    first: set[int],
) -> Iterator[TableFinding]:
    seen: set[tuple[int, int]] = set()
    for mask, example in masks.items():
        held = [place for place in range(len(rows)) if mask >> place & 1 and place in first]
        for index, earlier in enumerate(held):
            for later in held[index + 1 :]:
                differ = _outcome(rows[earlier], code) != _outcome(rows[later], code)
                if differ and (earlier, later) not in seen:
                    seen.add((earlier, later))
                    yield _doubt(
                        f"rows.value[{numbers[later]}]",
                        f"{code}: rows {rows[earlier].id} and {rows[later].id} both hold for "
                        f"{', '.join(example)}, with different outcomes; {rows[earlier].id} "
                        "stands first and decides",
                        Reason.DATA_ROWS_OVERLAP,
                    )


def _outcome(row: TableRow, code: str) -> tuple[Effect, dict[str, object]]:
    if row.effect is Effect.REFUSE:
        return row.effect, {}
    benefit = next(one for one in row.benefits if one.code == code)
    return row.effect, dict(benefit.parameters)


def _lowest(mask: int) -> int:
    """Returns the place of the lowest bit of a mask that has one."""
    return (mask & -mask).bit_length() - 1


def _why(place: int, rows: list[TableRow], masks: Iterable[int]) -> str:
    held = [mask for mask in masks if mask >> place & 1]
    if not held:
        return "its conditions never hold"
    before = sorted({_lowest(mask >> len(rows)) for mask in held})
    return f"{', '.join(rows[each].id for each in before)} stand before it"


def _stated() -> tuple[PartyFunction, ...]:
    return tuple(each for each in PartyFunction if each is not PartyFunction.NOT_STATED)


def _grouped(cases: Mapping[Pair, list[tuple[Flow, PartyFunction]]]) -> Iterator[str]:
    """Yields texts `programme tier × flow × function`, equal cells together."""
    by_cells: dict[tuple[tuple[Flow, PartyFunction], ...], list[Pair]] = {}
    for pair, cells in cases.items():
        by_cells.setdefault(tuple(cells), []).append(pair)
    for same, pairs in by_cells.items():
        who = ", ".join(f"{programme} {tier or '(any tier)'}" for programme, tier in pairs)
        yield f"{who} × {_cells(same)}"


def _cells(cells: Iterable[tuple[Flow, PartyFunction]]) -> str:
    functions: dict[Flow, list[str]] = {}
    for flow, function in cells:
        functions.setdefault(flow, []).append(str(function))
    by_functions: dict[tuple[str, ...], list[str]] = {}
    for flow, named in functions.items():
        by_functions.setdefault(tuple(named), []).append(str(flow))
    everything = tuple(map(str, _stated()))
    return "; ".join(
        f"{', '.join(flows)} × {'any function' if named == everything else ', '.join(named)}"
        for named, flows in by_functions.items()
    )


def _error(key: str, reason: str, code: Reason) -> TableFinding:
    return TableFinding(key, reason, code, is_error=True)


def _doubt(key: str, reason: str, code: Reason) -> TableFinding:
    return TableFinding(key, reason, code, is_error=False)
