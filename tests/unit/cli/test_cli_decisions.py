"""What is printed of results found, counted, and changed by a late status."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from mra_gateway.cli.decisions_text import DecisionsText
from mra_gateway.flows.audit_late import Affected, Given
from mra_gateway.store.facts import Fact, Key, Register
from mra_gateway.store.late import LateChange
from tests.support.messages import CN, CN_MN, a_record

ZONE = ZoneInfo("Asia/Ulaanbaatar")
MIDNIGHT = datetime(2026, 11, 19, 16, tzinfo=UTC)
RECORD = a_record()
KEY = Key(RECORD.tin, RECORD.programme, RECORD.authorisation)
LATE = LateChange(
    Register(CN, CN_MN),
    Fact(1, KEY, "1", 1, "suspended", MIDNIGHT, MIDNIGHT, None, "suspended", None, None, None,
         RECORD.model_dump_json()),
    MIDNIGHT,
    1,
    is_end=False,
)  # fmt: skip


def test_a_late_status_is_told_by_the_day_it_began_on_where_it_is_read() -> None:
    changes = (LATE, LATE._replace(is_end=True))
    said = DecisionsText("en").because(changes, zone=ZONE)
    began = "suspended from 2026-11-20 00:00:00 Asia/Ulaanbaatar"
    assert said == f"{KEY.authorisation} {began}; {KEY.authorisation} no longer {began}"
    told = DecisionsText("ru").because(changes, zone=ZONE)
    assert told == (
        f"{KEY.authorisation}: действие приостановлено с 20.11.2026 00:00:00 Asia/Ulaanbaatar; "
        f"{KEY.authorisation}: уже не «действие приостановлено» с 20.11.2026 00:00:00 "
        "Asia/Ulaanbaatar"
    )


def test_consignments_and_counts_are_told_in_russian(capsys: pytest.CaptureFixture[str]) -> None:
    given = Given(str(RECORD.tin), recognised=True, status="valid", benefits=("b_one",))
    now = given._replace(recognised=False)
    who = ("national", "exporter", "CN1")
    one = Affected("D-1", "R-1", MIDNIGHT, MIDNIGHT, *who, given, now, (LATE,))
    counts = [("CN", "lost", "DATA_STALE", 3), ("", "unmatched", "IDENTIFIER_NOT_FOUND", 2)]
    told, said = DecisionsText("ru"), DecisionsText("en")
    said.affected([one], zone=ZONE)
    said.counts(counts, first=date(2026, 11, 1), last=date(2026, 11, 20))
    english = capsys.readouterr().out
    for piece in ("2026-11-20 00:00:00", "times in Asia/Ulaanbaatar", "(nobody found)",
                  "Declared parties, 2026-11-01 to 2026-11-20", "not recognised"):  # fmt: skip
        assert piece in english
    told.affected([one], zone=ZONE)
    told.counts(counts, first=date(2026, 11, 1), last=date(2026, 11, 20))
    russian = capsys.readouterr().out
    for piece in ("20.11.2026 00:00:00", "время: Asia/Ulaanbaatar", "УЭО не признан",
                  "DATA_STALE (сведения партнёра устарели)", "(никто не установлен)", "Китай (CN)",
                  "с 01.11.2026 по 20.11.2026"):  # fmt: skip
        assert piece in russian
