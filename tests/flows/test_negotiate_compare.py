"""A negotiation rests on what the partner signed about its own programme, once it has come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.compare import Asked
from mra_gateway.model.comparison import Audience, Finding
from mra_gateway.model.identifiers import Digest, MessageId, ProgrammeId
from mra_gateway.model.messages import ProgrammeProfile
from mra_gateway.model.negotiation import Workspace
from mra_gateway.store import negotiations, profiles_received
from mra_gateway.store.database import Database, Work
from tests.support.messages import a_uuid
from tests.support.negotiating import BEGIN, CN, KIM, KR_CN, a_negotiator
from tests.support.simulation import shipped

CN_AEO = ProgrammeId("CN-AEO")


def receive(connection: Connection) -> None:
    """China's profile arrives signed, one version further, and says nothing of category A."""
    profile = shipped().profiles[CN_AEO]
    cells = tuple(
        fact
        for fact in profile.cells
        if fact.value is None or not fact.value.item.startswith("safe:A")
    )
    told = profile.model_copy(update={"version": profile.version + 1, "cells": cells})
    profiles_received.add(
        connection,
        ProgrammeProfile(profile=told),
        digest=Digest("d" * 64),
        signed=profiles_received.Signed(
            CN, MessageId(a_uuid()), Digest("e" * 64), "CN=Signer", BEGIN
        ),
        received_at=BEGIN + timedelta(days=1),
    )


async def test_a_profile_the_partner_signed_moves_the_rows_it_changes(database: Database) -> None:
    negotiator = a_negotiator(HandMovedClock(BEGIN))
    on = BEGIN.date()
    await database.write(
        lambda c: negotiator.comparer.open(
            c, KR_CN, theirs="CN", asked=Asked(at=on), phases="korea", by=KIM
        )
    )
    before = await _findings(database)
    assert before["A.a"] is not Finding.NOT_ESTABLISHED
    unchanged = await database.write(lambda c: negotiator.comparer.renew(c, KR_CN, at=on, by=KIM))
    assert unchanged == ()

    await database.write(receive)
    moved = await database.write(lambda c: negotiator.comparer.renew(c, KR_CN, at=on, by=KIM))
    assert ("A.a", before["A.a"], Finding.NOT_ESTABLISHED) in [tuple(one) for one in moved]
    for audience in Audience:
        held = await database.read(
            lambda c, a=audience: negotiations.find_comparison(c, KR_CN, audience=a)  # type: ignore[misc]
        )
        assert held is not None
        assert held.theirs.is_confirmed
        assert not held.ours.is_confirmed
        assert held.theirs.version == shipped().profiles[CN_AEO].version + 1


@pytest.mark.parametrize(
    ("theirs", "catalogue"), [("XX", "safe"), ("CN", "safe@1066"), ("CN", "cookery")]
)
async def test_what_cannot_be_compared_opens_nothing(
    database: Database, theirs: str, catalogue: str
) -> None:
    negotiator = a_negotiator(HandMovedClock(BEGIN))

    def work(partner: str, by: str) -> Work[Workspace]:
        asked = Asked(at=BEGIN.date(), catalogue=by)
        return lambda c: negotiator.comparer.open(
            c, KR_CN, theirs=partner, asked=asked, phases="korea", by=KIM
        )

    with pytest.raises(RequestRefused) as refused:
        await database.write(work(theirs, catalogue))
    assert refused.value.reason is Reason.NOT_FOUND
    assert await database.read(negotiations.listed) == []
    await database.write(work("CN", "safe"))
    assert len(await database.read(negotiations.listed)) == 1


async def _findings(database: Database) -> dict[str, Finding]:
    held = await database.read(
        lambda c: negotiations.find_comparison(c, KR_CN, audience=Audience.INTERNAL)
    )
    assert held is not None
    return {row.item: row.finding for row in held.rows}
