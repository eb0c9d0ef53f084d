"""One spelling for the ways a word is romanised: `Халық`, `Khalyk`, `Halyq` become one (pure).

Two steps. `to_latin` writes any script in plain Latin letters: Cyrillic by the table here, which
knows the letters of Kazakh, Kyrgyz, Mongolian, Tajik, Turkmen and Uzbek; every other script by
anyascii, which reads Chinese characters by their Mandarin sound **and Japanese kanji likewise**
(東京 becomes `dongjing`): kanji compare with kanji, never with a romanised Japanese name. `fold`
then makes one spelling of what romanisations write differently, and loses differences on the way
(`Zhi` and `Ji`): equal after folding is evidence across scripts, not identity.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from anyascii import anyascii

_CYRILLIC: Final = (
    # each letter with what it is written as; _ for nothing
    "аa бb вv гg дd еe ёe жzh зz иi йi кk лl мm нn оo пp рr сs тt уu фf хkh цts "
    "чch шsh щsh ъ_ ыy ь_ эe юyu яya іi їi єe ґg ўo қk ғg ңn әa өo үu ұu һh җj ҷj "
    "ҳh ӣi ӯu ҝg ҹj ҡk ҙz ҫs јj љl њn ћc ђdj џdz ѓg ќk ӊn ҟk "
)
_LATIN: Final = {
    "ş": "sh", "ș": "sh", "š": "sh", "ç": "ch", "č": "ch", "ć": "ch", "ž": "zh", "ż": "zh",
    "ğ": "g", "ı": "i", "ə": "a", "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d",
    "þ": "th", "ð": "d", "ñ": "n", "ʻ": "", "ʼ": "", "‘": "", "’": "", "`": "", "´": "",
    "'": "", "ʹ": "", "ʺ": "", "′": "",
}  # fmt: skip
_TABLE: Final = str.maketrans(
    {**_LATIN, **{pair[0]: pair[1:].replace("_", "") for pair in _CYRILLIC.split()}}
)
_WITHOUT_ACCENTS: Final[tuple[dict[int, str], ...]] = (
    {},
    str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}),
    str.maketrans({"ə": "e", "ş": "s", "ç": "c", "š": "s", "č": "c", "ž": "z", "ñ": "n"}),
)
_HANGUL: Final = (
    # initials, vowels, finals of the Revised Romanization, in the order of Unicode
    "g kk n d tt r m b pp s ss _ j jj ch k t p h",
    "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i",
    "_ k k k n n n t l k m l l l p l m p p t t ng t t k t p t",
)
_SPELLINGS: Final = (
    # longest first; the order is part of the rule
    (re.compile("tsch|tch"), "ch"),
    (re.compile("shch|sch"), "sh"),
    (re.compile("dzh|dj|zh"), "j"),
    (re.compile("kh"), "h"),
    (re.compile("gh"), "g"),
    (re.compile("ph"), "f"),
    (re.compile("th"), "t"),
    (re.compile("tz"), "ts"),
    (re.compile("ck"), "k"),
    (re.compile("c(?!h)"), "k"),
    (re.compile("q"), "k"),
    (re.compile("x"), "ks"),
    (re.compile("w"), "v"),
    (re.compile("y"), "i"),
    (re.compile("ie"), "e"),
    (re.compile("ae"), "a"),
    (re.compile("oe"), "o"),
    (re.compile("ue"), "u"),
    (re.compile("ou"), "u"),
    (re.compile(r"([a-z])\1+"), r"\1"),
)
_READ: Final = {
    "uz": (("x", "kh"),),
    "az": (("ch", "tch"), ("c", "j"), ("tjh", "ch"), ("x", "kh")),
    "tr": (("ch", "tch"), ("c", "j"), ("tjh", "ch")),
}
_VOWELS: Final = re.compile("[aeiouy]+")


@lru_cache(maxsize=65_536)
def to_latin(token: str) -> str:
    """Returns a case-folded token in Latin letters and digits, without accents."""
    if token.isascii():
        return token if token.isalnum() else "".join(filter(str.isalnum, token))
    latin = anyascii("".join(map(_romanised, token.translate(_TABLE)))).lower()
    return "".join(letter for letter in latin if letter.isalnum())


def bare_spellings(text: str) -> frozenset[str]:
    """Returns what a text is where accents are not to be had: `müller` is `muller` or `mueller`."""
    return frozenset(to_latin(text.translate(table)) for table in _WITHOUT_ACCENTS)


@lru_cache(maxsize=65_536)
def fold(latin: str, *, language: str = "") -> str:
    """Returns a Latin token in the one spelling of all romanisations.

    Args:
        latin: As `to_latin` writes it.
        language: Whose letters they are, where that is known: Uzbek `x` is `kh` (`Xorazm`, хоразм)
            and not `ks`, Azerbaijani and Turkish `c` is `j`.
    """
    folded = latin
    for letter, spelling in _READ.get(language, ()):
        folded = folded.replace(letter, spelling)
    for pattern, spelling in _SPELLINGS:
        folded = pattern.sub(spelling, folded)
    return folded or latin


def _romanised(letter: str) -> str:
    """Writes a Korean syllable as Korea does; anyascii spells finals otherwise than they sound."""
    index = ord(letter) - 0xAC00
    if not 0 <= index < 11172:
        return letter
    parts = (index // 588, index % 588 // 28, index % 28)
    found = (row.split()[part] for row, part in zip(_HANGUL, parts, strict=True))
    return "".join(found).replace("_", "")


def sound(folded: str) -> str:
    """Returns the consonants of a folded token with `a` for every run of vowels."""
    return _VOWELS.sub("a", folded)
