"""Packs waiting changes and list parts into signed messages, one in flight per lane.

1. look: what is in flight goes first; else a notice, which is about the partner's own operators or
   nobody's, so that it overtakes nothing; else the changes a full list includes already, then its
   first part, then its parts and up to 1,000 later changes in turn: who hears of a change to an
   operator only the list names has heard that the list is under way
2. build and sign, outside any transaction; while a message is in flight the one that may follow it
   is packed ahead, so that the road is not idle meanwhile
3. store the exact bytes, under the lane's lock, if nothing moved meanwhile and nothing is in flight

Also signs again, under the same id, what outlived its certificate undelivered.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import GatewayError
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.compose import Composer
from mra_gateway.model.changes import StatusChange
from mra_gateway.model.identifiers import ArrangementId, MessageId, Territory
from mra_gateway.model.messages import (
    MAX_RECORDS,
    Body,
    StatusListPart,
    StatusNotification,
)
from mra_gateway.store import lanes, lists, notices, outbox, properties, unsent
from mra_gateway.store.database import Database


class _Place(NamedTuple):
    """Where the next message stands: its lane, and its number there."""

    lane_id: int
    recipient: Territory
    arrangement: ArrangementId
    epoch: int
    sequence: int


class _Load(NamedTuple):
    """What the next message of a lane carries."""

    place: _Place
    body: Body
    records: int
    change_rows: tuple[int, ...] = ()
    full: lists.FullList | None = None
    notice_row: int | None = None


class Packed(NamedTuple):
    """A signed message that is not stored yet: it has no effect, and may be dropped."""

    load: _Load
    signed: outbox.NewMessage


class _Moved(Exception):
    """What was to be stored no longer fits the lane; nothing of it remains."""


class Packer:
    """Makes the next message of a lane."""

    def __init__(
        self,
        *,
        database: Database,
        announcer: Announcer,
        composer: Composer,
        clock: Clock,
        merge: bool = True,
    ) -> None:
        self._database = database
        self._announcer = announcer
        self._composer = composer
        self._clock = clock
        self._limit = MAX_RECORDS if merge else 1
        self._list_next: set[int] = set()

    async def next_message(
        self, lane_id: int, *, packed: Packed | None = None
    ) -> outbox.OutMessage | None:
        """Returns the message in flight on a lane, packing one when the lane is free.

        Args:
            lane_id: The lane.
            packed: What was packed ahead; it is stored if it still fits.

        Raises:
            MalformedMessage: What waits cannot be said in the message set; it stays queued.
            StoreError: The database failed.
        """
        if packed is not None:
            stored = await self._store(packed)
            if stored is not None:
                return stored
        found = await self._database.read(lambda c: self._look(c, lane_id))  # 1
        if not isinstance(found, _Load):
            return found
        return await self._store(self._pack(found))

    async def pack_ahead(self, sent: outbox.OutMessage) -> Packed | None:
        """Returns the message that may follow one in flight, built and signed but not stored.

        None when nothing waits. What cannot be packed says so when its turn comes.
        """
        if sent.lane_id is None or sent.sequence is None or sent.arrangement is None:
            return None
        place = _Place(sent.lane_id, sent.partner, sent.arrangement, sent.epoch, sent.sequence + 1)
        try:
            load = await self._database.read(lambda c: self._load(c, place))
            return None if load is None else self._pack(load)
        except GatewayError:
            return None

    async def renew(self, sent: outbox.OutMessage) -> outbox.OutMessage:
        """Returns a message signed by a valid certificate: again, under the same id, if need be."""
        at = self._clock.now()
        if sent.signer_until is None or sent.signer_until > at:
            return sent
        content = self._composer.sign_again(sent.content)
        until = self._composer.signer_until
        await self._database.write(
            lambda c: outbox.replace_content(c, sent.id, content=content, signer_until=until)
        )
        return sent._replace(content=content, signer_until=until)

    def _look(self, connection: Connection, lane_id: int) -> outbox.OutMessage | _Load | None:
        in_flight = outbox.in_flight(connection, lane_id)
        if in_flight is not None:
            return in_flight
        lane = lanes.get(connection, lane_id)
        return self._load(
            connection,
            _Place(lane.id, lane.partner, lane.arrangement, lane.epoch, lane.next_sequence),
        )

    def _load(self, connection: Connection, place: _Place) -> _Load | None:
        lane_id = place.lane_id
        notice = notices.next_to_tell(connection, place.recipient, place.arrangement)
        # on the lane of the present epoch only
        if notice is not None and place.epoch == properties.get_epoch(connection):
            return _Load(place, notice.notice, 1, notice_row=notice.id)
        full = lists.find_open(connection, lane_id)
        waiting = unsent.oldest_changes(connection, lane_id, limit=self._limit)
        read = [(row.id, StatusChange.model_validate_json(row.payload)) for row in waiting]
        if full is not None:
            before = [one for one in read if one[1].change_number <= full.as_of_change]
            turn = full.next_part == 1 or not read or lane_id in self._list_next
            if turn and not before:
                self._list_next.discard(lane_id)
                return self._list_load(connection, place, full)
            read = before or read
        self._list_next.add(lane_id)
        if not read:
            return None
        changes = tuple(
            self._announcer.reduced(change, arrangement=place.arrangement) for _, change in read
        )
        return _Load(
            place,
            StatusNotification(changes=changes),
            len(changes),
            change_rows=tuple(row for row, _ in read),
        )

    def _list_load(self, connection: Connection, place: _Place, full: lists.FullList) -> _Load:
        operators = self._announcer.listed(connection, full, full.next_part)
        body = StatusListPart(
            list_id=full.list_id,
            part=full.next_part,
            parts=full.parts,
            total=full.total,
            root=full.root,
            as_of=full.as_of,
            as_of_change=full.as_of_change,
            operators=tuple(operators),
        )
        return _Load(place, body, len(operators), full=full)

    def _pack(self, load: _Load) -> Packed:  # 2
        place = load.place
        message, document = self._composer.unsigned(
            load.body,
            recipient=place.recipient,
            arrangement=place.arrangement,
            epoch=place.epoch,
            sequence=place.sequence,
        )
        signed = self._composer.signed_message(
            message, document, lane_id=place.lane_id, records=load.records
        )
        return Packed(load, signed)

    async def _store(self, packed: Packed) -> outbox.OutMessage | None:  # 3
        """Stores a message; None, and nothing stored, when something moved meanwhile."""
        try:
            return await self._database.write(lambda c: self._add(c, packed))
        except _Moved:
            return None

    def _add(self, connection: Connection, packed: Packed) -> outbox.OutMessage:
        at = self._clock.now()
        load, signed = packed
        place = load.place
        if not outbox.take_number(connection, place.lane_id, sequence=place.sequence):
            raise _Moved
        row = outbox.add_message(connection, signed, at=at)
        if not unsent.assign_changes(connection, load.change_rows, message_row=row):
            raise _Moved
        if load.notice_row is not None and not notices.assign(
            connection, load.notice_row, message_row=row
        ):
            raise _Moved
        if load.full is not None:
            self._move_list_on(connection, load.full, signed.message_id)
        return outbox.as_stored(signed, row=row, at=at)

    def _move_list_on(
        self, connection: Connection, full: lists.FullList, message_id: MessageId
    ) -> None:
        if not lists.send_part(connection, full, message_id=message_id):
            raise _Moved
        if full.next_part == full.parts:
            lists.close(connection, full.id, state=lists.SENT, at=self._clock.now())
