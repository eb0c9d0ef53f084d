"""The TINs a text may mean, for looking one up.

Pure. Finding is not recognising: more than one hit is ambiguous and matches nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from mra_gateway.errors import RequestRefused
from mra_gateway.identifiers.canonical import canonical_tin
from mra_gateway.model.identifiers import Territory, Tin


def candidate_tins(text: str, *, territories: Collection[Territory] = ()) -> tuple[Tin, ...]:
    """Returns the canonical TINs a text may stand for; none when it has another form.

    Args:
        text: As declared: with or without territory code, with any punctuation.
        territories: The territories whose code may be missing in front.
    """
    found: list[Tin] = []
    if len(text) >= 3 and text[:2].isalpha():
        _collect(text, Territory.trusted(text[:2].upper()), found)
    for territory in territories:
        _collect(text, territory, found)
    return tuple(dict.fromkeys(found))


def _collect(text: str, territory: Territory, found: list[Tin]) -> None:
    try:
        found.append(canonical_tin(text, territory=territory))
    except RequestRefused:
        return
