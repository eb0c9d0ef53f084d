"""One form of an identifier for comparing, whoever typed it (pure).

What is folded, and nothing else: case, full-width characters, digits of other scripts (`٣` is 3),
white space, punctuation of any kind (hyphens, slashes, brackets), invisible characters, and the
ways `ТИП` of an EAEU certificate is typed on a keyboard that has no Cyrillic letters.

Two different numbers may get one form: `A-12/3` and `A-1/23` do. So a form never decides by itself:
whoever looks one up holds *every* operator under it, and more than one is ambiguous. Letters of
another script that only look like Latin ones are kept apart: whether `АЕО` was meant for `AEO` is
for a person to say (`diagnose`), as in `canonical_tin`.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

_ASCII_PUNCTUATION = {code: None for code in range(128) if not chr(code).isalnum()}
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u180e")
# Not in partners/: `normalised` is called for every identifier of every declaration by callers that
# hold no data, and must fold alike for all of them. Source: the rules `…-EAEU` of
# partners/identification/, which cite EEC Board decision 129 of 2017.
_EAEU_STATES = frozenset({"AM", "BY", "KZ", "KG", "RU"})
_EAEU = re.compile(r"(..)([0-9]{1,10})[TТ][IИІHНNUY][PПР]E?([1-3])")
"""`ТИП` as it is, in Latin letters (`TIP`, `TYPE`), by look (`THP`) and mixed (`ТIП`)."""


class Folding(StrEnum):
    """What was done to a text to get the form that is compared."""

    CASE = "case"
    WIDTH = "width"
    DIGITS = "digits"
    """Digits of another script: Arabic, Persian, Devanagari …"""

    SPACE = "space"
    PUNCTUATION = "punctuation"
    INVISIBLE = "invisible"
    CERTIFICATE_TYPE = "certificate_type"
    """`TIP`, `THP`, `ТIП` … read as the `ТИП` of an EAEU certificate."""


def normalised(text: str) -> str:
    """Returns the form under which an identifier is compared; empty when nothing is left.

    Doing it again changes nothing.
    """
    if text.isascii():
        key = text.upper()
        if not key.isalnum():
            key = key.translate(_ASCII_PUNCTUATION)
    else:
        key = _folded(text)
    if key[:2] in _EAEU_STATES:
        certificate = _EAEU.fullmatch(key)
        if certificate:
            state, serial, kind = certificate.groups()
            return f"{state}{serial}ТИП{kind}"
    return key


def plainly_typed(text: str) -> str:
    """Returns a text in capitals, without full-width characters, other digits and invisible ones.

    Punctuation and spaces stay: by them forms that mean another number are told apart.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    return "".join(_digit(letter) for letter in plain if letter not in _INVISIBLE)


def foldings(text: str) -> tuple[Folding, ...]:
    """Returns what `normalised` does to a text, for telling a person."""
    narrow = unicodedata.normalize("NFKC", text)
    done = {
        Folding.WIDTH: narrow != unicodedata.normalize("NFC", text),
        Folding.DIGITS: any(letter.isdecimal() and not letter.isascii() for letter in narrow),
        Folding.INVISIBLE: any(letter in _INVISIBLE for letter in narrow),
        Folding.SPACE: any(letter.isspace() for letter in narrow),
        Folding.PUNCTUATION: any(_is_punctuation(letter) for letter in narrow),
        Folding.CASE: narrow.upper() != narrow,
        Folding.CERTIFICATE_TYPE: normalised(text) != _folded(text),
    }
    return tuple(folding for folding, was_done in done.items() if was_done)


def _folded(text: str) -> str:
    """Folds until nothing changes: what is taken out may join what stood around it."""
    key = text
    while True:
        key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", key).upper())
        key = "".join([_digit(letter) for letter in key if letter.isalnum() or _is_mark(letter)])
        if unicodedata.is_normalized("NFKC", key) and key.upper() == key:
            return key


def _digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


def _is_mark(letter: str) -> bool:
    """A mark belongs to its letter: without it two numbers could become one."""
    return unicodedata.category(letter) in {"Mn", "Mc"}


def _is_punctuation(letter: str) -> bool:
    return not (letter.isalnum() or letter.isspace() or letter in _INVISIBLE or _is_mark(letter))
