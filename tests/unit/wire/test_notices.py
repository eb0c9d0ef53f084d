"""What a schema cannot say of a notice: refused by its reason, beside the notice that is taken."""

from __future__ import annotations

import pytest

from mra_gateway.errors import MalformedMessage, Reason
from mra_gateway.model.messages import Notice
from mra_gateway.wire.codec import decode, encode
from tests.support.messages import a_disruption, a_message, a_suspension, as_verified

PLACE = "<Place><OfficeID>CNERE</OfficeID></Place>"
ALL = "<BenefitCode>all</BenefitCode>"
BEGINNING = "<EffectiveDateTime>2026-03-01T08:30:00Z</EffectiveDateTime>"


@pytest.mark.parametrize(
    ("notice", "old", "new"),
    [
        (a_disruption(), PLACE, "<Place></Place>"),
        (a_suspension(), ALL, f"{ALL}<BenefitCode>inspection_lower</BenefitCode>"),
        (a_suspension(), BEGINNING, f"{BEGINNING}<EndDateTime>2026-03-01T08:30:00Z</EndDateTime>"),
        (a_disruption(), BEGINNING, f"{BEGINNING}<EndDateTime>2026-02-01T08:30:00Z</EndDateTime>"),
        (
            a_suspension(act="resumed"),
            BEGINNING,
            f"{BEGINNING}<EndDateTime>2027-03-01T08:30:00Z</EndDateTime>",
        ),
        (
            a_disruption(act="ends"),
            BEGINNING,
            f"{BEGINNING}<EndDateTime>2027-03-01T08:30:00Z</EndDateTime>",
        ),
    ],
    ids=["nowhere", "all-and-one", "no-span", "ends-before", "resumed-until", "ends-until"],
)
def test_a_notice_that_contradicts_itself_is_refused(notice: Notice, old: str, new: str) -> None:
    genuine = encode(a_message(notice)).decode()
    assert old in genuine
    assert decode(as_verified(genuine.encode())).message.body == notice
    with pytest.raises(MalformedMessage) as refused:
        decode(as_verified(genuine.replace(old, new, 1).encode()))
    assert refused.value.reason is Reason.VALUE_NOT_ALLOWED
