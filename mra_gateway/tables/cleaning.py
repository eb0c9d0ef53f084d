"""Text as spreadsheets hold it → text as the model wants it, with word of what was changed.

Only what cannot change a meaning is changed: invisible characters, exotic spaces, full-width forms
in identifiers, the normalisation form. Look-alike letters are never touched here.
"""

from __future__ import annotations

import functools
import re
import unicodedata

INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad\u200e\u200f"))
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_SPACES = dict.fromkeys((*map(ord, "\u00a0\u1680\u202f\u205f\u3000"), *range(0x2000, 0x200B)), " ")
_APOSTROPHES = dict.fromkeys(map(ord, "ʻʼ‘’`´"), "'")


def clean_line(text: str) -> str:
    """Returns one line in NFC with plain single line breaks and spaces, without invisible ones."""
    return " ".join(clean_lines(text))


def clean_lines(text: str) -> tuple[str, ...]:
    """Returns the lines of a cell, each cleaned, without the empty ones."""
    if text.isprintable() and unicodedata.is_normalized("NFC", text):
        line = text.strip()
        return (line,) if line else ()
    plain = unicodedata.normalize("NFC", text.translate(INVISIBLE).translate(_SPACES))
    lines = (line.strip() for line in re.split(r"[\r\n\v\f\t\u2028\u2029]+", plain))
    return tuple(line for line in lines if line)


def narrow(text: str) -> str:
    """Returns the text with full-width letters, digits and signs in their plain form."""
    return text if text.isascii() else text.translate(_NARROW)


@functools.lru_cache(maxsize=32_768)
def key_of(text: str) -> str:
    """Returns the form in which headings and words are compared.

    Case, punctuation, spacing, the kind of apostrophe and `ё` make no difference.
    """
    plain = unicodedata.normalize("NFKC", text.translate(INVISIBLE).translate(_APOSTROPHES))
    folded = plain.casefold().replace("ё", "е").replace("'", "")
    return " ".join(re.sub(r"[\W_]+", " ", folded).split())


def shown(value: object) -> str:
    """Returns a value as it may be shown anywhere: through `repr`, cut."""
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
