"""Diagnoses a home: what works, what will soon not, what does not, and what to do about it.

1. settings, without which nothing else can be looked at
2. clock
3. keys and certificates of our own
4. data files
5. database
6. partners: what is pinned, when their anchors end, whether a signed Ping comes back
7. messages that wait or need an officer; suspensions not confirmed in time
8. the views of recognised operators: how old what they show is

It changes nothing but for the Pings, which are withdrawn when they do not come back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from mra_gateway.clock import Clock
from mra_gateway.errors import GatewayError, MessageRejected, Reason, SetupError
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.deliver import Courier
from mra_gateway.flows.enquire import Enquirer
from mra_gateway.flows.examine_home import (
    Level,
    Observation,
    check_data,
    check_database,
    check_drift,
    check_keys,
    check_validity,
    failed,
)
from mra_gateway.model.identifiers import MessageId, Territory
from mra_gateway.settings import Settings, load_settings
from mra_gateway.store import approvals, diagnosis, extract_views, inbox, notices, outbox
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database
from mra_gateway.wire import header, xml

_ADVICE = {
    outbox.PARKED: "the cause put right, retry each, or register announce {partner}: "
    "the full list says it anew",
    outbox.STOPPED: "then retry or void each",
}
"""What to do about messages that do not move; what the partner refused cannot be withdrawn."""


_UNSETTLED = (outbox.WAITING, outbox.HELD)
_ROAD = "check address, firewall and that both sides have pinned each other; then messages try-now"
_CLOCKS = (
    "compare the clocks of all machines with a time server; what a wrong clock has dated is taken "
    "when that moment comes: until then its lane waits, or messages reopen begins another"
)
_CERTIFICATE = (
    "doctor and keys show on the side whose certificate it is: keys renew there; "
    "a new anchor is pinned from a new card: partners card, partners pin; then messages try-now"
)
_BY_REASON = {
    Reason.CREATED_IN_FUTURE: _CLOCKS,
    Reason.PARTNER_TLS: _CERTIFICATE,
    Reason.CERTIFICATE_EXPIRED: _CERTIFICATE,
    Reason.CERTIFICATE_UNTRUSTED: _CERTIFICATE,
    Reason.CERTIFICATE_REVOKED: _CERTIFICATE,
    Reason.CERTIFICATE_NOT_YET_VALID: _CLOCKS,
    Reason.ARRANGEMENT_NOT_CONFIRMED: "the side that has not confirmed its copy: partners confirm",
    Reason.ARRANGEMENT_NOT_IN_FORCE: "compare the days in both copies of the arrangement",
}
"""What to do about a message that was tried and is not taken, where the reason says it."""


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
        yield failed("settings", error, "put the line right, or make a home with init")
        return
    yield Observation("settings", Level.OK, f"{settings.territory}, {settings.environment}")
    before = clock.now()
    for one in check_keys(settings, at=before):
        yield one
    for one in check_data(settings, at=before):
        yield one
    is_older = False
    async for found in check_database(settings, clock=clock):
        is_older |= found.level is Level.WARN and found.check == "database"
        yield found
    yield _check_clock(before, clock.now())
    if is_older:
        return  # opening it would upgrade it
    try:
        async with open_parts(home) as parts:
            async for found in _check_running(parts, settings, clock=clock, ping=ping):
                yield found
    except GatewayError as error:
        yield failed("gateway", error, "put right what is reported above")


def _check_clock(before: datetime, after: datetime) -> Observation:
    if after < before:
        return Observation(
            "clock", Level.FAIL, "went backwards while we looked", "see to time synchronisation"
        )
    return Observation("clock", Level.OK, f"{after.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")


# --- 6 to 8


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
        for name, anchors in (("signing", partner.signing_anchors), ("TLS", partner.tls_anchors)):
            # one that a later one stands beside may end: its successor is pinned
            for anchor in sorted(anchors, key=lambda one: one.not_valid_after_utc)[-1:]:
                yield check_validity(
                    f"{name} anchor of {partner.territory}",
                    start=anchor.not_valid_before_utc,
                    until=anchor.not_valid_after_utc,
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
    for id_ in parts.book.changed_since_confirmed():
        yield Observation(
            str(id_),
            Level.WARN,
            "our copy was changed since two officers confirmed it: nothing is exchanged or decided",
            "put the copy back, or partners confirm",
        )
    async for one in _check_messages(parts, settings, at=at):
        yield one
    state = await parts.database.read(extract_views.state)
    yield check_views(state, every=timedelta(minutes=settings.extract.view_minutes), at=at)
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
    await parts.courier.deliver(sent)
    taken = (clock.now() - started).total_seconds()
    sent = await parts.database.read(lambda c: outbox.find(c, message_id))
    assert sent is not None
    if sent.outcome == "accepted":  # whoever brought it: a gateway that runs may have been faster
        return Observation(name, Level.OK, f"answered a signed Ping in {taken * 1000:.0f} ms")
    await _withdraw(parts.database, message_id)
    return Observation(
        name,
        Level.FAIL,
        f"{sent.reason}: {sent.last_error or sent.outcome}",
        _BY_REASON.get(Reason(sent.reason or Reason.PARTNER_UNREACHABLE), _ROAD),
    )


async def _withdraw(database: Database, message_id: MessageId) -> None:
    sent = await database.read(lambda c: outbox.find(c, message_id))
    assert sent is not None
    await database.write(
        lambda c: outbox.set_state(c, sent.id, state=outbox.VOIDED, only_from=_UNSETTLED)
    )


async def _check_messages(
    parts: Parts, settings: Settings, *, at: datetime
) -> AsyncIterator[Observation]:
    oldest, by_state, used, tried, held, receipts = await parts.database.read(
        lambda c: (
            outbox.oldest_unsettled(c),
            outbox.count_by_state(c),
            diagnosis.numbers_used_twice(c),
            diagnosis.unanswered(c),
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
    for of_partner, number in sorted(used.items()):
        yield Observation(
            f"numbers to {of_partner}",
            Level.FAIL,
            f"{number} message(s) carry a number it knows from another message: this database is "
            "older than what was sent; was a backup restored, or lost a failover commits?",
            "import the present register, then messages reopen: new lanes and full lists",
        )
    for (of_partner, reason), number in sorted(tried.items()):
        yield Observation(
            f"messages to {of_partner}",
            Level.WARN,
            f"{number} tried and not taken yet: {reason}",
            _BY_REASON.get(Reason(reason), "messages list --state waiting; messages show ID"),
        )
    for (to, state), number in sorted(by_state.items()):
        if state in _ADVICE:
            yield Observation(
                f"messages to {to}",
                Level.WARN,
                f"{number} {state}",
                f"messages list --state {state}; {_ADVICE[state].format(partner=to)}",
            )
    for sender, number in sorted(held.items()):
        yield Observation(
            f"messages from {sender}",
            Level.WARN,
            f"{number} held",
            "approvals list: a mass change waits for an officer; or their clock is ahead",
        )
    async for one in _check_suspensions(parts, at=at):
        yield one
    unseen = await parts.database.read(notices.count_unseen)
    if unseen:
        yield Observation(
            "notices of partners",
            Level.WARN,
            f"{unseen} that no officer has seen",
            "notices list --unseen; then notices seen NUMBER",
        )
    for receipt in receipts:
        yield _drift(receipt, ahead=timedelta(seconds=settings.guard.clock_ahead_seconds))


async def _check_suspensions(parts: Parts, *, at: datetime) -> AsyncIterator[Observation]:
    for one in await parts.database.read(approvals.listed):
        if one.is_overdue(at):
            yield Observation(
                f"suspension {one.id[:8]}",
                Level.FAIL,
                f"stands, and no second officer has confirmed it in time: {one.summary}",
                f"another officer than {one.requested_by}: suspensions confirm {one.id[:8]}",
            )


def check_views(state: extract_views.State, *, every: timedelta, at: datetime) -> Observation:
    """Returns how old what the views of recognised operators show is, and whether that is late.

    Args:
        state: Of the views.
        every: How often a running gateway looks whether they show what holds; 0: never.
        at: Now.
    """
    name, rhythm = "extract views", f"every {every / timedelta(minutes=1):g} min"
    advice = "is serve running? its log says why under 'extract not taken'; or extract --into-view"
    if state.confirmed_at is None:
        if not every:
            return Observation(name, Level.OK, "not used: nothing was taken into them")
        return Observation(name, Level.WARN, f"nothing was taken yet; wanted {rhythm}", advice)
    age = at - state.confirmed_at
    text = (
        f"{state.operators} operators, brought up to date {_span(age)} ago; "
        "who was stopped since is left out at once, what was lifted shows with the next take"
    )
    if not every:
        text += " (by hand: view_minutes is 0)"
    elif age > 2 * every:
        return Observation(name, Level.WARN, f"late, wanted {rhythm}: {text}", advice)
    return Observation(name, Level.OK, text)


def _drift(receipt: diagnosis.PromptReceipt, *, ahead: timedelta) -> Observation:
    name = f"clock of {receipt.partner}"
    try:
        root = xml.parse(receipt.receipt, max_bytes=len(receipt.receipt))
    except MessageRejected:
        return Observation(name, Level.WARN, "its last receipt cannot be read", None)
    made = header.peek(root).created_at
    if made is None:
        return Observation(name, Level.WARN, "its last receipt has no date", None)
    return check_drift(name, made - receipt.at, than="us", ahead=ahead)


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
