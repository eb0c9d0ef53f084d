"""A name as it is compared: legal form, words without weight, places and numbers told apart (pure).

1. read: NFKC, case folded, apostrophes dropped, split into words; text without spaces (Chinese,
   Japanese) is split where the data know a word
2. take the legal form off, wherever it stands, and keep what it amounts to
3. turn words the data know into their sense, places into the place, number words into digits
4. write what is left in Latin letters, in the one spelling of `spelling.py`

Two names are compared in `likeness.py`. The words themselves are data: `partners/names/`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Generic, NamedTuple, TypeVar

from anyascii import anyascii

from mra_gateway.identifiers.spelling import fold, to_latin
from mra_gateway.model.facts import Fact
from mra_gateway.model.names import LegalForm, LegalFormKind, NameWord, NameWords, PlaceName

LONGEST = 512
"""Characters of a name that are looked at: more is no name, and work must stay bounded."""

MOST_WORDS = 24
"""Words of a name that are compared one by one."""

_CUT_OFF: Final = 10
"""Letters from which on the beginning of a legal form can hardly be anything else."""

_WORD: Final = re.compile(r"\d+|[^\W\d_]+|&")
_GLUED: Final = re.compile(
    r"[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]+"
)
_APOSTROPHES: Final = re.compile(
    "[\u02b9-\u02bf\u2018\u2019\u201b\u2032`\u00b4'\u00ad\u200b-\u200d]"
)
_INITIALS: Final = re.compile(r"(?<=\b[^\W\d_])[./](?=[^\W\d_]\b)")
_HYPHENS: Final = "-\u2010\u2011\u2012\u2013"
_ADMINISTRATIVE: Final = frozenset("市省")
_NO_ACCENTS: Final = str.maketrans("ŞşÇçĞğİıƏəÖöÜüÝý", "SsCcGgIiEeOoUuYy")
_ROMAN: Final = {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11",
    "xii": "12",
}  # fmt: skip
_ORDINAL: Final = {f"第{han}": str(number) for number, han in enumerate("一二三四五六七八九十", 1)}

V = TypeVar("V")
W = TypeVar("W", LegalForm, NameWord, PlaceName)


class Hyphenated(str):
    """A word joined to the one before it by a hyphen: the `Тоо` of `Ала-Тоо` is no legal form."""

    __slots__ = ()


class Word(NamedTuple):
    """One part of a name.

    Attributes:
        text: As written, case folded.
        key: What is compared across scripts: folded Latin, `~sense` or `@place`.
        weight: What it counts; below 1 for a word that tells little.
    """

    text: str
    key: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ComparableName:
    """A name as it is compared.

    Attributes:
        text: As it was given.
        plain: Its words in their own script, sorted: equal for two ways of writing one name.
        key: Its words across scripts, sorted; what an index looks names up by.
        joined: As `key`, in the order written and without spaces: Chinese has none.
        words: All its words, in order.
        numbers: The numbers in it, sorted.
        scripts: The scripts of the words the data do not know: those are transliterated.
        forms: The legal forms taken off, as written.
        kinds: What the forms amount to.
        read_as_chinese: Whether it is Japanese in kanji: its Latin form is wrong, and known to be.
    """

    text: str
    plain: str
    key: str
    joined: str
    words: tuple[Word, ...]
    numbers: tuple[str, ...]
    scripts: frozenset[str]
    forms: tuple[str, ...]
    kinds: frozenset[LegalFormKind]
    read_as_chinese: bool

    @property
    def telling(self) -> tuple[Word, ...]:
        """The words that tell whose name it is; all of them when none does."""
        return tuple(word for word in self.words if word.weight >= 1) or self.words

    @property
    def generic(self) -> dict[str, Word]:
        """The words that tell little, by sense, where others tell more."""
        if not any(word.weight >= 1 for word in self.words):
            return {}
        return {word.key: word for word in self.words if word.weight < 1}


class Phrases(Generic[V]):
    """Known words of one or several parts, looked up in a row of words, longest first."""

    def __init__(self, entries: Iterable[tuple[str, V]], *, han: Mapping[int, str]) -> None:
        self._values: dict[tuple[str, ...], V] = {}
        for written, value in entries:
            words = tuple(read_words(written.translate(han)))
            if words:
                self._values.setdefault(words, value)
        self._longest: dict[str, int] = {}
        self._longest_back: dict[str, int] = {}
        for words in self._values:
            for longest, word in ((self._longest, words[0]), (self._longest_back, words[-1])):
                longest[word] = max(longest.get(word, 0), len(words))

    def glued(self) -> Iterator[str]:
        """Yields the words of scripts that are written without spaces."""
        for words in self._values:
            if len(words) == 1 and _GLUED.fullmatch(words[0]):
                yield words[0]

    def starts_with(self, word: str) -> bool:
        """Says whether a known phrase starts with a word."""
        return word in self._longest

    def begins(self, words: Sequence[str]) -> bool:
        """Says whether words are a known phrase, or the beginning of one whose end was cut off."""
        *whole, last = words
        is_long = len("".join(words)) >= _CUT_OFF
        return any(
            list(known[: len(whole)]) == whole
            and len(known) > len(whole)
            and (known[len(whole)].startswith(last) if is_long else known == (*whole, last))
            for known in self._values
        )

    def at_start(self, words: Sequence[str], start: int) -> tuple[int, V] | None:
        """Returns the longest known phrase that starts at a place: its length and its value."""
        longest = self._longest.get(words[start], 0) if start < len(words) else 0
        for length in range(min(longest, len(words) - start), 0, -1):
            value = self._values.get(tuple(words[start : start + length]))
            if value is not None:
                return length, value
        return None

    def at_end(self, words: Sequence[str]) -> tuple[int, V] | None:
        """Returns the longest known phrase the words end with."""
        longest = self._longest_back.get(words[-1], 0) if words else 0
        for length in range(min(longest, len(words)), 0, -1):
            value = self._values.get(tuple(words[-length:]))
            if value is not None:
                return length, value
        return None


class NameRules:
    """The words of names, ready to be used: made once (`rules_of`), shared by all that compares."""

    def __init__(self, words: NameWords) -> None:
        variants = () if words.han_variants is None else words.han_variants.value or ()
        han = str.maketrans({other: forms[0] for forms in variants for other in forms[1:]})
        self._han = han
        self._forms = Phrases[LegalForm](_merged(_each(words.forms)), han=han)
        self._words = Phrases[NameWord](_each(words.words), han=han)
        self._spelt = Phrases[NameWord](_romanised(words.words), han=han)
        self.places = Phrases[PlaceName](_each(words.places), han=han)
        self.address_words = Phrases[NameWord](_each(words.address_words), han=han)
        known = {word for phrases in self._all() for word in phrases.glued() if len(word) > 1}
        longest_first = sorted(known | set(_ORDINAL), key=lambda word: (-len(word), word))
        self._known = re.compile("|".join(map(re.escape, longest_first)))
        self.comparable = lru_cache(maxsize=65_536)(self._comparable)

    def read(self, text: str) -> list[str]:
        """Returns the words of a text, those of unspaced scripts split where a word is known."""
        found: list[str] = []
        for word in read_words(text):
            if _GLUED.fullmatch(word):
                found += self._split(word.translate(self._han))
            else:
                found.append(word)
        return found

    def one_way(self, text: str) -> str:
        """Returns what the ways of writing one name in one script have in common.

        Cases, hyphens, spaces and how a legal form is written make no difference; another legal
        form, another word or another script is another name.
        """
        name = self.comparable(text)
        return " ".join([name.plain, *sorted(f"({kind})" for kind in name.kinds)])

    def is_legal_form(self, text: str) -> bool:
        """Says whether a name says a legal form only, as where a narrow field cut it off."""
        words = self.read(text)
        return bool(words) and self._forms.begins(words)

    def without_places_behind(self, text: str, *, of: Collection[str]) -> str | None:
        """Returns a name without the places that stand behind it; None if it has none of these."""
        words, behind = self.read(text), set()
        while words:
            place = self.places.at_end(words)
            if place is None or place[0] == len(words):
                break
            behind.add(f"@{place[1].place}")
            del words[-place[0] :]
        return None if behind.isdisjoint(of) else " ".join(words)

    def _all(self) -> tuple[Phrases[Any], ...]:
        return self._forms, self._words, self.places, self.address_words

    def _split(self, run: str) -> Iterator[str]:
        at = 0
        for match in self._known.finditer(run):
            if match.start() > at:
                yield run[at : match.start()]
            yield match[0]
            at = match.end()
            if run[at : at + 1] in _ADMINISTRATIVE and self.places.at_start([match[0]], 0):
                at += 1  # the city, the province: the place says it
        if at < len(run):
            yield run[at:]

    def _comparable(self, text: str) -> ComparableName:
        read = self.read(text)
        rest, forms = self._take_forms(read)
        language = _language(forms, text)
        words = tuple(self._words_of(rest, language=language))
        own = [word for word in words if word.key[:1] not in "~@"] or words
        scripts = frozenset(script for word in own for script in scripts_of(word.text))
        keys = [word.key for word in words]
        return ComparableName(
            text=text,
            plain=" ".join(sorted(word.text for word in words)),
            key=" ".join(sorted(keys)),
            joined="".join(keys),
            words=words,
            numbers=tuple(sorted(word.key for word in words if word.key.isdigit())),
            scripts=scripts,
            forms=tuple(written for written, _ in forms),
            kinds=_kinds(form for _, form in forms),
            read_as_chinese="han" in scripts and ("kana" in scripts or language == "ja"),
        )

    def _take_forms(self, words: list[str]) -> tuple[list[str], list[tuple[str, LegalForm]]]:
        """Takes the legal forms off: at either end any, in the middle those nothing else reads as.

        A name that is nothing but legal forms stays as it is.
        """
        rest, forms = list(words), []
        while rest:
            first, last = self._forms.at_start(rest, 0), self._forms.at_end(rest)
            if last is not None and last[0] < len(rest) and type(rest[-last[0]]) is str:
                forms.append((" ".join(rest[-last[0] :]), last[1]))
                del rest[-last[0] :]
            elif first is not None and first[0] < len(rest) and type(rest[first[0]]) is str:
                forms.append((" ".join(rest[: first[0]]), first[1]))
                del rest[: first[0]]
            else:
                break
        at = 1
        while at < len(rest) - 1:
            found = self._forms.at_start(rest[:-1], at)
            if found is not None and _is_plain(rest, at, at + found[0]):
                forms.append((" ".join(rest[at : at + found[0]]), found[1]))
                del rest[at : at + found[0]]
            else:
                at += 1
        return rest, forms

    def _words_of(self, texts: list[str], *, language: str) -> Iterator[Word]:
        at = 0
        while at < len(texts):
            length, word = self._word_at(texts, at, language=language)
            if word.weight > 0:
                yield word
            at += length

    def _spelt_at(self, texts: list[str], at: int) -> tuple[int, NameWord] | None:
        """Finds a known word that is romanised: `Torgovy Dom` is `торговый дом`."""
        near = [fold(to_latin(texts[at]))]
        if not self._spelt.starts_with(near[0]):
            return None
        near += [fold(to_latin(text)) for text in texts[at + 1 : at + 3]]
        return self._spelt.at_start(near, 0)

    def _word_at(self, texts: list[str], at: int, *, language: str) -> tuple[int, Word]:
        place = self.places.at_start(texts, at)
        sense = self._words.at_start(texts, at) or self._spelt_at(texts, at)
        if place is not None and (sense is None or place[0] >= sense[0]):
            written = "".join(texts[at : at + place[0]])
            return place[0], Word(written, f"@{place[1].place}")
        if sense is not None:
            written = "".join(texts[at : at + sense[0]])
            return sense[0], Word(written, f"~{sense[1].sense}", sense[1].weight)
        text = texts[at]
        if text.isdecimal():
            number = str(int(text))
            return 1, Word(number, number)
        number = _ROMAN.get(text) or _ORDINAL.get(text) or ""
        if number:
            return 1, Word(number, number)
        return 1, Word(text, fold(to_latin(text), language=language) or text)


@lru_cache(maxsize=1)
def rules_of(words: NameWords) -> NameRules:
    """Returns the rules of some words; they are hardly ever others, and long in the making."""
    return NameRules(words)


def read_words(text: str) -> list[str]:
    """Returns the words of a text, case folded: letters, runs of digits, and `&`."""
    folded = text[:LONGEST].casefold()
    if not folded.isascii():
        # folding may undo the normal form, and NFKC may lengthen a letter eighteen-fold
        folded = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
        folded = unicodedata.normalize("NFKC", folded[:LONGEST])
    return list(
        _with_initials_joined(_hyphens_kept(_INITIALS.sub("", _APOSTROPHES.sub("", folded))))
    )


def scripts_of(text: str) -> Iterator[str]:
    """Yields the scripts of a text, as far as comparing tells them apart."""
    if text.isascii():
        if not text.isdigit():
            yield "latin"
        return
    for letter in text:
        yield _script(letter)


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    if not letter.isalpha():
        return "latin"
    name = unicodedata.name(letter, "").split(" ")[0].split("-")[0]
    return {"CJK": "han", "HIRAGANA": "kana", "KATAKANA": "kana"}.get(name, name.lower() or "other")


def _hyphens_kept(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        at = match.start()
        joined = at > 1 and text[at - 1] in _HYPHENS and text[at - 2].isalnum()
        yield Hyphenated(match[0]) if joined else match[0]


def _with_initials_joined(words: Iterable[str]) -> Iterator[str]:
    """Joins single letters that follow each other: `s a` is `sa`, however it was spaced."""
    initials = ""
    for word in words:
        if len(word) == 1 and word.isalpha() and not _GLUED.match(word) and type(word) is str:
            initials += word
            continue
        if initials:
            yield initials
            initials = ""
        yield word
    if initials:
        yield initials


def _each(facts: Iterable[Fact[W]]) -> Iterator[tuple[str, W]]:
    for fact in facts:
        if fact.value is not None:
            for written in fact.value.written:
                yield written, fact.value


def _romanised(words: Iterable[Fact[NameWord]]) -> Iterator[tuple[str, NameWord]]:
    """Yields the known words of alphabets as they are romanised; not those of characters."""
    for written, word in _each(words):
        if word.weight and not _GLUED.search(written):
            yield " ".join(fold(to_latin(text)) for text in read_words(written)), word


def _merged(forms: Iterable[tuple[str, LegalForm]]) -> Iterator[tuple[str, LegalForm]]:
    """Yields each form once: what is written alike in two laws stands for both."""
    found: dict[tuple[str, ...], tuple[str, LegalForm]] = {}
    for written, form in _with_bare(forms):
        words = tuple(read_words(written))
        if words in found:
            known = found[words][1]
            form = LegalForm(  # noqa: PLW2901 - the merged form takes the place of both
                written=known.written,
                kinds=tuple(dict.fromkeys(known.kinds + form.kinds)),
                languages=tuple(dict.fromkeys(known.languages + form.languages)),
            )
        found[words] = (written, form)
    yield from found.values()


def _with_bare(forms: Iterable[tuple[str, LegalForm]]) -> Iterator[tuple[str, LegalForm]]:
    """Yields each form also as it is written where accents are not to be had."""
    for written, form in forms:
        yield written, form
        if not written.isascii() and set(scripts_of(written)) == {"latin"}:
            for bare in {anyascii(written), written.translate(_NO_ACCENTS)} - {written}:
                yield bare, form


def _is_plain(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a legal form in the middle of a name can hardly be anything else."""
    if isinstance(words[start], Hyphenated) or isinstance(words[end], Hyphenated):
        return False
    letters = "".join(words[start:end])
    return end - start > 1 or len(letters) > (3 if letters.isascii() else 2)


def _kinds(forms: Iterable[LegalForm]) -> frozenset[LegalFormKind]:
    """What several forms on one name amount to: what they agree on, else all they say."""
    sets = [frozenset(form.kinds) for form in forms]
    if not sets:
        return frozenset()
    return frozenset.intersection(*sets) or frozenset.union(*sets)


def _language(forms: Iterable[tuple[str, LegalForm]], text: str) -> str:
    """The language a name shows by its legal form or its letters, where that changes reading."""
    spoken = {language[:2] for _, form in forms for language in form.languages}
    for language in ("uz", "az", "tr", "ja"):
        if spoken and spoken <= {language, "en"} and language in spoken:
            return language
    return "az" if "ə" in text or "Ə" in text else ""
