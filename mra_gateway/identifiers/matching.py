"""Finds whom a name may stand for, and whether a name contradicts the code beside it (pure).

It proposes. Who confirms is an arrangement that says so – above its threshold, and unambiguous – or
an officer. How two names are compared is in `likeness.py`, addresses in `addresses.py`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final, Generic, NamedTuple, TypeVar

from mra_gateway.identifiers.addresses import (
    ComparableAddress,
    agreement,
    comparable_address,
    compare_addresses,
)
from mra_gateway.identifiers.likeness import Likeness, Part, compare_names
from mra_gateway.identifiers.name_rows import NameRows
from mra_gateway.identifiers.names import ComparableName, NameRules
from mra_gateway.model.declarations import DeclaredAddress, DeclaredParty
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Address

CONFIRMING: Final = 95.0
"""The score from which an arrangement may confirm, when it names no higher one.

Chosen on the labelled pairs of the tests, where nothing above it is wrong: it takes a name whose
telling words are the same and an address that agrees. A name alone never reaches it.
"""

PROPOSED: Final = 45.0
"""Proposals below this score are not worth an officer's time."""

AMBIGUOUS_WITHIN: Final = 5.0
"""A proposal is ambiguous when another operator's score is this near."""

NAME_ALONE: Final = 0.89
"""What a name counts for without an address that can be compared."""

_OTHER_TERRITORY: Final = 0.75
_OTHER_PLACE: Final = 0.7
_NEAR: Final = 60
"""Near names compared word by word; all that are the same are compared besides."""
_PLACED: Final = 40
"""Operators whose addresses are compared, unless more have names as near."""

K = TypeVar("K", bound=Hashable)


