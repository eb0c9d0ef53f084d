"""Numbers, days and moments as people type them; what could be two is refused."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from mra_gateway.errors import Reason
from mra_gateway.model.as_declared import Moments
from mra_gateway.tables.measured_values import (
    read_declared_day,
    read_local_moment,
    read_number,
    read_yes_no,
)
from mra_gateway.tables.problems import CellProblem


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1234", None, 1234.0),
        ("1234.5", None, 1234.5),
        ("1234,5", None, 1234.5),
        ("0,125", None, 0.125),
        ("1 234,50", None, 1234.5),
        ("1\u00a0234,50", None, 1234.5),
        ("1.234,50", None, 1234.5),
        ("1,234.50", None, 1234.5),
        ("1.234.567", None, 1234567.0),
        ("1,234", ",", 1.234),
        ("1,234", ".", 1234.0),
        ("1.234", ".", 1.234),
        ("1.234", ",", 1234.0),
    ],
)
def test_a_number_is_read_as_it_is_meant(text: str, decimal: str | None, number: float) -> None:
    assert read_number(text, decimal=decimal) == number  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["1,234", "1.234", "-5", "1e5", "nan", "12,34,56", "much", "1,2.3"]
)
def test_what_is_no_number_or_two_is_refused(text: str) -> None:
    with pytest.raises(CellProblem) as refused:
        read_number(text, decimal=None)
    assert refused.value.reason is Reason.VALUE_UNREADABLE


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-02",
        "2025-03-02T23:59:00",
        "2025-03-02T23:59:00+08:00",
        "02.03.2025",
        "02.03.2025 14:05",
        "2 March 2025",
        "2 марта 2025",
    ],
)
def test_a_day_is_read_in_many_forms(text: str) -> None:
    assert read_declared_day(text, moments=Moments()) == date(2025, 3, 2)


def test_a_day_that_could_be_two_is_refused() -> None:
    with pytest.raises(CellProblem) as refused:
        read_declared_day("02/03/2025", moments=Moments())
    assert refused.value.reason is Reason.DATE_AMBIGUOUS


@pytest.mark.parametrize("text", ["2025-03-02 14:05", "02.03.2025 14:05", "2025-03-02T14:05:00"])
def test_a_moment_is_the_clock_on_the_wall(text: str) -> None:
    found = read_local_moment(text, moments=Moments(), zone=None)
    assert found.isoformat() == "2025-03-02T14:05:00"
    assert isinstance(found, datetime)


def test_yes_and_no_are_words_and_anything_else_is_refused() -> None:
    assert read_yes_no("yes") is read_yes_no("True") is read_yes_no("1") is True
    assert read_yes_no("no") is read_yes_no("0") is False
    with pytest.raises(CellProblem):
        read_yes_no("perhaps")
