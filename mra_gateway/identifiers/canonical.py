"""The canonical TIN of an operator, from the forms it is written in.

Pure. What a *partner's* identifier looks like on a declaration is an alias rule of `partners/`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.identifiers import Territory, Tin
from mra_gateway.model.look_alikes import describe, find_look_alikes

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_AUTHORISATION = re.compile(r"AEO[A-Z]?[A-Z]{2}[0-9]")


def canonical_tin(text: str, *, territory: Territory, accepted: Collection[Territory] = ()) -> Tin:
    """Returns the canonical TIN: territory code + national identifier, without punctuation.

    Spaces, dots, dashes, slashes and invisible characters are stripped, full-width characters
    narrowed, letters raised to capitals; the territory code is put in front where none stands.

    Args:
        text: The identifier as somebody wrote it.
        territory: The territory whose code is added where the text has none.
        accepted: Every code the text may begin with instead, for a customs union whose members
            issue the identifiers. Where `territory` is not among them, the code must be written.

    Raises:
        RequestRefused: `IDENTIFIER_INVALID`. Letters of another script that pass for Latin ones are
            refused, never replaced: two operators must not become one.

    Source: WCO TIN Guidelines (June 2018) as described by Brazil's customs: ISO alpha-2 code of
        the issuing country + national identifier, without dots and dashes.
    """
    codes = frozenset(accepted) or frozenset({territory})
    bare = _bare(text)
    if not bare:
        raise _refused(text, "it holds no letter or digit")
    if _AUTHORISATION.match(bare):
        raise _refused(text, "it reads as an authorisation number, which is not the TIN")
    if bare[:2] not in codes:
        if territory not in codes:
            raise _refused(text, f"it begins with none of {', '.join(sorted(codes))}")
        bare = territory + bare
    try:
        return Tin(bare)
    except ValueError:
        raise _refused(text, f"it is not {Tin.form}") from None


def _bare(text: str) -> str:
    if text.isascii() and text.isalnum():
        return text.upper()  # nothing to strip: most texts of a long list
    narrow = text.translate(_INVISIBLE).translate(_NARROW)
    bare = "".join(letter for letter in narrow if not _is_punctuation(letter))
    foreign = "".join(letter for letter in bare if not (letter.isascii() and letter.isalnum()))
    if not foreign:
        return bare.upper()
    look_alikes = find_look_alikes(bare)
    if look_alikes:
        raise _refused(
            text, f"{describe(look_alikes)} only look like Latin letters; write Latin letters"
        )
    raise _refused(text, f"{foreign[:10]!r} is neither a letter A to Z nor a digit")


def _is_punctuation(letter: str) -> bool:
    return letter in "./\\\u2212\t\r\n" or unicodedata.category(letter) in {"Pd", "Zs"}


def _refused(text: str, why: str) -> RequestRefused:
    return RequestRefused(
        f"{text[:60]!r} is not a trader identification number: {why}",
        reason=Reason.IDENTIFIER_INVALID,
    )
