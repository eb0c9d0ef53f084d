"""Names matched by themselves: only where the arrangement says so, plainly and unambiguously."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.declarations import DeclaredAddress
from mra_gateway.model.facts import NameMatching
from mra_gateway.model.operators import Address
from mra_gateway.model.recognition import RecognitionReason, RecognitionResult
from mra_gateway.registry.load import Registry
from tests.support.decided import (
    CODE,
    GRANTS,
    TIN,
    decide,
    deciding_registry,
    deciding_world,
    declared,
    granted,
    known,
    stays,
)
from tests.support.messages import a_change, a_notification, a_record
from tests.support.simulation import CN, AWorld

NINGBO = Address(lines=("No. 12 Fictitious Road",), city="Ningbo", territory=CN)
OURS: dict[str, Any] = {
    "legal_name": "Ningbo Golden Dragon Trading Co., Ltd.",
    "names": (),
    "addresses": (NINGBO,),
}
TWIN = {**OURS, "tin": "CN3302400001", "authorisation": "AEOCN3302400001"}
DECLARED: dict[str, Any] = {
    "name": "NINGBO GOLDEN DRAGON TRADING CO LTD",
    "address": DeclaredAddress(lines=("12 Fictitious Rd",), city="Ningbo", territory=CN),
}


def agreed(threshold: float = 95) -> Registry:
    return deciding_registry(name_matching=known(NameMatching(threshold=threshold), NameMatching))


def third(result: RecognitionResult) -> tuple[RecognitionReason, str]:
    (party,) = result.results
    return next((one.reason, one.text) for one in party.steps if one.number == 3)


async def test_a_name_recognises_where_the_arrangement_says_so_and_nowhere_else(
    a_world: AWorld,
) -> None:
    nameless = declared(None, **DECLARED)
    world = await deciding_world(a_world, OURS, registry=agreed())
    found = await decide(world, nameless)
    assert (granted(found), found.results[0].tin) == (set(GRANTS), TIN)
    reason, text = third(found)
    assert reason is RecognitionReason.OK
    assert "matched under CN-MN-2025, " in text
    assert "of 95: the same name" in text
    without = await deciding_world(a_world, OURS)
    assert third(await decide(without, nameless))[0] is RecognitionReason.IDENTIFIER_NOT_DECLARED
    assert await stays(world, found)


@pytest.mark.parametrize(
    "changes",
    [
        {"address": None},
        {"address": DeclaredAddress(city="Qingdao", territory=CN)},
        {"name": "Ningbo Golden Dragon Trading 2 Co., Ltd."},
        {"name": "Ningbo Golden Tiger Trading Co., Ltd."},
        {"name": None},
    ],
)
async def test_less_than_the_same_name_at_the_same_place_recognises_nobody(
    a_world: AWorld, changes: dict[str, Any]
) -> None:
    world = await deciding_world(a_world, OURS, registry=agreed())
    result = await decide(world, declared(None, **{**DECLARED, **changes}))
    assert third(result)[0] is RecognitionReason.IDENTIFIER_NOT_DECLARED
    assert granted(await decide(world, declared(None, **DECLARED))) == set(GRANTS)


async def test_a_declared_identifier_is_never_made_good_by_the_name(a_world: AWorld) -> None:
    world = await deciding_world(a_world, OURS, registry=agreed())
    wrong = await decide(world, declared("AEOCN0000000000", **DECLARED))
    assert third(wrong)[0] is RecognitionReason.IDENTIFIER_NOT_FOUND
    assert granted(await decide(world, declared(CODE, **DECLARED))) == set(GRANTS)


async def test_twins_recognise_nobody(a_world: AWorld) -> None:
    world = await deciding_world(a_world, OURS, TWIN, registry=agreed())
    result = await decide(world, declared(None, **DECLARED))
    assert third(result)[0] is RecognitionReason.IDENTIFIER_NOT_DECLARED
    alone = await deciding_world(a_world, OURS, registry=agreed())
    assert granted(await decide(alone, declared(None, **DECLARED))) == set(GRANTS)


async def test_a_change_of_name_counts_at_once_and_what_was_decided_stays(
    a_world: AWorld,
) -> None:
    world = await deciding_world(a_world, OURS, registry=agreed())
    nameless = declared(None, **DECLARED)
    before = await decide(world, nameless)
    world.move()
    renamed = a_change(
        kind=ChangeKind.AMENDED,
        change_number=1,
        effective_from=world.clock.now(),
        operator=a_record(**{**OURS, "legal_name": "Beilun Silver Phoenix Foods Co., Ltd."}),
    )
    await world.post(a_notification(renamed, sequence=2))
    world.move()
    after = await decide(world, nameless)
    anew = await decide(
        world, declared(None, **{**DECLARED, "name": "Beilun Silver Phoenix Foods"})
    )
    assert [bool(granted(one)) for one in (before, after, anew)] == [True, False, True]
    assert await stays(world, before, after, anew)


@pytest.mark.parametrize("threshold", [94.9, 100.1])
def test_no_arrangement_lets_weaker_names_match(threshold: float) -> None:
    assert NameMatching(threshold=95).threshold == 95
    with pytest.raises(ValidationError):
        NameMatching(threshold=threshold)
