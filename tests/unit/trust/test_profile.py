"""The last line of defence: what we read must be, byte for byte, what was signed."""

from __future__ import annotations

import pytest
from lxml import etree

from mra_gateway.errors import MessageRejected, Reason
from mra_gateway.trust.profile import verify_signature, verify_signed_data
from tests.support.pki import AT, CN, enquiry, side


def test_a_tree_other_than_the_signed_data_is_refused() -> None:
    signed = side(CN).signer.sign(enquiry(), at=AT)
    root = etree.fromstring(signed)
    data = verify_signature(root, certificate=side(CN).certificate, at=AT)
    assert data == enquiry()
    verify_signed_data(root, signed=data)

    changed = etree.fromstring(signed.replace(b"<SenderID>CN<", b"<SenderID>MN<"))
    with pytest.raises(MessageRejected) as refused:
        verify_signed_data(changed, signed=data)
    assert refused.value.reason is Reason.SIGNED_DATA_DIFFERS


def test_white_space_around_the_signature_is_part_of_what_was_signed() -> None:
    spaced = enquiry().replace(b"</ExchangeMessage>", b"\n  </ExchangeMessage>")
    root = etree.fromstring(side(CN).signer.sign(spaced, at=AT))
    data = verify_signature(root, certificate=side(CN).certificate, at=AT)
    verify_signed_data(root, signed=data)
    assert data == spaced
