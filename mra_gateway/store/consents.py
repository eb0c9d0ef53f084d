"""Consent per operator and partner, with its basis, letter and dates; history kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from mra_gateway.model.identifiers import Territory, Tin
from mra_gateway.store.chunks import chunked
from mra_gateway.store.register_tables import consents


class Consent(NamedTuple):
    """One consent (or other basis) for one operator towards one partner."""

    tin: Tin
    partner: Territory
    basis: str
    letter_number: str | None
    given_on: date | None
    withdrawn_on: date | None

    def is_given(self, on: date) -> bool:
        """Says whether data may travel on a day."""
        started = self.given_on is None or self.given_on <= on
        return started and (self.withdrawn_on is None or self.withdrawn_on > on)


def held(connection: Connection, tins: Iterable[Tin]) -> dict[tuple[Tin, Territory], Consent]:
    """Returns the consents now recorded for some operators."""
    found: dict[tuple[Tin, Territory], Consent] = {}
    for chunk in chunked(sorted(set(tins))):
        query = select(consents).where(
            consents.c.tin.in_(chunk), consents.c.superseded_at.is_(None)
        )
        for row in connection.execute(query):
            consent = Consent(
                Tin.trusted(row.tin),
                Territory.trusted(row.partner),
                row.basis,
                row.letter_number,
                row.given_on,
                row.withdrawn_on,
            )
            found[consent.tin, consent.partner] = consent
    return found


def turning(connection: Connection, *, after: date, until: date) -> set[Tin]:
    """Returns the operators of whom some consent began or ended after one day and until another."""
    query = select(consents.c.tin).where(
        consents.c.superseded_at.is_(None),
        consents.c.given_on.between(after + timedelta(days=1), until)
        | consents.c.withdrawn_on.between(after + timedelta(days=1), until),
    )
    return {Tin.trusted(tin) for tin in connection.scalars(query)}


def replace(
    connection: Connection, new: Iterable[Consent], *, at: datetime, recorded_by: str
) -> None:
    """Records consents; each supersedes what was recorded for the operator and partner."""
    given = list(new)
    if not given:
        return
    # of several for one operator and partner the last stands; the others are history at once
    latest = {(consent.tin, consent.partner): index for index, consent in enumerate(given)}
    connection.execute(
        update(consents)
        .where(consents.c.tin == bindparam("of_tin"), consents.c.partner == bindparam("towards"))
        .where(consents.c.superseded_at.is_(None))
        .values(superseded_at=at),
        [{"of_tin": tin, "towards": partner} for tin, partner in latest],
    )
    connection.execute(
        insert(consents),
        [
            {
                **consent._asdict(),
                "recorded_at": at,
                "recorded_by": recorded_by,
                "superseded_at": None if latest[consent.tin, consent.partner] == index else at,
            }
            for index, consent in enumerate(given)
        ],
    )
