"""The tables of attacks and misconduct are complete: no reason is given that no row provokes."""

from __future__ import annotations

import itertools

from mra_gateway.errors import Reason
from tests.support.attacks import all_attacks
from tests.support.attacks_content import all_contents
from tests.support.misconduct import all_misconduct
from tests.support.misconduct_unqueued import all_unqueued

ELSEWHERE = {
    Reason.LIST_STAGED: "no refusal: what a part is told that waits for the others",
    Reason.CERTIFICATE_REVOKED: "tests/flows/test_partner_api_trust.py",
    Reason.SIGNED_DATA_DIFFERS: "tests/unit/trust/test_profile.py: needs a verifier that lies",
    Reason.SIGNER_OF_OTHER_PARTNER: "tests/flows/test_partner_api_trust.py",
    Reason.PARTNER_NOT_PINNED: "tests/unit/trust/test_verifier.py: a card without an anchor",
    Reason.REVOCATION_NOT_CHECKED: "tests/unit/trust/test_verifier.py: not asked for by a gateway",
    Reason.TLS_PEER_UNKNOWN: "tests/flows/test_partner_api.py: nobody gets so far",
}


def between(first: Reason, last: Reason) -> set[Reason]:
    """Returns the reasons of some blocks of the enum, in which they stand in their order."""
    from_first = itertools.dropwhile(lambda reason: reason is not first, Reason)
    return {*itertools.takewhile(lambda reason: reason is not last, from_first), last}


def test_every_reason_a_message_may_be_refused_or_held_for_is_provoked() -> None:
    played = {row.reason for row in all_attacks().values()}
    played |= {row.reason for row in all_contents().values()}
    played |= {row.reason for row in all_misconduct().values()}
    played |= {row.reason for row in all_unqueued().values() if row.reason is not None}
    known = between(Reason.TOO_LARGE, Reason.DATA_ELEMENT_NOT_AGREED)
    assert sorted(known - played - set(ELSEWHERE)) == []
