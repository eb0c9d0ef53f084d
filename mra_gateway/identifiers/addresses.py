"""An address as it is compared, and how two addresses agree (pure).

An address is held against a name to tell two firms of one name apart: the city first, then the
postcode, then house numbers and words of the street. What is not declared is said, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import Indel

from mra_gateway.identifiers.likeness import Part
from mra_gateway.identifiers.names import NameRules, scripts_of
from mra_gateway.identifiers.spelling import fold, sound, to_latin
from mra_gateway.model.declarations import DeclaredAddress
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Address

CITY_ALONE: Final = 70.0
_WEIGHTS: Final = {"city": 0.45, "postcode": 0.25, "street": 0.3}


@dataclass(frozen=True, slots=True)
class ComparableAddress:
    """An address as it is compared.

    Attributes:
        city: The city as one key: `@place` where the data know it, else its folded Latin form.
        city_text: As written.
        scripts: The scripts the city is written in.
        postcode: Letters and digits only.
        words: The words of its lines, folded, without those that tell little.
        numbers: The numbers of its lines: house, building, office.
        joined: Its lines as one folded text, in which a city may be found.
    """

    city: str
    city_text: str
    scripts: frozenset[str]
    postcode: str
    words: frozenset[str]
    numbers: frozenset[str]
    joined: str
    places: frozenset[str]
    territory: Territory | None


def comparable_address(
    address: Address | DeclaredAddress, *, rules: NameRules
) -> ComparableAddress:
    """Returns an address as it is compared."""
    city = address.city or ""
    words: set[str] = set()
    numbers: set[str] = set()
    joined: list[str] = []
    read = rules.read(" , ".join(address.lines))
    at = 0
    places: set[str] = set()
    while at < len(read):
        place = rules.places.at_start(read, at)
        common = rules.address_words.at_start(read, at)
        if place is not None and (common is None or place[0] > common[0]):
            places.add(f"@{place[1].place}")
            at += place[0]
        elif common is not None:
            at += common[0]
        else:
            if read[at].isdecimal():
                numbers.add(str(int(read[at])))
            else:
                folded = fold(to_latin(read[at]))
                words.add(folded)
                joined.append(folded)
            at += 1
    return ComparableAddress(
        city=_city_key(city, rules=rules),
        city_text=city,
        scripts=frozenset(scripts_of(city)),
        postcode="".join(to_latin(word) for word in rules.read(address.postcode or "")).upper(),
        words=frozenset(words),
        numbers=frozenset(numbers),
        joined="".join(joined),
        places=frozenset(places),
        territory=address.territory,
    )


def compare_addresses(a: ComparableAddress, b: ComparableAddress) -> tuple[Part, ...]:
    """Returns how two addresses agree, part by part: city, postcode, street."""
    return (_city(a, b), _postcode(a, b), _street(a, b))


def agreement(parts: tuple[Part, ...]) -> float | None:
    """Returns how well addresses agree as a whole, 0 to 100; None where nothing can be compared.

    A city alone is no address: many firms share it.
    """
    known = [(part.score, _WEIGHTS[part.what]) for part in parts if part.score is not None]
    if not known:
        return None
    if [part.what for part in parts if part.score is not None] == ["city"]:
        return min(known[0][0], CITY_ALONE)
    return round(sum(score * weight for score, weight in known) / sum(w for _, w in known), 1)


def _city_key(city: str, *, rules: NameRules) -> str:
    read = rules.read(city)
    for start in range(len(read)):
        place = rules.places.at_start(read, start)
        if place is not None:
            return f"@{place[1].place}"
    kept = []
    at = 0
    while at < len(read):
        common = rules.address_words.at_start(read, at)
        if common is None:
            kept.append(fold(to_latin(read[at])))
        at += 1 if common is None else common[0]
    return "".join(kept)


def _city(a: ComparableAddress, b: ComparableAddress) -> Part:
    if not a.city or not b.city:
        return _city_in_lines(a, b)
    first, second = sorted((a.city_text, b.city_text))
    if a.city == b.city:
        return Part("city", 100.0, f"same city: {a.city_text}")
    if a.city[0] != "@" and b.city[0] != "@":
        if Indel.normalized_similarity(a.city, b.city) >= 0.85:
            return Part("city", 85.0, f"city nearly the same: {first} / {second}")
        if a.scripts != b.scripts and sound(a.city) == sound(b.city):
            return Part("city", 85.0, f"city sounds the same: {first} / {second}")
    if a.scripts != b.scripts and not (a.city[0] == b.city[0] == "@"):
        return Part("city", None, f"cities in two scripts, not comparable: {first} / {second}")
    return Part("city", 0.0, f"city differs: {first} / {second}")


def _city_in_lines(a: ComparableAddress, b: ComparableAddress) -> Part:
    """A city that one side declares as a field and the other within its lines."""
    for with_city, other in ((a, b), (b, a)):
        city = with_city.city
        if city and (
            city in other.places or (city[0] != "@" and len(city) > 3 and city in other.joined)
        ):
            return Part("city", 90.0, f"city found in the address: {with_city.city_text}")
    if not a.city and not b.city and a.places & b.places:
        return Part("city", 80.0, "the same place stands in both addresses")
    return Part("city", None, "city not declared")


def _postcode(a: ComparableAddress, b: ComparableAddress) -> Part:
    if not a.postcode or not b.postcode:
        for with_code, other in ((a, b), (b, a)):
            if with_code.postcode and with_code.postcode in other.numbers:
                return Part("postcode", 100.0, f"same postcode: {with_code.postcode}")
        return Part("postcode", None, "postcode not declared")
    if a.postcode == b.postcode:
        return Part("postcode", 100.0, f"same postcode: {a.postcode}")
    first, second = sorted((a.postcode, b.postcode))
    if len(first) == len(second) and first[:3] == second[:3]:
        return Part("postcode", 50.0, f"postcode of the same area: {first} / {second}")
    return Part("postcode", 0.0, f"postcode differs: {first} / {second}")


def _street(a: ComparableAddress, b: ComparableAddress) -> Part:
    if not (a.words or a.numbers) or not (b.words or b.numbers):
        return Part("street", None, "street not declared")
    shared, fewer = a.words & b.words, min(len(a.words), len(b.words))
    words = len(shared) / fewer if fewer else 1.0
    if a.numbers and b.numbers:
        numbers = len(a.numbers & b.numbers) / min(len(a.numbers), len(b.numbers))
        score = 100 * (0.6 * words + 0.4 * numbers)
    else:
        score = 90 * words
    if score >= 90:
        return Part("street", round(score, 1), "same street and number")
    if not fewer or (not shared and a.words and b.words):
        return Part("street", None, "streets not comparable")
    return Part("street", round(score, 1), "street or number differs in part")
