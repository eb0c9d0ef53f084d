"""Printing: what a terminal might obey is escaped, times name their zone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.cli import show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Мөнх ХХК 有限公司", "Мөнх ХХК 有限公司"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x9b31m", "\\x9b31m"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_a_terminal_is_shown_text_and_obeys_none(text: str, shown: str) -> None:
    assert show.safe(text) == shown


@given(st.text())
def test_whatever_is_shown_is_printable(text: str) -> None:
    assert show.safe(text).isprintable()


@given(st.text())
def test_json_is_safe_for_a_terminal_and_reads_back_the_same(
    text: str,
) -> None:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        show.record({"name": text})
    assert out.getvalue().removesuffix("\n").isprintable()
    assert json.loads(out.getvalue()) == {"name": text}


def test_rich_markup_in_a_table_is_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    show.table(("name",), [("[red]x[/red] :smile: \x1b[1m",)])
    assert "[red]x[/red] :smile: \\x1b[1m" in capsys.readouterr().out


def test_identifiers_stay_whole_while_other_columns_fold(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "00000000-0000-4000-8000-000000000001"
    show.table(("id", "what", "why"), [(long, "word " * 60, "other " * 60)])
    assert long in capsys.readouterr().out
    monkeypatch.setattr(show, "WIDTH_OF_A_FILE", 80)
    row = ("disruption_priority", "Goods are cleared first", "no", "row agreed-5 would grant it")
    show.table(("benefit", "what", "granted", "why"), [row])
    assert "\n disruption_priority " in capsys.readouterr().out


def test_a_moment_is_shown_in_a_zone_that_is_named() -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert show.moment(at, ZoneInfo("Asia/Ulaanbaatar")) == "2026-03-02 17:00:00 Asia/Ulaanbaatar"
    assert show.moment(None, ZoneInfo("UTC")) == ""


def test_a_row_too_long_for_the_screen_is_a_block_and_loses_no_column(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    headings = ("id", "what", "asked by", "asked", "needs", "state")
    row = ("5b069700-a894-4382-a448-e9f6beb756fd", "Confirm " * 9, "bat", "2026-11-22 05:15:30",
           "legal, not bat", "open")  # fmt: skip
    monkeypatch.setattr(show, "WIDTH_OF_A_FILE", 80)
    show.table(headings, [row])
    narrow = capsys.readouterr().out
    assert "needs:" in narrow
    assert "legal, not bat" in narrow
    monkeypatch.setattr(show, "WIDTH_OF_A_FILE", 200)
    show.table(headings, [row])
    wide = capsys.readouterr().out
    assert "needs:" not in wide
    assert "legal, not bat" in wide


def test_a_document_printed_item_by_item_is_the_same_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    items = [{"name": "Мөнх\x1b", "parts": [1, {"at": datetime(2026, 1, 1, tzinfo=UTC)}]}, 2, []]
    whole = {"file": "r.xlsx", "none": [], "items": items, "empty": [], "counts": {"a": 1}}
    show.document(whole)
    expected = capsys.readouterr().out
    show.long_document({**whole, "items": iter(items), "empty": iter([])})
    assert capsys.readouterr().out == expected
