"""Decides a case by a decision table (pure).

1. compile: rows with the same conditions share a guard; per row and benefit the answer is made once
2. judge: rows in order; the first that names a benefit and holds decides it, and one that cannot be
   judged ends the search for its benefits: what is missing gives nothing
3. explain: for a benefit no row decided, the row that came nearest

What our own AEOs do not get is settled in step 1, so that no table can give it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from mra_gateway.benefits.explain import missing_text, not_covered_text
from mra_gateway.benefits.guard import LOOKED_AT, Guard, Stop, guard_of
from mra_gateway.benefits.home import AtHome, limit
from mra_gateway.model.benefits import (
    Case,
    DecisionTable,
    Effect,
    Outcome,
    TabledBenefit,
    TableMode,
    TableRow,
)
from mra_gateway.model.facts import Benefit, BenefitDefinition
from mra_gateway.model.recognition import RecognitionReason

_R = RecognitionReason
_REMEMBERED = 4096


class _Agreed(NamedTuple):
    """What the arrangement's list says of one benefit, on whichever of its lines."""

    title: str
    local_holder_only: bool
    legal_reference: str | None


class _Step(NamedTuple):
    """One row: its guard by number, and what it answers for each of its benefits."""

    row: TableRow
    guard: int
    answers: tuple[tuple[int, Outcome], ...]


class CompiledTable:
    """A decision table, ready to judge cases.

    Attributes:
        id: As the table's.
        version: As the table's.
        mode: Whether what it decides is applied.
        codes: The benefits it answers for, in the order of its outcomes.
        looks_at: The facts of a case that can make a difference (names of `Case`).
    """

    __slots__ = (
        "_blank",
        "_excluded",
        "_guards",
        "_known",
        "_named",
        "_parts",
        "_pick",
        "_steps",
        "codes",
        "id",
        "looks_at",
        "mode",
        "version",
    )

    def __init__(
        self,
        table: DecisionTable,
        *,
        steps: Sequence[_Step],
        guards: Sequence[Guard],
        blank: Sequence[Outcome],
    ) -> None:
        self.id = table.id
        self.version = table.version
        self.mode: TableMode = table.mode
        self.codes = tuple(outcome.code for outcome in blank)
        self._steps = tuple(steps)
        self._guards = tuple(guards)
        self._parts = tuple(tuple(guard.parts()) for guard in guards)
        self._blank = tuple(blank)
        self._named = frozenset(tin for guard in guards for tin in guard.tins or ())
        self._excluded = frozenset(each for guard in guards for each in guard.excluded or ())
        looks = {fact for guard in guards for fact in guard.looks_at()}
        self.looks_at = frozenset(looks)
        # two facts at least, so that attrgetter always makes a tuple
        picked = [fact for fact in LOOKED_AT if fact in looks - {"tin", "chapters"}]
        self._pick = attrgetter(*picked, *["programme"] * (2 - len(picked)))
        self._known: dict[Any, tuple[Outcome, ...]] = {}

    def key(self, case: Case) -> tuple[Any, ...]:
        """Returns what of a case can make a difference: equal keys, equal outcomes."""
        picked: tuple[Any, ...] = self._pick(case)
        if self._excluded:
            # of all the goods there may be, only those that are left out tell cases apart
            chapters = case.chapters
            picked = (*picked, chapters & self._excluded, chapters <= self._excluded)
        if self._named:
            return (*picked, case.tin if case.tin in self._named else None)
        return picked

    def decide(self, case: Case) -> tuple[Outcome, ...]:
        """Returns the outcome of every benefit of the table, in the order of `codes`."""
        key = self.key(case)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._judge(case)
        return known

    def _judge(self, case: Case) -> tuple[Outcome, ...]:
        """Steps 2 and 3."""
        judged = [guard.judge(case) for guard in self._guards]
        decided: list[Outcome | None] = [None] * len(self._blank)
        passed: dict[int, list[_Step]] = {}
        for step in self._steps:
            stop = judged[step.guard]
            for place, answer in step.answers:
                if decided[place] is not None:
                    continue
                if stop is None:
                    decided[place] = answer
                elif stop.missing:
                    decided[place] = _missing(self._blank[place], stop, step.row)
                else:
                    passed.setdefault(place, []).append(step)
        against: dict[int, list[Stop]] = {}
        return tuple(
            outcome or self._unmatched(place, passed.get(place, []), case, against)
            for place, outcome in enumerate(decided)
        )

    def _unmatched(
        self, place: int, passed: Sequence[_Step], case: Case, against: dict[int, list[Stop]]
    ) -> Outcome:
        """Step 3: of the rows that do not hold, the one with the fewest conditions against it."""
        if not passed:
            return self._blank[place]
        for step in passed:
            if step.guard not in against:
                judged = (part.judge(case) for part in self._parts[step.guard])
                against[step.guard] = [stop for stop in judged if stop is not None]
        nearest = min(passed, key=lambda step: len(against[step.guard]))
        stops = (stop for stop in against[nearest.guard] if not stop.missing)
        stop = min(stops, key=lambda each: each.rank)
        return self._blank[place]._replace(
            reason=stop.reason,
            row=nearest.row.id,
            text=not_covered_text(stop.fact, row=nearest.row, case=case),
        )


