"""A programme's profile between two gateways: signed by whom it describes, kept, compared by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.believe_profiles import believe_profiles
from mra_gateway.flows.compare import Asked, Comparer
from mra_gateway.flows.take_profile import content_digest
from mra_gateway.gateway import Gateway
from mra_gateway.model.identifiers import Digest, ProgrammeId, Territory
from mra_gateway.model.messages import MessageKind, ProgrammeProfile, Receipt
from mra_gateway.model.officers import OfficerRole
from mra_gateway.model.profiles import Profile
from mra_gateway.registry.load import Registry
from mra_gateway.settings import data_folder
from mra_gateway.store import capabilities, journal, outbox, profiles_received
from mra_gateway.store import partners as decided
from tests.support.decided import OLGA, officer
from tests.support.messages import a_cell, a_message, a_programme_profile
from tests.support.simulation import CN, MN, AWorld, World, completed_registry, shipped

MN_AEO, CN_AEO = ProgrammeId("MN-AEO"), ProgrammeId("CN-AEO")
ON = date(2026, 11, 21)


def with_profile(version: int = 1, *, of: ProgrammeId = MN_AEO) -> Registry:
    """Facts with a copy of our own of a programme's profile, which no shipped file holds."""
    profile = Profile(programme=of, version=version, cells=(a_cell(),))
    base = completed_registry()
    files = {id_: path for id_, path in base.files.items() if id_ != f"profiles/{of}"}
    return replace(base, profiles={of: profile}, files=files)


async def a_pinged_world(a_world: AWorld) -> World:
    """Mongolia has a profile of its own, and China has said what it takes."""
    world = await a_world(registries={MN: with_profile(), CN: completed_registry()})
    await world.mn.enquirer.ping(CN)
    await world.settle()
    return world


async def held(gateway: Gateway, programme: ProgrammeId) -> profiles_received.ReceivedProfile:
    found = await gateway.database.read(lambda c: profiles_received.newest(c, programme))
    assert found is not None
    return found


async def post(world: World, body: ProgrammeProfile) -> Receipt:
    return await world.post(a_message(body, created_at=world.clock.now()))


async def refusal(work: object) -> Reason:
    with pytest.raises(RequestRefused) as refused:
        await work  # type: ignore[misc]
    return refused.value.reason


async def test_a_profile_sent_is_kept_with_who_signed_it_and_when(a_world: AWorld) -> None:
    world = await a_pinged_world(a_world)
    message_id = await world.mn.profile_sender.send(MN_AEO, to=CN, by=OLGA)
    await world.settle()

    sent = await world.mn.database.read(lambda c: outbox.find(c, message_id))
    assert sent is not None
    assert (sent.state, sent.outcome, sent.arrangement) == (outbox.SETTLED, "accepted", None)
    kept = await held(world.cn, MN_AEO)
    assert kept.profile == world.mn.registry.profiles[MN_AEO]
    assert kept.programme is not None
    assert kept.programme.name == world.mn.registry.programmes[MN_AEO].name
    assert kept.programme.local_parameters is None, "how much is given at home stays there"
    assert (kept.signed.partner, kept.signed.message_id) == (MN, message_id)
    assert kept.digest == content_digest(
        ProgrammeProfile(profile=kept.profile, programme=kept.programme)
    )
    assert kept.received_at >= kept.signed.signed_at
    for gateway, act in (
        (world.mn, "programme profile sent"),
        (world.cn, "programme profile received"),
    ):
        noted = await _noted(gateway, act)
        assert noted == [(MN_AEO, 1)]


async def _noted(gateway: Gateway, act: str) -> list[tuple[object, object]]:
    found = await gateway.database.read(lambda c: journal.latest(c, limit=10, act=act))
    return [(one.subject, one.detail["version"]) for one in found]


async def test_a_partner_that_has_not_said_that_it_takes_profiles_gets_none(
    a_world: AWorld,
) -> None:
    world = await a_world(registries={MN: with_profile(), CN: completed_registry()})

    async def send() -> object:
        return await world.mn.profile_sender.send(MN_AEO, to=CN, by=OLGA)

    assert await refusal(send()) is Reason.KIND_NOT_ACCEPTED
    await world.mn.enquirer.ping(CN)
    await world.settle()
    takes = await world.mn.database.read(lambda c: capabilities.find(c, CN))
    assert takes is not None

    async def say(**fields: object) -> None:
        told = takes.model_copy(update=fields)
        await world.mn.database.write(lambda c: capabilities.put(c, CN, told, at=world.clock.now()))

    await say(kinds=(MessageKind.PING,))
    assert await refusal(send()) is Reason.KIND_NOT_ACCEPTED
    await say(max_bytes=100)
    assert await refusal(send()) is Reason.TOO_LARGE
    await say()
    assert await send()


