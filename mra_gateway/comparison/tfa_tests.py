"""The tests of TFA Article 7.7 that follow from a profile, as cells of it.

- TC.1 criteria published: a condition of the profile cites a text that was read
- TC.2 criteria classed: each condition is of a class of 7.2(a), or of none of them
- TC.3 at least three of the seven measures of 7.3 are given
- TC.4 no figure of trade, turnover, payments, storage or declarations keeps small firms out
- TC.5 mutual recognition is offered: by an arrangement, by law, or as its profile says

What cannot be told has no cell: it is not established, and not a failure.

Source: WTO Agreement on Trade Facilitation, Article 7.7; the tests are this product's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from mra_gateway.comparison.header_facts import BENEFITS
from mra_gateway.comparison.quantities import strongest, weakest
from mra_gateway.comparison.subject import Scope, Subject
from mra_gateway.comparison.wording import figures, listed, say
from mra_gateway.model.comparison import Evidence
from mra_gateway.model.facts import Basis, Fact
from mra_gateway.model.profiles import Cell, Measure, Stated
from mra_gateway.model.requirements import Phrase

TFA: Final = "tfa"
LEAST_MEASURES: Final = 3
MEASURES: Final = tuple(f"{BENEFITS}:T.{letter}" for letter in "abcdefg")
BURDENS: Final = frozenset(
    {
        Measure.TURNOVER,
        Measure.TRADE_VALUE,
        Measure.PAYMENTS,
        Measure.STORED_VALUE,
        Measure.DECLARATIONS,
    }
)
"""Figures that a small firm may be too small for."""
_CLASSES: Final[dict[str, tuple[str, str]]] = {
    "A": ("(i) compliance record", "(i) соблюдение законодательства"),
    "B": ("(ii) record management", "(ii) учёт"),
    "C": ("(iii) solvency", "(iii) платёжеспособность"),
    **dict.fromkeys("EFGHIJKL", ("(iv) supply-chain security", "(iv) безопасность цепи поставок")),
}
_OTHER: Final = ("other", "прочее")
_WITH_FIGURES: Final = ("safe", "compendium", "dimensions")
"""Catalogues whose cells hold figures an applicant has to reach."""
_VOLUME: Final = "dimensions:D7"
_OFFERED: Final = ("tfa:T.7.5", "procedure:P12")


def with_tests(subject: Subject, *, at: date) -> Subject:
    """Returns a programme with the cells of the computed tests; what its profile says goes first.

    Args:
        subject: The programme.
        at: Arrangements that ended by this day do not count.
    """
    if subject.is_text:
        return subject
    spoken = {fact.value.item for fact in subject.profile.cells if fact.value is not None}
    made = tuple(
        fact
        for fact in _tests(subject, at=at)
        if fact.value is not None and fact.value.item not in spoken
    )
    cells = (*subject.profile.cells, *made)
    return subject.with_profile(subject.profile.model_copy(update={"cells": cells}))


def _tests(subject: Subject, *, at: date) -> Iterator[Fact[Cell]]:
    criteria = [one for one in subject.every("safe") if one.cell.stated is Stated.REQUIRED]
    if criteria:
        yield from _published(criteria)
        yield _classed(criteria)
    yield from _measures(subject)
    yield from _burdens(subject)
    yield from _recognition(subject, at=at)


def _published(criteria: Sequence[Evidence]) -> Iterator[Fact[Cell]]:
    read = [one for one in criteria if one.basis is not Basis.UNVERIFIED]
    if read:
        best = min(read, key=lambda one: one.basis is not Basis.READ)
        text = say(
            f"Conditions are read in a public text ({len(read)} of {len(criteria)} seen).",
            f"Условия прочитаны в общедоступном тексте ({len(read)} из {len(criteria)}).",
        )
        yield _cell("TC.1", Stated.REQUIRED, text, [best])


def _classed(criteria: Sequence[Evidence]) -> Fact[Cell]:
    counts: dict[tuple[str, str], int] = {}
    for one in criteria:
        letter = one.cell.item.partition(":")[2][:1]
        name = _CLASSES.get(letter, _OTHER)
        counts[name] = counts.get(name, 0) + 1
    text = say(
        "; ".join(f"{name[0]}: {count}" for name, count in counts.items()) + ".",
        "; ".join(f"{name[1]}: {count}" for name, count in counts.items()) + ".",
    )
    return _cell("TC.2", Stated.REQUIRED, text, _best(criteria, 1))


def _measures(subject: Subject) -> Iterator[Fact[Cell]]:
    found = {measure: _first(subject, measure) for measure in MEASURES}
    given = [one for one in found.values() if one and one.cell.stated is Stated.REQUIRED]
    away = [one for one in found.values() if one and one.cell.stated is Stated.ABSENT]
    names = listed(one.cell.item.partition(":")[2] for one in given) or "–"
    text = say(
        f"Given: {names}; {len(given)} of {len(MEASURES)} seen.",
        f"Предоставляются: {names}; обнаружено {len(given)} из {len(MEASURES)}.",
    )
    if len(given) >= LEAST_MEASURES:
        yield _cell("TC.3", Stated.REQUIRED, text, _best(given, LEAST_MEASURES))
    elif len(MEASURES) - len(away) < LEAST_MEASURES:
        yield _cell("TC.3", Stated.ABSENT, text, away)


def _burdens(subject: Subject) -> Iterator[Fact[Cell]]:
    for one in itertools.chain.from_iterable(map(subject.every, _WITH_FIGURES)):
        named = [
            tuple(each for each in every if each.measure in BURDENS)
            for every in one.cell.thresholds
        ]
        burdens = [each for each in named if each]
        if burdens:
            english, russian = figures(burdens)
            item = one.cell.item
            text = say(f"{item}: {english}.", f"{item}: {russian}.")
            yield _cell("TC.4", Stated.ABSENT, text, [one])
    volume = _first(subject, _VOLUME)
    if volume is not None and (volume.cell.stated is Stated.ABSENT or "none" in volume.cell.values):
        yield _cell("TC.4", Stated.REQUIRED, volume.cell.text, [volume])


def _recognition(subject: Subject, *, at: date) -> Iterator[Fact[Cell]]:
    for arrangement in subject.arrangements:
        ended = arrangement.ended_on.value
        for party in arrangement.parties:
            scope = party.scope
            covers = any(item.programme == subject.id for item in scope.value or ())
            if covers and (ended is None or at < ended):
                text = say(f"{arrangement.id}: {arrangement.title}"[:512], str(arrangement.id))
                cell = Cell(item="tfa:TC.5", stated=Stated.REQUIRED, text=text)
                yield Fact[Cell](
                    value=cell, source=scope.source, basis=scope.basis, as_of=scope.as_of
                )
                return
    for reference in _OFFERED:
        one = _first(subject, reference)
        if one is not None and one.cell.stated in {Stated.REQUIRED, Stated.ABSENT}:
            yield _cell("TC.5", one.cell.stated, one.cell.text, [one])
            return


def _first(subject: Subject, reference: str) -> Evidence | None:
    """Returns what goes first among the cells for an item, the best known of them."""
    levels = subject.levels(reference, reference, scope=Scope())
    return _best(levels[0], 1)[0] if levels else None


def _best(found: Sequence[Evidence], count: int) -> list[Evidence]:
    order = list(Basis)
    return sorted(found, key=lambda one: order.index(one.basis))[:count]


def _cell(item: str, stated: Stated, text: Phrase, rests_on: Sequence[Evidence]) -> Fact[Cell]:
    """Returns a computed cell; it is as sure as the least sure of what it rests on."""
    sources = " ; ".join(dict.fromkeys(one.source for one in rests_on))
    return Fact[Cell](
        value=Cell(item=f"{TFA}:{item}", stated=stated, text=text),
        source=sources if len(sources) <= 512 else rests_on[0].source,
        basis=weakest(one.basis for one in rests_on) or strongest([Basis.UNVERIFIED]),
        as_of=max(one.as_of for one in rests_on),
    )
