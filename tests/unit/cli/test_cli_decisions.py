"""What is printed of results that a late status would have changed."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from mra_gateway.cli import decisions
from mra_gateway.store.facts import Fact, Key, Register
from mra_gateway.store.late import LateChange
from tests.support.messages import CN, CN_MN, a_record


def test_a_late_status_is_told_by_the_day_it_began_on_where_it_is_read() -> None:
    record, midnight = a_record(), datetime(2026, 11, 19, 16, tzinfo=UTC)
    key = Key(record.tin, record.programme, record.authorisation)
    fact = Fact(1, key, "1", 1, "suspended", midnight, midnight, None, "suspended", None, None,
                None, record.model_dump_json())  # fmt: skip
    late = LateChange(Register(CN, CN_MN), fact, midnight, 1, is_end=False)
    said = decisions.because((late, late._replace(is_end=True)), zone=ZoneInfo("Asia/Ulaanbaatar"))
    began = "suspended from 2026-11-20 00:00:00 Asia/Ulaanbaatar"
    assert said == f"{key.authorisation} {began}; {key.authorisation} no longer {began}"
