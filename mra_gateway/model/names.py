"""Words that names of firms are made of, as facts: legal forms, words without weight, places.

The files of `partners/names/` in memory. What a name is compared as is in `identifiers/names.py`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Fact
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Code, LanguageTag, Text

Words = Annotated[tuple[Text, ...], Field(min_length=1, max_length=200)]
"""The ways one thing is written; case, punctuation and spacing make no difference."""


class LegalFormKind(StrEnum):
    """What a legal form amounts to, for comparing forms of different laws.

    Nothing legal follows from it: two forms of one kind are not the same form.
    """

    PRIVATE_LIMITED = "private_limited"
    JOINT_STOCK = "joint_stock"
    PARTNERSHIP = "partnership"
    SOLE_TRADER = "sole_trader"
    COOPERATIVE = "cooperative"
    STATE_ENTERPRISE = "state_enterprise"
    NON_PROFIT = "non_profit"
    BRANCH = "branch"


class LegalForm(Noun):
    """A legal form as it stands in names.

    Attributes:
        kinds: What it may stand for; English renderings of foreign forms stand for several
            (`Co., Ltd.` is what a Chinese limited and a Japanese stock company both write).
        languages: Whose words these are.
        territories: Where the form exists in law; empty where it is only a rendering.
    """

    written: Words
    kinds: Annotated[tuple[LegalFormKind, ...], Field(min_length=1)]
    languages: tuple[LanguageTag, ...] = ()
    territories: tuple[Territory, ...] = ()


class NameWord(Noun):
    """A word that tells little about whose name it is, in several languages.

    Attributes:
        sense: What it means; words of one sense are the same word in different languages.
        weight: What it counts beside 1 for a word that is not listed; 0 for `and`.
    """

    written: Words
    sense: Code
    weight: float = Field(ge=0, le=1)


class PlaceName(Noun):
    """A place in several languages; in a name a place counts as much as any other word."""

    written: Words
    place: Code
    territory: Territory | None = None


class NameWords(Noun):
    """One file of `partners/names/`.

    Attributes:
        address_words: Words of addresses that tell little: street, building, office.
        han_variants: The forms of one Chinese character, for each that has several, the simplified
            one first.
    """

    id: Code
    forms: tuple[Fact[LegalForm], ...] = ()
    words: tuple[Fact[NameWord], ...] = ()
    places: tuple[Fact[PlaceName], ...] = ()
    address_words: tuple[Fact[NameWord], ...] = ()
    han_variants: Fact[tuple[Words, ...]] | None = None
