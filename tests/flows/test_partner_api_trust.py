"""Trust narrowed while the gateway runs: a revoked key, an anchor that also issues for others."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from mra_gateway.errors import Reason
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.messages import ReceiptOutcome
from mra_gateway.store import partners as decided
from mra_gateway.trust.keys import fingerprint
from mra_gateway.trust.signer import FileSigner
from mra_gateway.wire.codec import encode
from tests.support.databases import FreshUrl, Kind
from tests.support.live import CN
from tests.support.misconduct import all_misconduct
from tests.support.pki import key
from tests.support.stage import Lane, Stage, a_stage

ROW = all_misconduct()["repeated"]


async def revoke(stage: Stage, revoked: str, *, ago: timedelta) -> None:
    gateway, at = stage.mn.gateway, stage.clock.now()
    await gateway.database.write(
        lambda c: decided.revoke(
            c,
            gateway.clock.new_uuid(),
            territory=CN,
            fingerprint=Digest(revoked),
            since=at - ago,
            at=at,
            by="olga",
            note="told by telephone",
        )
    )
    await stage.mn.service.refresh_trust()


async def test_a_revoked_key_signs_nothing_any_more_and_another_key_does(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    async with a_stage(
        tmp_path, fresh_url=fresh_database_url, kind=database_kind, rows=[ROW]
    ) as stage:
        scene = stage.scene(ROW)
        side = scene.sender
        certificate = side.issue(private_key=key("second"))
        second = FileSigner(key("second"), certificate=certificate)
        first, later = (scene.tell(scene.grant(number), sequence=number) for number in (1, 2))
        signed = {
            one.envelope.sequence: second.sign(encode(one), at=scene.at) for one in (first, later)
        }
        assert stage.read(await stage.post(signed[1])).outcome is ReceiptOutcome.ACCEPTED

        await revoke(stage, fingerprint(certificate), ago=timedelta(hours=1))
        for content in signed.values():
            answer = await stage.post(content)
            assert answer.status == 403
            assert json.loads(answer.body)["code"] == Reason.CERTIFICATE_REVOKED
            assert await stage.kept(content) != []
        assert await stage.next_number(Lane(CN, ROW.arrangement, 1)) == 2
        assert await stage.held(ROW, [1, 2]) == {1: "valid", 2: None}, "what came before stands"

        taken = stage.read(await stage.post(scene.sign(later)))
        assert taken.outcome is ReceiptOutcome.ACCEPTED
        assert await stage.held(ROW, [2]) == {2: "valid"}


async def test_somebody_else_under_the_same_anchor_does_not_speak_for_the_partner(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    async with a_stage(
        tmp_path, fresh_url=fresh_database_url, kind=database_kind, rows=[ROW]
    ) as stage:
        scene = stage.scene(ROW)
        side, gateway = scene.sender, stage.mn.gateway
        card = side.card(signer_name=side.certificate.subject.rfc4514_string())
        await stage.mn.withdraw(CN)
        await gateway.database.write(
            lambda c: decided.pin(
                c,
                gateway.clock.new_uuid(),
                card=card,
                at=gateway.clock.now(),
                by="olga",
                second_officer="pavel",
            )
        )
        await stage.mn.service.refresh_trust()
        neighbour = FileSigner(
            key("second"), certificate=side.issue(private_key=key("second"), name="Tax office")
        )
        message = scene.tell(scene.grant(1))

        answer = await stage.post(neighbour.sign(encode(message), at=scene.at))
        assert answer.status == 403
        assert json.loads(answer.body)["code"] == Reason.SIGNER_OF_OTHER_PARTNER
        assert await stage.held(ROW, [1]) == {1: None}

        taken = stage.read(await stage.post(scene.sign(message)))
        assert taken.outcome is ReceiptOutcome.ACCEPTED
        assert await stage.held(ROW, [1]) == {1: "valid"}
