"""The whole table of misconduct over the running service, each row beside its untouched twin.

What verifies gets a signed receipt with its reason; what it may not do has no effect, the lane goes
on or waits as the receipt says, its bytes are kept, and what is right afterwards is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mra_gateway.model.messages import Message, Receipt, ReceiptOutcome
from tests.support.databases import KINDS
from tests.support.live import CN, urls_in
from tests.support.misconduct import Misconduct, Play, all_misconduct
from tests.support.stage import Lane, Stage, a_stage

ROWS = all_misconduct()
KEPT_AS = {ReceiptOutcome.CONFLICT: "evidence", ReceiptOutcome.EXPECTED: None}
HAS_EFFECT = {ReceiptOutcome.ACCEPTED, ReceiptOutcome.ACCEPTED_IN_PART}
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")

    async with a_stage(
        folder, fresh_url=urls_in(folder, request=request), kind=request.param, rows=ROWS.values()
    ) as running:
        yield running


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_misconduct_is_answered_with_its_reason_and_its_twin_is_taken(
    row: Misconduct, stage: Stage
) -> None:
    play = row.make(stage.scene(row))
    last = await _play_before(row, play, stage)
    await stage.act(row.meanwhile, row)

    content = stage.signed(play.sent, by=row.posted_by)
    lane = _lane_of(play, row)
    number, facts = await stage.next_number(lane), await stage.facts(row)
    answer = await stage.post(content, by=row.posted_by)
    receipt = stage.read(answer, to=row.posted_by)
    assert (receipt.outcome, receipt.reason) == (row.outcome, row.reason)
    assert await stage.next_number(lane) == number + row.consumes
    assert await stage.held(row, play.held) == play.held
    if row.is_repeat:
        assert answer.body == last, "the very receipt it got"
        assert await stage.facts(row) == facts, "applied once"
    else:
        assert receipt.expected == number + row.consumes
        await _is_kept_and_without_effect(content, row, stage, facts)

    await stage.act(row.mended_by, row)
    for twin in play.twin or [content]:
        _is_taken(stage.read(await stage.post(stage.signed(twin))))
    assert await stage.held(row, play.after) == play.after


async def _play_before(row: Misconduct, play: Play, stage: Stage) -> bytes | None:
    last: bytes | None = None
    for number, message in enumerate(play.before, start=1):
        answer = await stage.post(stage.signed(message))
        receipt, last = stage.read(answer), answer.body
        if number == len(play.before):
            assert receipt.outcome is row.before
        else:
            _is_taken(receipt)
    return last


async def _is_kept_and_without_effect(
    content: bytes, row: Misconduct, stage: Stage, facts: list[tuple[object, ...]]
) -> None:
    """Evidence of what contradicts, the message itself otherwise; a gap leaves no trace."""
    where = KEPT_AS.get(row.outcome, "message")
    if where is not None:
        assert (where, row.reason) in await stage.kept(content)
    else:
        assert await stage.kept(content) == []
    if row.outcome not in HAS_EFFECT:
        assert await stage.facts(row) == facts


def _is_taken(receipt: Receipt) -> None:
    assert receipt.outcome is ReceiptOutcome.ACCEPTED, receipt


def _lane_of(play: Play, row: Misconduct) -> Lane:
    message = play.sent if isinstance(play.sent, Message) else None
    if message is None:
        return Lane(row.posted_by, row.arrangement, 1)
    envelope = message.envelope
    assert envelope.arrangement is not None
    return Lane(envelope.sender, envelope.arrangement, envelope.epoch)


async def test_a_message_brought_many_times_at_once_is_applied_once(stage: Stage) -> None:
    row = ROWS["repeated"]
    scene = stage.scene(row)
    sequence = await stage.next_number(Lane(CN, row.arrangement, 1))
    content = scene.sign(scene.tell(scene.grant(9), sequence=sequence))
    before = len(await stage.facts(row))
    answers = await asyncio.gather(*(stage.post(content) for _ in range(8)))
    assert {stage.read(answer).outcome for answer in answers} == {ReceiptOutcome.ACCEPTED}
    assert len({answer.body for answer in answers}) == 1, "one stored receipt for all"
    assert len(await stage.facts(row)) == before + 1
