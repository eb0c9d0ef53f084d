"""Korea's and China's gateways in one process, which negotiate first and exchange afterwards.

Nothing is confirmed, pinned or agreed to begin with: that is what the story is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from mra_gateway.clock import HandMovedClock
from mra_gateway.flows.review import mark_reviewed
from mra_gateway.gateway import Gateway, build
from mra_gateway.model.identifiers import Territory
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.settings import DeliverySettings, GuardSettings, Settings, data_folder
from mra_gateway.store import properties
from mra_gateway.store.database import Database
from tests.support import pki
from tests.support.negotiating import CN, KR
from tests.support.simulation import MemoryCarrier, Wire, World, settings_of

SIGNED_AT = datetime(2014, 4, 1, 0, 0, tzinfo=UTC)
"""Certificates are valid around this moment."""


class TwoSides(World):
    """Korea and China, each with a home of its own for data files."""

    def __init__(self, folder: Path, *, begin: datetime, databases: Sequence[Database]) -> None:
        self.wire = Wire(0)
        self.clock = HandMovedClock(begin)
        self.sides = {one: pki.side(one, at=SIGNED_AT) for one in (KR, CN)}
        self.homes = {one: folder / one.lower() for one in (KR, CN)}
        self._delivery, self._guard = DeliverySettings(), GuardSettings()
        self.crashes = 0
        self.refused = []
        self.stores = dict(zip((KR, CN), databases, strict=True))
        self.gateways = {one: self._build(one) for one in (KR, CN)}

    def _build(self, territory: Territory) -> Gateway:
        return build(
            settings_of(territory, delivery=self._delivery, guard=self._guard),
            clock=self.clock,
            database=self.stores[territory],
            registry=self._facts(territory),
            signer=self.sides[territory].signer,
            carrier=MemoryCarrier(self, territory),
            reload=lambda: self._facts(territory),
        )

    def _facts(self, territory: Territory) -> Registry:
        own = self.homes[territory] / "partners"
        return load_registry(data_folder("partners"), *([own] if own.is_dir() else []))

    async def found(self) -> TwoSides:
        """Founds both databases; the day they begin on brings nothing about by itself."""
        for gateway in self.gateways.values():
            settings, today = gateway.settings, gateway.book.day_of(self.clock.now())

            def write(
                connection: Connection, settings: Settings = settings, today: date = today
            ) -> None:
                properties.found_home(
                    connection, territory=settings.territory, environment=settings.environment
                )
                mark_reviewed(connection, today)

            await gateway.database.write(write)
        return self

    def move_to(self, year: int, month: int, day: int) -> None:
        """Moves the clock to the morning of a day."""
        self.clock.move_to(datetime(year, month, day, tzinfo=UTC) + timedelta(hours=3))
