"""Texts, moments and commodity codes as people type them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mra_gateway.model.as_declared import Moments, chapter_of, one_line

ALMATY = ZoneInfo("Asia/Almaty")
NINE = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("2026-03-02T09:00:00+05:00", Moments()),
        ("2026-03-02T04:00:00Z", Moments()),
        ("2026-03-02 09:00", Moments()),
        ("2026-03-02", Moments(day_alone="09:00")),
        ("20260302090000+05", Moments()),
        ("20260302093000+0530", Moments()),
        ("02.03.2026 09:00", Moments(forms=("%d.%m.%Y %H:%M",))),
        ("3/2/26", Moments(forms=("%m/%d/%y",), day_alone="09:00")),
        ("2026-03-02 12:00", Moments(time_zone="Asia/Tokyo")),
    ],
)
def test_a_moment_is_read_as_its_source_writes_it(text: str, moments: Moments) -> None:
    if text.endswith("12:00"):
        assert moments.read(text, zone=ALMATY) == datetime(2026, 3, 2, 3, tzinfo=UTC)
    else:
        assert moments.read(text, zone=ALMATY) == NINE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("02.03.2026", r"`forms` under \[moments\], in a form of your own"),
        ("2026-02-30T09:00:00Z", "is no moment"),
        ("20261302090000+05", "is no moment"),
        ("2026-03-02", r"a day without a time; .*`day_alone` under \[moments\]"),
        ("yesterday", "is no moment"),
        ("", "is no moment"),
    ],
)
def test_what_could_be_two_moments_or_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Moments().read(text, zone=ALMATY)


def test_a_moment_without_a_zone_is_refused_where_none_is_known() -> None:
    with pytest.raises(ValueError, match="names no time zone"):
        Moments().read("2026-03-02 09:00")
    assert Moments().read("2026-03-02 09:00", zone=ALMATY) == NINE


def test_a_time_of_day_has_a_form() -> None:
    with pytest.raises(ValidationError):
        Moments(day_alone="25:00")
    assert Moments(day_alone="00:00").day_alone == "00:00"


@given(st.text(max_size=60))
def test_a_line_made_of_any_text_is_normal_and_stays_as_it_is(text: str) -> None:
    line = one_line(text)
    if line is not None:
        assert unicodedata.is_normalized("NFC", line)
        assert one_line(line) == line
        assert line == line.strip()
        assert "  " not in line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (" \n GB 1\t2 \n", "GB 1 2"),
        ("e\u0301", "\u00e9"),
        ("GB\u200b1\u00a02", "GB1 2"),
        ("\u200b \n", None),
        ("", None),
    ],
)
def test_only_what_has_no_meaning_is_taken_out(text: str, line: str | None) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(("code", "chapter"), [("7304.59", "73"), ("0709 93", "07"), ("85", "85")])
def test_a_commodity_code_begins_with_its_chapter(code: str, chapter: str) -> None:
    assert chapter_of(code) == chapter


@pytest.mark.parametrize("code", ["", "7", "steel", "00", "٧٣04"])
def test_what_begins_with_no_chapter_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="does not begin with a chapter"):
        chapter_of(code)
