"""Officers: who they are, what they may do, and the acts that take two of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows import authenticate
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import Actor, ApprovalKind, OfficerRole
from mra_gateway.store import approvals, journal, lanes, lists, officers, outbox
from mra_gateway.store.database import Database
from mra_gateway.trust.keys import fingerprint
from tests.support.simulation import (
    CN,
    CN_MN,
    MN,
    AWorld,
    World,
    a_row,
    put,
    status_at,
    withdraw_confirmation,
)

PASSWORD = "a long enough password"
LEGAL, SECURITY, AEO = OfficerRole.LEGAL, OfficerRole.SECURITY, OfficerRole.AEO


def officer(name: str, *roles: OfficerRole) -> Actor:
    return Actor(name=OfficerName(name), display_name=name.title(), roles=frozenset(roles))


async def add(world: World, name: str, *, password: str = PASSWORD) -> None:
    await world.cn.database.write(
        lambda c: world.cn.authenticator.add_officer(
            c,
            OfficerName(name),
            display_name=name,
            roles=frozenset({AEO}),
            password=password,
            by="init",
        )
    )


async def reason(work: Any) -> Reason:
    with pytest.raises(RequestRefused) as refused:
        await work
    return refused.value.reason


# --- accounts


async def test_a_stored_password_is_as_costly_to_guess_as_rfc_9106_recommends(
    a_world: AWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticate, "PasswordHasher", PasswordHasher)
    world = await a_world()
    await add(world, "olga")
    stored = await world.cn.database.read(lambda c: officers.find(c, "olga"))
    assert stored is not None
    assert stored.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert (await world.cn.authenticator.authenticate("olga", password=PASSWORD)).name == "olga"


async def test_five_wrong_passwords_lock_an_account_for_a_quarter_of_an_hour(
    a_world: AWorld,
) -> None:
    world = await a_world()
    await add(world, "olga")
    ask = world.cn.authenticator.authenticate
    assert (await ask("olga", password=PASSWORD)).name == "olga"
    for _ in range(5):
        assert await reason(ask("olga", password="wrong")) is Reason.NOT_AUTHENTICATED
    assert await reason(ask("olga", password=PASSWORD)) is Reason.NOT_AUTHENTICATED
    world.move(timedelta(minutes=14))
    assert await reason(ask("olga", password=PASSWORD)) is Reason.NOT_AUTHENTICATED
    world.move(timedelta(minutes=2))
    assert (await ask("olga", password=PASSWORD)).name == "olga"


async def test_four_wrong_passwords_do_not_add_up_over_a_right_one(a_world: AWorld) -> None:
    world = await a_world()
    await add(world, "olga")
    ask = world.cn.authenticator.authenticate
    for _ in range(2):
        for _ in range(4):
            await reason(ask("olga", password="wrong"))
        assert (await ask("olga", password=PASSWORD)).name == "olga"


async def test_a_disabled_officer_is_nobody_and_two_always_remain(a_world: AWorld) -> None:
    world = await a_world()
    for name in ("olga", "pavel", "rita"):
        await add(world, name)
    by = officer("olga", SECURITY)
    disable = world.cn.authenticator.disable_officer
    await world.cn.database.write(lambda c: disable(c, OfficerName("rita"), by=by))
    ask = world.cn.authenticator.authenticate
    assert await reason(ask("rita", password=PASSWORD)) is Reason.NOT_AUTHENTICATED
    assert await reason(ask("nobody", password=PASSWORD)) is Reason.NOT_AUTHENTICATED
    last = world.cn.database.write(lambda c: disable(c, OfficerName("pavel"), by=by))
    assert await reason(last) is Reason.STATE_NOT_SUITABLE


@pytest.mark.parametrize("password", ["short", ""])
async def test_a_short_password_is_not_taken(a_world: AWorld, password: str) -> None:
    world = await a_world()
    assert await reason(add(world, "olga", password=password)) is Reason.REQUEST_INVALID


# --- arrangements


async def ask_confirmation(world: World, by: Actor, *, legal_act: str = "Act 7/2026") -> str:
    return await world.cn.database.write(
        lambda c: world.cn.overseer.request_confirmation(
            c, CN_MN, legal_act=legal_act, act_on=date(2026, 1, 1), by=by
        )
    )


async def approve(world: World, asked: str, by: Actor) -> approvals.Approval:
    return await world.cn.database.write(lambda c: world.cn.approver.approve(c, asked, by=by))


async def test_confirming_takes_two_legal_officers_and_starts_the_exchange(a_world: AWorld) -> None:
    world = await a_world()
    await withdraw_confirmation(world.cn)
    assert (await put(world.cn, a_row(1))).queued == 0
    olga, pavel = officer("olga", LEGAL), officer("pavel", LEGAL)
    assert await reason(ask_confirmation(world, officer("olga", AEO))) is Reason.NOT_PERMITTED
    empty = ask_confirmation(world, olga, legal_act=" ")
    assert await reason(empty) is Reason.REQUEST_INVALID
    asked = await ask_confirmation(world, olga)
    assert await reason(approve(world, asked, olga)) is Reason.SECOND_OFFICER_REQUIRED
    assert await reason(approve(world, asked, officer("rita", AEO))) is Reason.NOT_PERMITTED
    world.move(timedelta(days=1))
    done = await approve(world, asked[:8], pavel)
    assert done.kind is ApprovalKind.CONFIRM_ARRANGEMENT
    assert await reason(approve(world, asked, pavel)) is Reason.APPROVAL_ALREADY_DECIDED
    assert await reason(approve(world, "no such", pavel)) is Reason.NOT_FOUND

    def lists_out(connection: Connection) -> int:
        lanes_out = lanes.all_lanes(connection, "out")
        return sum(lists.find_open(connection, lane.id) is not None for lane in lanes_out)

    assert await world.cn.database.read(lists_out) == 1
    await world.settle()
    assert await status_at(world.mn, a_row(1).tin) == "valid"


async def test_a_copy_that_changed_since_the_request_is_not_confirmed(a_world: AWorld) -> None:
    world = await a_world()
    asked = await ask_confirmation(world, officer("olga", LEGAL))
    registry = world.registries[CN]
    changed = registry.get_arrangement(CN_MN).model_copy(update={"title": "Another"})
    world.registries[CN] = type(registry)(
        administrations=registry.administrations,
        programmes=registry.programmes,
        arrangements={**registry.arrangements, CN_MN: changed},
        benefits=registry.benefits,
        files=registry.files,
    )
    await world.restart(CN)
    assert await reason(approve(world, asked, officer("pavel", LEGAL))) is (
        Reason.STATE_NOT_SUITABLE
    )
    assert len(await world.cn.database.read(approvals.listed)) == 1, "nothing was decided"


# --- partners


async def test_pinning_takes_two_and_another_environment_is_refused(a_world: AWorld) -> None:
    world = await a_world()
    card = world.sides[MN].card(url="https://mn.example/")
    olga, pavel = officer("olga", SECURITY), officer("pavel", SECURITY)

    def ask(by: Actor, **changes: Any) -> Any:
        changed = card.model_copy(update=changes)
        return world.cn.database.write(lambda c: world.cn.overseer.request_pin(c, changed, by=by))

    assert await reason(ask(officer("olga", LEGAL))) is Reason.NOT_PERMITTED
    assert await reason(ask(olga, territory=CN)) is Reason.REQUEST_INVALID
    assert await reason(ask(olga, environment="production")) is Reason.ENVIRONMENT_MISMATCH
    asked = await ask(olga)
    assert world.cn.book.find_url(MN) is None
    assert await reason(approve(world, asked, olga)) is Reason.SECOND_OFFICER_REQUIRED
    await approve(world, asked, pavel)
    await world.cn.book.refresh(world.cn.database)
    assert world.cn.book.find_url(MN) == "https://mn.example/"


async def test_one_officer_ends_trust_at_once(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    side = world.sides[CN]
    await world.mn.database.write(
        lambda c: world.mn.overseer.revoke_key(
            c,
            CN,
            fingerprint=fingerprint(side.certificate),
            since=world.clock.now(),
            note="lost",
            by=officer("olga", SECURITY),
        )
    )
    await world.mn.book.refresh(world.mn.database)
    await world.work(CN)
    assert world.refused == [Reason.CERTIFICATE_REVOKED]
    assert await world.cn.database.read(outbox.oldest_unsettled) is not None


async def test_every_act_is_in_the_journal(a_world: AWorld, two_databases: list[Database]) -> None:
    world = await a_world(databases=two_databases)
    asked = await ask_confirmation(world, officer("olga", LEGAL))
    await world.cn.database.write(
        lambda c: world.cn.approver.reject(c, asked, by=officer("pavel", LEGAL), note="no")
    )
    entries = await world.cn.database.read(lambda c: journal.latest(c, limit=2))
    assert [(entry.actor, entry.act) for entry in entries] == [
        ("pavel", "rejected confirm_arrangement"),
        ("olga", "requested confirm_arrangement"),
    ]
