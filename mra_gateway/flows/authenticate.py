"""Authenticates officers and national systems, and keeps their accounts.

Passwords are argon2id hashes; five wrong ones in a row lock an account for a quarter of an hour. A
wrong name and a wrong password get the same answer in the same time.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.store import clients, journal, officers
from mra_gateway.store.database import Database

GOOD_FOR = timedelta(seconds=1)
"""How long an API key found good is not looked up again."""
ATTEMPTS = 5
LOCKED_FOR = timedelta(minutes=15)
MIN_PASSWORD = 12
MAX_CLIENT_NAME = 80
KEY_PREFIX = "mra_"


class Authenticator:
    """Says who acts."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._hasher = PasswordHasher()
        self._nobody = _nobody(self._hasher)
        self._known: dict[str, tuple[clients.Client, datetime]] = {}

    async def authenticate(self, name: str, *, password: str) -> Actor:
        """Returns the officer a name and password belong to.

        Raises:
            RequestRefused: `NOT_AUTHENTICATED`: wrong, disabled, or locked for now.
            StoreError: The database failed.
        """
        at = self._clock.now()
        officer = await self._database.read(lambda c: officers.find(c, name))
        stored = self._nobody if officer is None else officer.password_hash
        fits = await asyncio.to_thread(self._fits, stored, password)
        locked = (
            officer is not None and officer.locked_until is not None and (officer.locked_until > at)
        )
        if officer is None or officer.disabled_at is not None or locked or not fits:
            if officer is not None and not fits and not locked:
                await self._note_failure(officer)
            raise RequestRefused(
                "name or password is wrong, or the account is disabled or locked for now",
                reason=Reason.NOT_AUTHENTICATED,
            )
        if officer.failed_attempts:
            await self._database.write(
                lambda c: officers.note_attempts(c, officer.name, failed=0, locked_until=None)
            )
        return Actor(name=officer.name, display_name=officer.display_name, roles=officer.roles)

    async def find_client(self, key: str) -> clients.Client | None:
        """Returns the national system an API key belongs to, or None.

        A key that was good is taken for good for another second, in which the database is not read:
        a key revoked by another process ends within it. Wrong keys are remembered by nobody.

        Raises:
            StoreError: The database failed.
        """
        at, hashed = self._clock.now(), clients.hash_key(key)
        known = self._known.get(hashed)
        if known is not None and timedelta() <= at - known[1] < GOOD_FOR:
            return known[0]
        client = await self._database.read(lambda c: clients.find_by_key(c, key))
        if client is None:
            self._known.pop(hashed, None)
        else:
            self._known[hashed] = client, at
        return client

    def add_officer(
        self,
        connection: Connection,
        name: OfficerName,
        *,
        display_name: str,
        roles: frozenset[OfficerRole],
        password: str,
        by: str,
    ) -> None:
        """Adds an account.

        Raises:
            RequestRefused: The name is taken, no role is given, or the password is too short.
        """
        if not roles:
            raise RequestRefused("an officer needs at least one role")
        password_hash = self._hash(password)
        at = self._clock.now()
        officers.add(
            connection,
            name,
            display_name=display_name,
            roles=roles,
            password_hash=password_hash,
            at=at,
            created_by=by,
        )
        journal.record(
            connection,
            at=at,
            actor=by,
            act="officer added",
            subject=name,
            detail={"roles": sorted(roles)},
        )

    def change_password(self, connection: Connection, *, password: str, by: Actor) -> None:
        """Gives an officer another password: whoever made the account knows the first.

        Raises:
            RequestRefused: It is too short.
        """
        officers.set_password(connection, by.name, password_hash=self._hash(password))
        journal.record(
            connection,
            at=self._clock.now(),
            actor=by.name,
            act="password changed",
            subject=by.name,
        )

    def disable_officer(self, connection: Connection, name: OfficerName, *, by: Actor) -> None:
        """Disables an account; the last two cannot be, for every act needs two.

        Raises:
            RequestRefused: No such active account, or one of the last two.
        """
        if officers.count_active(connection) <= 2:
            raise RequestRefused(
                "two officers must remain; add another first", reason=Reason.STATE_NOT_SUITABLE
            )
        at = self._clock.now()
        if not officers.disable(connection, name, at=at):
            raise RequestRefused(f"no active officer {name}", reason=Reason.NOT_FOUND)
        journal.record(connection, at=at, actor=by.name, act="officer disabled", subject=name)

    def add_client(self, connection: Connection, name: str, *, by: Actor) -> str:
        """Adds a national system and returns its key, which is shown this once.

        Raises:
            RequestRefused: The name is empty or longer than 80 characters.
        """
        if not name.strip() or len(name) > MAX_CLIENT_NAME:
            raise RequestRefused(f"a client's name has 1 to {MAX_CLIENT_NAME} characters")
        at, key = self._clock.now(), KEY_PREFIX + secrets.token_urlsafe(32)
        clients.add(
            connection, self._clock.new_uuid(), name=name, key=key, at=at, created_by=by.name
        )
        journal.record(connection, at=at, actor=by.name, act="client added", subject=name)
        return key

    def revoke_client(self, connection: Connection, client: str, *, by: Actor) -> int:
        """Revokes the keys of a national system, by id or name, and returns how many.

        Raises:
            RequestRefused: It has no key in use.
        """
        at = self._clock.now()
        ended = clients.revoke(connection, client, by=by.name, at=at)
        self._known.clear()
        if not ended:
            raise RequestRefused(f"no client {client[:80]!r} in use", reason=Reason.NOT_FOUND)
        journal.record(connection, at=at, actor=by.name, act="client revoked", subject=client)
        return ended

    def _hash(self, password: str) -> str:
        if len(password) < MIN_PASSWORD:
            raise RequestRefused(f"a password has at least {MIN_PASSWORD} characters")
        return self._hasher.hash(password)

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerificationError:
            return False

    async def _note_failure(self, officer: officers.Officer) -> None:
        failed = officer.failed_attempts + 1
        until = self._clock.now() + LOCKED_FOR if failed >= ATTEMPTS else None
        await self._database.write(
            lambda c: officers.note_attempts(
                c, officer.name, failed=0 if until else failed, locked_until=until
            )
        )


def _nobody(hasher: PasswordHasher) -> str:
    """Returns a hash no password fits, as costly to check as any: nothing was hashed to make it."""
    salt, digest = "A" * 22, "A" * 43
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


def check_role(actor: Actor, *roles: OfficerRole) -> None:
    """Lets an officer through who has one of the roles.

    Raises:
        RequestRefused: `NOT_PERMITTED`.
    """
    if not actor.roles & set(roles):
        raise RequestRefused(
            f"{actor.name} needs the role {' or '.join(roles)}", reason=Reason.NOT_PERMITTED
        )
