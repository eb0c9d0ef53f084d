"""Which codes stand for territories; EU is none of them, and an administration all the same."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def iso_territories() -> frozenset[str]:
    """Returns the two-letter codes of ISO 3166-1, as the time zone database lists them.

    Source: iso3166.tab of the IANA time zone database, which travels with `tzdata`.
    """
    text = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return frozenset(line.split("\t")[0] for line in lines)
