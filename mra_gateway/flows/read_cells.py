"""Reads what cells are divided by: words, codes and currencies, each text once.

A text that means nothing makes the whole unreadable: which rows hold it, the files' own reader
tells.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from mra_gateway.analytics import explain
from mra_gateway.analytics.sums import NOT_STATED, Cell
from mra_gateway.model.as_declared import one_line
from mra_gateway.model.facts import Flow
from mra_gateway.model.profiles import Rates
from mra_gateway.tables.measured_table import MeasuredTable
from mra_gateway.tables.measured_values import is_blank
from mra_gateway.tables.problems import CellProblem


class Unreadable(Exception):
    """Some row is at fault.

    Attributes:
        text: What is known without looking for the row.
        currencies: Those that no rate changes into the one of the report.
    """

    def __init__(self, text: str, *, currencies: frozenset[str] = frozenset()) -> None:
        self.text = text
        self.currencies = currencies
        super().__init__(text)


class Exchanged(NamedTuple):
    """Currencies of the files, changed into one.

    Attributes:
        currency: Of the report; None where nothing has a value.
        own: Of values beside which none is stated.
        factors: Currency → what one of it is worth.
        text: What was assumed.
    """

    currency: str | None
    own: str | None
    factors: Mapping[str, float]
    text: str


def exchange(
    summed: pa.Table,
    *,
    tables: Sequence[MeasuredTable],
    currency: str | None,
    rates: Mapping[str, Rates],
) -> Exchanged:
    """Returns by what values are multiplied.

    Args:
        summed: The cells.
        tables: The files.
        currency: Of the report, where one was asked for.
        rates: By day; the latest is taken.

    Raises:
        Unreadable: A currency is missing, is none, or has no rate.
    """
    stated = {table.table.currency for table in tables} - {None}
    own = currency or (stated.pop() if len(stated) == 1 else None)
    used = set()
    for text, number in zip(
        summed.column("k_currency").to_pylist(), summed.column("nv").to_pylist(), strict=True
    ):
        if number:
            code = _currency(text, tables)
            if code is None and own is None:
                raise Unreadable("a value without its currency")
            used.add(code or own or "")
    if not used:
        return Exchanged(currency, own, {}, "No value is stated.")
    if currency is None and len(used) == 1:
        currency = next(iter(used))
    if currency is None:
        currency = own if own in used else min(used)
    day = max(rates, default=None)
    factors = {
        code: factor_of(code, currency, None if day is None else rates[day]) for code in used
    }
    lacking = frozenset(code for code, factor in factors.items() if factor is None)
    if lacking:
        raise Unreadable(
            f"no rate changes {', '.join(sorted(lacking))} into {currency}", currencies=lacking
        )
    found = {code: factor for code, factor in factors.items() if factor is not None}
    if used == {currency}:
        return Exchanged(currency, own, found, explain.ONE_CURRENCY.format(currency=currency))
    shown = ", ".join(f"1 {code} = {found[code]:g}" for code in sorted(used - {currency}))
    text = explain.RATES.format(currency=currency, day=day, rates=shown)
    return Exchanged(currency, own, found, text)


def read_cells(
    summed: pa.Table, *, tables: Sequence[MeasuredTable], exchanged: Exchanged
) -> list[Cell]:
    """Returns what each cell is.

    Raises:
        Unreadable: Some row is at fault.
    """
    _check_sums(summed)
    read = {
        "type": lambda text: _flow(text, tables),
        "region": _label,
        "chapter": lambda text: _read(text, "commodity_codes", tables) or NOT_STATED,
        "mode": _label,
        "inspected": lambda text: _read(text, "inspected", tables),
        "currency": lambda text: _rate(_currency(text, tables) or exchanged.own, exchanged),
    }
    columns = [_each(summed.column(f"k_{name}"), how) for name, how in read.items()]
    return [Cell(*values) for values in zip(*columns, strict=True)]


def _each(column: pa.ChunkedArray, read: Callable[[str | None], Any]) -> list[Any]:
    """Returns a column as it is read, each text once."""
    texts = column.to_pylist()
    meanings = {text: read(text) for text in dict.fromkeys(texts)}
    return [meanings[text] for text in texts]


def _rate(code: str | None, exchanged: Exchanged) -> float:
    return exchanged.factors.get(code or "", 0.0)


def _check_sums(summed: pa.Table) -> None:
    """What the engine saw of rows at fault."""
    import pyarrow.compute as pc

    def total(name: str) -> Any:
        return pc.sum(summed.column(name)).as_py() or 0

    if not summed.num_rows:
        raise Unreadable("no declarations")
    if total("bad"):
        raise Unreadable("a text that is no number, day or moment")
    if total("nd") != total("n"):
        raise Unreadable("a declaration without its day of acceptance")
    if "outside" in summed.column_names and total("outside"):
        raise Unreadable("a declaration of another period")
    for letter in ("v", "h", "r"):
        low = pc.min(summed.column(f"min_{letter}")).as_py()
        if low is not None and low < 0:
            raise Unreadable("a number below 0, or goods released before they arrived")
        if not math.isfinite(total(f"s{letter}")):
            raise Unreadable("a number that is none")


def _flow(text: str | None, tables: Sequence[MeasuredTable]) -> Flow:
    found: Flow | None = _read(text, "type", tables)
    if found is None:
        raise Unreadable("a declaration without its type")
    return found


def _currency(text: str | None, tables: Sequence[MeasuredTable]) -> str | None:
    code: str | None = _read(text, "currency", tables)
    return code


def _read(text: str | None, field: str, tables: Sequence[MeasuredTable]) -> Any:
    if text is None or is_blank(text):
        return None
    try:
        return tables[0].value(field, text)
    except CellProblem as problem:
        raise Unreadable(problem.text) from None


def _label(text: str | None) -> str:
    if text is None or is_blank(text):
        return NOT_STATED
    return (one_line(text) or NOT_STATED)[:100]


def factor_of(code: str, into: str, rates: Rates | None) -> float | None:
    """Returns what one of a currency is worth in another, directly or over a third."""
    if code == into:
        return 1.0
    if rates is None:
        return None
    one, other = _worth(code, rates), _worth(into, rates)
    if one is not None and one[1] == into:
        return one[0]
    if other is not None and other[1] == code:
        return 1.0 / other[0]
    if one is not None and other is not None and one[1] == other[1]:
        return one[0] / other[0]
    return None


def _worth(code: str, rates: Rates) -> tuple[float, str] | None:
    fact = rates.rates.get(code)
    return None if fact is None or fact.value is None else (fact.value.value, fact.value.currency)
