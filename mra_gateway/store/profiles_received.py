"""Profiles of programmes as partners sent them: every version, as it was signed, and by whom.

What comparisons may rest on is the latest version whose signer's key was not revoked since before
it came: such a profile is confirmed by the administration it describes.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, Select, delete, exists, insert, select, text

from mra_gateway.model.facts import Programme
from mra_gateway.model.identifiers import Digest, MessageId, ProgrammeId, Territory
from mra_gateway.model.messages import ProgrammeProfile
from mra_gateway.model.profiles import Profile
from mra_gateway.store.exchange_tables import received_profiles
from mra_gateway.store.tables import revocations

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:of_programme, 0))")
_BELIEVED = ~exists().where(
    revocations.c.territory == received_profiles.c.partner,
    revocations.c.fingerprint == received_profiles.c.signer,
    revocations.c.since <= received_profiles.c.received_at,
)
_NEWEST_FIRST = select(received_profiles).order_by(
    received_profiles.c.programme, received_profiles.c.version.desc()
)


class Signed(NamedTuple):
    """Who signed a profile, when, and the message that brought it.

    Attributes:
        signer: SHA-256 of the certificate.
        signer_name: Its subject.
    """

    partner: Territory
    message_id: MessageId
    signer: Digest
    signer_name: str
    signed_at: datetime


class ReceivedProfile(NamedTuple):
    """One version of a profile as received.

    Attributes:
        digest: Of the meaning of profile and header facts.
        programme: The header facts; None where none were told.
    """

    id: int
    digest: Digest
    profile: Profile
    programme: Programme | None
    signed: Signed
    received_at: datetime


def lock(connection: Connection, programme: ProgrammeId) -> None:
    """Lets one transaction at a time take a programme's profile; SQLite's writers queue."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"of_programme": f"profile {programme}"})


def add(
    connection: Connection,
    body: ProgrammeProfile,
    *,
    digest: Digest,
    signed: Signed,
    received_at: datetime,
) -> None:
    """Keeps one version of a profile, in place of one that is not believed any more."""
    profile = body.profile
    connection.execute(
        delete(received_profiles).where(
            received_profiles.c.programme == profile.programme,
            received_profiles.c.version == profile.version,
        )
    )
    connection.execute(
        insert(received_profiles).values(
            programme=profile.programme,
            version=profile.version,
            digest=digest,
            content=body.model_dump_json(exclude_defaults=True),
            received_at=received_at,
            **signed._asdict(),
        )
    )


def newest(connection: Connection, programme: ProgrammeId) -> ReceivedProfile | None:
    """Returns the highest version received of a programme that may still be believed, or None."""
    query = _NEWEST_FIRST.where(received_profiles.c.programme == programme, _BELIEVED)
    found = _read(connection, query.limit(1))
    return found[0] if found else None


def find(connection: Connection, programme: ProgrammeId, version: int) -> ReceivedProfile | None:
    """Returns one version of a programme's profile, if it may still be believed, or None."""
    found = _read(
        connection,
        select(received_profiles).where(
            received_profiles.c.programme == programme,
            received_profiles.c.version == version,
            _BELIEVED,
        ),
    )
    return found[0] if found else None


def latest(connection: Connection) -> dict[ProgrammeId, ReceivedProfile]:
    """Returns, programme by programme, the highest version received that may be believed."""
    found: dict[ProgrammeId, ReceivedProfile] = {}
    for one in _read(connection, _NEWEST_FIRST.where(_BELIEVED)):
        found.setdefault(one.profile.programme, one)
    return found


def listed(
    connection: Connection, *, programme: ProgrammeId | None = None
) -> list[ReceivedProfile]:
    """Returns every version received, of one programme or of all, the highest first."""
    query = _NEWEST_FIRST
    if programme is not None:
        query = query.where(received_profiles.c.programme == programme)
    return _read(connection, query)


def _read(connection: Connection, query: Select[tuple[object, ...]]) -> list[ReceivedProfile]:
    return [_received(row) for row in connection.execute(query)]


def _received(row: Row[tuple[object, ...]]) -> ReceivedProfile:
    body = ProgrammeProfile.model_validate_json(row.content)
    return ReceivedProfile(
        row.id,
        Digest.trusted(row.digest),
        body.profile,
        body.programme,
        Signed(
            Territory.trusted(row.partner),
            MessageId.trusted(row.message_id),
            Digest.trusted(row.signer),
            row.signer_name,
            row.signed_at,
        ),
        row.received_at,
    )
