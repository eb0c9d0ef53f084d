"""Rows of one file that name the same authorisation twice, or say two things about one operator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from mra_gateway.errors import Reason
from mra_gateway.model.changes import Status
from mra_gateway.model.register import AddressedRow, RegisterRow, RowProblem
from mra_gateway.tables.cleaning import shown

_LIVE = frozenset({Status.VALID, Status.SUSPENDED})


def find_doubles(rows: Sequence[AddressedRow]) -> list[RowProblem]:
    """Returns a problem for each row that an earlier one doubles or contradicts, naming both.

    An operator may hold several authorisations under a programme (other tiers, an earlier episode);
    two live ones of the same tier, or two legal names, are a contradiction.
    """
    problems = []
    doubled = set()
    by_number: dict[Hashable, AddressedRow] = {}
    for found in rows:
        row = found.row
        key = (row.programme, row.authorisation, row.episode)
        first = by_number.setdefault(key, found)
        if first is not found:
            doubled.add(id(found))
            problems.append(_doubled(found, first))
    by_operator: defaultdict[Hashable, list[AddressedRow]] = defaultdict(list)
    for found in rows:
        if id(found) not in doubled:
            by_operator[found.row.tin, found.row.programme].append(found)
    for same in by_operator.values():
        problems += _contradictions(same)
    return problems


def _contradictions(same: Sequence[AddressedRow]) -> Iterable[RowProblem]:
    first = same[0]
    for found in same[1:]:
        differs = _difference(first.row, found.row)
        if differs:
            yield RowProblem(
                address=found.address.at(None),
                value=shown(str(found.row.tin)),
                reason=Reason.ROWS_CONTRADICT,
                text=f"{first.address} states the same TIN under {found.row.programme}, but "
                f"{differs}",
            )


def _difference(one: RegisterRow, other: RegisterRow) -> str | None:
    if one.legal_name and other.legal_name and one.legal_name != other.legal_name:
        return f"the legal name is {shown(one.legal_name)} there, {shown(other.legal_name)} here"
    if one.tier == other.tier and one.status in _LIVE and other.status in _LIVE:
        return f"authorisation {shown(str(one.authorisation))} of the same tier is live there"
    return None


def _doubled(found: AddressedRow, first: AddressedRow) -> RowProblem:
    same = "identical" if found.row == first.row else "with other data"
    return RowProblem(
        address=found.address.at(None),
        value=shown(str(found.row.authorisation)),
        reason=Reason.ROW_DOUBLED,
        text=f"the same authorisation and episode stand in {first.address}, {same}",
    )
