"""What comes back in place of a receipt, on the running service: nothing is settled on it.

The message stays first in its lane with the reason, what did not verify is kept as evidence, and
the genuine receipt of the same message then settles it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mra_gateway.store import outbox
from tests.support.counterpart import Occasion, Reply
from tests.support.databases import KINDS
from tests.support.desk import Desk, a_desk
from tests.support.false_answers import FalseAnswer, all_false_answers
from tests.support.live import urls_in

ROWS = all_false_answers()
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def running_desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")

    async with a_desk(
        folder, fresh_url=urls_in(folder, request=request), kind=request.param
    ) as desk:
        yield desk


@pytest_asyncio.fixture(loop_scope="module")
async def desk(running_desk: Desk) -> Desk:
    await running_desk.rest()
    return running_desk


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_a_false_answer_settles_nothing_and_the_genuine_receipt_does(
    row: FalseAnswer, desk: Desk
) -> None:
    replies: list[bytes] = []

    def answer(occasion: Occasion) -> Reply:
        reply = row.make(occasion)
        replies.append(reply.body or b"")
        return reply

    desk.cn.answer = answer
    seen = len(desk.cn.seen)
    if row.shown is not None:
        desk.cn.show_certificate_of(row.shown)
    message_id = await desk.tell()

    sent = await desk.sent(message_id)
    assert (sent.state, sent.reason) == (outbox.WAITING, row.reason)
    assert (sent.outcome, sent.receipt) == (None, None)
    assert len(desk.cn.seen) == seen + (row.shown is None)
    if row.is_kept:
        assert await desk.reasons_kept(replies[0]) == [row.reason] * sent.attempts

    await desk.rest()
    assert await desk.state(message_id) == (outbox.SETTLED, "accepted")
    assert desk.cn.seen[-1] == sent.content, "the stored bytes, once more"
