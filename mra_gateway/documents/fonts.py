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

SHIPPED = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
"""Latin, Cyrillic (Mongolian, Kazakh and Tajik letters too), Greek, Armenian, Georgian."""


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
