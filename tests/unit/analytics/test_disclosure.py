"""What is suppressed cannot be told from what is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.analytics.disclosure import suppress
from mra_gateway.model.impact import Cut, Figure, ImpactRow, ImpactTable, Measured


def row_of(key: str, part: int, whole: int) -> ImpactRow:
    figures = tuple(
        Figure(measured=measured, value=part / whole, numerator=part, denominator=whole)
        for measured in Measured
    )
    return ImpactRow(key=key, cases=whole, figures=figures)


def tables_of(counts: list[tuple[int, int]]) -> tuple[ImpactTable, ...]:
    rows = tuple(row_of(str(at), part, whole) for at, (part, whole) in enumerate(counts))
    total = row_of("all", sum(part for part, _ in counts), sum(whole for _, whole in counts))
    return (
        ImpactTable(cut=Cut.TOTAL, rows=(total,)),
        ImpactTable(cut=Cut.REGION, rows=rows),
    )


def hidden(table: ImpactTable) -> set[str]:
    return {row.key for row in table.rows if row.figures[0].suppressed}


def test_a_small_cell_takes_the_next_smallest_with_it() -> None:
    given_counts = [(3, 100), (20, 100), (50, 100), (90, 200)]
    _, shown = suppress(tables_of(given_counts))
    assert hidden(shown) == {"0", "1"}
    assert shown.rows[0].cases is None
    _, untouched = suppress(tables_of([(6, 100), (20, 100), (50, 100), (90, 200)]))
    assert hidden(untouched) == set()


def test_all_but_a_few_is_as_telling_as_a_few() -> None:
    _, shown = suppress(tables_of([(98, 100), (20, 100), (50, 100)]))
    assert "0" in hidden(shown)


def test_a_small_total_hides_every_row() -> None:
    total, shown = suppress(tables_of([(2, 100), (0, 100), (1, 100)]))
    assert hidden(total) == {"all"}
    assert hidden(shown) == {"0", "1", "2"}


@given(
    st.lists(
        st.integers(1, 60).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))),
        min_size=2,
        max_size=12,
    )
)
def test_no_small_count_is_shown_or_follows_from_the_total(counts: list[tuple[int, int]]) -> None:
    total, shown = suppress(tables_of(counts))
    unseen = hidden(shown)
    for row, (part, whole) in zip(shown.rows, counts, strict=True):
        if any(0 < count < 5 for count in (part, whole, whole - part)):
            assert row.key in unseen
        for figure in row.figures:
            assert figure.suppressed is (row.key in unseen)
            if figure.suppressed:
                assert figure.value is figure.numerator is figure.denominator is None
    if unseen and not hidden(total):
        behind = sum(counts[int(key)][0] for key in unseen)
        assert len(unseen) == len(counts) or (len(unseen) >= 2 and behind >= 5)
