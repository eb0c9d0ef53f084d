"""Extracts the recognised operators for a national declaration system, in full or as a delta.

1. the mark: the position of the feed, and since when nothing has turned by time alone
2. the state at it, by the rule book in use then
3. each authorisation: recognised by steps 1 and 2 of the rule, or not in the extract
4. under which numbers it may be declared here, and whether each settles who is meant
5. what the decision table gives it on every flow and in every function, whatever else is declared
6. a delta: the same at an earlier mark, and what differs

A row gives no more than the gateway would: a measure of ours that meets some of its consignments
takes the benefits away from all of them, for a table does not know which consignment comes.

What an extract cannot carry stands in no row: alerts about goods of anybody, and random controls.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.compile_book import CompiledBook
from mra_gateway.flows.consult import zone_of
from mra_gateway.flows.covers import Covers
from mra_gateway.flows.extract_benefits import Benefits
from mra_gateway.flows.extract_numbers import Numbers
from mra_gateway.flows.read_feed import load_book, load_measures, load_state
from mra_gateway.flows.state import State
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.extract import ExtractHead, ExtractRow, ExtractSource, RowChange
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.measures import Correspondence, CorrespondenceKind, GroundKind, Measure
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.recognition.index import Form, Holding, HoldingKey
from mra_gateway.recognition.measures import Measures
from mra_gateway.recognition.rule import STALE_AFTER_DAYS, Cover, Found, judge
from mra_gateway.store import books, extracts, feed, grounds, purges

_ANYBODY = DeclaredParty(role=PartyFunction.NOT_STATED)
_AS_HELD = Form("", "as held")
BARE = {flow: Declaration(reference="extract", type=flow, parties=(_ANYBODY,)) for flow in Flow}
"""Consignments that say nothing but their direction: a measure about some may be about them."""


class Mark(NamedTuple):
    """Which extract it is.

    Attributes:
        at: Since when nothing has turned by time alone.
    """

    position: int
    at: datetime

    def __str__(self) -> str:
        return f"{self.position}@{self.at.astimezone(UTC).isoformat().replace('+00:00', 'Z')}"


class Extract(NamedTuple):
    """An extract: its head, and its rows while the transaction lasts."""

    head: ExtractHead
    rows: Iterator[ExtractRow]


def find_mark(connection: Connection, *, now: datetime, then: bool = False) -> Mark:
    """Step 1: returns the mark of the extract that holds at a moment.

    The present one rests on all that is known, whatever its moments say: they grow with positions,
    and a clock that was ahead once would else keep out every suspension until that moment came.

    Args:
        connection: The transaction.
        now: The moment.
        then: It is a moment of the past: as known by then.

    Raises:
        RequestRefused: Nothing was known by then: no rule book was in use.
    """
    dated = feed.position_at(connection, known_at=now)
    position = dated if then else feed.latest(connection).number
    book = _book(connection, position)
    turns = [feed.at_position(connection, dated).at, *_day_begins(book, now)]
    turned = extracts.last_turn(connection, until=position, at=now)
    measures = load_measures(connection, book, until=position)
    turns += [] if turned is None else [turned]
    turns += [
        moment
        for each in _timed(measures)
        for moment in (each.from_at, each.until_at)
        if moment is not None and moment <= now
    ]
    return Mark(position, max(turns).astimezone(UTC))


def read_mark(connection: Connection, text: str) -> Mark:
    """Returns the mark an earlier extract names; a position alone means the moment it was given.

    Raises:
        RequestRefused: Not a mark, or of a position that was never given.
    """
    number, _, moment = text.partition("@")
    try:
        position = feed.at_position(connection, int(number)) if number.isascii() else feed.BEFORE
        at = datetime.fromisoformat(moment) if moment else position.at
    except (ValueError, OverflowError):
        position, at = feed.BEFORE, feed.BEFORE.at
    if position.number == 0 or at.tzinfo is None:
        raise RequestRefused(
            f"{text[:60]!r} is not the mark of an extract, as 17@2026-03-02T00:00:00Z",
            reason=Reason.REQUEST_INVALID,
            where="since",
        )
    return Mark(position.number, at)


def take_extract(
    connection: Connection,
    mark: Mark,
    *,
    partner: Territory | None = None,
    since: Mark | None = None,
) -> Extract:
    """Returns the extract of a mark, or what changed since an earlier one.

    Args:
        connection: The transaction; the rows are read while it lasts.
        mark: Which.
        partner: Only the operators of this one.
        since: The mark of the extract the reader has.

    Raises:
        RequestRefused: A retention has had operators removed that the earlier extract may name, or
            its mark is later than the one asked for.
    """
    if since is not None:
        _check_since(connection, since, mark=mark, partner=partner)
    before = {} if since is None else _digests(connection, since, partner=partner)
    lister = _lister(connection, mark)
    head = ExtractHead(
        territory=lister.state.book.us,
        mark=str(mark),
        position=mark.position,
        at=mark.at,
        since=None if since is None else str(since),
        partner=partner,
        book=lister.state.book.digest,
        sources=tuple(lister.sources(partner)),
    )
    rows = lister.rows(connection, partner=partner)
    return Extract(head, rows if since is None else _differences(rows, before))


def _check_since(
    connection: Connection, since: Mark, *, mark: Mark, partner: Territory | None
) -> None:
    if since.position > mark.position or since.at > mark.at:
        raise RequestRefused("the earlier extract is the later one", where="since")
    for purge in purges.listed(connection):
        if partner in {None, purge.partner} and since.at < purge.ended_before:
            raise RequestRefused(
                f"operators of {purge.partner} have been purged since; take a full extract",
                reason=Reason.STATE_NOT_SUITABLE,
                where="since",
            )


def _digests(
    connection: Connection, mark: Mark, *, partner: Territory | None
) -> dict[tuple[str, ...], bytes]:
    rows = _lister(connection, mark).rows(connection, partner=partner)
    return {key_of(row): digest_of(row) for row in rows}


def _differences(
    rows: Iterable[ExtractRow], before: dict[tuple[str, ...], bytes]
) -> Iterator[ExtractRow]:
    """Step 6; `before` is used up."""
    for row in rows:
        known = before.pop(key_of(row), None)
        if known is None:
            yield row.model_copy(update={"change": RowChange.ADDED})
        elif known != digest_of(row):
            yield row.model_copy(update={"change": RowChange.CHANGED})
    for key in sorted(before):
        names = ("partner", "arrangement", "tin", "programme", "authorisation")
        yield ExtractRow.model_validate(
            {**dict(zip(names, key, strict=True)), "change": RowChange.REMOVED}
        )


def key_of(row: ExtractRow) -> tuple[str, ...]:
    """Returns what names a row; rows come in the order of it."""
    return (row.partner, row.arrangement, row.tin, row.programme, row.authorisation)


def digest_of(row: ExtractRow) -> bytes:
    """Returns the digest of what a row says.

    A partner's new word that says nothing new of an operator changes no row of a delta.
    """
    content = row.model_dump_json(exclude={"change", "as_of", "use_until"})
    return hashlib.sha256(content.encode()).digest()


def _lister(connection: Connection, mark: Mark) -> Lister:
    """Step 2."""
    book = _book(connection, mark.position)
    at = feed.at_position(connection, mark.position)
    state = load_state(connection, book, at=at, epoch=book.epoch(book.day(mark.at)))
    confirmed: dict[tuple[str, str], list[Correspondence]] = {}
    for ground in grounds.as_of(connection, mark.position):
        if ground.kind == GroundKind.CORRESPONDENCE:
            one = Correspondence.model_validate_json(ground.content)
            if one.kind is CorrespondenceKind.IDENTIFIER:
                confirmed.setdefault((one.partner, one.tin), []).append(one)
    return Lister(state, at=mark.at, confirmed=confirmed)


class Lister:
    """Steps 3 to 5 for every authorisation held."""

    def __init__(
        self,
        state: State,
        *,
        at: datetime,
        confirmed: Mapping[tuple[str, str], list[Correspondence]],
    ) -> None:
        self.state = state
        self._at = at
        book = state.book
        self._on = book.day(at)
        self._covers = Covers(state, today=self._on)
        self._measures = state.measures.of_operators()
        self._numbers = Numbers(
            state, at=at, on=self._on, cover_of=self._covers.find, codes=confirmed
        )
        self._benefits = Benefits(state.book, measures=self._measures, at=at, bare=BARE)
        self._ends: dict[tuple[Territory, ArrangementId], datetime | None] = {}

    def sources(self, partner: Territory | None) -> Iterator[ExtractSource]:
        """Yields whose word the extract rests on."""
        book = self.state.book
        for arrangement in sorted(book.book.confirmed):
            for party in book.book.arrangements[arrangement].parties:
                issuer = party.territory
                if issuer == book.us or partner not in {None, issuer}:
                    continue
                as_of = self.state.heard.get((issuer, arrangement))
                yield ExtractSource(
                    partner=issuer,
                    arrangement=arrangement,
                    as_of=as_of,
                    use_until=None if as_of is None else self._silent_too_long(as_of),
                )

    def rows(self, connection: Connection, *, partner: Territory | None) -> Iterator[ExtractRow]:
        """Yields the recognised authorisations in their order."""
        held = extracts.in_order(connection, until=self.state.position, partner=partner)
        for one in held:
            row = self._row(one)
            if row is not None:
                yield row

    def _row(self, held: extracts.Held) -> ExtractRow | None:
        (issuer, arrangement), (tin, programme, authorisation) = held.register, held.key
        key = HoldingKey(issuer, arrangement, tin, programme, authorisation)
        holding = self.state.index.get(key)
        cover, now = self._covers.find(key), None if holding is None else holding.at(self._at)
        if holding is None or cover is None or now is None:
            return None
        found = Found(key, _AS_HELD, now, cover)
        # 3
        (standing,) = judge(
            _ANYBODY,
            [found],
            on=self._on,
            on_there=lambda issuer: self.state.book.day(self._at, of=issuer),
            obstacle=self._obstacle,
        )
        if not standing.recognised:
            return None
        record = next(fact for fact in held.facts if fact.id == now.id).record
        numbers, codes = self._numbers.of(key, record)  # 4
        given = self._benefits.of(key, record, cover.arrangement)  # 5
        score = self._measures.scores.get(key.tin)
        assert cover.as_of is not None
        ends = self._ends_at(holding, found)
        limits = (self._silent_too_long(cover.as_of), ends)
        return ExtractRow(
            partner=key.issuer,
            arrangement=key.arrangement,
            tin=key.tin,
            authorisation=key.authorisation,
            programme=key.programme,
            tier=record.tier,
            legal_name=record.legal_name,
            names=tuple(name.text for name in record.names),
            status=now.status,
            valid_since=now.effective_from,
            expires_on=record.expires_on,
            numbers=numbers,
            local_codes=codes,
            benefits=given.sure,
            conditional_benefits=given.conditional,
            note=given.note,
            score=None if score is None else score.score,
            score_scale=None if score is None else score.scale,
            as_of=cover.as_of,
            holds_until=ends,
            use_until=min(limit for limit in limits if limit is not None),
        )

    # --- 3

    def _obstacle(self, key: HoldingKey) -> tuple[RecognitionReason, str] | None:
        at = self._at
        why = self._measures.stopped(key.arrangement, partner=key.issuer, at=at)
        if why is not None:
            return RecognitionReason.ARRANGEMENT_STOPPED, why
        why = self._measures.outside_pilot(key.arrangement, BARE[Flow.IMPORT], tin=key.tin, at=at)
        return None if why is None else (RecognitionReason.NOT_IN_PILOT, why)

    # --- until when

    def _silent_too_long(self, as_of: datetime) -> datetime:
        book = self.state.book
        first = book.day(as_of) + timedelta(days=STALE_AFTER_DAYS + 1)
        return _begin(first, book.zone)

    def _ends_at(self, holding: Holding, found: Found) -> datetime | None:
        """Returns when what is known now is known to change, or None."""
        later = [fact.effective_from for fact in holding.facts if fact.effective_from > self._at]
        last_day = found.fact.record.expires_on
        if last_day is not None and last_day < date.max:
            there = zone_of(found.cover.partner)
            later.append(_begin(last_day + timedelta(days=1), there))
        key = holding.key
        measures = self._measures
        narrower: list[Measure] = [
            *measures.suspensions.get(key.tin, ()),
            *measures.alerts.get(key.tin, ()),
            *measures.stops.get(key.arrangement, ()),
            *measures.pilots.get(key.arrangement, ()),
        ]
        later += [one.from_at for one in narrower if one.from_at > self._at]
        register = (key.issuer, key.arrangement)
        if register not in self._ends:
            self._ends[register] = self._arrangement_turns(found.cover)
        turns = self._ends[register]
        return min([*later, *([] if turns is None else [turns])], default=None)

    def _arrangement_turns(self, cover: Cover) -> datetime | None:
        """Returns when the arrangement ends or its table or our rules give something else."""
        book, days = self.state.book, []
        if cover.arrangement.ended_on.value is not None:
            days.append(cover.arrangement.ended_on.value)
        for row in book.table_of(cover.arrangement).rows.value or ():
            if row.valid_from is not None:
                days.append(row.valid_from)
            if row.valid_until is not None and row.valid_until < date.max:
                days.append(row.valid_until + timedelta(days=1))
        for compiled in book.aliases.rules:
            until = compiled.rule.valid_until
            if until is not None and until < date.max:
                days.append(until + timedelta(days=1))
        first = min((day for day in days if day > self._on), default=None)
        return None if first is None else _begin(first, book.zone)


def _book(connection: Connection, position: int) -> CompiledBook:
    digest = books.in_use(connection, position=position)
    content = None if digest is None else books.find(connection, digest)
    if content is None:
        raise RequestRefused(
            "nothing was known by then: no rule book was in use", reason=Reason.NOT_FOUND
        )
    return load_book(content)


def _timed(measures: Measures) -> Iterator[Measure]:
    for several in (measures.suspensions, measures.alerts, measures.stops, measures.pilots):
        kept: Mapping[object, list[Measure]] = several  # type: ignore[assignment]
        for some in kept.values():
            yield from some


def _day_begins(book: CompiledBook, now: datetime) -> Iterator[datetime]:
    """Yields when the legal day began here and in each partner's zone."""
    for zone in {zone_of(each) for each in book.book.administrations.values()}:
        yield _begin(now.astimezone(zone).date(), zone)


def _begin(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), tzinfo=zone).astimezone(UTC)
