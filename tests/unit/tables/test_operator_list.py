"""A partner's list, read as far as matching asks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from mra_gateway.errors import Reason
from mra_gateway.identifiers.canonical import canonical_tin
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.operators import Role
from mra_gateway.tables.operator_list import OperatorList, read_operators

GOOD = (
    "TIN,Authorisation number,Tier,Status,Roles\n"
    "CN-1234 5,AEOCN1,advanced,valid,exporter\n"
    "CN999,AEOCN2,certified,suspended,\n"
)


def read(text: str, folder: Path) -> OperatorList:
    file = folder / "list.csv"
    file.write_text(text, encoding="utf-8")
    china = Territory("CN")
    return read_operators(
        file,
        mapping=None,
        programme=ProgrammeId("CN-AEO"),
        territory=china,
        canonical_tin=partial(canonical_tin, territory=china, accepted=(china,)),
    )


def test_identifiers_tier_roles_and_status_are_read(tmp_path: Path) -> None:
    found = read(GOOD, tmp_path)
    assert found.faults == ()
    first, second = found.operators
    assert (first.tin, first.authorisation, first.tier) == ("CN12345", "AEOCN1", "advanced")
    assert first.roles == (Role.EXPORTER,)
    assert (first.is_valid, second.is_valid) == (True, False)


@pytest.mark.parametrize(
    ("wrong", "right", "row", "reason"),
    [
        ("somehow", "valid", 2, Reason.STATUS_WORD_UNKNOWN),
        (",certified", "AEOCN2,certified", 3, Reason.VALUE_MISSING),
        ("CN-12Ж", "CN-1234 5", 2, Reason.IDENTIFIER_INVALID),
        ("CN99É", "CN999", 3, Reason.IDENTIFIER_INVALID),
    ],
)
def test_a_wrong_row_is_told_by_its_number(
    tmp_path: Path, wrong: str, right: str, row: int, reason: Reason
) -> None:
    found = read(GOOD.replace(right, wrong, 1), tmp_path)
    assert [(one.where.row, one.reason) for one in found.faults] == [(row, reason)]


def test_one_authorisation_with_two_tiers_is_a_contradiction(tmp_path: Path) -> None:
    again = "CN12345,AEOCN1,certified,valid,exporter\n"
    found = read(GOOD + again, tmp_path)
    assert [(one.where.row, one.reason) for one in found.faults] == [(4, Reason.ROWS_CONTRADICT)]
    alike = "CN12345,AEOCN1,advanced,valid,exporter\n"
    assert read(GOOD + alike, tmp_path).faults == ()
