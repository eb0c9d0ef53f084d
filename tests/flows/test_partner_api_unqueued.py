"""Questions, answers and receipts that may not have an effect, over the running service.

Each is answered with its reason, or with nothing where it is a receipt, and its bytes are kept;
the untouched twin then has its effect.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import Message, Receipt, ReceiptOutcome
from mra_gateway.trust.verifier import Verifier
from mra_gateway.wire.codec import decode
from tests.support.databases import KINDS
from tests.support.desk import Desk, a_desk
from tests.support.live import CN, MN, Answer, live_side, signed, urls_in
from tests.support.misconduct_unqueued import Sent, Unqueued, all_unqueued
from tests.support.pki import raw

ROWS = all_unqueued()
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


def outcome_of(answer: Answer, desk: Desk, *, to: Territory) -> tuple[ReceiptOutcome, str] | None:
    """Returns what a receipt says, verified as Mongolia's; None of an answer with nothing."""
    if answer.status == 204:
        assert answer.body == b""
        return None
    assert (answer.status, answer.content_type) == (200, "application/xml"), answer
    side, at = live_side(MN), desk.clock.now()
    verified = Verifier(us=to, environment=side.environment, max_bytes=1_000_000).verify(
        raw(answer.body, peer=side.peer, at=at), at=at, partner_of={MN: side.trust()}.get
    )
    body = decode(verified).message.body
    assert isinstance(body, Receipt)
    return body.outcome, body.reason


def as_posted(sent: Sent, *, by: Territory) -> bytes:
    return signed(live_side(by), sent) if isinstance(sent, Message) else sent


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_what_may_have_no_effect_has_none_and_its_twin_has(row: Unqueued, desk: Desk) -> None:
    paper = await row.prepare(desk)
    content = as_posted(paper.sent, by=row.posted_by)
    answer = await desk.post(content, by=row.posted_by)
    expected = None if row.outcome is None else (row.outcome, row.reason)
    assert outcome_of(answer, desk, to=row.posted_by) == expected
    assert await paper.look() == paper.then
    evidence = row.outcome in {None, ReceiptOutcome.CONFLICT} and row.reason is not None
    assert await desk.reasons_kept(content) == ([row.reason] if evidence else [])

    if row.mended_by is not None:
        await row.mended_by(desk)
    twin = await desk.post(as_posted(paper.twin, by=CN))
    taken = None if row.outcome is None else (ReceiptOutcome.ACCEPTED, "OK")
    assert outcome_of(twin, desk, to=CN) == taken
    assert await paper.look() == paper.after
