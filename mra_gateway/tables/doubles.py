"""Rows of one file that name the same authorisation twice, or say two things about one operator.

While rows are read, only what of them may stand a second time is noted, as a number each; the rows
are gone through again when some number came twice, which in a good register none does.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple

from mra_gateway.errors import Reason
from mra_gateway.model.changes import Status
from mra_gateway.model.packed import Packed, as_json
from mra_gateway.model.register import AddressedRow, RegisterRow, RowProblem, SourceAddress
from mra_gateway.tables.cleaning import shown

_LIVE = frozenset({Status.VALID, Status.SUSPENDED})


class Repeats:
    """Which authorisations and operators of a file may stand in more than one row."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._again: set[int] = set()

    def note(self, row: RegisterRow) -> None:
        """Takes note of a row."""
        for name in (_number(row), _operator(row)):
            noted = hash(name)
            (self._again if noted in self._seen else self._seen).add(noted)

    def may_hold(self, name: Hashable) -> bool:
        """Says whether a number or an operator may have stood twice; certain only when not."""
        return hash(name) in self._again

    def __bool__(self) -> bool:
        return bool(self._again)


def find_doubles(rows: Iterable[AddressedRow], repeats: Repeats) -> Packed[RowProblem]:
    """Returns a problem for each row that an earlier one doubles or contradicts, naming both.

    An operator may hold several authorisations under a programme (other tiers, an earlier episode);
    two live ones of the same tier, or two legal names, are a contradiction.
    """
    doubled, contradictions = Packed(as_json(RowProblem)), Packed(as_json(RowProblem))
    numbers: dict[Hashable, _First] = {}
    operators: dict[Hashable, _First] = {}
    for found in rows if repeats else ():
        number, operator = _number(found.row), _operator(found.row)
        this = _First.of(found)
        if repeats.may_hold(number):
            first = numbers.setdefault(number, this)
            if first is not this:
                doubled.append(_doubled(found, first))
                continue
        if repeats.may_hold(operator):
            first = operators.setdefault(operator, this)
            if first is not this:
                contradictions.extend(_contradictions(found, first))
    doubled.extend(contradictions)
    return doubled


class _First(NamedTuple):
    """The first row of several, without what nobody compares."""

    address: SourceAddress
    content: int
    authorisation: str
    legal_name: str | None
    tier: str | None
    status: Status

    @classmethod
    def of(cls, found: AddressedRow) -> _First:
        row = found.row
        return cls(
            found.address, hash(row), row.authorisation, row.legal_name, row.tier, row.status
        )


def _number(row: RegisterRow) -> Hashable:
    return row.programme, row.authorisation, row.episode


def _operator(row: RegisterRow) -> Hashable:
    return row.tin, row.programme


def _contradictions(found: AddressedRow, first: _First) -> Iterable[RowProblem]:
    differs = _difference(first, found.row)
    if differs:
        yield RowProblem(
            address=found.address.at(None),
            value=shown(str(found.row.tin)),
            reason=Reason.ROWS_CONTRADICT,
            text=f"{first.address} states the same TIN under {found.row.programme}, but {differs}",
        )


def _difference(one: _First, other: RegisterRow) -> str | None:
    if one.legal_name and other.legal_name and one.legal_name != other.legal_name:
        return f"the legal name is {shown(one.legal_name)} there, {shown(other.legal_name)} here"
    if one.tier == other.tier and one.status in _LIVE and other.status in _LIVE:
        return f"authorisation {shown(str(one.authorisation))} of the same tier is live there"
    return None


def _doubled(found: AddressedRow, first: _First) -> RowProblem:
    same = "identical" if hash(found.row) == first.content else "with other data"
    return RowProblem(
        address=found.address.at(None),
        value=shown(str(found.row.authorisation)),
        reason=Reason.ROW_DOUBLED,
        text=f"the same authorisation and episode stand in {first.address}, {same}",
    )
