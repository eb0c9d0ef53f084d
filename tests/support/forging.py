"""Signs outside the profile, as an insider with the right key could."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.xades.xades import XAdESSigner

from mra_gateway.trust.keys import PrivateKey


class InsideSigner(XAdESSigner):
    """signxml's signer with a signing time of the caller's, and any certificate named."""

    signed_at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    named: x509.Certificate | None = None

    def add_signing_time(
        self, signed_signature_properties: Any, sig_root: Any, signing_settings: Any
    ) -> None:
        super().add_signing_time(signed_signature_properties, sig_root, signing_settings)
        signed_signature_properties[-1].text = self.signed_at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def add_signing_certificate(
        self, signed_signature_properties: Any, sig_root: Any, signing_settings: Any
    ) -> None:
        chain = signing_settings.cert_chain
        signing_settings.cert_chain = [self.named] if self.named else chain
        super().add_signing_certificate(signed_signature_properties, sig_root, signing_settings)
        signing_settings.cert_chain = chain


def sign_outside_profile(
    document: bytes,
    *,
    private_key: PrivateKey,
    certificate: x509.Certificate,
    at: datetime,
    named: x509.Certificate | None = None,
    **settings: Any,
) -> bytes:
    """Returns a document signed with the settings given, else those of the profile."""
    signer = InsideSigner(
        **{
            "signature_algorithm": SignatureMethod.ECDSA_SHA256,
            "digest_algorithm": DigestAlgorithm.SHA256,
            "c14n_algorithm": CanonicalizationMethod.CANONICAL_XML_1_0,
            **settings,
        }
    )
    signer.signed_at, signer.named = at.astimezone(UTC), named
    signed = signer.sign(
        etree.fromstring(document), key=private_key, cert=[certificate], always_add_key_value=False
    )
    return etree.tostring(signed, encoding="UTF-8", xml_declaration=True)
