"""The shipped catalogues say what the research found, item by item, in two languages."""

import re
from collections import Counter
from collections.abc import Mapping

import pytest

from mra_gateway.model.facts import ALL, Basis, Fact
from mra_gateway.model.requirements import Item, Matter, Method, RequirementCatalogue
from mra_gateway.registry.load import load_registry

LETTERS: dict[str, dict[str, str | tuple[str, ...]]] = {
    "safe_customs": {
        "D.C": "abcd",
        "E.C": "abcdefg",
        "F.C": "abcde",
        "G.C": "a",
        "H.C": "ab",
        "I.C": "ab",
        "J.C": "abcd",
        "L.C": "a",
        "M.C": "a",
    },
    "compendium": {"A": "123456", "B": "123456", "C": "1234"},
    "tfa": {"T.7": ("1", "2.a", "2.b1", "2.b2", "3", "4", "5", "6"), "TC": "12345"},
    "benefits": {
        "B1": "abcdef",
        "B2": "abc",
        "B3": "abc",
        "B4": "abcdefghij",
        "T": "abcdefg",
        "EU": "abcdefghij",
        "M": "abcdefg",
    },
}
IDS = {
    "dimensions": [f"D{number}" for number in range(1, 24)],
    "procedure": [f"P{number}" for number in range(1, 13)],
} | {
    catalogue: [f"{head}.{letter}" for head, letters in heads.items() for letter in letters]
    for catalogue, heads in LETTERS.items()
}
Catalogues = Mapping[str, RequirementCatalogue]
EACH = pytest.mark.parametrize("name", ["safe", *IDS])
CYRILLIC, LATIN = re.compile("[а-яё]", re.IGNORECASE), re.compile("[a-z]", re.IGNORECASE)


@pytest.fixture(scope="module")
def catalogues() -> Catalogues:
    return load_registry().requirements


def items_of(catalogue: RequirementCatalogue) -> list[Item]:
    return [fact.value for fact in catalogue.items if fact.value is not None]


def facts_of(catalogue: RequirementCatalogue) -> dict[str, Fact[Item]]:
    return {fact.value.id: fact for fact in catalogue.items if fact.value is not None}


def test_safe_has_its_72_items_in_the_order_of_its_letters(catalogues: Catalogues) -> None:
    items = items_of(catalogues["safe"])
    assert "".join(dict.fromkeys(item.category for item in items)) == "ABCDEFGHIJKLM"
    assert Counter(item.category for item in items) == dict(
        zip("ABCDEFGHIJKLM", (3, 6, 1, 4, 6, 7, 13, 6, 13, 5, 2, 2, 4), strict=True)
    )
    assert {item.since_edition for item in items} == {"2007"}


def test_safe_says_how_much_of_it_was_read(catalogues: Catalogues) -> None:
    bases = Counter(fact.basis for fact in catalogues["safe"].items)
    assert bases == {Basis.READ: 34, Basis.PARTIAL: 24, Basis.UNVERIFIED: 14}
    unread = {
        id_ for id_, fact in facts_of(catalogues["safe"]).items() if fact.basis is Basis.UNVERIFIED
    }
    assert Counter(id_[0] for id_ in unread) == Counter("DDEEEGGGGHIKKM")
    assert "D.c" not in unread


def test_nothing_of_the_duties_on_customs_passes_for_read(catalogues: Catalogues) -> None:
    assert {fact.basis for fact in catalogues["safe_customs"].items} == {Basis.UNVERIFIED}


@pytest.mark.parametrize("name", IDS)
def test_items_keep_the_ids_that_profiles_name(catalogues: Catalogues, name: str) -> None:
    assert [item.id for item in items_of(catalogues[name])] == IDS[name]


@EACH
def test_every_item_stands_in_one_category_and_in_editions_there_are(
    catalogues: Catalogues, name: str
) -> None:
    noun = catalogues[name]
    items = items_of(noun)
    editions = {fact.value.name for fact in noun.editions if fact.value is not None}
    categories = [fact.value.id for fact in noun.categories if fact.value is not None]
    assert len({item.id for item in items}) == len(items) == len(noun.items)
    assert list(dict.fromkeys(item.category for item in items)) == categories
    named = {item.since_edition for item in items} | {item.until_edition for item in items}
    assert named - {None} <= editions


@EACH
def test_every_item_is_said_and_asked_once_in_english_and_in_russian(
    catalogues: Catalogues, name: str
) -> None:
    said: Counter[str] = Counter()
    for item in items_of(catalogues[name]):
        for phrase in (item.requirement, item.question):
            assert phrase.ru is not None, item.id
            assert CYRILLIC.search(phrase.ru), item.id
            assert not CYRILLIC.search(phrase.en), item.id
            mixed = [word for word in re.findall(r"\w+", phrase.ru) if is_mixed(word)]
            assert mixed == [], item.id
            said.update((phrase.en, phrase.ru))
        assert item.question.en.endswith("?")
        assert (item.question.ru or "").endswith("?")
    assert {text: number for text, number in said.items() if number > 1} == {}


def is_mixed(word: str) -> bool:
    return bool(CYRILLIC.search(word) and LATIN.search(word))


def test_what_binds_one_role_only_says_so(catalogues: Catalogues) -> None:
    bound = {item.id: item.roles for item in items_of(catalogues["safe"]) if item.roles != ALL}
    assert bound == {"F.e": ("importer", "carrier")}


def test_premises_need_a_visit_and_records_of_training_do_not(catalogues: Catalogues) -> None:
    facts = facts_of(catalogues["safe"])
    fence, training = facts["I.a.8"].value, facts["E.c"].value
    assert fence is not None
    assert training is not None
    assert fence.assessed_by == (Method.SITE,)
    assert training.assessed_by == (Method.FILE,)


def test_security_is_told_from_compliance(catalogues: Catalogues) -> None:
    categories = [fact.value for fact in catalogues["safe"].categories if fact.value is not None]
    security = {category.id for category in categories if category.matter is Matter.SECURITY}
    assert security == set("EFGHIJKL")
    assert {c.id for c in categories if c.matter is Matter.COMPLIANCE} == set("ABC")


def test_computed_tests_say_that_they_are_computed(catalogues: Catalogues) -> None:
    computed = [item for item in items_of(catalogues["tfa"]) if item.category == "TC"]
    assert len(computed) == 5
    for item in computed:
        assert item.requirement.en.startswith("Computed:")
        assert (item.requirement.ru or "").startswith("Вычисляется:")


def test_only_dimensions_list_codes_and_each_says_what_it_means_in_russian_too(
    catalogues: Catalogues,
) -> None:
    for name, catalogue in catalogues.items():
        for item in items_of(catalogue):
            assert name == "dimensions" or not item.values
            assert all(meaning.ru for meaning in item.values.values()), item.id
