"""What is wrong or doubtful in a decision table, before two officers accept it (pure).

1. each row on its own: ids, dates, references, parameters
2. each benefit: agreed, in the catalogue, possible abroad, offered at home
3. rows against each other: unreachable ones, and overlaps with different outcomes
4. the table against the arrangement: agreed cases no row covers, granted cases that were not agreed

Steps 3 and 4 are exact, not sampled: `coverage.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mra_gateway.benefits.coverage import Coverage, cells_text, stated_functions
from mra_gateway.benefits.findings import TableFinding, doubt, error
from mra_gateway.benefits.home import AtHome, limit
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

_MODE_LONGEST = 2
"""Some systems write the code with a zero behind or in front."""


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
        self._coverage = Coverage(table, arrangement=arrangement, programmes=programmes)
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
            for finding in self._row(f"rows.value[{number}]", row):
                # officers know a row by its id: a workbook has no keys
                yield finding._replace(reason=f"row {row.id}: {finding.reason}")
        for code in dict.fromkeys(one.code for row in self._rows for one in row.benefits):
            yield from self._coverage.find_hidden(code)
        if self._rows:
            for code in dict.fromkeys(benefit.code for benefit in self._agreed):
                agreed = [one for one in self._agreed if one.code == code]
                yield from self._coverage.find_gaps(code, agreed)

    def _head(self) -> Iterator[TableFinding]:
        table = self._table
        expected = f"{table.arrangement}.{table.granted_by}"
        if table.id != expected:
            yield error("id", f"is {table.id!r}; it has to be {expected}", Reason.DATA_FILE_NAME)
        if self._arrangement.party(table.granted_by) is None:
            yield error(
                "granted_by",
                f"{table.granted_by} is not a party of {table.arrangement}",
                Reason.DATA_BENEFIT_GRANTED_BY,
            )
        ids = [row.id for row in self._rows]
        for id_ in dict.fromkeys(id_ for id_ in ids if ids.count(id_) > 1):
            yield error("rows.value", f"row {id_} stands here twice", Reason.DATA_ID_DOUBLED)

    def _unknown_at_home(self) -> Iterator[TableFinding]:
        """What nobody gets for the time being, told once and not for each row."""
        granted_by = self._table.granted_by
        if self._rows and not self._is_list_read:
            yield doubt(
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
            yield doubt(
                "rows.value",
                f"{granted_by}'s own AEOs are not known to get {', '.join(missing)}: nobody does",
                Reason.DATA_BENEFIT_NOT_OFFERED,
            )

    # step 1

    def _row(self, key: str, row: TableRow) -> Iterator[TableFinding]:
        if row.valid_from and row.valid_until and row.valid_until < row.valid_from:
            yield error(
                f"{key}.valid_until",
                f"{row.valid_until} lies before valid_from, {row.valid_from}",
                Reason.DATA_DATES_ORDER,
            )
        if row.functions != ALL and PartyFunction.NOT_STATED in row.functions:
            yield error(
                f"{key}.functions",
                "a party whose function is not stated never meets a condition on it",
                Reason.DATA_VALUE_INVALID,
            )
        for mode in () if isinstance(row.modes, str) else row.modes:
            if not (mode.isdigit() and len(mode) <= _MODE_LONGEST):
                yield doubt(
                    f"{key}.modes",
                    f"{mode!r} is no code of UN/CEFACT Recommendation 19, which declarations carry",
                    Reason.DATA_REFERENCE_UNKNOWN,
                )
        yield from self._programmes_of(key, row)
        codes = [benefit.code for benefit in row.benefits]
        for number, benefit in enumerate(row.benefits):
            place = f"{key}.benefits[{number}]"
            if benefit.code in codes[:number]:
                yield error(
                    f"{place}.code",
                    f"{benefit.code} stands in this row twice",
                    Reason.DATA_BENEFIT_DOUBLED,
                )
            yield from self._benefit(place, row, benefit)

    def _programmes_of(self, key: str, row: TableRow) -> Iterator[TableFinding]:
        known = {programme for programme, _ in self._coverage.scope()}
        named = () if isinstance(row.programmes, str) else row.programmes
        for programme in named:
            if programme not in known:
                yield doubt(
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
                yield doubt(
                    f"{key}.tiers",
                    f"{tier!r} is no known tier of {', '.join(sorted(named or known))}",
                    Reason.DATA_REFERENCE_UNKNOWN,
                )

    # step 2

    def _benefit(self, key: str, row: TableRow, benefit: TabledBenefit) -> Iterator[TableFinding]:
        code = benefit.code
        definition = self._definitions.get(code)
        if definition is None:
            yield error(
                f"{key}.code", f"{code!r} is no known benefit code", Reason.DATA_REFERENCE_UNKNOWN
            )
            return
        agreed = [one for one in self._agreed if one.code == code]
        if not agreed and self._is_list_read:
            yield error(
                f"{key}.code",
                f"{self._arrangement.id} does not list it among what {self._table.granted_by} "
                "grants",
                Reason.DATA_BENEFIT_NOT_AGREED,
            )
        if row.effect is Effect.REFUSE:
            return
        if definition.local_holder_only or any(one.local_holder_only for one in agreed):
            yield error(
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
                yield error(
                    place,
                    f"the catalogue knows no parameter {name!r} of {benefit.code}",
                    Reason.DATA_PARAMETER_UNKNOWN,
                )
                continue
            is_size = not isinstance(value, bool | str) and value >= 0
            if definition.parameters[name] != "none" and not is_size:
                yield error(
                    place,
                    f"{value!r} is no number from 0 on, which it has to be to be compared with "
                    "what our own AEOs get",
                    Reason.DATA_VALUE_INVALID,
                )
                continue
            given = limit({name: value}, definition=definition, local=local)
            if given.unknown is not None:
                yield doubt(
                    place,
                    f"which {name} our own AEOs get is not known: nobody gets {benefit.code}",
                    Reason.DATA_PARAMETER_UNKNOWN,
                )
            for sentence in given.capped:
                yield doubt(place, sentence, Reason.DATA_PARAMETER_ABOVE_LOCAL)

    def _wider(self, key: str, row: TableRow, agreed: Iterable[Benefit]) -> Iterator[TableFinding]:
        """Step 4, the other way round: granted, but not agreed."""
        cases = {(flow, function) for one in agreed for flow in one.flows
                 for function in one.functions}  # fmt: skip
        flows = tuple(Flow) if isinstance(row.flows, str) else row.flows
        functions = stated_functions() if isinstance(row.functions, str) else row.functions
        more = [(flow, function) for flow in flows for function in functions
                if (flow, function) not in cases]  # fmt: skip
        if cases and more:
            yield doubt(
                key,
                f"is granted for more than {self._arrangement.id} lists: {cells_text(more)}",
                Reason.DATA_BENEFIT_NOT_AGREED,
            )
