"""How alike two names are, 0 to 100, and why, in words (pure).

The score of two names depends on nothing but the two names and the data of `partners/names/`: it is
the same in every register and next year. It is symmetric.

From 90 on only names whose telling words are the same are found: a letter that differs, a number,
a place, another business or another legal form keeps the score below. Names that only sound alike
in Chinese but are written with other characters are other names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rapidfuzz.distance import Indel

from mra_gateway.identifiers.names import MOST_WORDS, ComparableName, Word
from mra_gateway.identifiers.spelling import bare_spellings, sound
from mra_gateway.model.names import LegalFormKind

SAME = 100.0
TRANSLITERATED = 98.0
ACCENTED = 98.0
READ_IN_CHINESE = 93.0
"""What characters get that read as the Latin name says: many other characters read so too."""
SPELT_OTHERWISE = 90.0
NEAR = 88.0
"""The most that names get whose telling words are not all the same."""
INITIALLED = 80.0
"""What a person's names get when one of them gives initials: others have the same."""

_ALIKE: Final = 0.75
_SOUNDS_ALIKE: Final = 0.9
_SPELT_BY_SOUND: Final = frozenset({"latin", "han"})
"""Scripts whose romanisation is fixed; others are romanised in many ways."""


class Part(NamedTuple):
    """One part of a comparison.

    Attributes:
        what: `name`, `legal form`, `number`, `business`, `territory`, `city`, `postcode`, `street`.
        score: How well this part agrees, 0 to 100; None where it cannot be compared.
        reason: In words, for an officer.
    """

    what: str
    score: float | None
    reason: str


class Likeness(NamedTuple):
    """How alike two names are.

    Attributes:
        comparable: Whether a low score says that the names differ; not when one of them may be a
            translation, or is written in kanji and the other in Latin letters.
    """

    score: float
    parts: tuple[Part, ...]
    comparable: bool = True


def compare_names(a: ComparableName, b: ComparableName) -> Likeness:
    """Returns how alike two names are."""
    if not a.words or not b.words:
        return Likeness(0.0, (Part("name", None, "a name holds no letter or digit"),), False)  # noqa: FBT003 - a field
    shared = a.scripts == b.scripts
    score, reason = _telling(a, b, shared=shared)
    parts = [Part("name", round(score, 1), reason)]
    caps = [
        part
        for part in (_numbers(a, b), _business(a, b, shared=shared), _legal_form(a, b))
        if part is not None
    ]
    for part in caps:
        score = min(score, part.score if part.score is not None else SAME)
    minor = sum(1 for part in caps if part.score is not None and part.score < SAME)
    if minor > 1:
        score -= 4 * (minor - 1)
    comparable = shared or not ({"han", "kana"} & (a.scripts ^ b.scripts))
    return Likeness(round(max(score, 0.0), 1), (*parts, *caps), comparable)


def _telling(a: ComparableName, b: ComparableName, *, shared: bool) -> tuple[float, str]:
    """Compares the words that tell whose name it is."""
    ours, theirs = a.telling, b.telling
    if shared and (a.plain == b.plain or _texts(ours) == _texts(theirs)):
        return SAME, "the same name"
    same = _keys(ours) == _keys(theirs) or _joined(ours) == _joined(theirs)
    if same and not any(word.weight >= 1 for word in ours):
        return SPELT_OTHERWISE, "the same words, none of which tells whose name it is"
    if shared and a.scripts & {"han"}:
        return _in_characters(ours, theirs, same=same)
    if a.read_as_chinese is not b.read_as_chinese and "han" not in (a.scripts & b.scripts):
        score = min(60.0, _align(ours, theirs, by_sound=False))
        return score, "one name is in kanji, which can only be read as Chinese here"
    if shared and bare_spellings(" ".join(_texts(ours))) & bare_spellings(" ".join(_texts(theirs))):
        return ACCENTED, "the same but for accents"
    if same and shared:
        return SPELT_OTHERWISE, "the same but for the way it is spelt"
    if same and "han" in a.scripts ^ b.scripts:
        return READ_IN_CHINESE, "the same when read in Chinese, as other characters may be"
    if same:
        return TRANSLITERATED, "the same after transliteration"
    if LegalFormKind.SOLE_TRADER in a.kinds | b.kinds and (
        _are_initials(ours, theirs) or _are_initials(theirs, ours)
    ):
        return INITIALLED, "the same as far as the initials of one name say"
    by_sound = not (a.scripts | b.scripts) <= _SPELT_BY_SOUND
    score = _align(ours, theirs, by_sound=by_sound and not shared)
    return score, _difference(ours, theirs, score)


def _in_characters(
    ours: Sequence[Word], theirs: Sequence[Word], *, same: bool
) -> tuple[float, str]:
    """Compares names in Chinese characters by the characters: one sound has many."""
    left, right = "".join(_texts(ours)), "".join(_texts(theirs))
    if left == right:
        return SAME, "the same name"
    alike = Indel.normalized_similarity(left, right)
    if same:
        return 70.0, "read the same, but written with other characters"
    return min(NEAR, 85 * alike), "written with other characters"


def _are_initials(short: Sequence[Word], full: Sequence[Word]) -> bool:
    """Says whether one name gives a surname with the initials of what the other writes out."""
    surnames = {word.key for word in short} & {word.key for word in full if len(word.key) > 2}
    initials = [word.key for word in short if word.key not in surnames]
    given = [word.key for word in full if word.key not in surnames]
    if not surnames or len(initials) != 1 or not 0 < len(given) < 4:
        return False
    return _spell(initials[0], given)


