"""Rows against each other and against the arrangement: exact, by regions of cases (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mra_gateway.benefits.findings import TableFinding, doubt, error
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
from mra_gateway.model.facts import ALL, Arrangement, Benefit, Flow, PartyFunction, Programme
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


class Coverage:
    """Which cases of an arrangement's scope the rows of a table take."""

    def __init__(
        self,
        table: DecisionTable,
        *,
        arrangement: Arrangement,
        programmes: Mapping[ProgrammeId, Programme],
    ) -> None:
        self._table = table
        self._arrangement = arrangement
        self._programmes = programmes
        self._rows = table.rows.value or ()

    def find_hidden(self, code: str) -> Iterator[TableFinding]:
        """Yields rows that never decide a benefit, and rows that hold together and differ."""
        numbers = [
            number
            for number, row in enumerate(self._rows)
            if any(benefit.code == code for benefit in row.benefits)
        ]
        rows = [self._rows[number] for number in numbers]
        pairs = [*self.scope(), *self._named()]
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
                yield error(
                    f"rows.value[{number}]",
                    f"row {rows[place].id} never decides {code}: {_why(place, rows, masks)}",
                    Reason.DATA_ROW_UNREACHABLE,
                )
        yield from _overlaps(code, rows, numbers, masks, first)

    def scope(self) -> tuple[Pair, ...]:
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
        scoped = [programme for programme, _ in self.scope()]
        for row in self._rows:
            programmes = scoped if isinstance(row.programmes, str) else row.programmes
            tiers = (None,) if isinstance(row.tiers, str) else row.tiers
            for programme in programmes:
                yield from ((programme, tier) for tier in tiers)

    def find_gaps(self, code: str, agreed: Sequence[Benefit]) -> Iterator[TableFinding]:
        """Yields the agreed cases of a benefit that no row takes."""
        rows = [row for row in self._rows if any(one.code == code for one in row.benefits)]
        full = (1 << len(rows)) - 1
        cells = dict.fromkeys(
            (flow, function)
            for one in agreed
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
            yield doubt(
                "rows.value", f"{code}: no row covers {text}", Reason.DATA_CASES_NOT_COVERED
            )
        for example, cases in some.items():
            for text in _grouped(cases):
                yield doubt(
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
                    yield doubt(
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


def stated_functions() -> tuple[PartyFunction, ...]:
    """Returns what a declaration can say of a party."""
    return tuple(each for each in PartyFunction if each is not PartyFunction.NOT_STATED)


def _grouped(cases: Mapping[Pair, list[tuple[Flow, PartyFunction]]]) -> Iterator[str]:
    """Yields texts `programme tier × flow × function`, equal cells together."""
    bycells_text: dict[tuple[tuple[Flow, PartyFunction], ...], list[Pair]] = {}
    for pair, cells in cases.items():
        bycells_text.setdefault(tuple(cells), []).append(pair)
    for same, pairs in bycells_text.items():
        who = ", ".join(f"{programme} {tier or '(any tier)'}" for programme, tier in pairs)
        yield f"{who} × {cells_text(same)}"


def cells_text(cells: Iterable[tuple[Flow, PartyFunction]]) -> str:
    """Returns flows and functions as a person reads them, equal ones together."""
    functions: dict[Flow, list[str]] = {}
    for flow, function in cells:
        functions.setdefault(flow, []).append(str(function))
    by_functions: dict[tuple[str, ...], list[str]] = {}
    for flow, named in functions.items():
        by_functions.setdefault(tuple(named), []).append(str(flow))
    everything = tuple(map(str, stated_functions()))
    return "; ".join(
        f"{', '.join(flows)} × {'any function' if named == everything else ', '.join(named)}"
        for named, flows in by_functions.items()
    )
