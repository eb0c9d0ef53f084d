"""The only source of time, identifiers and chance.

Everything that needs one of the three is handed a `Clock`; nothing else calls `datetime.now`,
`uuid` or `random`. That is what lets a simulation of two gateways replay a failing seed exactly.
Secrets (keys, salts, API keys) come from the operating system and are not made here.
"""

from __future__ import annotations

import os
import random
import uuid
from datetime import UTC, datetime
from typing import Protocol

_UUIDS = 256
"""How many are made at a time."""


class Clock(Protocol):
    """Time, identifiers and chance, as a capability that is handed in."""

    def now(self) -> datetime:
        """Returns the current moment, aware, in UTC, to the microsecond."""
        ...

    def new_uuid(self) -> str:
        """Returns a fresh UUID in its lower-case text form."""
        ...

    def jitter(self) -> float:
        """Returns a number in [0, 1) that spreads retries."""
        ...


class SystemClock:
    """The machine's clock and the operating system's randomness.

    Identifiers are made some hundred at a time: asking the system costs more than making one.
    """

    def __init__(self) -> None:
        self._uuids: list[str] = []

    def now(self) -> datetime:
        """Returns the current moment, aware, in UTC, to the microsecond."""
        return datetime.now(UTC)

    def new_uuid(self) -> str:
        """Returns a random (version 4) UUID."""
        try:
            return self._uuids.pop()  # in one step, whichever thread asks
        except IndexError:
            drawn = os.urandom(16 * _UUIDS)
            self._uuids += [
                str(uuid.UUID(bytes=drawn[at : at + 16], version=4))
                for at in range(16, len(drawn), 16)
            ]
            return str(uuid.UUID(bytes=drawn[:16], version=4))

    def jitter(self) -> float:
        """Returns a number in [0, 1) that spreads retries."""
        return random.random()  # noqa: S311 - spreads retries, protects nothing


class HandMovedClock:
    """A clock that moves only when told, with seeded identifiers: for simulation and replay."""

    def __init__(self, at: datetime, *, seed: int = 0) -> None:
        self._at = at
        self._random = random.Random(seed)  # noqa: S311 - reproducible on purpose

    def now(self) -> datetime:
        """Returns the moment the clock was last moved to."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Sets the clock; moving backwards is allowed, for partners' clocks do."""
        self._at = at

    def new_uuid(self) -> str:
        """Returns the next UUID of the seeded sequence."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def jitter(self) -> float:
        """Returns the next number of the seeded sequence."""
        return self._random.random()
