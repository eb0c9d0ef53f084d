"""Packs waiting changes and list parts into signed messages, one in flight per lane.

1. look: what is in flight goes first; else the changes a full list includes already, then its
   first part, then its parts and up to 1,000 later changes in turn: who hears of a change to an
   operator only the list names has heard that the list is under way
2. build and sign, outside any transaction
3. store the exact bytes, under the lane's lock, if nothing moved meanwhile

Also signs again, under the same id, what outlived its certificate undelivered.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, StoreError
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.compose import Composer
from mra_gateway.model.changes import StatusChange
from mra_gateway.model.identifiers import MessageId
from mra_gateway.model.messages import (
    MAX_RECORDS,
    Body,
    StatusListPart,
    StatusNotification,
)
from mra_gateway.store import lanes, lists, outbox
from mra_gateway.store.database import Database


class _Load(NamedTuple):
    """What the next message of a lane carries."""

    lane: lanes.Lane
    body: Body
    records: int
    change_rows: tuple[int, ...] = ()
    full: lists.FullList | None = None


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

    async def next_message(self, lane_id: int) -> outbox.OutMessage | None:
        """Returns the message in flight on a lane, packing one when the lane is free.

        Raises:
            MalformedMessage: What waits cannot be said in the message set; it stays queued.
            StoreError: The database failed.
        """
        found = await self._database.read(lambda c: self._look(c, lane_id))
        if not isinstance(found, _Load):
            return found
        message, document = self._composer.unsigned(
            found.body,
            recipient=found.lane.partner,
            arrangement=found.lane.arrangement,
            epoch=found.lane.epoch,
            sequence=found.lane.next_sequence,
        )
        signed = self._composer.signed_message(
            message, document, lane_id=lane_id, records=found.records
        )
        return await self._database.write(lambda c: self._store(c, found, signed))

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
        full = lists.find_open(connection, lane_id)
        waiting = outbox.waiting_changes(connection, lane_id, limit=self._limit)
        read = [(row.id, StatusChange.model_validate_json(row.payload)) for row in waiting]
        if full is not None:
            before = [one for one in read if one[1].change_number <= full.as_of_change]
            turn = full.next_part == 1 or not read or lane_id in self._list_next
            if turn and not before:
                self._list_next.discard(lane_id)
                return self._list_load(connection, lane, full)
            read = before or read
        self._list_next.add(lane_id)
        if not read:
            return None
        changes = tuple(
            self._announcer.reduced(change, arrangement=lane.arrangement) for _, change in read
        )
        return _Load(
            lane,
            StatusNotification(changes=changes),
            len(changes),
            change_rows=tuple(row for row, _ in read),
        )

    def _list_load(self, connection: Connection, lane: lanes.Lane, full: lists.FullList) -> _Load:
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
        return _Load(lane, body, len(operators), full=full)

    def _store(
        self, connection: Connection, load: _Load, signed: outbox.NewMessage
    ) -> outbox.OutMessage | None:
        """Stores the message unless something moved meanwhile; returns what is in flight then."""
        lane = lanes.lock_by_id(connection, load.lane.id)
        moved = lane.next_sequence != load.lane.next_sequence or (
            load.full is not None and not self._is_still_next(connection, load.full)
        )
        if moved:
            return outbox.in_flight(connection, load.lane.id)
        return self._add(connection, load, signed, lane=lane)

    def _add(
        self, connection: Connection, load: _Load, signed: outbox.NewMessage, *, lane: lanes.Lane
    ) -> outbox.OutMessage:
        at = self._clock.now()
        row = outbox.add_message(connection, signed, at=at)
        if not outbox.assign_changes(connection, load.change_rows, message_row=row):
            raise StoreError("another packer took these changes", reason=Reason.DATABASE_BUSY)
        if load.full is not None:
            self._move_list_on(connection, load.full, signed.message_id)
        assert signed.sequence is not None
        lanes.advance(connection, lane, sequence=signed.sequence)
        return outbox.as_stored(signed, row=row, at=at)

    def _is_still_next(self, connection: Connection, full: lists.FullList) -> bool:
        now = lists.get(connection, full.id)
        return now.state == lists.OPEN and now.next_part == full.next_part

    def _move_list_on(
        self, connection: Connection, full: lists.FullList, message_id: MessageId
    ) -> None:
        lists.move_on(connection, full.id, next_part=full.next_part + 1, last_message=message_id)
        if full.next_part == full.parts:
            lists.close(connection, full.id, state=lists.SENT, at=self._clock.now())
