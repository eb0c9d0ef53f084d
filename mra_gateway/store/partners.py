"""What we decided about partners: cards pinned, keys revoked, arrangements confirmed.

The facts about administrations and arrangements are files (`registry/`); here is only what officers
did with them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from mra_gateway.model.facts import PartnerCard
from mra_gateway.model.identifiers import ArrangementId, Digest, Territory
from mra_gateway.store import feed
from mra_gateway.store.tables import cards, confirmations, revocations

# Read several times a second by every process: built once.
_PINNED = (
    select(cards).where(cards.c.withdrawn_at.is_(None)).order_by(cards.c.pinned_at, cards.c.id)
)
_REVOKED = select(revocations)
_CONFIRMED = select(confirmations).where(confirmations.c.withdrawn_at.is_(None))


class PinnedCard(NamedTuple):
    """A card two officers pinned."""

    id: str
    card: PartnerCard
    pinned_at: datetime
    pinned_by: str
    second_officer: str


class RevokedKey(NamedTuple):
    """A certificate that is not trusted for anything made or received since a moment."""

    territory: Territory
    fingerprint: Digest
    since: datetime


class Confirmation(NamedTuple):
    """The content of an arrangement two officers confirmed."""

    arrangement: ArrangementId
    digest: Digest
    legal_act: str
    act_on: date
    requested_by: str
    approved_by: str
    confirmed_at: datetime


def pin(
    connection: Connection,
    card_id: str,
    *,
    card: PartnerCard,
    at: datetime,
    by: str,
    second_officer: str,
) -> None:
    """Adds a card; earlier ones of the partner stay valid beside it (current and next key)."""
    connection.execute(
        insert(cards).values(
            id=card_id,
            territory=card.territory,
            card=card.model_dump_json(),
            pinned_at=at,
            pinned_by=by,
            second_officer=second_officer,
        )
    )


def withdraw_cards(
    connection: Connection, territory: Territory, *, at: datetime, keep: str | None = None
) -> int:
    """Ends the trust in a partner's cards, except one, and returns how many ended."""
    statement = (
        update(cards)
        .where(cards.c.territory == territory, cards.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at)
    )
    if keep is not None:
        statement = statement.where(cards.c.id != keep)
    return connection.execute(statement).rowcount


def pinned(connection: Connection) -> list[PinnedCard]:
    """Returns the cards trusted now, the newest last."""
    return [
        PinnedCard(
            row.id,
            PartnerCard.model_validate_json(row.card),
            row.pinned_at,
            row.pinned_by,
            row.second_officer,
        )
        for row in connection.execute(_PINNED)
    ]


def revoke(
    connection: Connection,
    revocation_id: str,
    *,
    territory: Territory,
    fingerprint: Digest,
    since: datetime,
    at: datetime,
    by: str,
    note: str,
) -> None:
    """Writes that a certificate is not trusted since a moment."""
    connection.execute(
        insert(revocations).values(
            id=revocation_id,
            territory=territory,
            fingerprint=fingerprint,
            since=since,
            recorded_at=at,
            recorded_by=by,
            note=note,
        )
    )


def revoked(connection: Connection) -> list[RevokedKey]:
    """Returns every certificate that was revoked."""
    return [
        RevokedKey(Territory.trusted(row.territory), Digest.trusted(row.fingerprint), row.since)
        for row in connection.execute(_REVOKED)
    ]


def confirm(connection: Connection, confirmation_id: str, *, confirmation: Confirmation) -> None:
    """Writes that two officers confirmed an arrangement; an earlier confirmation is withdrawn."""
    withdraw_confirmation(connection, confirmation.arrangement, at=confirmation.confirmed_at)
    feed.advance(connection, at=confirmation.confirmed_at)
    connection.execute(insert(confirmations).values(id=confirmation_id, **confirmation._asdict()))


def withdraw_confirmation(
    connection: Connection, arrangement: ArrangementId, *, at: datetime
) -> int:
    """Ends a confirmation and returns how many ended."""
    feed.advance(connection, at=at)
    return connection.execute(
        update(confirmations)
        .where(confirmations.c.arrangement == arrangement)
        .where(confirmations.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at)
    ).rowcount


def find_confirmation(
    connection: Connection, arrangement: ArrangementId, *, known_at: datetime
) -> Confirmation | None:
    """Returns the confirmation of an arrangement that was in effect at a moment, or None."""
    query = (
        select(confirmations)
        .where(confirmations.c.arrangement == arrangement)
        .where(confirmations.c.confirmed_at <= known_at)
        .where(confirmations.c.withdrawn_at.is_(None) | (confirmations.c.withdrawn_at > known_at))
        .order_by(confirmations.c.confirmed_at.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _confirmation(row)


def confirmed(connection: Connection) -> list[Confirmation]:
    """Returns the confirmations in effect."""
    return [_confirmation(row) for row in connection.execute(_CONFIRMED)]


def _confirmation(row: Row[Any]) -> Confirmation:
    return Confirmation(
        ArrangementId.trusted(row.arrangement),
        Digest.trusted(row.digest),
        row.legal_act,
        row.act_on,
        row.requested_by,
        row.approved_by,
        row.confirmed_at,
    )
