"""Names are matched across scripts; what may be two firms is never confirmed by itself."""

from __future__ import annotations

import pytest

from mra_gateway.identifiers.likeness import compare_names
from mra_gateway.identifiers.matching import CONFIRMING, NameIndex, Proposal
from mra_gateway.identifiers.names import NameRules
from mra_gateway.model.declarations import DeclaredAddress
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.names import LegalFormKind
from mra_gateway.registry.load import load_registry
from tests.support.name_pairs import (
    BATUMI,
    MOSCOW,
    NINGBO,
    PAIRS,
    TBILISI,
    UB,
    UB_MN,
    Pair,
    declared_place,
    held_place,
)


@pytest.fixture(scope="module")
def rules() -> NameRules:
    return NameRules(load_registry().names)


def proposed(rules: NameRules, pair: Pair) -> tuple[Proposal[str], ...]:
    index = NameIndex[str](rules)
    index.add("held", names=[pair.held], addresses=held_place(pair.held_at))
    return index.propose(pair.declared, address=declared_place(pair.declared_at))


def test_the_labelled_pairs_are_enough_and_none_stands_twice() -> None:
    assert len(PAIRS) >= 120
    assert len(set(PAIRS)) == len(PAIRS)
    assert 0.3 < sum(pair.same for pair in PAIRS) / len(PAIRS) < 0.7


@pytest.mark.parametrize("pair", [one for one in PAIRS if one.same], ids=str)
def test_one_firm_written_in_two_ways_is_proposed(rules: NameRules, pair: Pair) -> None:
    (proposal,) = proposed(rules, pair)
    assert proposal.score >= 80, proposal.reasons


@pytest.mark.parametrize("pair", [one for one in PAIRS if not one.same], ids=str)
def test_two_firms_are_never_confirmed_as_one(rules: NameRules, pair: Pair) -> None:
    for proposal in proposed(rules, pair):
        assert not proposal.is_confirmed(threshold=CONFIRMING), proposal.reasons


def test_most_of_the_same_firms_are_confirmed_where_an_arrangement_says_so(
    rules: NameRules,
) -> None:
    same = [pair for pair in PAIRS if pair.same]
    confirmed = [p for p in same if proposed(rules, p)[0].is_confirmed(threshold=CONFIRMING)]
    assert len(confirmed) / len(same) > 0.7


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("Altan Taria LLC", "Алтан Тариа ХХК", "the same after transliteration"),
        ("ООО «Лес»", "АО «Лес»", "legal form differs: ао / ооо"),
        ("Altan Taria LLC", "Алтан Тариа ХХК", "legal form in other words: llc / ххк"),
        ("Altan Taria", "Алтан Тариа ХХК", "only one name has a legal form: ххк"),
        ("Ningbo Trading 1", "Ningbo Trading 11", "the numbers differ: 1 / 11"),
        ("Ningbo Trading 1", "Ningbo Trading", "only one name has the number 1"),
        ("Altan Trade", "Altan Logistics", "the line of business differs: logistics / trade"),
        ("宏达机械", "鸿达机械", "read the same, but written with other characters"),
        ("Müller", "Mueller", "the same but for accents"),
        ("Jinfeng", "锦丰", "the same when read in Chinese, as other characters may be"),
        ("Meyer", "Meier", "the same but for the way it is spelt"),
        ("Fuji Sangyo", "富士産業株式会社",
         "one name is in kanji, which can only be read as Chinese here"),
        ("Филиал ООО Лес", "ООО Лес", "only one of the names is that of a branch or office"),
    ],
)  # fmt: skip
def test_every_difference_is_said_in_words(rules: NameRules, a: str, b: str, reason: str) -> None:
    there = compare_names(rules.comparable(a), rules.comparable(b))
    back = compare_names(rules.comparable(b), rules.comparable(a))
    assert reason in [part.reason for part in there.parts]
    assert there == back


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ТОО Дала", LegalFormKind.PRIVATE_LIMITED),
        ("«Дала» ЖШС", LegalFormKind.PRIVATE_LIMITED),
        ("Dala MChJ", LegalFormKind.PRIVATE_LIMITED),
        ("ОсОО Дала", LegalFormKind.PRIVATE_LIMITED),
        ("ҶДММ Дала", LegalFormKind.PRIVATE_LIMITED),
        ("Дала ХХК", LegalFormKind.PRIVATE_LIMITED),
        ("Dala MMC", LegalFormKind.PRIVATE_LIMITED),
        ("შპს დალა", LegalFormKind.PRIVATE_LIMITED),
        ("达拉有限公司", LegalFormKind.PRIVATE_LIMITED),
        ("达拉股份有限公司", LegalFormKind.JOINT_STOCK),
        ("株式会社ダラ", LegalFormKind.JOINT_STOCK),
        ("(주)달라", LegalFormKind.JOINT_STOCK),
        ("Dala GmbH & Co. KG", LegalFormKind.PARTNERSHIP),
        ("Dala A.Ş.", LegalFormKind.JOINT_STOCK),
        ("Dala Sdn. Bhd.", LegalFormKind.PRIVATE_LIMITED),
        ("Dala S. de R.L. de C.V.", LegalFormKind.PRIVATE_LIMITED),
    ],
)
def test_a_legal_form_is_taken_off_and_remembered(
    rules: NameRules, text: str, kind: LegalFormKind
) -> None:
    name = rules.comparable(text)
    assert kind in name.kinds
    assert len(name.words) == 1