def _spell(initials: str, given: Sequence[str]) -> bool:
    """Says whether initials are those of words: each a letter, or two that stand for one (`Yu`)."""
    if not given:
        return not initials
    return any(
        initials.startswith(given[0][:length]) and _spell(initials[length:], given[1:])
        for length in range(1, min(2, len(given[0]) - 1) + 1)
    )


def _align(ours: Sequence[Word], theirs: Sequence[Word], *, by_sound: bool) -> float:
    """Pairs the words that are most alike; what finds no partner counts against both names."""
    left = _merged([word.key for word in ours[:MOST_WORDS]], theirs)
    right = _merged([word.key for word in theirs[:MOST_WORDS]], ours)
    pairs = sorted(
        (
            (_likeness(one, other, by_sound=by_sound), i, j)
            for i, one in enumerate(left)
            for j, other in enumerate(right)
        ),
        key=lambda pair: (-pair[0], *sorted((left[pair[1]], right[pair[2]]))),
    )
    free_left, free_right = set(range(len(left))), set(range(len(right)))
    agreed = 0.0
    for alike, i, j in pairs:
        if alike < _ALIKE:
            break
        if i in free_left and j in free_right:
            free_left.remove(i)
            free_right.remove(j)
            agreed += alike * (_weight(left[i]) + _weight(right[j]))
    total = sum(map(_weight, left)) + sum(map(_weight, right))
    lonely = [left[i] for i in free_left] + [right[j] for j in free_right]
    cap = NEAR
    if lonely:
        cap = 60.0 if any(key.startswith("@") for key in lonely) else 75.0
    if free_left and free_right:
        cap = min(cap, 65.0)
    return min(cap, 100 * agreed / total)


def _merged(keys: list[str], others: Sequence[Word]) -> list[str]:
    """Joins neighbours that the other name writes as one word."""
    wanted = {word.key for word in others[:MOST_WORDS]}
    merged: list[str] = []
    for key in keys:
        if merged and merged[-1] + key in wanted and merged[-1] not in wanted:
            merged[-1] += key
        else:
            merged.append(key)
    return merged


def _likeness(one: str, other: str, *, by_sound: bool) -> float:
    if one == other:
        return 1.0
    if not (one[0].isalpha() and other[0].isalpha()):
        return 0.0  # numbers, senses and places are the same or they are not
    alike = Indel.normalized_similarity(one, other)
    if by_sound and alike < _SOUNDS_ALIKE:
        heard = sound(one)
        if len(heard) >= 4 and heard == sound(other):
            return _SOUNDS_ALIKE
    return alike


def _numbers(a: ComparableName, b: ComparableName) -> Part | None:
    if a.numbers == b.numbers:
        return None
    if not a.numbers or not b.numbers:
        held = " ".join(a.numbers or b.numbers)
        return Part("number", 70.0, f"only one name has the number {held}")
    first, second = sorted((" ".join(a.numbers), " ".join(b.numbers)))
    return Part("number", 55.0, f"the numbers differ: {first} / {second}")


def _business(a: ComparableName, b: ComparableName, *, shared: bool) -> Part | None:
    """Compares the words that say what a firm does: they tell little, but they do tell."""
    ours, theirs = a.generic, b.generic
    only_ours, only_theirs = ours.keys() - theirs.keys(), theirs.keys() - ours.keys()
    if only_ours and only_theirs:
        first, second = sorted((_listed(ours, only_ours), _listed(theirs, only_theirs)))
        return Part("business", 80.0, f"the line of business differs: {first} / {second}")
    lonely = only_ours or only_theirs
    if lonely:
        said = _listed(ours if only_ours else theirs, lonely)
        weight = max((ours if only_ours else theirs)[key].weight for key in lonely)
        return Part("business", 92.0 if weight < 0.3 else NEAR, f"only one name says {said}")
    if shared and not _same_words(ours.values(), theirs.values()):
        return Part("business", 93.0, "the line of business is the same in other words")
    return None


def _legal_form(a: ComparableName, b: ComparableName) -> Part | None:
    ours, theirs = "/".join(sorted(set(a.forms))), "/".join(sorted(set(b.forms)))
    if ours == theirs:
        return None
    branch = LegalFormKind.BRANCH
    if (branch in a.kinds) is not (branch in b.kinds):
        return Part("legal form", 80.0, "only one of the names is that of a branch or office")
    if not ours or not theirs:
        return Part("legal form", None, f"only one name has a legal form: {ours or theirs}")
    first, second = sorted((ours, theirs))
    if a.kinds & b.kinds:
        return Part("legal form", None, f"legal form in other words: {first} / {second}")
    return Part("legal form", 85.0, f"legal form differs: {first} / {second}")


def _difference(ours: Sequence[Word], theirs: Sequence[Word], score: float) -> str:
    left, right = {word.key: word for word in ours}, {word.key: word for word in theirs}
    first, second = sorted(
        (
            _listed(left, left.keys() - right.keys()) or "nothing",
            _listed(right, right.keys() - left.keys()) or "nothing",
        )
    )
    how = "nearly the same" if score >= 80 else "differs"
    return f"{how}: {first} / {second}"


def _same_words(ours: Iterable[Word], theirs: Iterable[Word]) -> bool:
    first, second = (" ".join(_texts(list(words))) for words in (ours, theirs))
    return bool(bare_spellings(first) & bare_spellings(second))


def _listed(words: dict[str, Word], keys: set[str]) -> str:
    return " ".join(word.text for key, word in words.items() if key in keys)[:80]


def _texts(words: Sequence[Word]) -> list[str]:
    return sorted(word.text for word in words)


def _keys(words: Sequence[Word]) -> list[str]:
    return sorted(word.key for word in words)


def _joined(words: Sequence[Word]) -> str:
    return "".join(word.key for word in words)


def _weight(key: str) -> float:
    return 1.0 if len(key) > 2 else 0.5
