"""Examines what a home has by itself: keys, certificates, data files, database.

What takes an opened gateway, partners and messages, is in `diagnose.py`, which runs both.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mra_gateway.clock import Clock
from mra_gateway.errors import GatewayError, SetupError
from mra_gateway.flows.check_data import check_data as check_files
from mra_gateway.registry.load import load_registry
from mra_gateway.settings import Settings, data_folder
from mra_gateway.store import diagnosis, migrate, properties
from mra_gateway.store.database import Database, open_database
from mra_gateway.trust.keys import load_certificates, load_pair

WARNINGS = (timedelta(days=7), timedelta(days=30), timedelta(days=60))
"""Before a certificate ends; the first that applies is told."""

FREE_SPACE = 1_000_000_000
"""Bytes on the disk below which SQLite soon has no room."""

NO_SPACE = 50_000_000
"""Bytes on the disk below which it has none: nothing can be taken or decided."""


DRIFT = timedelta(seconds=60)
"""Difference of clocks that asks for a look; what the guard holds is a failure."""


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Observation(NamedTuple):
    """One line of a diagnosis.

    Attributes:
        advice: What to do about it; None where nothing is to be done.
    """

    check: str
    level: Level
    text: str
    advice: str | None = None


# --- keys


def check_keys(settings: Settings, *, at: datetime) -> Iterator[Observation]:
    """Yields whether each key can be used, and when each certificate ends."""
    keys = settings.keys
    password_file = settings.path(keys.password_file)
    try:
        password = password_file.read_text(encoding="utf-8").strip().encode()
        mode = stat.S_IMODE(password_file.stat().st_mode)
    except OSError as error:
        yield Observation(
            "key password",
            Level.FAIL,
            f"{password_file} cannot be read: {error.strerror}",
            "restore the file, or point keys.password_file to it; is it lost: write a new one, "
            "then keys next-anchor, the new card to every partner, keys renew --next",
        )
        return
    if mode & 0o077:
        yield Observation(
            "key password",
            Level.WARN,
            f"others may read it (mode {mode:o})",
            f"chmod 600 {password_file}",
        )
    for name, key, certificate in (
        ("signing key", keys.signing_key, keys.signing_certificate),
        ("TLS key", keys.tls_key, keys.tls_certificate),
    ):
        try:
            _, leaf = load_pair(
                settings.path(key),
                certificate_file=settings.path(certificate),
                password=password,
            )
        except GatewayError as error:
            yield failed(
                name,
                error,
                "restore key, certificate and password from their backup, or keys renew",
            )
            continue
        yield check_validity(
            name,
            start=leaf.not_valid_before_utc,
            until=leaf.not_valid_after_utc,
            at=at,
            advice="keys renew, then restart serve",
        )
    for name, file in (("signing anchor", keys.signing_anchor), ("TLS anchor", keys.tls_anchor)):
        try:
            anchors = load_certificates(settings.path(file))
        except GatewayError as error:
            yield failed(name, error, "restore the file")
            continue
        for anchor in anchors:
            yield check_validity(
                name,
                start=anchor.not_valid_before_utc,
                until=anchor.not_valid_after_utc,
                at=at,
                advice="keys next-anchor, then a new card to every partner: partners card",
            )


def check_validity(
    name: str, *, start: datetime, until: datetime, at: datetime, advice: str
) -> Observation:
    """Says until when a certificate is good; warns 60, 30 and 7 days before."""
    if start > at:
        return Observation(name, Level.FAIL, f"begins only on {start:%Y-%m-%d}", "check the clock")
    if until <= at:
        return Observation(name, Level.FAIL, f"ended on {until:%Y-%m-%d}", advice)
    for warning in WARNINGS:
        if until - at <= warning:
            left = (until - at).days
            return Observation(
                name, Level.WARN, f"ends on {until:%Y-%m-%d}, in {left} day(s)", advice
            )
    return Observation(name, Level.OK, f"until {until:%Y-%m-%d}")


# --- data files


def check_data(settings: Settings, *, at: datetime) -> Iterator[Observation]:
    """Yields what is wrong in the data files, and whether they describe us."""
    folders = [data_folder("partners")]
    if (settings.home / "partners").is_dir():
        folders.append(settings.home / "partners")
    findings = check_files(*folders, at=at)
    errors = [finding for finding in findings if finding.is_error]
    for finding in errors[:10]:
        yield Observation("data files", Level.FAIL, str(finding), "put the file right")
    if errors:
        return
    administration = load_registry(*folders).administrations.get(settings.territory)
    if administration is None:
        yield Observation(
            "data files",
            Level.FAIL,
            f"{settings.territory} is not described",
            f"write partners/administrations/{settings.territory}.toml in the home",
        )
        return
    # a draft we have no copy of is nobody's work here
    ours = sum(not finding.file.is_relative_to(folders[0]) for finding in findings)
    text = f"{ours} warning(s) in our copies; partners check shows them" if ours else "in order"
    yield Observation("data files", Level.OK, text)
    yield _check_zone(administration.time_zone.value)


def _check_zone(zone: str | None) -> Observation:
    if zone is None:
        return Observation(
            "time zone",
            Level.WARN,
            "of our administration is not known: legal days run in UTC",
            "state time_zone in the home's copy of our administration",
        )
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return Observation("time zone", Level.FAIL, f"{zone!r} is not known here", "install tzdata")
    return Observation("time zone", Level.OK, zone)


# --- database


async def check_database(settings: Settings, *, clock: Clock) -> AsyncIterator[Observation]:
    """Yields whether the database has room, answers, is this home's and is whole."""
    if not settings.database.url:
        yield _check_space(settings)
    try:
        database = open_database(settings.database_url, password=_database_password(settings))
    except (GatewayError, OSError) as error:
        yield failed("database", error, "see [database] in gateway.toml")
        return
    try:
        kind, current, size, damages, theirs = await database.read(
            lambda c: (
                diagnosis.version(c),
                migrate.is_current(c),
                diagnosis.size(c),
                diagnosis.damages(c),
                diagnosis.moment(c),
            )
        )
        ours = clock.now()
        await database.read(
            lambda c: properties.check_home(
                c, territory=settings.territory, environment=settings.environment
            )
        )
        await database.read(migrate.check_version)
        restored = await database.read(lambda c: properties.find(c, properties.RESTORED))
    except GatewayError as error:
        yield failed("database", error, "start the database, or see [database] in gateway.toml")
        return
    finally:
        await database.close()
    told = f"{kind}, {size / 1e6:.1f} MB"
    if current:
        yield Observation("database", Level.OK, told)
    else:
        yield Observation(
            "database",
            Level.WARN,
            f"{told}, of an older version: the next command but this one upgrades it",
            "stop every serve of the older version and make a backup; then serve",
        )
    if restored is not None:
        yield Observation(
            "database",
            Level.FAIL,
            f"a backup was restored at {restored[:16]} UTC, and nobody serves it yet: numbers "
            "given since it was made would be used twice",
            "import your present register, then messages reopen, then serve",
        )
    if theirs is not None:
        ahead = timedelta(seconds=settings.guard.clock_ahead_seconds)
        yield check_drift("clock of the database", ours - theirs, than="it", ahead=ahead)
    for damage in damages:
        yield Observation(
            "database", Level.FAIL, f"damaged: {damage[:200]!r}", "restore the last backup"
        )


