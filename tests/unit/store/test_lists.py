"""Full lists: fixed at the cut going out, kept apart until complete coming in."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from mra_gateway.model.changes import ListedOperator
from mra_gateway.model.identifiers import Digest, ListId, MessageId
from mra_gateway.store import facts, lanes, lists, outbox
from mra_gateway.store.chunks import CHUNK
from mra_gateway.store.database import Database
from mra_gateway.store.lists import FullList
from tests.support.messages import AT, a_listed_operator, a_record, a_uuid
from tests.support.stored import CHINESE, a_fact, a_key, a_lane, on_day


def open_one(connection: Connection, lane_id: int, *, parts: int = 2, total: int = 4) -> FullList:
    row = lists.open_list(
        connection,
        lane_id,
        list_id=ListId(a_uuid()),
        parts=parts,
        total=total,
        root=Digest("c" * 64),
        as_of=AT,
        as_of_change=17,
        at=on_day(1),
    )
    return lists.get(connection, row)


def operators(first: int, count: int) -> list[ListedOperator]:
    return [
        a_listed_operator(operator=a_record(tin=key.tin, authorisation=key.authorisation))
        for key in (a_key(number) for number in range(first, first + count))
    ]


async def test_a_list_is_found_while_it_is_under_way(database: Database) -> None:
    def work(connection: Connection) -> tuple[FullList, FullList | None, FullList | None]:
        lane = a_lane(connection, "in")
        opened = open_one(connection, lane.id)
        return (
            opened,
            lists.find_open(connection, lane.id),
            lists.find(connection, lane.id, opened.list_id),
        )

    opened, under_way, by_id = await database.write(work)

    assert opened == under_way == by_id
    assert (opened.next_part, opened.state, opened.last_message) == (1, lists.OPEN, None)
    assert (opened.as_of, opened.as_of_change, opened.opened_at) == (AT, 17, on_day(1))


async def test_a_list_is_found_by_the_state_it_is_in(database: Database) -> None:
    def work(connection: Connection) -> list[bool]:
        lane = a_lane(connection, "in")
        found = []
        for state in (lists.HELD, lists.APPLIED, lists.ABANDONED, lists.REFUSED):
            opened = open_one(connection, lane.id)
            lists.close(connection, opened.id, state=state, at=AT, reason="MASS_CHANGE_HELD")
            assert lists.find_open(connection, lane.id) is None
            held = lists.find_held(connection, lane.id)
            found.append(held is not None and held.id == opened.id)
        return found

    assert await database.write(work) == [True, False, False, False]


async def test_only_lists_of_ours_wait_to_be_sent(database: Database) -> None:
    def work(connection: Connection) -> tuple[list[int], int]:
        out, incoming = a_lane(connection), a_lane(connection, "in")
        open_one(connection, incoming.id)
        open_one(connection, out.id)
        finished = a_lane(connection, epoch=2)
        sent = open_one(connection, finished.id)
        lists.close(connection, sent.id, state=lists.SENT, at=AT)
        return outbox.lanes_with_work(connection, at=AT), out.id

    waiting, out = await database.write(work)

    assert waiting == [out]


async def test_members_are_fixed_in_order_and_read_by_position(database: Database) -> None:
    def work(connection: Connection) -> tuple[list[int], list[list[int]]]:
        facts.add(connection, CHINESE, [a_fact(n) for n in range(5)], at=AT)
        ids = [fact.id for fact in facts.keys_in_force(connection, CHINESE, at=AT)]
        ids.reverse()
        opened = open_one(connection, a_lane(connection).id)
        lists.add_members(connection, opened.id, ids[:3], first=1)
        lists.add_members(connection, opened.id, ids[3:], first=4)
        lists.add_members(connection, opened.id, [], first=6)
        read = [
            lists.members(connection, opened.id, first=first, count=2) for first in (1, 3, 5, 7)
        ]
        return ids, read

    ids, read = await database.write(work)

    assert read == [ids[0:2], ids[2:4], ids[4:], []]


async def test_a_part_is_sent_once_and_only_while_the_list_is_under_way(
    database: Database,
) -> None:
    def work(connection: Connection) -> list[bool]:
        opened = open_one(connection, a_lane(connection).id)
        following = opened._replace(next_part=2)
        sent = [
            lists.send_part(connection, full, message_id=MessageId(a_uuid()))
            for full in (opened, opened)
        ]
        lists.close(connection, opened.id, state=lists.ABANDONED, at=AT)
        sent.append(lists.send_part(connection, following, message_id=MessageId(a_uuid())))
        return sent

    assert await database.write(work) == [True, False, False]


@pytest.mark.parametrize(
    ("state", "waits"),
    [(lists.OPEN, True), (lists.HELD, True), (lists.APPLIED, False), (lists.ABANDONED, False)],
)
async def test_a_lane_knows_whether_a_list_waits_on_it(
    database: Database, state: str, *, waits: bool
) -> None:
    def work(connection: Connection) -> list[bool]:
        both = [a_lane(connection, "in"), a_lane(connection, "in", epoch=2)]
        opened = open_one(connection, both[0].id)
        if state != lists.OPEN:
            lists.close(connection, opened.id, state=state, at=AT)
        return [lanes.standing(connection, lane).list_waits for lane in both]

    assert await database.write(work) == [waits, False]


async def test_parts_are_staged_one_after_the_other_and_read_back_in_slices(
    database: Database,
) -> None:
    count = CHUNK + 20

    def work(connection: Connection) -> FullList:
        opened = open_one(connection, a_lane(connection, "in").id)
        for part, first in ((1, 1), (2, 1 + count)):
            assert lists.count_staged(connection, opened.id) == first - 1
            lists.stage(connection, opened.id, operators(first, count), first=first)
            lists.take_part(
                connection,
                opened.id,
                next_part=part + 1,
                digest=Digest(str(part) * 64),
                last_message=MessageId(a_uuid(part)),
            )
        lists.stage(connection, opened.id, [], first=1 + 2 * count)
        return lists.get(connection, opened.id)

    opened = await database.write(work)

    assert (opened.next_part, opened.last_message) == (3, a_uuid(2))
    slices = await database.read(lambda c: list(lists.staged(c, opened.id)))
    assert max(len(each) for each in slices) <= CHUNK
    records = [record for each in slices for record in each]
    assert [record.position for record in records] == list(range(1, 2 * count + 1))
    assert [record.key for record in records] == [a_key(n) for n in range(1, 2 * count + 1)]
    assert await database.read(lambda c: lists.count_staged(c, opened.id)) == 2 * count
    digests = await database.read(lambda c: lists.part_digests(c, opened.id))
    assert digests == ["1" * 64, "2" * 64]


async def test_an_authorisation_named_twice_is_noticed(database: Database) -> None:
    def work(connection: Connection) -> tuple[bool, bool]:
        opened = open_one(connection, a_lane(connection, "in").id)
        # one operator, two authorisations: no double
        same = a_key(1).tin
        twice = [*operators(1, 3), *operators(9, 1)]
        twice[-1] = a_listed_operator(
            operator=a_record(tin=same, authorisation=a_key(9).authorisation)
        )
        lists.stage(connection, opened.id, twice, first=1)
        before = lists.has_doubles(connection, opened.id)
        lists.stage(connection, opened.id, operators(2, 1), first=5)
        return before, lists.has_doubles(connection, opened.id)

    assert await database.write(work) == (False, True)


async def test_staged_authorisations_are_found_for_more_operators_than_one_query_takes(
    database: Database,
) -> None:
    count = CHUNK + 20

    def work(connection: Connection) -> set[facts.Key]:
        opened = open_one(connection, a_lane(connection, "in").id)
        other = open_one(connection, a_lane(connection, "in", epoch=2).id)
        lists.stage(connection, opened.id, operators(1, count), first=1)
        lists.stage(connection, other.id, operators(9000, 1), first=1)
        asked = [a_key(n).tin for n in [*range(count, 0, -1), 9000]]
        return lists.staged_keys(connection, opened.id, asked)

    assert await database.write(work) == {a_key(n) for n in range(1, count + 1)}


async def test_the_records_of_a_list_go_when_it_ends_but_not_while_it_is_held(
    database: Database,
) -> None:
    def work(connection: Connection) -> list[int]:
        lane = a_lane(connection, "in")
        opened = open_one(connection, lane.id)
        lists.stage(connection, opened.id, operators(1, 3), first=1)
        lists.close(connection, opened.id, state=lists.HELD, at=AT, keep_records=True)
        counted = [lists.count_staged(connection, opened.id)]
        lists.close(connection, opened.id, state=lists.APPLIED, at=AT)
        return [*counted, lists.count_staged(connection, opened.id)]

    assert await database.write(work) == [3, 0]
