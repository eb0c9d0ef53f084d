"""What is wanted of a file of declarations, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from mra_gateway.errors import Reason
from mra_gateway.model.measured_loads import LoadFault
from mra_gateway.model.periods import Period

MOST_FAULTS: Final = 200
"""Rows told one by one; all are counted."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is wanted of a file.

    Attributes:
        period: In which every row has to count.
        zone: The administration's: its days are counted by.
        wall: Of moments that name none.
        is_wall_stated: Whether an officer said so: then moments without an offset are good beside
            others that have one.
        stated: Field → what stands for it in rows that state none.
        currency: Into which values are changed; None: the only one there is.
        own_currency: Of values beside which none is stated.
        factor: Returns what one of a currency is worth in another, or None.
        region_of: Returns the region of a territory.
        key: Under which declarations are told apart in what is written: no file names one, for a
            purge does not reach into files and throws the key away.
        others: Files whose declarations are counted already, if lodged on the same day; those
            written under another key are not known again.
    """

    period: Period
    zone: ZoneInfo
    wall: ZoneInfo
    is_wall_stated: bool = False
    stated: Mapping[str, Any] = field(default_factory=dict)
    currency: str | None = None
    own_currency: str | None = None
    factor: Callable[[str, str], float | None]
    region_of: Callable[[str], str | None]
    key: bytes
    others: Sequence[Path] = ()


class Taken(NamedTuple):
    """What came of it.

    Attributes:
        read: Rows that are not blank.
        counted: Rows written.
        faulty: Rows left out for what is wrong with them.
        outside: Rows left out because they count in another period.
        doubled: Rows left out because others say the same.
        by_reason: Of how many rows each is true.
        faults: The first of them.
        days: Day → rows that count on it.
        currency: Of every value.
        days_only: Moments that were read as days, for every one is a midnight.
    """

    read: int
    counted: int
    faulty: int
    outside: int
    doubled: int
    by_reason: dict[Reason, int]
    faults: tuple[LoadFault, ...]
    days: dict[date, int]
    currency: str | None
    days_only: tuple[str, ...] = ()
