"""Comparing names is symmetric, indifferent to how a name is typed, and never fails."""

from __future__ import annotations

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from mra_gateway.identifiers.addresses import comparable_address, compare_addresses
from mra_gateway.identifiers.likeness import compare_names
from mra_gateway.identifiers.matching import NameIndex, contradiction
from mra_gateway.identifiers.names import LONGEST, NameRules
from mra_gateway.model.declarations import DeclaredAddress, DeclaredParty
from mra_gateway.model.facts import PartyFunction
from mra_gateway.registry.load import load_registry
from tests.support.name_pairs import PAIRS

SYLLABLES = [
    "al",
    "tan",
    "хан",
    "гай",
    "上海",
    "远东",
    "サクラ",
    "삼성",
    "ქარ",
    "ö",
    "ş",
    "7",
    "11",
]
FORMS = ["LLC", "ТОО", "ХХК", "GmbH", "Sdn. Bhd.", "MMC", "ОсОО", "Co., Ltd."]
WORDS = st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=4).map("".join)
NAMES = st.one_of(
    st.lists(WORDS, min_size=1, max_size=4).map(" ".join),
    st.sampled_from([text for pair in PAIRS for text in (pair.declared, pair.held)]),
    st.text(max_size=40),
)


@cache
def rules() -> NameRules:
    return NameRules(load_registry().names)


@settings(max_examples=300, deadline=None)
@given(a=NAMES, b=NAMES)
def test_the_score_is_the_same_from_either_side(a: str, b: str) -> None:
    one, other = rules().comparable(a), rules().comparable(b)
    there, back = compare_names(one, other), compare_names(other, one)
    assert there == back
    assert 0 <= there.score <= 100


@settings(max_examples=200, deadline=None)
@given(words=st.lists(WORDS, min_size=1, max_size=4), form=st.sampled_from(FORMS), data=st.data())
def test_case_spacing_quotes_and_the_place_of_the_legal_form_change_nothing(
    words: list[str], form: str, data: st.DataObject
) -> None:
    plain = " ".join([*words, form])
    space = data.draw(st.sampled_from(["  ", "\t", "\u00a0 "]))
    quoted = f"{form} «{space.join(words)}»"
    for other in (plain.upper(), plain.lower(), quoted):
        score = compare_names(rules().comparable(plain), rules().comparable(other)).score
        assert score == 100, other


@settings(max_examples=300, deadline=None)
@given(name=st.text(), held=st.text(), line=st.text(max_size=80))
def test_no_text_whatever_makes_matching_fail(name: str, held: str, line: str) -> None:
    index = NameIndex[int](rules())
    index.add(1, names=[held])
    address = DeclaredAddress.model_construct(
        lines=(line,), city=line, postcode=line, territory=None
    )
    for proposal in index.propose(name, address=address):
        assert 0 <= proposal.score <= 100
    index.remove(1)
    assert index.propose(held) == ()
    there = comparable_address(address, rules=rules())
    compare_addresses(there, there)
    party = DeclaredParty.model_construct(
        role=PartyFunction.EXPORTER, name=name, address=address, territory=None
    )
    contradiction(party, names=[held], addresses=(), rules=rules())


@settings(max_examples=30, deadline=None)
@given(unit=st.sampled_from(["a ", "上海", "ﷺ", "ооо ", "1 ", "a.", "ä-", "㈱"]), more=NAMES)
def test_a_name_of_any_length_is_compared_by_its_beginning(unit: str, more: str) -> None:
    long = unit * 20_000
    name = rules().comparable(long)
    assert len(name.joined) <= 20 * LONGEST
    assert compare_names(name, rules().comparable(long + more)).score == 100
    compare_names(name, rules().comparable(more))
