"""Consults what officers decided about partners, held in memory and refreshed from the store.

The book joins the facts of `partners/` (files) with cards, revocations and confirmations (store):
whom we may believe, where they are reached, and which arrangements may be exchanged and decided
under. Every process refreshes it before it acts on a poll, so that a decision made on the command
line reaches a running gateway within a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from mra_gateway.errors import Reason, SetupError
from mra_gateway.model.facts import Administration, Arrangement
from mra_gateway.model.identifiers import ArrangementId, Digest, Territory
from mra_gateway.model.messages import Environment
from mra_gateway.registry.load import Registry, arrangement_digest
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database
from mra_gateway.trust.chain import Revocation
from mra_gateway.trust.policy import PartnerTrust

_log = structlog.get_logger(__name__)


class Cover(NamedTuple):
    """An arrangement that covers an exchange with a partner, and who issues on its side."""

    arrangement: Arrangement
    partner: Administration


class PartnerBook:
    """What is known and decided about partners."""

    def __init__(
        self,
        *,
        us: Territory,
        environment: Environment,
        registry: Registry,
        reload: Callable[[], Registry] | None = None,
    ) -> None:
        """Takes whose book it is, and the facts as they stand.

        Args:
            us: Our territory.
            environment: Ours.
            registry: The facts of `partners/`, the home's copies included.
            reload: Reads the facts anew: an officer may have completed a copy before confirming it.
        """
        self.us = us
        self.environment = environment
        self.registry = registry
        self._reload = reload
        self._trust: dict[Territory, PartnerTrust] = {}
        self._urls: dict[Territory, str] = {}
        self._confirmed: dict[ArrangementId, decided.Confirmation] = {}
        self._digests: dict[ArrangementId, Digest] = {}
        self._seen: object = None
        self._begun = self._taken = 0
        self.version = 0
        """Counts the times something else was read: facts or decisions."""

    @property
    def our_administration(self) -> Administration:
        """The facts about ourselves."""
        return self.registry.get_administration(self.us)

    @property
    def time_zone(self) -> ZoneInfo:
        """The zone in which our legal days run and our officers read times."""
        return zone_of(self.our_administration)

    async def refresh(self, database: Database) -> bool:
        """Reads the decisions anew; True when something changed.

        A look that took long never brings back what one begun after it has seen to be over.
        """
        self._begun += 1
        this = self._begun
        decisions = await database.read(_decisions)
        if this < self._taken:
            return False
        self._taken = this
        return self._load(*decisions)

    def refresh_within(self, connection: Connection) -> bool:
        """Reads the decisions anew in a transaction under way."""
        return self._load(*_decisions(connection))

    def find_trust(self, territory: Territory) -> PartnerTrust | None:
        """Returns the trust material of a pinned partner, or None."""
        return self._trust.get(territory)

    def trusted(self) -> tuple[PartnerTrust, ...]:
        """Returns the trust material of every pinned partner."""
        return tuple(self._trust.values())

    def find_url(self, territory: Territory) -> str | None:
        """Returns where a partner's gateway is reached, or None."""
        return self._urls.get(territory)

    def find_confirmation(self, arrangement: ArrangementId) -> decided.Confirmation | None:
        """Returns the confirmation that fits an arrangement's present content, or None."""
        facts = self.registry.arrangements.get(arrangement)
        confirmation = self._confirmed.get(arrangement)
        if facts is None or confirmation is None:
            return None
        if arrangement not in self._digests:  # until the facts are read anew
            self._digests[arrangement] = arrangement_digest(facts)
        return confirmation if confirmation.digest == self._digests[arrangement] else None

    def changed_since_confirmed(self) -> list[ArrangementId]:
        """Returns the arrangements that count for nothing because their copy was changed."""
        return [
            id_
            for id_ in sorted(self._confirmed)
            if id_ in self.registry.arrangements and self.find_confirmation(id_) is None
        ]

    def check_exchange(
        self, arrangement: ArrangementId, *, partner: Territory, at: datetime
    ) -> Reason:
        """Returns `OK` when we may exchange and decide under an arrangement with a partner now.

        The day is that of our own time zone.
        """
        facts = self.registry.arrangements.get(arrangement)
        if facts is None:
            return Reason.ARRANGEMENT_UNKNOWN
        if facts.party(partner) is None or facts.party(self.us) is None:
            return Reason.NOT_A_PARTY
        if self.find_confirmation(arrangement) is None:
            return Reason.ARRANGEMENT_NOT_CONFIRMED
        if not facts.in_force(self.day_of(at), parties=(self.us, partner)):
            return Reason.ARRANGEMENT_NOT_IN_FORCE
        return Reason.OK

    def has_ended(self, arrangement: ArrangementId, *, at: datetime) -> bool:
        """Says whether an arrangement is over for good."""
        facts = self.registry.arrangements.get(arrangement)
        end = None if facts is None else facts.ended_on.value
        return end is not None and end <= self.day_of(at)

    def covers_with(
        self, partner: Territory | None = None, *, at: datetime
    ) -> Iterator[tuple[ArrangementId, Territory]]:
        """Yields every arrangement in force and the partner under it, or those with one partner."""
        for arrangement in self.registry.arrangements.values():
            for party in arrangement.parties:
                wanted = partner is None or party.territory == partner
                if party.territory == self.us or not wanted:
                    continue
                if self.check_exchange(arrangement.id, partner=party.territory, at=at) is Reason.OK:
                    yield arrangement.id, party.territory

    def get_cover(self, arrangement: ArrangementId, *, partner: Territory) -> Cover:
        """Returns the facts of an arrangement and a partner.

        Raises:
            RequestRefused: There are none.
        """
        return Cover(
            self.registry.get_arrangement(arrangement), self.registry.get_administration(partner)
        )

    def day_of(self, at: datetime, *, territory: Territory | None = None) -> date:
        """Returns the legal day of a moment in an administration's time zone (ours when None)."""
        administration = self.registry.administrations.get(territory or self.us)
        zone = self.time_zone if administration is None else zone_of(administration)
        return at.astimezone(zone).date()

    def _reload_facts(self, *, first: bool) -> None:
        """Facts that cannot be read stay as they were: a changed copy is then not confirmed."""
        if first or self._reload is None:
            return
        try:
            self.registry = self._reload()
        except SetupError as error:
            _log.warning("data files not reloaded", reason=error.reason)
        self._digests.clear()

    def _load(
        self,
        pinned: list[decided.PinnedCard],
        revoked: list[decided.RevokedKey],
        confirmed: list[decided.Confirmation],
    ) -> bool:
        seen = (
            tuple(card.id for card in pinned),
            tuple(revoked),
            tuple(confirmed),
        )
        if seen == self._seen:
            return False
        self._reload_facts(first=self._seen is None)
        self._seen = seen
        self.version += 1
        by_partner: dict[Territory, list[decided.PinnedCard]] = {}
        for card in pinned:
            by_partner.setdefault(card.card.territory, []).append(card)
        self._trust = {
            territory: PartnerTrust.from_cards(
                [card.card for card in cards],
                revocations=tuple(
                    Revocation(fingerprint=key.fingerprint, since=key.since)
                    for key in revoked
                    if key.territory == territory
                ),
            )
            for territory, cards in by_partner.items()
        }
        self._urls = {card.card.territory: card.card.url for card in pinned if card.card.url}
        self._confirmed = {row.arrangement: row for row in confirmed}
        return True


def zone_of(administration: Administration) -> ZoneInfo:
    """Returns an administration's time zone; UTC where it is not known."""
    return ZoneInfo(administration.time_zone.value or "UTC")


def _decisions(
    connection: Connection,
) -> tuple[list[decided.PinnedCard], list[decided.RevokedKey], list[decided.Confirmation]]:
    return decided.pinned(connection), decided.revoked(connection), decided.confirmed(connection)