class Proposal(NamedTuple, Generic[K]):
    """An operator that a declared name may stand for.

    Attributes:
        key: Whose name it is, as it was added to the index.
        score: 0 to 100.
        name: The held name that was compared.
        parts: Each part with its score and its reason.
        ambiguous: Another operator fits about as well; nothing may be confirmed.
    """

    key: K
    score: float
    name: str
    parts: tuple[Part, ...]
    ambiguous: bool

    def is_confirmed(self, *, threshold: float) -> bool:
        """Says whether an arrangement that confirms from a threshold on takes this proposal."""
        return not self.ambiguous and self.score >= threshold

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons in words."""
        return tuple(part.reason for part in self.parts)


class _Held(NamedTuple):
    names: tuple[str, ...]
    rows: tuple[int, ...]
    addresses: tuple[Address, ...]
    territory: Territory | None


class NameIndex(Generic[K]):
    """The names of operators, in any script, to be searched; changed one operator at a time."""

    def __init__(self, rules: NameRules) -> None:
        self._rules = rules
        self._held: dict[K, _Held] = {}
        self._rows = NameRows()
        self._keys: dict[int, K] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: object) -> bool:
        return key in self._held

    def add(
        self,
        key: K,
        *,
        names: Iterable[str],
        addresses: Iterable[Address] = (),
        territory: Territory | None = None,
    ) -> None:
        """Adds an operator, in place of what is held under its key.

        Args:
            key: What a proposal will name.
            names: Its legal name and its names in other scripts; without any it is not found.
            addresses: Where it is.
            territory: Whose administration authorised it.
        """
        given, where = tuple(dict.fromkeys(names)), tuple(addresses)
        held = self._held.get(key)
        if held is not None and held.names == given:
            self._held[key] = held._replace(addresses=where, territory=territory)
            return  # a change of status leaves the names as they are
        self.remove(key)
        compared = [self._rules.comparable(name) for name in given]
        compared = [name for name in compared if name.words]
        if not compared:
            return
        rows = tuple(self._rows.add(name) for name in compared)
        texts = tuple(name.text for name in compared)
        self._held[key] = _Held(texts, rows, where, territory)
        self._keys.update(dict.fromkeys(rows, key))

    def remove(self, key: K) -> None:
        """Removes an operator; nothing happens when it is not held."""
        held = self._held.pop(key, None)
        if held is None:
            return
        for text, row in zip(held.names, held.rows, strict=True):
            self._rows.remove(row, self._rules.comparable(text))
            del self._keys[row]

    def propose(
        self,
        name: str,
        *,
        address: DeclaredAddress | Address | None = None,
        territory: Territory | None = None,
        limit: int = 5,
    ) -> tuple[Proposal[K], ...]:
        """Returns the operators a declared name may stand for, best first.

        Args:
            name: As declared, in any script.
            address: As declared, as far as it is.
            territory: Of the party, when declared; that of its address when None.
            limit: The most proposals returned; ambiguity is judged on all.
        """
        asked = self._rules.comparable(name)
        if not asked.words:
            return ()
        where = None if address is None else comparable_address(address, rules=self._rules)
        if territory is None and where is not None:
            territory = where.territory
        found = [
            self._placed(key, alike, held_name, where=where, territory=territory)
            for key, (alike, held_name) in self._alike(asked).items()
        ]
        found = [scored for scored in found if scored.score >= PROPOSED]
        found.sort(key=lambda scored: (-scored.score, str(scored.key)))
        return tuple(
            scored._replace(ambiguous=_is_ambiguous(found, at))
            for at, scored in enumerate(found[:limit])
        )

    def _alike(self, asked: ComparableName) -> dict[K, tuple[Likeness, str]]:
        """Returns the operators whose names are near enough, each with its nearest name.

        All that are the same are taken, however many: none of twins may be left out.
        """
        same = self._rows.find_same(asked)
        rows = dict.fromkeys([*sorted(same), *self._rows.find_near(asked, limit=_NEAR)])
        found: dict[K, tuple[Likeness, str]] = {}
        for key in dict.fromkeys(self._keys[row] for row in rows):
            best = max(
                (
                    (compare_names(asked, self._rules.comparable(n)), n)
                    for n in self._held[key].names
                ),
                key=lambda one: one[0].score,
            )
            if best[0].score >= PROPOSED:
                found[key] = best
        if len(found) <= _PLACED:
            return found
        ranked = sorted(found.items(), key=lambda one: -one[1][0].score)
        worst = ranked[_PLACED][1][0].score
        return dict(one for one in ranked if one[1][0].score >= max(worst, PROPOSED))

    def _placed(
        self,
        key: K,
        alike: Likeness,
        name: str,
        *,
        where: ComparableAddress | None,
        territory: Territory | None,
    ) -> Proposal[K]:
        """Weighs a name with what is known of the place."""
        held = self._held[key]
        place, parts = _best_place(where, held.addresses, rules=self._rules)
        score = _together(alike.score, place)
        theirs = _territory_part(territory, held.addresses, held.territory)
        if theirs is not None:
            parts = (theirs, *parts)
            if theirs.score == 0:
                score *= _OTHER_TERRITORY
        return Proposal(key, round(score, 1), name, (*alike.parts, *parts), ambiguous=False)


class Grade(StrEnum):
    """How plainly what is declared contradicts the register."""

    WEAK = "weak"
    """One thing differs that may have an innocent reason: a second site, a trade name."""

    LIKELY = "likely"
    """The name is clearly another; nothing is said of the place, or the place agrees."""

    STRONG = "strong"
    """The name is clearly another, and so is the city or the territory."""


class Contradiction(NamedTuple):
    """What is declared beside a code is not what the register says: possibly somebody else's code.

    Attributes:
        name_score: How alike the names are; None when none is declared or held.
        parts: What was compared, with reasons.
    """

    grade: Grade
    name_score: float | None
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """One sentence for an officer."""
        return "; ".join(part.reason for part in self.parts)


ANOTHER_NAME: Final = 62.0
"""Below this score two comparable names are names of two firms."""


def contradiction(
    declared: DeclaredParty,
    *,
    names: Sequence[str],
    addresses: Sequence[Address],
    rules: NameRules,
    territory: Territory | None = None,
) -> Contradiction | None:
    """Returns how what is declared beside a code contradicts the register; None when it does not.

    Nothing declared contradicts nothing. A name in another script that may be a translation
    contradicts less than one in the same script.

    Args:
        declared: The party as declared.
        names: The names of the operator the code belongs to; none held contradicts nothing.
        addresses: Its addresses.
        rules: The words of names.
        territory: Whose administration authorised it, besides the territories of its addresses.
    """
    if declared.name is None:
        return None
    if declared.name in names and declared.address is None and declared.territory is None:
        return None
    return _contradiction(declared, names, addresses, rules=rules, territory=territory)


def _contradiction(
    declared: DeclaredParty,
    names: Sequence[str],
    addresses: Sequence[Address],
    *,
    rules: NameRules,
    territory: Territory | None,
) -> Contradiction | None:
    asked = list(_ways_to_read(declared.name or "", addresses, rules=rules))
    likenesses = [compare_names(one, rules.comparable(name)) for name in names for one in asked]
    best = max(likenesses, key=lambda one: one.score, default=None)
    places = _place_parts(declared, addresses, rules=rules, territory=territory)
    elsewhere = [p for p in places if p.what in {"city", "territory"} and p.score == 0]
    another = (
        best is not None
        and best.score < ANOTHER_NAME
        and not rules.is_legal_form(declared.name or "")
    )
    translated = another and not any(one.comparable for one in likenesses)
    if not another and not elsewhere:
        return None
    if another and elsewhere:
        grade = Grade.LIKELY if translated else Grade.STRONG
    elif another:
        if translated:
            return None
        grade = Grade.LIKELY
    else:
        grade = Grade.WEAK
    said = (best.parts if best is not None else ()) + places
    return Contradiction(grade, None if best is None else best.score, said)


def _ways_to_read(
    name: str, addresses: Sequence[Address], *, rules: NameRules
) -> Iterator[ComparableName]:
    """Yields a name as it is, and without its own city where that was written behind it."""
    asked = rules.comparable(name)
    yield asked
    if not any(word.key.startswith("@") for word in asked.words):
        return  # asked of every party with a name: addresses are read where they may matter
    known = [comparable_address(one, rules=rules) for one in addresses]
    cities = {place for one in known for place in (one.city, *one.places) if place}
    bare = rules.without_places_behind(name, of=cities)
    if bare is not None:
        yield rules.comparable(bare)


def _place_parts(
    declared: DeclaredParty,
    addresses: Sequence[Address],
    *,
    rules: NameRules,
    territory: Territory | None,
) -> tuple[Part, ...]:
    where = None if declared.address is None else comparable_address(declared.address, rules=rules)
    _, parts = _best_place(where, addresses, rules=rules)
    said = declared.territory or (where.territory if where else None)
    theirs = _territory_part(said, addresses, territory)
    return parts if theirs is None else (theirs, *parts)


def _territory_part(
    said: Territory | None, addresses: Sequence[Address], territory: Territory | None
) -> Part | None:
    held = {one.territory for one in addresses} | ({territory} if territory else set())
    if said is None or not held:
        return None
    if said in held:
        return Part("territory", 100.0, f"same territory: {said}")
    return Part("territory", 0.0, f"territory differs: {', '.join(sorted(held))} / {said}")


def _best_place(
    where: ComparableAddress | None, addresses: Sequence[Address], *, rules: NameRules
) -> tuple[float | None, tuple[Part, ...]]:
    """Compares with the held address that agrees best."""
    if where is None:
        return None, (Part("city", None, "city not declared"),)
    if not addresses:
        return None, (Part("city", None, "no address is held"),)
    best: tuple[float | None, tuple[Part, ...]] = (None, ())
    for address in addresses:
        parts = compare_addresses(where, comparable_address(address, rules=rules))
        agreed = agreement(parts)
        if not best[1] or (agreed is not None and (best[0] is None or agreed > best[0])):
            best = (agreed, parts)
    return best


def _together(name: float, place: float | None) -> float:
    if place is None:
        return name * NAME_ALONE
    if place < 40:
        return name * _OTHER_PLACE
    return name if name < 90 else 0.8 * name + 0.2 * place


def _is_ambiguous(found: Sequence[Proposal[K]], at: int) -> bool:
    """Whether another operator's score is near; the list is sorted, so a neighbour's."""
    near = found[max(at - 1, 0) : at + 2]
    return any(
        abs(other.score - found[at].score) <= AMBIGUOUS_WITHIN
        for other in near
        if other is not found[at]
    )