async def test_only_our_own_copy_of_our_own_programme_is_sent_and_by_a_legal_officer(
    a_world: AWorld,
) -> None:
    world = await a_pinged_world(a_world)
    send = world.mn.profile_sender.send
    other = officer("bat", OfficerRole.AEO)
    assert await refusal(send(MN_AEO, to=CN, by=other)) is Reason.NOT_PERMITTED
    assert await refusal(send(CN_AEO, to=CN, by=OLGA)) is Reason.PROFILE_NOT_OF_SENDER
    gone = ProgrammeId("MN-OTHER")
    assert await refusal(send(gone, to=CN, by=OLGA)) is Reason.NOT_FOUND
    stranger = Territory("KR")
    assert await refusal(send(MN_AEO, to=stranger, by=OLGA)) is Reason.PARTNER_NOT_PINNED
    draft = data_folder("partners") / "profiles" / "MN-AEO.toml"
    book = world.mn.book
    ours = book.registry
    book.registry = replace(ours, files={**ours.files, "profiles/MN-AEO": draft})
    assert await refusal(send(MN_AEO, to=CN, by=OLGA)) is Reason.STATE_NOT_SUITABLE
    book.registry = ours
    assert await send(MN_AEO, to=CN, by=OLGA)


async def test_a_higher_version_takes_the_place_of_a_lower_and_all_are_kept(
    a_world: AWorld,
) -> None:
    world = await a_world()
    one, two = a_programme_profile(), a_programme_profile(version=2, cells=(a_cell("safe:B.a"),))
    for body in (one, two, two):
        assert (await post(world, body)).outcome == "accepted"
    assert (await held(world.mn, CN_AEO)).profile == two.profile
    every = await world.mn.database.read(profiles_received.listed)
    assert [each.profile.version for each in every] == [2, 1]
    assert await world.mn.database.read(profiles_received.latest) == {CN_AEO: every[0]}

    older = await post(world, one.model_copy(update={"programme": None}))
    assert (older.outcome, older.reason) == ("refused", Reason.PROFILE_VERSION_CONFLICT)
    every = await world.mn.database.read(profiles_received.listed)
    assert [each.profile.version for each in every] == [2, 1]


async def test_comparisons_rest_on_the_signed_profile_and_call_it_confirmed(
    a_world: AWorld,
) -> None:
    world = await a_world()
    await post(world, a_programme_profile(version=7))
    facts = replace(
        shipped(),
        programmes=world.mn.registry.programmes,
        arrangements=world.mn.registry.arrangements,
    )

    registry, digests = await world.mn.database.read(lambda c: believe_profiles(c, facts))
    compared = Comparer(registry, confirmed=digests).compare(
        "MN", "CN", asked=Asked(at=ON, catalogue="safe")
    )
    assert (compared.ours.is_confirmed, compared.theirs.is_confirmed) == (False, True)
    assert compared.theirs.version == 7
    before = Comparer(facts).compare("MN", "CN", asked=Asked(at=ON, catalogue="safe"))
    assert (before.theirs.is_confirmed, before.theirs.version) != (True, 7)
    assert facts.profiles[CN_AEO].version != 7, "decisions and exchange go by the files"


async def test_what_a_key_revoked_since_before_it_came_had_signed_counts_no_more(
    a_world: AWorld,
) -> None:
    world = await a_world()
    genuine, forged = a_programme_profile(), a_programme_profile(version=99, cells=())
    await post(world, genuine)
    world.move()
    since = world.clock.now()
    await post(world, forged)
    signer = (await held(world.mn, CN_AEO)).signed.signer

    def revoke(connection: Connection, fingerprint: Digest) -> None:
        decided.revoke(
            connection,
            world.clock.new_uuid(),
            territory=CN,
            fingerprint=fingerprint,
            since=since,
            at=since,
            by="olga",
            note="stolen",
        )

    await world.mn.database.write(lambda c: revoke(c, Digest("0" * 64)))
    assert (await held(world.mn, CN_AEO)).profile.version == 99, "another key"
    await world.mn.database.write(lambda c: revoke(c, signer))
    assert (await held(world.mn, CN_AEO)).profile == genuine.profile
    listed = await world.mn.database.read(lambda c: profiles_received.listed(c, programme=CN_AEO))
    assert [each.profile.version for each in listed] == [99, 1], "kept as it came"