def compile_table(
    table: DecisionTable,
    *,
    agreed: Sequence[Benefit],
    definitions: Mapping[str, BenefitDefinition],
    at_home: AtHome,
) -> CompiledTable:
    """Compiles a decision table.

    Args:
        table: The table; one without rows grants nothing.
        agreed: The benefits of its arrangement, whoever grants them; what is not agreed there is
            not granted here.
        definitions: The benefit catalogue.
        at_home: What our own AEOs get.
    """
    agreed_here = _agreed([one for one in agreed if one.granted_by == table.granted_by])
    rows = table.rows.value or ()
    named = (benefit.code for row in rows for benefit in row.benefits)
    codes = tuple(dict.fromkeys([*named, *agreed_here]))
    places = {code: place for place, code in enumerate(codes)}
    guards: dict[Guard, int] = {}
    steps = []
    for row in rows:
        answers = {
            places[benefit.code]: _answer(
                row, benefit, agreed=agreed_here, definitions=definitions, at_home=at_home
            )
            for benefit in reversed(row.benefits)  # named twice in a row, the first counts
        }
        guard = guards.setdefault(guard_of(row), len(guards))
        steps.append(_Step(row, guard, tuple(answers.items())))
    blank = [_blank(code, agreed=agreed_here, definitions=definitions) for code in codes]
    return CompiledTable(table, steps=steps, guards=tuple(guards), blank=blank)


def _agreed(benefits: Sequence[Benefit]) -> dict[str, _Agreed]:
    found: dict[str, _Agreed] = {}
    for code in dict.fromkeys(benefit.code for benefit in benefits):
        lines = [benefit for benefit in benefits if benefit.code == code]
        references = {benefit.legal_reference for benefit in lines}
        found[code] = _Agreed(
            title=lines[0].title,
            local_holder_only=any(benefit.local_holder_only for benefit in lines),
            legal_reference=references.pop() if len(references) == 1 else None,
        )
    return found


def _blank(
    code: str, *, agreed: Mapping[str, _Agreed], definitions: Mapping[str, BenefitDefinition]
) -> Outcome:
    definition, benefit = definitions.get(code), agreed.get(code)
    named = benefit or definition
    return Outcome(
        code=code,
        title=named.title if named is not None else code,
        granted=False,
        reason=_R.NOT_IN_TABLE,
        row=None,
        parameters={},
        legal_reference=None if benefit is None else benefit.legal_reference,
        text="the decision table has no row for this benefit",
        attaches_to="consignment" if definition is None else definition.attaches_to,
    )


def _answer(
    row: TableRow,
    benefit: TabledBenefit,
    *,
    agreed: Mapping[str, _Agreed],
    definitions: Mapping[str, BenefitDefinition],
    at_home: AtHome,
) -> Outcome:
    """Returns what a row that holds says of one of its benefits."""
    code = benefit.code
    blank = _blank(code, agreed=agreed, definitions=definitions)
    answer = blank._replace(
        row=row.id, legal_reference=benefit.legal_reference or blank.legal_reference
    )
    note = f": {row.note}" if row.note else ""
    if row.effect is Effect.REFUSE:
        return answer._replace(reason=_R.REFUSED_BY_TABLE, text=f"row {row.id} refuses it{note}")
    for reason, text in _obstacles(code, agreed=agreed, definitions=definitions, at_home=at_home):
        return answer._replace(reason=reason, text=f"row {row.id} would grant it, but {text}")
    definition = definitions[code]
    given = limit(
        benefit.parameters,
        definition=definition,
        local=at_home.parameters.get(code, {}),
    )
    if given.unknown is not None:
        return answer._replace(
            reason=_R.LOCAL_PARAMETER_UNKNOWN,
            text=f"row {row.id} would grant it, but which {given.unknown} our own AEOs get is "
            "not known",
        )
    capped = "".join(f"; {sentence}" for sentence in given.capped)
    return answer._replace(
        granted=True,
        reason=_R.OK,
        parameters=given.parameters,
        text=f"row {row.id} grants it{note}{capped}",
    )


def _obstacles(
    code: str,
    *,
    agreed: Mapping[str, _Agreed],
    definitions: Mapping[str, BenefitDefinition],
    at_home: AtHome,
) -> Iterator[tuple[RecognitionReason, str]]:
    """Yields why no row can grant a benefit, whatever its conditions."""
    if code not in agreed:
        yield _R.NOT_AGREED, "the arrangement does not list it among what we grant"
    elif code not in at_home.offered:
        yield _R.NOT_OFFERED_AT_HOME, "our own AEOs are not known to get it"
    elif (
        agreed[code].local_holder_only
        or code not in definitions
        or definitions[code].local_holder_only
    ):
        yield _R.LOCAL_HOLDER_ONLY, "it needs a local establishment, taxpayer or guarantee"


def _missing(blank: Outcome, stop: Stop, row: TableRow) -> Outcome:
    return blank._replace(
        reason=stop.reason,
        row=row.id,
        text=f"row {row.id} cannot be judged: {missing_text(stop.fact, row=row)}",
        missing=stop.fact,
    )
