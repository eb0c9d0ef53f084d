"""A code quoted beside somebody else's name and address is flagged, and why is said."""

from __future__ import annotations

from typing import Any

import pytest

from mra_gateway.identifiers.matching import Contradiction, Grade, contradiction
from mra_gateway.identifiers.names import NameRules
from mra_gateway.model.declarations import DeclaredParty
from mra_gateway.model.facts import PartyFunction
from mra_gateway.model.identifiers import Territory
from mra_gateway.registry.load import load_registry
from tests.support.name_pairs import ALMATY, MOSCOW, UB, UB_MN, declared_place, held_place

NAMES = ("Алтан Тариа ХХК", "Altan Taria LLC")


@pytest.fixture(scope="module")
def rules() -> NameRules:
    return NameRules(load_registry().names)


def found(
    rules: NameRules, name: str | None, *, at: str = "", **fields: Any
) -> Contradiction | None:
    party = DeclaredParty(
        role=PartyFunction.EXPORTER, name=name, address=declared_place(at), **fields
    )
    return contradiction(
        party, names=NAMES, addresses=held_place(UB_MN), rules=rules, territory=Territory("MN")
    )


@pytest.mark.parametrize(
    ("name", "at"),
    [
        (None, ""),
        ("Altan Taria LLC", ""),
        ("ALTAN TARIA CO., LTD", UB),
        ("Алтан Тариа", UB_MN),
        ("Altan Tarya", UB),
        ("☃", UB),
        ("Altan Taria LLC, Ulaanbaatar, Mongolia", UB),
        ("ХХК", ""),
        ("Общество с ограниченной ответственн", ""),
    ],
)
def test_the_operator_itself_contradicts_nothing(
    rules: NameRules, name: str | None, at: str
) -> None:
    assert found(rules, name, at=at) is None


@pytest.mark.parametrize(
    ("name", "at", "grade"),
    [
        ("Shenzhen Huaxing Electronics", ALMATY, Grade.STRONG),
        ("Северный Лес", MOSCOW, Grade.STRONG),
        ("Monkh Tenger LLC", UB, Grade.LIKELY),
        ("Monkh Tenger LLC", "", Grade.LIKELY),
        ("Monkh Tenger LLC, Ulaanbaatar, Mongolia", UB, Grade.LIKELY),
        ("Altan Taria Almaty", UB, Grade.LIKELY),
        ("Общество", "", Grade.LIKELY),
        ("Altan Taria LLC", ALMATY, Grade.WEAK),
    ],
)
def test_another_name_and_another_place_are_graded(
    rules: NameRules, name: str, at: str, grade: Grade
) -> None:
    flagged = found(rules, name, at=at)
    assert flagged is not None
    assert flagged.grade is grade
    assert flagged.text


def test_a_declared_territory_counts_without_an_address(rules: NameRules) -> None:
    flagged = found(rules, "Monkh Tenger LLC", territory=Territory("KZ"))
    assert flagged is not None
    assert flagged.grade is Grade.STRONG
    assert "territory differs: MN / KZ" in flagged.text
    assert found(rules, "Altan Taria LLC", territory=Territory("MN")) is None


def test_a_name_that_may_be_a_translation_is_no_contradiction_by_itself(rules: NameRules) -> None:
    party = DeclaredParty(role=PartyFunction.EXPORTER, name="Far East Trading Co., Ltd.")
    held = ("远东贸易有限公司",)
    alone = contradiction(party, names=held, addresses=(), rules=rules)
    elsewhere = contradiction(
        party.model_copy(update={"address": declared_place(MOSCOW)}),
        names=held,
        addresses=held_place("CN|上海||中山路"),
        rules=rules,
    )
    assert alone is None
    assert elsewhere is not None
    assert elsewhere.grade is Grade.LIKELY


def test_initials_do_not_contradict_the_names_they_stand_for(rules: NameRules) -> None:
    def flagged(name: str) -> Contradiction | None:
        party = DeclaredParty(role=PartyFunction.EXPORTER, name=name)
        held = ("ИП Петров Иван Сергеевич",)
        return contradiction(party, names=held, addresses=(), rules=rules)

    assert flagged("ИП Петров И.С.") is None
    assert flagged("IE Petrov I.S.") is None
    assert flagged("ИП Сидоров И.С.") is not None


def test_nothing_held_contradicts_nothing(rules: NameRules) -> None:
    party = DeclaredParty(role=PartyFunction.EXPORTER, name="Altan Taria LLC")
    assert contradiction(party, names=(), addresses=(), rules=rules) is None
    assert found(rules, "Monkh Tenger LLC") is not None
