"""One TIN from the many forms an identifier is written in."""

from __future__ import annotations

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.identifiers.canonical import canonical_tin
from mra_gateway.model.identifiers import Territory

CN = Territory("CN")
TWIN = "3302462345"


@pytest.mark.parametrize(
    "written",
    [
        "CN3302462345",
        "3302462345",
        " 33 0246 2345 ",
        "33.0246-2345",
        "33\u20130246\u22122345",
        "cn/3302462345",
        "CN 3302462345\u200b",
        "\u00a03302462345",
        "３３０２４６２３４５",
    ],
)
def test_every_way_of_writing_an_identifier_gives_the_same_tin(written: str) -> None:
    assert canonical_tin(written, territory=CN) == "CN3302462345"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("СN3302462345", "CYRILLIC CAPITAL LETTER ES"),
        ("33О2462345", "CYRILLIC CAPITAL LETTER O"),
        ("33Ο2462345", "GREEK CAPITAL LETTER OMICRON"),
        ("AEOCN3302462345", "authorisation number"),
        ("330246中345", "neither a letter A to Z nor a digit"),
        ("33024623\u06f45", "neither a letter"),
        ("ı3302462345", "neither a letter"),
        ("3302462345²", "neither a letter"),
        ("33024_62345", "neither a letter"),
        ("33\x002462345", "neither a letter"),
        ("", "no letter or digit"),
        (" - ", "no letter or digit"),
        ("1" * 60, "TIN"),
    ],
)
def test_what_could_be_another_identifier_is_refused_and_explained(written: str, says: str) -> None:
    assert canonical_tin(TWIN, territory=CN) == "CN3302462345"
    with pytest.raises(RequestRefused) as refused:
        canonical_tin(written, territory=CN)
    assert refused.value.reason is Reason.IDENTIFIER_INVALID
    assert says in refused.value.text
    assert "\x00" not in refused.value.text


def test_a_customs_union_takes_the_codes_of_its_members_and_adds_none() -> None:
    members = (Territory("DE"), Territory("FR"))
    eu = Territory("EU")
    assert canonical_tin("DE 123 456", territory=eu, accepted=members) == "DE123456"
    with pytest.raises(RequestRefused, match="begins with none of DE, FR"):
        canonical_tin("123456", territory=eu, accepted=members)
