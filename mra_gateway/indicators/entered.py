"""Whether what is entered by hand can be meant: its days, and the value of an indicator (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.indicators import (
    BaselineKind,
    ColumnKind,
    EventTable,
    Indicator,
    Quantity,
)

EARLIEST: Final = date(1990, 1, 1)
"""Of a period, and so of whatever counts in one."""


def check_days(table: EventTable, content: Mapping[str, object], *, today: date) -> None:
    """Checks that days lie where something can be counted.

    Args:
        table: What is entered.
        content: Column to value.
        today: In UTC; elsewhere it may be a day ahead.

    Raises:
        RequestRefused: `VALUE_NOT_ALLOWED`: a day long ago, or one to come on which it would count.
    """
    for column in table.columns:
        if column.kind is not ColumnKind.DAY or column.name not in content:
            continue
        day = date.fromisoformat(str(content[column.name]))
        is_ahead = column.name == table.counted_on and day > today + timedelta(days=1)
        if day < EARLIEST or is_ahead:
            why = f"{day} is to come" if is_ahead else f"{day} lies before {EARLIEST.year}"
            raise _not_allowed(why, column.name)


def check_value(indicator: Indicator, value: float, *, all_of: Iterable[Indicator]) -> None:
    """Checks that a value can be one of an indicator, and that something counts it.

    Args:
        indicator: The indicator it is entered for.
        value: The value.
        all_of: Every indicator there is.

    Raises:
        RequestRefused: `VALUE_NOT_ALLOWED`.
    """
    if not any(one.of == "entries" and indicator.id in one.numerator for one in all_of):
        why = f"{indicator.id} is computed from {indicator.of}: what is entered would count nowhere"
        raise _not_allowed(why, "indicator")
    if indicator.quantity is Quantity.COUNT and indicator.scale == 1 and value != int(value):
        raise _not_allowed(f"{value:g} is no whole number, and a count is one", "value")
    if indicator.baseline.kind is BaselineKind.SCALE:
        highest = len(indicator.baseline.categories)
        if highest and not 1 <= value <= highest:
            raise _not_allowed(f"{value:g} lies outside the scale, 1 to {highest}", "value")


def _not_allowed(why: str, where: str) -> RequestRefused:
    return RequestRefused(why, reason=Reason.VALUE_NOT_ALLOWED, where=where)
