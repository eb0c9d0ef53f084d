"""Which characters a font can print.

A page-setting program draws a box for a character its fonts lack, without a warning, while a text
search in the PDF still finds it. So every character is looked up in the fonts before printing.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTCollection, TTFont, TTLibError

from mra_gateway.errors import Reason, RequestRefused

_FOLDER = Path(__file__).parent / "fonts"
SHIPPED = _FOLDER / "DejaVuSans.ttf"
"""Latin, Cyrillic (Mongolian, Kazakh and Tajik letters too), Greek, Armenian, Georgian."""

_MAIN = (_FOLDER / "NotoSans-Regular.ttf", _FOLDER / "NotoSans-Bold.ttf")
_FURTHER = (
    (_FOLDER / "NotoSansGeorgian-Regular.ttf", _FOLDER / "NotoSansGeorgian-Bold.ttf"),
    (_FOLDER / "NotoSansArmenian-Regular.ttf",),
    (_FOLDER / "NotoSansArabic-Regular.ttf",),
    (SHIPPED,),
    (_FOLDER / "NotoSansCJK-Regular.otf",),
)
"""Families for what the main one lacks, small ones first; `DejaVuSans` has the signs."""


def choose_fonts(texts: Iterable[str]) -> tuple[Path, ...]:
    """Returns the shipped fonts that print the texts: none that adds nothing, in a fixed order."""
    lacking = {ord(letter) for text in texts for letter in text if not letter.isspace()}
    lacking -= _read(_MAIN[0]).characters
    chosen = list(_MAIN)
    for family in _FURTHER:
        if lacking and lacking & _read(family[0]).characters:
            chosen += family
            lacking -= _read(family[0]).characters
    return tuple(chosen)


def shipped_fonts() -> tuple[Path, ...]:
    """Returns every font that is shipped."""
    return (*_MAIN, *(font for family in _FURTHER for font in family))


def check_printable(texts: Iterable[str], *, fonts: Sequence[Path]) -> None:
    """Checks that the fonts have every character.

    Raises:
        RequestRefused: `CHARACTERS_NOT_PRINTABLE`, naming the characters; or a font cannot be read.
    """
    known = frozenset[int]().union(*(_read(font).characters for font in fonts))
    needed = {letter for text in texts for letter in text if not letter.isspace()}
    missing = sorted(letter for letter in needed if ord(letter) not in known)
    if missing:
        shown = " ".join(missing[:12]) + (" …" if len(missing) > 12 else "")
        raise RequestRefused(
            f"the fonts lack {len(missing)} characters of this sheet ({shown}, for instance "
            f"{unicodedata.name(missing[0], 'unnamed')}): write .html or .docx, or name a font "
            "that has them with --font",
            reason=Reason.CHARACTERS_NOT_PRINTABLE,
        )


def family_of(font: Path) -> str:
    """Returns the name by which a document asks for a font.

    Raises:
        RequestRefused: It cannot be read.
    """
    return _read(font).family


def families_of(fonts: Sequence[Path]) -> list[str]:
    """Returns the names by which a document asks for fonts, each once, in their order.

    Raises:
        RequestRefused: One cannot be read.
    """
    return list(dict.fromkeys(family_of(font) for font in fonts))


class _Font(NamedTuple):
    family: str
    characters: frozenset[int]


@lru_cache(maxsize=16)
def _read(font: Path) -> _Font:
    try:
        content = io.BytesIO(font.read_bytes())
        if font.suffix.lower() in (".ttc", ".otc"):
            faces = TTCollection(content).fonts
        else:
            faces = [TTFont(content)]
        family = faces[0]["name"].getBestFamilyName() or font.stem
        return _Font(family, frozenset(code for face in faces for code in face.getBestCmap() or ()))
    except (OSError, TTLibError, KeyError) as error:
        raise RequestRefused(
            f"this font cannot be read: {str(error)[:120]!r}",
            reason=Reason.FILE_UNREADABLE,
            where=str(font),
        ) from None
