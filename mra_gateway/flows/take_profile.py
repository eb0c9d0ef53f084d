"""Takes a programme's profile from the administration it describes, and keeps every version.

1. whose: a programme of the sender's own; nobody speaks for another administration
2. of one programme: the header facts are of the same one, run by the sender
3. in order: not older than what is held, and never another content under a version that is held

What a key revoked meanwhile had signed counts as not held: the genuine version takes its place.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from sqlalchemy import Connection

from mra_gateway.errors import Reason
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.messages import ProgrammeProfile
from mra_gateway.store import journal, profiles_received
from mra_gateway.store.profiles_received import Signed


def take_profile(
    connection: Connection, body: ProgrammeProfile, *, signed: Signed, at: datetime
) -> Reason:
    """Keeps a profile and returns `OK`, or returns why it is not taken.

    Args:
        connection: The transaction.
        body: What the partner says.
        signed: Who signed it, and in which message.
        at: Now.
    """
    reason = _check_subject(body, signed)
    if reason is not Reason.OK:
        return reason
    profile, digest = body.profile, content_digest(body)
    profiles_received.lock(connection, profile.programme)
    held = profiles_received.find(connection, profile.programme, profile.version)  # 3
    if held is not None:
        return Reason.OK if held.digest == digest else Reason.PROFILE_VERSION_CONFLICT
    newest = profiles_received.newest(connection, profile.programme)
    if newest is not None and newest.profile.version > profile.version:
        return Reason.PROFILE_VERSION_OLDER
    profiles_received.add(connection, body, digest=digest, signed=signed, received_at=at)
    journal.record(
        connection,
        at=at,
        actor=journal.SYSTEM,
        act="programme profile received",
        subject=profile.programme,
        detail={
            "partner": signed.partner,
            "version": profile.version,
            "digest": digest,
            "signer": signed.signer,
            "message": signed.message_id,
        },
    )
    return Reason.OK


def content_digest(body: ProgrammeProfile) -> Digest:
    """Returns the SHA-256 of what a profile and its header facts mean, however they are spelled."""
    values = body.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(
        values, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return Digest.trusted(hashlib.sha256(text.encode()).hexdigest())


def _check_subject(body: ProgrammeProfile, signed: Signed) -> Reason:
    programme, header = body.profile.programme, body.programme
    if programme.territory != signed.partner:  # 1
        return Reason.PROFILE_NOT_OF_SENDER
    of_another = header is not None and (
        header.id != programme or header.administration != signed.partner
    )
    if of_another or body.profile.extends == programme:  # 2
        return Reason.PROFILE_INCONSISTENT
    return Reason.OK
