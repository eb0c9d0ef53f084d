"""Officers, the acts that need two of them, and the national systems with their keys."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from sqlalchemy import Connection, select

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import ApprovalKind, OfficerRole
from mra_gateway.store import approvals, clients, officers
from mra_gateway.store.database import Database, open_database
from mra_gateway.store.tables import clients as clients_table
from tests.support.messages import AT
from tests.support.stored import on_day

BAT, ANA = OfficerName("bat.erdene"), OfficerName("ana")
ROLES = frozenset({OfficerRole.AEO, OfficerRole.LEGAL})


def add_officer(connection: Connection, name: OfficerName = BAT) -> None:
    officers.add(
        connection,
        name,
        display_name="Бат-Эрдэнэ (fictitious)",
        roles=ROLES,
        password_hash="$argon2id$…",
        at=AT,
        created_by="init",
    )


async def test_an_officer_comes_back_as_added(database: Database) -> None:
    await database.write(add_officer)

    found = await database.read(lambda c: officers.find(c, BAT))

    assert found is not None
    assert (found.name, found.roles, found.display_name) == (BAT, ROLES, "Бат-Эрдэнэ (fictitious)")
    assert (found.failed_attempts, found.locked_until, found.disabled_at) == (0, None, None)
    assert await database.read(lambda c: officers.find(c, "nobody")) is None


async def test_a_name_is_taken_for_good_even_by_a_disabled_account(database: Database) -> None:
    await database.write(add_officer)
    for disable in (False, True):
        if disable:
            assert await database.write(lambda c: officers.disable(c, BAT, at=on_day(1)))
        with pytest.raises(RequestRefused) as refused:
            await database.write(add_officer)
        assert refused.value.reason is Reason.ALREADY_EXISTS
    await database.write(lambda c: add_officer(c, ANA))

    assert [each.name for each in await database.read(officers.all_officers)] == [ANA, BAT]
    assert await database.read(officers.count_active) == 1


async def test_of_two_who_take_a_name_at_the_same_moment_one_is_told_it_exists(
    database_url: str,
) -> None:
    databases = [open_database(database_url) for _ in range(2)]

    added = await asyncio.gather(
        *(each.write(add_officer) for each in databases), return_exceptions=True
    )
    for each in databases:
        await each.close()

    refused = [error for error in added if isinstance(error, RequestRefused)]
    assert [error.reason for error in refused] == [Reason.ALREADY_EXISTS]


async def test_an_account_is_disabled_once(database: Database) -> None:
    await database.write(add_officer)

    assert await database.write(lambda c: officers.disable(c, BAT, at=on_day(1)))
    assert not await database.write(lambda c: officers.disable(c, BAT, at=on_day(2)))
    assert not await database.write(lambda c: officers.disable(c, ANA, at=on_day(2)))
    found = await database.read(lambda c: officers.find(c, BAT))
    assert found is not None
    assert found.disabled_at == on_day(1)


async def test_failed_attempts_are_kept_with_the_lock(database: Database) -> None:
    await database.write(add_officer)
    await database.write(lambda c: officers.note_attempts(c, BAT, failed=5, locked_until=on_day(1)))

    found = await database.read(lambda c: officers.find(c, BAT))

    assert found is not None
    assert (found.failed_attempts, found.locked_until) == (5, on_day(1))


FIRST, SECOND = "aa11" + "0" * 32, "aa22" + "0" * 32


def request(connection: Connection, approval_id: str = FIRST, *, day: int = 0) -> None:
    approvals.request(
        connection,
        approval_id,
        kind=ApprovalKind.APPLY_LIST,
        summary="Withdraw 80 of 100 operators",
        payload='{"list": 7}',
        requested_by=BAT,
        at=on_day(day),
    )


def approve(connection: Connection, approval_id: str = FIRST) -> None:
    approvals.decide(
        connection, approval_id, state=approvals.APPROVED, by=ANA, at=on_day(1), note="seen"
    )


async def test_a_request_is_decided_once(database: Database) -> None:
    await database.write(request)
    await database.write(approve)

    with pytest.raises(RequestRefused) as refused:
        await database.write(approve)

    assert refused.value.reason is Reason.APPROVAL_ALREADY_DECIDED
    decided = await database.write(lambda c: approvals.get(c, FIRST))
    assert (decided.state, decided.decided_by, decided.decided_at, decided.note) == (
        approvals.APPROVED,
        ANA,
        on_day(1),
        "seen",
    )


async def test_of_two_who_decide_at_the_same_moment_one_is_refused(database_url: str) -> None:
    databases = [open_database(database_url) for _ in range(2)]
    await databases[0].write(request)

    def decide(connection: Connection) -> None:
        found = approvals.get(connection, FIRST)
        approve(connection, found.id)

    decided = await asyncio.gather(
        *(each.write(decide) for each in databases), return_exceptions=True
    )
    for each in databases:
        await each.close()

    refused = [error for error in decided if isinstance(error, RequestRefused)]
    assert [error.reason for error in refused] == [Reason.APPROVAL_ALREADY_DECIDED]


@pytest.mark.parametrize("prefix", ["aa", "", "b", "AA11", "aa1_", "aa%"])
async def test_a_prefix_that_names_no_single_request_is_refused(
    database: Database, prefix: str
) -> None:
    await database.write(request)
    await database.write(lambda c: request(c, SECOND))

    with pytest.raises(RequestRefused) as refused:
        await database.write(lambda c: approvals.get(c, prefix))

    assert refused.value.reason is Reason.NOT_FOUND
    assert (await database.write(lambda c: approvals.get(c, "aa1"))).id == FIRST


async def test_an_empty_prefix_is_refused_even_when_there_is_but_one_request(
    database: Database,
) -> None:
    await database.write(request)

    with pytest.raises(RequestRefused):
        await database.write(lambda c: approvals.get(c, ""))


async def test_requests_are_listed_by_state_oldest_first(database: Database) -> None:
    def work(connection: Connection) -> None:
        request(connection, SECOND, day=2)
        request(connection, FIRST, day=1)
        request(connection, "bb" + "0" * 34, day=3)
        approve(connection, SECOND)

    await database.write(work)

    opened = await database.read(approvals.listed)
    everything = await database.read(lambda c: approvals.listed(c, state=None))
    assert [each.id[:4] for each in opened] == ["aa11", "bb00"]
    assert [each.id[:4] for each in everything] == ["aa11", "aa22", "bb00"]


KEY = "a key of 256 random bits, shown once"


def add_client(connection: Connection) -> None:
    clients.add(
        connection, "c1", name="declaration system", key=KEY, at=AT, created_by="bat.erdene"
    )


async def test_a_key_is_kept_as_its_hash_only(database: Database) -> None:
    await database.write(add_client)

    row = await database.read(lambda c: c.execute(select(clients_table)).one())

    assert row.key_hash == hashlib.sha256(KEY.encode()).hexdigest()
    assert all(KEY not in str(value) for value in row)


async def test_a_key_opens_until_it_is_revoked(database: Database) -> None:
    await database.write(add_client)
    found = await database.read(lambda c: clients.find_by_key(c, KEY))
    assert found is not None
    assert (found.id, found.name) == ("c1", "declaration system")
    assert await database.read(lambda c: clients.find_by_key(c, "another key")) is None

    revoked = [
        await database.write(lambda c: clients.revoke(c, "declaration system", by="ana", at=AT))
        for _ in range(2)
    ]

    assert revoked == [1, 0]
    assert await database.read(lambda c: clients.find_by_key(c, KEY)) is None
    (listed,) = await database.read(clients.all_clients)
    assert listed.revoked_at == AT
