"""Founds a home: keys, settings, database, a folder for facts, and the first two officers.

1. refuse a folder that holds something
2. build everything in a sibling folder nobody reads
3. make the keys: signing and TLS, each under an anchor of its own, every key encrypted
4. write the settings, and read them back
5. found the database in one transaction: tables, whose it is, the first two officers
6. give the folder its name; until then nothing is there

It is all or nothing: whatever fails, the folder asked for is as it was.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused, SetupError
from mra_gateway.flows.authenticate import Authenticator
from mra_gateway.flows.settings_file import settings_text
from mra_gateway.model.facts import check_url
from mra_gateway.model.identifiers import OfficerName, Territory
from mra_gateway.model.messages import Environment
from mra_gateway.model.officers import OfficerRole
from mra_gateway.registry.load import load_registry
from mra_gateway.settings import FILE_NAME, KeySettings, Settings, load_settings
from mra_gateway.store import journal, migrate, properties
from mra_gateway.store.database import open_database
from mra_gateway.trust.card import card_fingerprints, own_card
from mra_gateway.trust.keys import (
    Purpose,
    generate_key,
    issue_certificate,
    new_anchor,
    write_certificates,
    write_key,
)

ANCHOR_YEARS = 10
LEAF_YEARS = 2
BACKDATED = timedelta(hours=1)
"""A partner whose clock is a little behind ours must not find our certificates in its future."""

FOUNDER = "init"
"""The actor of the first acts, before there is an officer."""

LOCAL_HOSTS = ("localhost", "127.0.0.1")
DIRECTORIES = ("administrations", "programmes", "arrangements", "catalogues")


class NewOfficer(NamedTuple):
    """One of the first two officers."""

    name: OfficerName
    display_name: str
    password: str


@dataclass(frozen=True)
class Founding:
    """What a new home is to be.

    Attributes:
        home: The folder; it must not exist, or be empty.
        url: Under which partners reach the partner API; None where that is not known yet.
        hosts: Names and addresses of the TLS certificate, besides the host of `url`.
        listen: Address and ports the two APIs listen on.
        database_url: Empty for SQLite in the home.
        database_password_file: File with the password of a PostgreSQL database.
        key_password_file: An existing file with the password of the keys; one is made when None.
    """

    home: Path
    territory: Territory
    environment: Environment
    officers: tuple[NewOfficer, NewOfficer]
    url: str | None = None
    hosts: tuple[str, ...] = ()
    partner_host: str = "0.0.0.0"  # noqa: S104 - partners reach it from outside
    partner_port: int | None = None
    national_host: str = "127.0.0.1"
    national_port: int = 8080
    database_url: str = ""
    database_password_file: Path | None = None
    key_password_file: Path | None = None


class Founded(NamedTuple):
    """What was made.

    Attributes:
        fingerprints: Of our anchors, as a partner will read them to us.
        hosts: The names in the TLS certificate.
        is_described: Whether the data files that travel with the product describe us.
    """

    home: Path
    settings: Settings
    fingerprints: list[tuple[str, str]]
    hosts: tuple[str, ...]
    is_described: bool


async def found_home(founding: Founding, *, clock: Clock) -> Founded:
    """Makes a home, or leaves everything as it was.

    Raises:
        SetupError: `HOME_EXISTS`: the folder holds something; or keys, settings or database cannot
            be made, or the database is another home's.
        RequestRefused: The officers are not two, or something asked for is impossible.
        StoreError: The database cannot be reached.
    """
    home = founding.home.absolute()
    hosts = _check(founding, home)  # 1
    building = Path(tempfile.mkdtemp(prefix=f".{home.name}.founding-", dir=home.parent))  # 2
    try:
        at = clock.now()
        keys = _make_keys(founding, building, hosts=hosts, at=at)  # 3
        text = settings_text(founding, partner_port=_partner_port(founding), keys=keys)
        (building / FILE_NAME).write_text(text, encoding="utf-8")  # 4
        settings = load_settings(building)
        for name in DIRECTORIES:
            (building / "partners" / name).mkdir(parents=True)
        await _found_database(
            settings, founding, clock=clock, publish=lambda: _publish(building, home)
        )
        settings = load_settings(home)
        described = settings.territory in load_registry().administrations
        prints = card_fingerprints(own_card(settings))
        return Founded(home, settings, prints, hosts, described)
    except OSError as error:
        raise SetupError(
            f"the home cannot be made: {error.strerror}", where=str(founding.home)
        ) from None
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _check(founding: Founding, home: Path) -> tuple[str, ...]:
    """Returns the names of the TLS certificate, when the home can be made at all."""
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise SetupError(
            "this exists and is not an empty folder; it was not touched",
            reason=Reason.HOME_EXISTS,
            where=str(founding.home),
        )
    if not home.parent.is_dir():
        raise SetupError(
            "the folder above it does not exist", reason=Reason.HOME_MISSING, where=str(home.parent)
        )
    first, second = founding.officers
    if first.name == second.name:
        raise RequestRefused(
            "two persons, two accounts: name a second officer",
            reason=Reason.SECOND_OFFICER_REQUIRED,
        )
    if first.password == second.password:
        raise RequestRefused("the two officers need passwords of their own")
    named = list(founding.hosts)
    if founding.url is not None:
        try:
            named.insert(0, urlsplit(check_url(founding.url)).hostname or "")
        except ValueError as error:
            raise RequestRefused(str(error)[:200], where="--url") from None
    if not named and founding.environment is Environment.PRODUCTION:
        raise RequestRefused(
            "a production home needs the address partners reach it under", where="--url"
        )
    return tuple(dict.fromkeys(host for host in named if host)) or LOCAL_HOSTS


def _make_keys(
    founding: Founding, building: Path, *, hosts: Sequence[str], at: datetime
) -> KeySettings:
    """Writes keys and certificates: the anchors' keys belong off this machine afterwards."""
    keys = KeySettings()
    if founding.key_password_file is not None:
        keys = KeySettings(password_file=founding.key_password_file.absolute())
    folder = building / keys.signing_key.parent
    folder.mkdir(mode=0o700)
    password = _key_password(building / keys.password_file, given=founding.key_password_file)
    for purpose, key_file, certificate_file, anchor_file in (
        (Purpose.SIGNING, keys.signing_key, keys.signing_certificate, keys.signing_anchor),
        (Purpose.TLS, keys.tls_key, keys.tls_certificate, keys.tls_anchor),
    ):
        anchor_key, key = generate_key(), generate_key()
        name = f"{founding.territory} {founding.environment} {purpose}"
        anchor = new_anchor(
            anchor_key,
            territory=founding.territory,
            name=f"{name} anchor",
            not_before=at - BACKDATED,
            not_after=years_after(at, ANCHOR_YEARS),
        )
        certificate = issue_certificate(
            key.public_key(),
            purpose=purpose,
            territory=founding.territory,
            name=name,
            issuer=anchor,
            issuer_key=anchor_key,
            not_before=at - BACKDATED,
            not_after=years_after(at, LEAF_YEARS),
            hosts=hosts if purpose is Purpose.TLS else (),
        )
        write_key(building / key_file, key=key, password=password)
        write_key(folder / key_name(anchor_file), key=anchor_key, password=password)
        write_certificates(building / certificate_file, certificates=[certificate])
        write_certificates(building / anchor_file, certificates=[anchor])
    return keys


