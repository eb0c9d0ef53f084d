"""Diagnoses a home: what works, what will soon not, what does not, and what to do about it.

1. settings, without which nothing else can be looked at
2. clock
3. keys and certificates of our own
4. data files
5. database
6. partners: what is pinned, when their anchors end, whether a signed Ping comes back
7. messages that wait or need an officer

It changes nothing but for the Pings, which are withdrawn when they do not come back.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography import x509

from mra_gateway.clock import Clock
from mra_gateway.errors import GatewayError, MessageRejected, SetupError
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.deliver import Courier
from mra_gateway.flows.enquire import Enquirer
from mra_gateway.model.identifiers import MessageId, Territory
from mra_gateway.registry.check import check_folders
from mra_gateway.registry.load import load_registry
from mra_gateway.settings import Settings, data_folder, load_settings
from mra_gateway.store import diagnosis, inbox, migrate, outbox, properties
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database, open_database
from mra_gateway.trust.keys import load_certificates, load_pair
from mra_gateway.wire import header, xml

WARNINGS = (timedelta(days=7), timedelta(days=30), timedelta(days=60))
"""Before a certificate ends; the first that applies is told."""

FREE_SPACE = 1_000_000_000
"""Bytes on the disk below which SQLite soon has no room."""

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


class Parts(Protocol):
    """What of an opened gateway a diagnosis works with."""

    @property
    def database(self) -> Database:
        """The store."""

    @property
    def book(self) -> PartnerBook:
        """What is known of partners."""

    @property
    def enquirer(self) -> Enquirer:
        """Stores Pings."""

    @property
    def courier(self) -> Courier:
        """Delivers them."""


Opener = Callable[[Path], AbstractAsyncContextManager[Parts]]


async def diagnose(
    home: Path, *, clock: Clock, open_parts: Opener, ping: bool = True
) -> AsyncIterator[Observation]:
    """Yields what is found, check by check.

    Args:
        home: The home.
        clock: Ours.
        open_parts: Opens the gateway of a home.
        ping: Whether partners are asked.
    """
    try:
        settings = load_settings(home)
    except SetupError as error:
        yield _failed("settings", error, "put the line right, or make a home with init")
        return
    yield Observation("settings", Level.OK, f"{settings.territory}, {settings.environment}")
    before = clock.now()
    for one in _check_keys(settings, at=before):
        yield one
    for one in _check_data(settings, at=before):
        yield one
    async for found in _check_database(settings):
        yield found
    yield _check_clock(before, clock.now())
    try:
        async with open_parts(home) as parts:
            async for found in _check_running(parts, settings, clock=clock, ping=ping):
                yield found
    except GatewayError as error:
        yield _failed("gateway", error, "put right what is reported above")


def _check_clock(before: datetime, after: datetime) -> Observation:
    if after < before:
        return Observation(
            "clock", Level.FAIL, "went backwards while we looked", "see to time synchronisation"
        )
    return Observation("clock", Level.OK, f"{after.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")


# --- 3 keys


def _check_keys(settings: Settings, *, at: datetime) -> Iterator[Observation]:
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
            "restore the file, or point keys.password_file to it",
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
            yield _failed(name, error, "restore key, certificate and password from their backup")
            continue
        yield _ends(name, leaf, at=at, advice="place a new certificate; see [keys] in gateway.toml")
    for name, file in (("signing anchor", keys.signing_anchor), ("TLS anchor", keys.tls_anchor)):
        try:
            anchors = load_certificates(settings.path(file))
        except GatewayError as error:
            yield _failed(name, error, "restore the file")
            continue
        for anchor in anchors:
            yield _ends(name, anchor, at=at, advice="give partners a card with the next anchor")


def _ends(name: str, certificate: x509.Certificate, *, at: datetime, advice: str) -> Observation:
    until = certificate.not_valid_after_utc
    if certificate.not_valid_before_utc > at:
        start = certificate.not_valid_before_utc
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


# --- 4 data files


def _check_data(settings: Settings, *, at: datetime) -> Iterator[Observation]:
    folders = [data_folder("partners")]
    if (settings.home / "partners").is_dir():
        folders.append(settings.home / "partners")
    findings = check_folders(*folders, on=at.date())
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
    yield Observation(
        "data files", Level.OK, f"{len(findings)} warning(s); partners check shows them"
    )
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


# --- 5 database


async def _check_database(settings: Settings) -> AsyncIterator[Observation]:
    try:
        database = open_database(settings.database_url, password=_database_password(settings))
    except (GatewayError, OSError) as error:
        yield _failed("database", error, "see [database] in gateway.toml")
        return
    try:
        kind, current, size, damages = await database.read(
            lambda c: (
                diagnosis.version(c),
                migrate.is_current(c),
                diagnosis.size(c),
                diagnosis.damages(c),
            )
        )
        await database.read(
            lambda c: properties.check_home(
                c, territory=settings.territory, environment=settings.environment
            )
        )
        await database.read(migrate.check_version)
    except GatewayError as error:
        yield _failed("database", error, "start the database, or see [database] in gateway.toml")
        return
    finally:
        await database.close()
    yield Observation(
        "database",
        Level.OK,
        f"{kind}, {size / 1e6:.1f} MB" + ("" if current else "; will be upgraded when opened"),
    )
    for damage in damages:
        yield Observation(
            "database", Level.FAIL, f"damaged: {damage[:200]!r}", "restore the last backup"
        )
    if not settings.database.url:
        yield _check_space(settings)


def _check_space(settings: Settings) -> Observation:
    free = shutil.disk_usage(settings.home).free
    if free < FREE_SPACE:
        return Observation(
            "disk", Level.WARN, f"{free / 1e6:.0f} MB free", "make room: the database only grows"
        )
    return Observation("disk", Level.OK, f"{free / 1e9:.1f} GB free")


def _database_password(settings: Settings) -> str | None:
    file = settings.database.password_file
    return None if file is None else settings.path(file).read_text(encoding="utf-8").strip()


# --- 6 and 7


async def _check_running(
    parts: Parts, settings: Settings, *, clock: Clock, ping: bool
) -> AsyncIterator[Observation]:
    at = clock.now()
    pinned = await parts.database.read(decided.pinned)
    if not pinned:
        yield Observation(
            "partners", Level.WARN, "none is pinned", "exchange cards: partners card, partners pin"
        )
    for partner in parts.book.trusted():
        for anchor in (*partner.signing_anchors, *partner.tls_anchors):
            yield _ends(
                f"anchor of {partner.territory}",
                anchor,
                at=at,
                advice="ask the partner for its next card",
            )
    covered = list(parts.book.covers_with(at=at))
    level = Level.OK if covered or not pinned else Level.WARN
    named = ", ".join(f"{id_} with {partner}" for id_, partner in covered)
    yield Observation(
        "arrangements",
        level,
        named or "none is confirmed and in force",
        None if level is Level.OK else "partners confirm",
    )
    async for one in _check_messages(parts, settings, at=at):
        yield one
    for territory in sorted({card.card.territory for card in pinned}) if ping else ():
        yield await _ping(parts, territory, clock=clock)


async def _ping(parts: Parts, partner: Territory, *, clock: Clock) -> Observation:
    """Sends a signed Ping on the road every message takes."""
    name = f"partner {partner}"
    if parts.book.find_url(partner) is None:
        return Observation(
            name, Level.WARN, "its card names no address", "ask the partner for a card with one"
        )
    started = clock.now()
    message_id = await parts.enquirer.ping(partner)
    sent = await parts.database.read(lambda c: outbox.find(c, message_id))
    assert sent is not None
    came_back = await parts.courier.deliver(sent)
    taken = (clock.now() - started).total_seconds()
    sent = await parts.database.read(lambda c: outbox.find(c, message_id))
    assert sent is not None
    if came_back and sent.outcome == "accepted":
        return Observation(name, Level.OK, f"answered a signed Ping in {taken * 1000:.0f} ms")
    await _withdraw(parts.database, message_id)
    return Observation(
        name,
        Level.FAIL,
        f"{sent.reason}: {sent.last_error or sent.outcome}",
        "check address, firewall and that both sides have pinned each other; then messages try-now",
    )


async def _withdraw(database: Database, message_id: MessageId) -> None:
    sent = await database.read(lambda c: outbox.find(c, message_id))
    assert sent is not None
    await database.write(
        lambda c: outbox.set_state(c, sent.id, state=outbox.VOIDED, only_from=(outbox.WAITING,))
    )


async def _check_messages(
    parts: Parts, settings: Settings, *, at: datetime
) -> AsyncIterator[Observation]:
    oldest, by_state, held, receipts = await parts.database.read(
        lambda c: (
            outbox.oldest_unsettled(c),
            outbox.count_by_state(c),
            inbox.count_held(c),
            diagnosis.prompt_receipts(c),
        )
    )
    limit = timedelta(seconds=settings.delivery.alert_after_seconds)
    if oldest is not None and at - oldest > limit:
        yield Observation(
            "oldest unsent",
            Level.WARN,
            f"waits for {_span(at - oldest)}",
            "is serve running? messages list --state waiting shows why",
        )
    else:
        waits = "nothing waits" if oldest is None else f"waits for {_span(at - oldest)}"
        yield Observation("oldest unsent", Level.OK, waits)
    for (partner, state), number in sorted(by_state.items()):
        if state in {outbox.PARKED, outbox.STOPPED}:
            yield Observation(
                f"messages to {partner}",
                Level.WARN,
                f"{number} {state}",
                f"messages list --state {state}; then retry or void each",
            )
    for partner, number in sorted(held.items()):
        yield Observation(
            f"messages from {partner}",
            Level.WARN,
            f"{number} held",
            "approvals list: a mass change waits for an officer; or their clock is ahead",
        )
    for receipt in receipts:
        yield _drift(receipt, ahead=timedelta(seconds=settings.guard.clock_ahead_seconds))


def _drift(receipt: diagnosis.PromptReceipt, *, ahead: timedelta) -> Observation:
    name = f"clock of {receipt.partner}"
    try:
        root = xml.parse(receipt.receipt, max_bytes=len(receipt.receipt))
    except MessageRejected:
        return Observation(name, Level.WARN, "its last receipt cannot be read", None)
    made = header.peek(root).created_at
    if made is None:
        return Observation(name, Level.WARN, "its last receipt has no date", None)
    drift = made - receipt.at
    text = (
        f"{abs(drift.total_seconds()):.1f} s {'ahead of' if drift > timedelta() else 'behind'} us"
    )
    if abs(drift) > ahead:
        return Observation(name, Level.FAIL, text, "compare both clocks with a time server")
    if abs(drift) > DRIFT:
        return Observation(name, Level.WARN, text, "compare both clocks with a time server")
    return Observation(name, Level.OK, text)


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def _failed(check: str, error: Exception, advice: str) -> Observation:
    if isinstance(error, GatewayError):
        where = f" ({error.where})" if error.where else ""
        return Observation(check, Level.FAIL, f"{error.reason}: {error.text}{where}", advice)
    return Observation(check, Level.FAIL, type(error).__name__, advice)
