"""The legal day of a moment is what the time zone's own rules say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.recognition.legal_days import LegalDays

BEGINS = datetime(1971, 1, 1, tzinfo=UTC)
ZONES = (
    "UTC",
    "Asia/Ulaanbaatar",
    "Asia/Kathmandu",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Havana",
    "Atlantic/Azores",
    "America/Asuncion",
    "Asia/Beirut",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
"""Far east and far west, half and quarter hours, and clocks that are changed at midnight."""


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    moments=st.lists(
        st.integers(0, 83_000 * 86_400).map(lambda seconds: BEGINS + timedelta(seconds=seconds)),
        min_size=1,
        max_size=20,
    ),
    hours=st.integers(-14, 14),
)
def test_the_legal_day_is_the_date_there(
    zone: ZoneInfo, moments: list[datetime], hours: int
) -> None:
    days = LegalDays(zone)
    for moment in moments:
        for stated in (UTC, timezone(timedelta(hours=hours))):
            at = moment.astimezone(stated)
            assert days.of(at) == at.astimezone(zone).date()
            assert days.of(at) == at.astimezone(zone).date(), "asked again"


@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("America/Havana", datetime(2025, 11, 2, 5, tzinfo=UTC)),  # back from one to midnight
        ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),  # midnight is skipped
        ("Asia/Beirut", datetime(2026, 3, 28, 22, tzinfo=UTC)),
        ("America/St_Johns", datetime(2010, 11, 7, 3, tzinfo=UTC)),  # back into the day before
        ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # a day is left out
    ],
)
def test_where_the_clock_is_changed_around_midnight_every_minute_has_its_day(
    name: str, around: datetime
) -> None:
    days, zone = LegalDays(ZoneInfo(name)), ZoneInfo(name)
    for minutes in range(-2 * 24 * 60, 2 * 24 * 60):
        at = around + timedelta(minutes=minutes)
        assert days.of(at) == at.astimezone(zone).date(), at


def test_the_end_of_the_calendar_is_a_day_too() -> None:
    days = LegalDays(ZoneInfo("Asia/Ulaanbaatar"))
    assert str(days.of(datetime(9999, 12, 31, 1, tzinfo=UTC))) == "9999-12-31"