async def require_clock(database: Database, *, clock: Clock, ahead: timedelta) -> None:
    """Refuses to work by a clock that differs from the database server's: it dates messages.

    Raises:
        SetupError: The difference is one for which partners hold messages.
        StoreError: The database failed.
    """
    theirs = await database.read(diagnosis.moment)
    if theirs is None:
        return
    found = check_drift("clock", clock.now() - theirs, than="the database server's", ahead=ahead)
    if found.level is Level.FAIL:
        raise SetupError(
            f"the clock of this machine is {found.text}: {found.advice}, or partners hold for as "
            "long what it dates"
        )


def check_drift(name: str, drift: timedelta, *, than: str, ahead: timedelta) -> Observation:
    """Compares two clocks.

    Args:
        name: Of the check.
        drift: How far the first is ahead of the second.
        than: The second, in words.
        ahead: Difference from which messages are held.
    """
    way = "ahead of" if drift > timedelta() else "behind"
    text = f"{abs(drift.total_seconds()):.1f} s {way} {than}"
    if abs(drift) <= DRIFT:
        return Observation(name, Level.OK, text)
    level = Level.FAIL if abs(drift) > ahead else Level.WARN
    return Observation(name, level, text, "compare both clocks with a time server")


def _check_space(settings: Settings) -> Observation:
    free = shutil.disk_usage(settings.home).free
    if free < FREE_SPACE:
        return Observation(
            "disk",
            Level.FAIL if free < NO_SPACE else Level.WARN,
            f"{free / 1e6:.0f} MB free",
            "make room: the database only grows; partners send again what was not taken",
        )
    return Observation("disk", Level.OK, f"{free / 1e9:.1f} GB free")


def _database_password(settings: Settings) -> str | None:
    file = settings.database.password_file
    return None if file is None else settings.path(file).read_text(encoding="utf-8").strip()


def failed(check: str, error: Exception, advice: str) -> Observation:
    """Returns an error as a check that failed."""
    if isinstance(error, GatewayError):
        where = f" ({error.where})" if error.where else ""
        return Observation(check, Level.FAIL, f"{error.reason}: {error.text}{where}", advice)
    return Observation(check, Level.FAIL, type(error).__name__, advice)
