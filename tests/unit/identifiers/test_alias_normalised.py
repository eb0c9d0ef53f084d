"""One form for comparing: what is folded, what is kept apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.identifiers.normalised import Folding, foldings, normalised


@pytest.mark.parametrize(
    "typed",
    [
        "BY/0042/ТИП 3",
        "BY/0042/TIP 3",
        "by/0042/тип 3",
        "BY0042THP3",
        "BY/0042/ТIП3",
        "ＢＹ／0042／ТИП 3",
        "BY\u200b/0042/ТИП 3",
        "BY/0042/TYPE 3",
    ],
)
def test_an_eaeu_certificate_has_one_form_however_its_type_is_typed(typed: str) -> None:
    assert normalised(typed) == "BY0042ТИП3"


def test_the_type_is_folded_nowhere_else() -> None:
    assert normalised("CN/0042/TIP 3") == "CN0042TIP3"
    assert normalised("BY/0042/TIP 4") == "BY0042TIP4"


def test_letters_that_only_look_alike_stay_apart() -> None:
    assert normalised("АЕО1") != normalised("AEO1")


@pytest.mark.parametrize("typed", ["AEOCN٣٣٠٢", "AEOCN۳۳۰۲", "AEOCN३३०२", "AEOCN３３０２"])
def test_digits_of_other_scripts_are_the_digits_they_are(typed: str) -> None:
    assert normalised(typed) == "AEOCN3302"
    assert foldings(typed) in {(Folding.DIGITS,), (Folding.WIDTH,)}


def test_leading_zeros_and_the_order_of_characters_count() -> None:
    assert len({normalised(text) for text in ("CN01", "CN1", "CN10", "CN001")}) == 4


def test_what_was_folded_is_said() -> None:
    assert foldings("CN123") == ()
    assert set(foldings("ｃn 1-2\u200b")) == {
        Folding.WIDTH,
        Folding.CASE,
        Folding.SPACE,
        Folding.PUNCTUATION,
        Folding.INVISIBLE,
    }
    assert foldings("BY/0042/THP3") == (Folding.PUNCTUATION, Folding.CERTIFICATE_TYPE)


@given(st.text(max_size=40))
def test_doing_it_again_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.text(alphabet=st.characters(categories=["Nd"]), min_size=1, max_size=20))
def test_two_numbers_without_punctuation_never_become_one(digits: str) -> None:
    ascii_digits = "".join(digit for digit in digits if digit.isascii())
    assert normalised(ascii_digits) == ascii_digits


@given(
    st.text(alphabet="ABCDEFGHIJ0123456789", min_size=1, max_size=20),
    st.lists(st.sampled_from(" -./<>()–\u00a0\u200b"), max_size=20),
)
def test_punctuation_never_changes_what_is_compared(text: str, marks: list[str]) -> None:
    typed = "".join(letter + mark for letter, mark in zip(text, [*marks, *[""] * 20], strict=False))
    assert normalised(typed) == normalised(text)
