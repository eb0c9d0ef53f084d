"""A check of a decision table finds what two officers have to look at, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mra_gateway.benefits.check import check_table
from mra_gateway.benefits.findings import TableFinding
from mra_gateway.benefits.home import AtHome
from mra_gateway.errors import Reason
from mra_gateway.model.benefits import TableRow
from mra_gateway.model.facts import Basis, Benefit, Fact
from mra_gateway.model.identifiers import Territory
from mra_gateway.registry.load import Registry, load_registry
from tests.support.decision_tables import AGREED, AT_HOME, CODES, DEFINITIONS, row, table

SCOPE: dict[str, Any] = {
    "codes": CODES,
    "programmes": ("BY-AEO",),
    "tiers": ("3",),
    "functions": ("exporter",),
    "flows": ("import",),
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def check(
    registry: Registry,
    *rows: TableRow,
    agreed: tuple[Benefit, ...] | None = AGREED,
    at_home: AtHome = AT_HOME,
) -> list[TableFinding]:
    listed = registry.get_arrangement("CN-BY-2019").benefits
    benefits = Fact[tuple[Benefit, ...]](
        value=agreed, source=listed.source, basis=Basis.PARTIAL, as_of=listed.as_of
    )
    arrangement = registry.get_arrangement("CN-BY-2019").model_copy(update={"benefits": benefits})
    return list(
        check_table(
            table(*rows),
            arrangement=arrangement,
            programmes=registry.programmes,
            definitions=DEFINITIONS,
            at_home=at_home,
        )
    )


def codes(found: list[TableFinding]) -> list[Reason]:
    return [one.code for one in found]


def test_a_table_that_covers_what_was_agreed_is_clean(registry: Registry) -> None:
    assert check(registry, row(**SCOPE)) == []


def test_a_row_behind_one_that_takes_its_every_case_never_decides(registry: Registry) -> None:
    general = row("general", **SCOPE)
    special = row("special", **SCOPE, modes=("3",))
    found = check(registry, general, special)
    assert codes(found) == [Reason.DATA_ROW_UNREACHABLE] * 2
    assert found[0].is_error
    assert found[0].key == "rows.value[1]"
    assert "general stand before it" in found[0].reason
    assert check(registry, special, general) == []


def test_rows_that_take_its_cases_together_hide_a_row_too(registry: Registry) -> None:
    by_flow = [row(f"mode-{n}", **{**SCOPE, "modes": (n,)}) for n in ("1", "3")]
    both = row("both", **{**SCOPE, "modes": ("1", "3")})
    assert set(codes(check(registry, *by_flow, both, row("rest", **SCOPE)))) == {
        Reason.DATA_ROW_UNREACHABLE
    }
    assert check(registry, *by_flow, row("rest", **SCOPE)) == []


def test_what_ends_the_search_hides_a_row_behind_it(registry: Registry) -> None:
    """A holder whose function is left open ends the search at the first row that asks for one."""
    first = row("first", **SCOPE)
    holder = row("holder", **{**SCOPE, "functions": ("authorisation_holder",)})
    found = [one for one in check(registry, first, holder)
             if one.code is Reason.DATA_ROW_UNREACHABLE]  # fmt: skip
    assert {one.key for one in found} == {"rows.value[1]"}
    assert not [one for one in check(registry, holder, first)
                if one.code is Reason.DATA_ROW_UNREACHABLE]  # fmt: skip


def test_rows_that_hold_together_with_different_outcomes_are_named_with_a_case(
    registry: Registry,
) -> None:
    refuse = row("refuse", **SCOPE, effect="refuse", chapters_excluded=("84",))
    found = check(registry, refuse, row("grant", **SCOPE))
    assert codes(found) == [Reason.DATA_ROWS_OVERLAP] * 2
    assert not found[0].is_error
    assert "refuse and grant both hold" in found[0].reason
    same = row("same", **SCOPE, modes=("3",))
    assert check(registry, same, row("grant", **SCOPE)) == []


def test_other_parameters_are_another_outcome(registry: Registry) -> None:
    better = row("road", **SCOPE, modes=("3",), parameters={"rate": 0.3})
    worse = row("rest", **SCOPE, parameters={"rate": 0.5})
    assert codes(check(registry, better, worse)) == [Reason.DATA_ROWS_OVERLAP] * 2


def test_rows_of_sets_overlap_where_one_set_meets_both(registry: Registry) -> None:
    """No procedure is in both lists; a declaration with one of each meets both refusals."""
    grant = row("grant", **SCOPE, procedures=("40",))
    refuse = row("refuse", **SCOPE, effect="refuse", procedures=("71",))
    rest = row("rest", **SCOPE)
    pairs = {
        tuple(one.reason.split(": rows ")[1].split(" both ")[0].split(" and "))
        for one in check(registry, refuse, grant, rest)
        if one.code is Reason.DATA_ROWS_OVERLAP
    }
    assert pairs == {("refuse", "rest")}


def test_agreed_cases_that_no_row_covers_are_listed(registry: Registry) -> None:
    found = check(registry, row(**{**SCOPE, "tiers": ("1",)}))
    assert {one.code for one in found} == {Reason.DATA_CASES_NOT_COVERED}
    assert "BY-AEO 3 × import × exporter" in found[0].reason
    missing = check(registry, row(**{**SCOPE, "codes": CODES[:1]}))
    assert [one.reason.split(":")[0] for one in missing] == [CODES[1]]


def test_cases_covered_in_part_are_told_with_an_example(registry: Registry) -> None:
    found = check(registry, row(**SCOPE, modes=("3",), valid_from=date(2026, 1, 1)))
    assert codes(found) == [Reason.DATA_CASES_NOT_COVERED] * 2
    assert "not with mode 3, before 2026-01-01" in found[0].reason


def test_what_is_granted_beyond_the_agreement_is_told(registry: Registry) -> None:
    found = check(registry, row(**{**SCOPE, "flows": ("import", "transit")}))
    assert codes(found) == [Reason.DATA_BENEFIT_NOT_AGREED] * 2
    assert "transit × exporter" in found[0].reason


def test_a_benefit_that_was_not_agreed_is_an_error_unless_no_list_was_read(
    registry: Registry,
) -> None:
    not_agreed = check(registry, row(**SCOPE), agreed=AGREED[:1])
    assert [(one.code, one.is_error) for one in not_agreed] == [
        (Reason.DATA_BENEFIT_NOT_AGREED, True)
    ]
    not_read = check(registry, row(**SCOPE), agreed=None)
    assert [(one.code, one.is_error) for one in not_read] == [
        (Reason.DATA_BENEFIT_NOT_AGREED, False)
    ]


def test_what_is_not_given_at_home_or_better_than_at_home_is_told(registry: Registry) -> None:
    nobody = AtHome(offered=frozenset(), parameters={})
    assert codes(check(registry, row(**SCOPE), at_home=nobody)) == [Reason.DATA_BENEFIT_NOT_OFFERED]
    better = check(registry, row(**SCOPE, parameters={"rate": 0.1}))
    assert codes(better) == [Reason.DATA_PARAMETER_ABOVE_LOCAL] * 2
    unheard = check(registry, row(**SCOPE, parameters={"unheard_of": 1}))
    assert codes(unheard) == [Reason.DATA_PARAMETER_UNKNOWN] * 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (
            {"valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)},
            Reason.DATA_DATES_ORDER,
        ),
        ({"functions": ("exporter", "not_stated")}, Reason.DATA_VALUE_INVALID),
        ({"codes": (CODES[0], CODES[0])}, Reason.DATA_BENEFIT_DOUBLED),
        ({"codes": ("unheard_of",)}, Reason.DATA_REFERENCE_UNKNOWN),
        ({"programmes": ("RU-AEO",)}, Reason.DATA_REFERENCE_UNKNOWN),
        ({"tiers": ("3", "9")}, Reason.DATA_REFERENCE_UNKNOWN),
        ({"modes": ("3", "plane")}, Reason.DATA_REFERENCE_UNKNOWN),
        ({"parameters": {"rate": -0.5}}, Reason.DATA_VALUE_INVALID),
        ({"parameters": {"rate": "half"}}, Reason.DATA_VALUE_INVALID),
        ({"parameters": {"rate": True}}, Reason.DATA_VALUE_INVALID),
    ],
)
def test_a_row_that_cannot_be_meant_is_found(
    registry: Registry, changed: dict[str, Any], reason: Reason
) -> None:
    found = check(registry, row("the-row", **{**SCOPE, **changed}))
    assert reason in codes(found)
    assert any(one.reason.startswith("row the-row: ") for one in found if one.code is reason)


def test_a_row_id_stands_once(registry: Registry) -> None:
    rows = [row("same", **{**SCOPE, "modes": (mode,)}) for mode in ("1", "3")]
    assert Reason.DATA_ID_DOUBLED in codes(check(registry, *rows))


def test_a_table_of_another_side_is_refused(registry: Registry) -> None:
    wrong = table(row(**SCOPE)).model_copy(update={"granted_by": Territory("MN")})
    found = check_table(
        wrong,
        arrangement=registry.get_arrangement("CN-BY-2019"),
        programmes=registry.programmes,
        definitions=DEFINITIONS,
        at_home=AT_HOME,
    )
    assert {Reason.DATA_FILE_NAME, Reason.DATA_BENEFIT_GRANTED_BY} <= {one.code for one in found}