def test_a_word_joined_by_a_hyphen_is_no_legal_form(rules: NameRules) -> None:
    assert rules.comparable("ОсОО «Ала-Тоо»").forms == ("осоо",)
    assert rules.comparable("ТОО Ала").forms == ("тоо",)


def test_a_name_of_nothing_but_a_legal_form_stays_a_name(rules: NameRules) -> None:
    assert rules.comparable("Limited Company").words
    assert rules.comparable("有限公司").words


def test_identical_twins_are_ambiguous_until_an_address_tells_them_apart(rules: NameRules) -> None:
    index = NameIndex[str](rules)
    index.add("in Tbilisi", names=["შპს დელტა"], addresses=held_place(TBILISI))
    index.add("in Batumi", names=["Delta LLC"], addresses=held_place(BATUMI))
    without = index.propose("Delta LLC")
    assert {one.key for one in without} == {"in Tbilisi", "in Batumi"}
    assert all(one.ambiguous and not one.is_confirmed(threshold=0) for one in without)
    first, second = index.propose("Delta LLC", address=declared_place(BATUMI))
    assert (first.key, first.ambiguous, second.ambiguous) == ("in Batumi", False, False)
    assert first.is_confirmed(threshold=CONFIRMING)
    assert second.score < 80


def test_twins_beyond_any_limit_are_still_seen_as_ambiguous(rules: NameRules) -> None:
    index = NameIndex[int](rules)
    for number in range(600):
        index.add(number, names=["Delta LLC"], addresses=held_place(UB))
    (only,) = index.propose("Delta LLC", address=declared_place(UB), limit=1)
    assert only.ambiguous


def test_a_name_alone_is_never_confirmed(rules: NameRules) -> None:
    index = NameIndex[str](rules)
    index.add("one", names=["Altan Taria LLC"], addresses=held_place(UB))
    (alone,) = index.propose("Altan Taria LLC")
    (in_city,) = index.propose("Altan Taria LLC", address=DeclaredAddress(city="Улаанбаатар"))
    (placed,) = index.propose("Altan Taria LLC", address=declared_place(UB_MN))
    assert "city not declared" in alone.reasons
    assert alone.score < in_city.score < CONFIRMING <= placed.score


def test_another_territory_keeps_a_proposal_from_being_confirmed(rules: NameRules) -> None:
    index = NameIndex[str](rules)
    index.add("one", names=["Altan LLC"], addresses=held_place(UB), territory=Territory("MN"))
    here = index.propose("Altan LLC", address=declared_place(UB), territory=Territory("MN"))
    there = index.propose("Altan LLC", address=declared_place(UB), territory=Territory("KZ"))
    assert here[0].is_confirmed(threshold=CONFIRMING)
    assert there[0].score < CONFIRMING
    assert "territory differs: MN / KZ" in there[0].reasons


def test_any_of_an_operators_names_and_addresses_may_be_the_one_declared(rules: NameRules) -> None:
    index = NameIndex[str](rules)
    both = (*held_place(NINGBO), *held_place(MOSCOW))
    index.add("one", names=["宁波海天机械有限公司", "Haitian Machinery Rus"], addresses=both)
    (proposal,) = index.propose("ХАЙТЯНЬ МАШИНЕРИ РУС", address=declared_place(MOSCOW))
    assert proposal.name == "Haitian Machinery Rus"
    assert "same city: Москва" in proposal.reasons


def test_the_index_follows_every_change_of_an_operator(rules: NameRules) -> None:
    index = NameIndex[str](rules)
    index.add("one", names=["Altan Taria LLC"])
    index.add("two", names=["Khangai Zam LLC", "Хангай Зам ХХК"])
    index.add("one", names=["Monkh Tenger LLC"])
    assert index.propose("Altan Taria") == ()
    assert [one.key for one in index.propose("Мөнх Тэнгэр")] == ["one"]
    index.remove("two")
    index.remove("two")
    assert index.propose("Khangai Zam") == ()
    assert (len(index), "one" in index, "two" in index) == (1, True, False)
    index.add("three", names=["Khangai Zam LLC"])
    assert [one.key for one in index.propose("Хангай Зам")] == ["three"]


def test_what_has_no_letters_proposes_nobody(rules: NameRules) -> None:
    index = NameIndex[str](rules)
    index.add("nothing", names=["—", ""])
    index.add("one", names=["Altan"])
    assert index.propose("!!! ☃") == ()
    assert len(index) == 1


def test_japanese_in_its_own_script_is_compared_as_written(rules: NameRules) -> None:
    same = compare_names(rules.comparable("富士産業(株)"), rules.comparable("株式会社富士産業"))
    romanised = compare_names(rules.comparable("Fuji Sangyo"), rules.comparable("富士産業"))
    as_chinese = compare_names(rules.comparable("Fushi Sangyo"), rules.comparable("富士産業(株)"))
    assert same.score == 100
    assert romanised.score < 60
    assert not romanised.comparable
    assert as_chinese.score <= 60
