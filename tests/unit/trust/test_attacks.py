"""Every attack of the table is answered with its own reason, and its untouched twin is accepted."""

from __future__ import annotations

import pytest

from mra_gateway.errors import MalformedMessage, Reason, UntrustedMessage
from mra_gateway.model.messages import Environment
from mra_gateway.model.trust import StepOutcome, VerdictOutcome, VerifiedMessage
from mra_gateway.trust.verifier import STEPS, Verifier
from tests.support.attacks import Attack, Scene, all_attacks
from tests.support.pki import AT, CN, KZ, MAX_BYTES, MN, enquiry, raw, side

ATTACKS = all_attacks()
PARTNERS = {CN: side(CN).trust(), KZ: side(KZ).trust()}


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(enquiry(), sender=side(CN), other=side(KZ), at=AT, max_bytes=MAX_BYTES)


def verify(content: bytes, *, peer: bytes) -> VerifiedMessage:
    verifier = Verifier(us=MN, environment=Environment.TEST, max_bytes=MAX_BYTES)
    return verifier.verify(raw(content, peer=peer), at=AT, partner_of=PARTNERS.get)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_answered_with_its_reason_and_its_twin_is_accepted(
    attack: Attack, scene: Scene
) -> None:
    twin = verify(scene.signed, peer=scene.sender.peer)
    assert twin.verdict.outcome is VerdictOutcome.PASSED

    content = attack.build(scene)
    peer = scene.sender.peer if attack.posted_by == "sender" else scene.other.peer
    if attack.outcome is VerdictOutcome.INDETERMINATE:
        held = verify(content, peer=peer)
        assert (held.verdict.outcome, held.verdict.reason) == (attack.outcome, attack.reason)
        return
    with pytest.raises((MalformedMessage, UntrustedMessage)) as refused:
        verify(content, peer=peer)
    assert refused.value.reason is attack.reason, refused.value
    if isinstance(refused.value, UntrustedMessage):
        verdict = refused.value.verdict
        assert (verdict.outcome, verdict.reason) == (VerdictOutcome.FAILED, attack.reason)
        assert [step.number for step in verdict.steps] == list(STEPS)[: len(verdict.steps)]
        assert all(step.outcome is not StepOutcome.FAILED for step in verdict.steps[:-1])


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_judging_never_raises_and_gives_the_reason_verifying_gives(
    attack: Attack, scene: Scene
) -> None:
    verifier = Verifier(us=MN, environment=Environment.TEST, max_bytes=MAX_BYTES)
    peer = scene.sender.peer if attack.posted_by == "sender" else scene.other.peer
    verdict = verifier.judge(raw(attack.build(scene), peer=peer), at=AT, partner_of=PARTNERS.get)
    assert (verdict.outcome, verdict.reason) == (attack.outcome, attack.reason)


def test_every_attack_says_what_it_does_in_one_line() -> None:
    for attack in ATTACKS.values():
        assert attack.description.endswith("."), attack.name
        assert attack.reason is not Reason.OK, attack.name
