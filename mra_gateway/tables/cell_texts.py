"""What stands in a cell of a workbook, as the text a person reads there (pure)."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from mra_gateway.tables.sheet import CellError, NotComputed, Value

_MOST_DIGITS: Final = 10**15
"""Above it a spreadsheet keeps no number whole."""
_THREE_DECIMALS: Final = 3


def cell_text(value: Value) -> str | None:
    """Returns what stands in a cell of a workbook as text; what is no value stays at fault."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        # a spreadsheet keeps a day as the midnight it begins with
        text = value.isoformat(sep=" ", timespec="seconds")
        return text[:10] if value.time() == time(0) else text
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, CellError):
        return f"#{value.code.lstrip('#')}"
    if isinstance(value, NotComputed):
        return "#formula without a result"
    if isinstance(value, int):
        return str(value) if abs(value) < _MOST_DIGITS else _number_text(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _number_text(value: float) -> str:
    if not abs(value) < _MOST_DIGITS:
        return "#number of more than 15 digits"
    if value.is_integer():
        return str(int(value))
    text = format(Decimal(repr(value)), "f")
    # with exactly three decimals a text could be read as thousands
    return f"{text}0" if len(text.partition(".")[2]) == _THREE_DECIMALS else text