def key_name(anchor_file: Path) -> str:
    """Returns the name of the file an anchor's key is written to."""
    return anchor_file.name.replace(".cert.", ".key.")


def _key_password(file: Path, *, given: Path | None) -> bytes:
    if given is not None:
        try:
            password = given.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SetupError(
                f"a secret cannot be read: {error.strerror}",
                reason=Reason.KEY_UNUSABLE,
                where=str(given),
            ) from None
        return password.encode()
    password = secrets.token_urlsafe(32)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        target.write(password + "\n")
    return password.encode()


def years_after(at: datetime, years: int) -> datetime:
    """Returns the moment years later; from 29 February it is 1 March."""
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, month=3, day=1)


def _partner_port(founding: Founding) -> int:
    if founding.partner_port is not None:
        return founding.partner_port
    stated = urlsplit(founding.url).port if founding.url else None
    return stated or 8443


async def _found_database(
    settings: Settings, founding: Founding, *, clock: Clock, publish: Callable[[], None]
) -> None:
    """Steps 5 and 6; a database outside the folder commits only when the folder has its name."""
    password_file = settings.database.password_file
    password = None
    if password_file is not None:
        password = settings.path(password_file).read_text(encoding="utf-8").strip()
    database = open_database(settings.database_url, password=password)
    outside = bool(settings.database.url)
    try:
        authenticator = Authenticator(database=database, clock=clock)

        def found(connection: Connection) -> None:
            _write_first_rows(connection, founding, authenticator, clock=clock)
            if outside:
                publish()

        await database.write(found)
    finally:
        await database.close()
    if not outside:
        publish()


def _write_first_rows(
    connection: Connection, founding: Founding, authenticator: Authenticator, *, clock: Clock
) -> None:
    migrate.upgrade(connection)
    if properties.is_founded(connection):
        raise SetupError(
            "the database is another home's already", reason=Reason.DATABASE_INCONSISTENT
        )
    properties.found_home(
        connection, territory=founding.territory, environment=founding.environment
    )
    journal.record(
        connection,
        at=clock.now(),
        actor=FOUNDER,
        act="home founded",
        subject=founding.territory,
        detail={"environment": founding.environment},
    )
    for officer in founding.officers:
        authenticator.add_officer(
            connection,
            officer.name,
            display_name=officer.display_name,
            roles=frozenset(OfficerRole),
            password=officer.password,
            by=FOUNDER,
        )


def _publish(building: Path, home: Path) -> None:
    """Gives the finished folder its name; an empty folder of that name gives way."""
    building.chmod(0o700)
    if home.is_dir():
        home.rmdir()
    building.rename(home)
