"""The whole table of attacks over the running service: each answered with its own reason.

Nothing is applied, no lane number is consumed, evidence is kept, and the untouched twin is taken.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from mra_gateway.model.identifiers import AuthorisationNumber, Tin
from mra_gateway.model.messages import Receipt, ReceiptOutcome
from mra_gateway.model.trust import VerdictOutcome
from mra_gateway.settings import PartnerApiSettings
from mra_gateway.trust.keys import fingerprint
from mra_gateway.trust.verifier import Verifier
from mra_gateway.wire.codec import decode, encode
from tests.support.attacks import Attack, Scene, all_attacks
from tests.support.attacks_content import all_contents
from tests.support.databases import KINDS
from tests.support.live import (
    CN,
    KZ,
    MN,
    Pair,
    Post,
    client_of,
    live_side,
    running_pair,
    this_moment,
    urls_in,
)
from tests.support.messages import a_change, a_notification, a_record
from tests.support.pki import raw

ATTACKS = all_attacks() | all_contents()
MAX_BYTES = 100_000
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Siege:
    """A running service under attack, and who posts to it."""

    pair: Pair
    posts: dict[str, Post]

    async def scene(self, *, grants: int = 0) -> Scene:
        """Returns a genuine grant with the lane's next number, of an operator not yet held."""
        sequence, held = await self.pair.mn.taken()
        number = f"CN{sequence:04d}{held:04d}{grants:02d}"
        message = a_notification(
            a_change(
                change_number=held + 1,
                effective_from=this_moment(),
                operator=a_record(
                    tin=Tin(number), authorisation=AuthorisationNumber(f"AEO{number}")
                ),
            ),
            sequence=sequence,
            created_at=this_moment(),
        )
        return Scene(
            encode(message),
            sender=live_side(CN),
            other=live_side(KZ),
            at=this_moment(),
            max_bytes=MAX_BYTES,
        )

    def outcome(self, content: bytes) -> Receipt:
        """Returns what a receipt says, verified as the attacked side's."""
        side = live_side(MN)
        verifier = Verifier(us=CN, environment=side.environment, max_bytes=MAX_BYTES)
        at = this_moment()
        verified = verifier.verify(
            raw(content, peer=side.peer, at=at), at=at, partner_of={MN: side.trust()}.get
        )
        body = decode(verified).message.body
        assert isinstance(body, Receipt)
        return body


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def siege(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Siege]:
    folder = tmp_path_factory.mktemp("siege")

    limits = PartnerApiSettings(max_bytes=MAX_BYTES)
    async with running_pair(
        folder, fresh_url=urls_in(folder, request=request), kind=request.param, partner_api=limits
    ) as pair:
        await pair.mn.pin(live_side(KZ))
        async with (
            client_of(live_side(CN), to=pair.mn, folder=folder) as sender,
            client_of(live_side(KZ), to=pair.mn, folder=folder) as other,
        ):
            yield Siege(pair, {"sender": sender, "other": other})


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_an_attack_is_refused_with_its_reason_and_its_twin_is_taken(
    attack: Attack, siege: Siege
) -> None:
    scene, before = await siege.scene(), await siege.pair.mn.taken()
    kept_before = len(await siege.pair.mn.kept())
    content = attack.build(scene)
    answer = await siege.posts[attack.posted_by](content)

    held = attack.outcome is VerdictOutcome.INDETERMINATE
    if held:
        receipt = siege.outcome(answer.body)
        assert (receipt.outcome, receipt.reason) == (ReceiptOutcome.HELD, attack.reason)
    else:
        assert answer.content_type == "application/problem+json"
        assert json.loads(answer.body)["code"] == attack.reason
        assert answer.status in {400, 403, 413, 422}
        reason, bytes_kept, peer = (await siege.pair.mn.kept())[kept_before]
        poster = scene.sender if attack.posted_by == "sender" else scene.other
        assert reason == attack.reason
        assert content.startswith(bytes_kept)
        assert peer == fingerprint(poster.tls_certificate)
    assert await siege.pair.mn.taken() == before

    # a held message keeps its id: its twin is the next one the sender would write
    twin = await siege.scene(grants=1) if held else scene
    receipt = siege.outcome((await siege.posts["sender"](twin.signed)).body)
    assert receipt.outcome is ReceiptOutcome.ACCEPTED
    sequence, authorisations = before
    assert await siege.pair.mn.taken() == (sequence + 1, authorisations + 1)
