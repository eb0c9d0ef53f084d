"""A month is a month in the administration's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.model.periods import Period

WRITTEN = st.one_of(
    st.dates(date(1992, 1, 1), date(2090, 12, 31)).map(Period.month_of),
    st.tuples(st.integers(1992, 2090), st.integers(1, 4)).map(
        lambda at: Period("{}-Q{}".format(*at))
    ),
    st.integers(1992, 2090).map(lambda year: Period(str(year))),
)
ZONES = st.sampled_from(
    ["Asia/Ulaanbaatar", "Asia/Almaty", "America/Santiago", "Africa/Cairo", "Asia/Kathmandu", "UTC"]
)


@pytest.mark.parametrize("text", ["2025-13", "2025-00", "2025-Q5", "25-07", "2025-7", "1989", "x"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a period"):
        Period(text)
    assert Period("2025-07").kind == "month"


@given(WRITTEN)
def test_periods_of_a_kind_follow_each_other_without_a_gap(period: Period) -> None:
    assert period.previous.last_on + timedelta(days=1) == period.first_on
    assert period.previous.kind == period.kind == period.year_earlier.kind
    assert (period.year_earlier.first_on.year, period.year_earlier.first_on.month) == (
        period.first_on.year - 1,
        period.first_on.month,
    )
    assert len(period.months) == {"month": 1, "quarter": 3, "year": 12}[period.kind]
    assert period.months[0].first_on == period.first_on
    assert period.months[-1].last_on == period.last_on


@given(WRITTEN, ZONES, st.integers(-400, 400))
def test_a_moment_is_in_a_period_when_its_local_day_is(
    period: Period, zone: str, hours: int
) -> None:
    there = ZoneInfo(zone)
    start, end = period.starts_at(there), period.ends_at(there)
    for moment in (start + timedelta(hours=hours), end + timedelta(hours=hours)):
        assert (start <= moment < end) is period.has(moment.astimezone(there).date())
    assert period.previous.ends_at(there) == start


def test_where_clocks_skip_midnight_the_day_begins_when_they_do() -> None:
    santiago = ZoneInfo("America/Santiago")
    first = Period("2024-09")
    assert first.starts_at(santiago) == datetime(2024, 9, 1, 4, tzinfo=UTC)
    cairo = ZoneInfo("Africa/Cairo")
    assert Period("2025").starts_at(cairo) == datetime(2024, 12, 31, 22, tzinfo=UTC)
