"""Letters of other scripts that look like Latin ones: `АЕО` in Cyrillic is not `AEO`.

Data and one question only. What follows from the answer is decided where an identifier is read:
`identifiers/canonical.py` refuses, `tables/` reports the cell.
"""

from __future__ import annotations

import unicodedata

CYRILLIC = dict(
    zip("АВЕЅІЈКМНОРСТУХҮҺаеѕіјорсухүһԁԛԝ", "ABESIJKMHOPCTYXYHaesijopcyxyhdqw", strict=True)
)
GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo", strict=True))
LATIN_FOR = CYRILLIC | GREEK
"""Look-alike letter → the Latin letter it is taken for."""


def find_look_alikes(text: str) -> str:
    """Returns the letters of a text that pass for Latin ones, each once, in order."""
    return "".join(dict.fromkeys(letter for letter in text if letter in LATIN_FOR))


def is_disguised(word: str) -> bool:
    """Says whether a word could be read as Latin although it is not, or not wholly.

    True for `AEО` (mixed) and for `АЕО` (Cyrillic that passes for Latin as a whole); False for
    `ТИП`, in which `И` and `П` show the script.
    """
    found = [letter for letter in word if letter in LATIN_FOR]
    if not found:
        return False
    letters = [letter for letter in word if letter.isalpha()]
    mixed = any(letter.isascii() for letter in letters)
    return mixed or all(letter in LATIN_FOR for letter in letters)


def to_latin(text: str) -> str:
    """Returns the text with every look-alike replaced by the Latin letter it is taken for."""
    return "".join(LATIN_FOR.get(letter, letter) for letter in text)


def describe(letters: str) -> str:
    """Returns the letters with their Unicode names, for an error text."""
    return ", ".join(f"{letter} ({unicodedata.name(letter, 'unnamed')})" for letter in letters[:5])
