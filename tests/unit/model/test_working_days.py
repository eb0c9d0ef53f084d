"""Days on which two administrations both work."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.model.identifiers import Territory
from mra_gateway.model.working_days import WEEK, Calendar, after, between, is_common

MONDAY = date(2026, 3, 2)
WESTERN = Calendar(Territory("KR"), frozenset(WEEK[:5]))
SUNDAY_TO_THURSDAY = Calendar(Territory("AE"), frozenset({"sun", "mon", "tue", "wed", "thu"}))


def test_weeks_that_differ_share_four_days() -> None:
    both = [WESTERN, SUNDAY_TO_THURSDAY]
    assert after(MONDAY, days=4, calendars=both) == date(2026, 3, 9)
    assert between(MONDAY, date(2026, 3, 9), calendars=both) == 4
    assert between(MONDAY, MONDAY, calendars=both) == 0


def test_a_week_without_a_common_day_is_refused() -> None:
    weekend = Calendar(Territory("AE"), frozenset({"sat", "sun"}))
    with pytest.raises(ValueError, match="no day of the week"):
        after(MONDAY, days=1, calendars=[WESTERN, weekend])
    assert after(MONDAY, days=1, calendars=[WESTERN]) == date(2026, 3, 3)


@given(
    days=st.integers(1, 60),
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    free=st.sets(st.integers(0, 90), max_size=20),
)
def test_the_day_found_is_worked_by_both_and_as_many_lie_before_it(
    days: int, start: date, free: set[int]
) -> None:
    holidays = frozenset(start + timedelta(days=n) for n in free)
    both = [WESTERN, SUNDAY_TO_THURSDAY._replace(holidays=holidays)]
    found = after(start, days=days, calendars=both)
    assert is_common(found, calendars=both)
    assert between(start, found, calendars=both) == days
