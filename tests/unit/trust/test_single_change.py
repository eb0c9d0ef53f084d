"""No change of a signed document, however small, is accepted with another meaning."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mra_gateway.errors import MalformedMessage, UntrustedMessage
from mra_gateway.model.messages import Environment
from mra_gateway.trust.verifier import Verifier
from tests.support.pki import AT, CN, MAX_BYTES, MN, enquiry, raw, side

SIGNED = side(CN).signer.sign(enquiry(), at=AT)
VERIFIER = Verifier(us=MN, environment=Environment.TEST, max_bytes=MAX_BYTES)
PARTNERS = {CN: side(CN).trust()}
GENUINE = VERIFIER.verify(raw(SIGNED), at=AT, partner_of=PARTNERS.get)
POSITIONS = st.integers(min_value=0, max_value=len(SIGNED) - 1)


def is_refused_or_means_the_same(content: bytes) -> bool:
    try:
        verified = VERIFIER.verify(raw(content), at=AT, partner_of=PARTNERS.get)
    except (MalformedMessage, UntrustedMessage):
        return True
    return verified.signed == GENUINE.signed and verified.digest == GENUINE.digest


@settings(max_examples=300, deadline=None)
@given(position=POSITIONS, value=st.integers(min_value=0, max_value=255))
@example(position=SIGNED.index(b'"') - 1, value=ord(" "))
@example(position=SIGNED.index(b">MII") + 70, value=ord(" "))
def test_a_replaced_byte_is_refused_or_means_the_same(position: int, value: int) -> None:
    changed = SIGNED[:position] + bytes([value]) + SIGNED[position + 1 :]
    assert is_refused_or_means_the_same(changed)


@settings(max_examples=150, deadline=None)
@given(position=POSITIONS)
def test_a_removed_byte_is_refused_or_means_the_same(position: int) -> None:
    assert is_refused_or_means_the_same(SIGNED[:position] + SIGNED[position + 1 :])


@settings(max_examples=150, deadline=None)
@given(position=POSITIONS, value=st.integers(min_value=0, max_value=255))
def test_an_added_byte_is_refused_or_means_the_same(position: int, value: int) -> None:
    assert is_refused_or_means_the_same(SIGNED[:position] + bytes([value]) + SIGNED[position:])


@settings(max_examples=150, deadline=None)
@given(bits=st.lists(st.integers(0, len(SIGNED) * 8 - 1), min_size=1, max_size=4))
def test_flipped_bits_are_refused_or_mean_the_same(bits: list[int]) -> None:
    changed = bytearray(SIGNED)
    for bit in bits:
        changed[bit // 8] ^= 1 << bit % 8
    assert is_refused_or_means_the_same(bytes(changed))


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=300))
def test_judging_arbitrary_bytes_never_raises(content: bytes) -> None:
    assert VERIFIER.judge(raw(content), at=AT, partner_of=PARTNERS.get).outcome.value == "FAILED"
