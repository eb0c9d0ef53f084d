"""A change of table is shown on past cases before anybody accepts it."""

from __future__ import annotations

from collections.abc import Iterator

from mra_gateway.benefits.preview import EXAMPLES, PastCase, Shift, preview
from tests.support.decision_tables import CODES, case, compiled, row

MODES = ("1", "2", "3", "4")


def past(count: int) -> Iterator[PastCase]:
    """One case after the other: nothing holds them all."""
    for number in range(count):
        yield PastCase(f"D{number}", case(mode=MODES[number % 4], office=f"O{number % 50}"))


def test_an_unchanged_table_changes_nothing() -> None:
    judge = compiled(row(codes=CODES, modes=("3",)))
    shown = preview(past(40), before=judge, after=judge)
    assert (shown.cases, shown.changed, shown.changes) == (40, 0, ())
    assert shown.granted_before == shown.granted_after == dict.fromkeys(CODES, 10)


def test_gains_losses_and_other_parameters_are_counted_with_examples() -> None:
    before = compiled(row("road", codes=CODES, modes=("3",)))
    after = compiled(
        row("road", codes=CODES[:1], modes=("3",), parameters={"rate": 0.5}),
        row("air", codes=CODES[:1], modes=("4",)),
    )
    shown = preview(past(40), before=before, after=after)
    changes = {(one.code, one.shift): one for one in shown.changes}
    first, second = CODES
    assert changes[first, Shift.PARAMETERS].cases == 10
    assert changes[first, Shift.GAINED].cases == 10
    assert changes[second, Shift.LOST].cases == 10
    assert shown.changed == 20
    assert (shown.granted_before[first], shown.granted_after[first]) == (10, 20)
    example = changes[first, Shift.GAINED].examples[0]
    assert example.reference == "D3"
    assert example.after is not None
    assert example.after.row == "air"


def test_a_hundred_thousand_cases_are_read_one_by_one_and_few_are_kept() -> None:
    before, after = compiled(row(modes=("3",))), compiled(row(modes=("3", "4")))
    shown = preview(past(100_000), before=before, after=after)
    gained = next(one for one in shown.changes if one.shift is Shift.GAINED)
    assert (shown.cases, gained.cases) == (100_000, 25_000)
    assert len(gained.examples) == EXAMPLES
