"""Signs messages: the only module that touches a private key for one.

One profile, not configurable: XAdES baseline B, enveloped, Canonical XML 1.0, the certificate in
KeyInfo and no bare key value. What a verifier accepts of it stands in `trust/shape.py`.

signxml takes its signing time from the machine and its Ids from chance; the small subclass here is
handed the moment and derives the Ids from the document, so that only the ECDSA nonce differs
between two signatures of the same bytes. A `Signer` is handed key objects, never PEM text: loading
a key costs more than a hundred signatures.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.xades.xades import XAdESDataObjectFormat, XAdESSigner

from mra_gateway.errors import Reason, RequestRefused, SetupError
from mra_gateway.trust import shape
from mra_gateway.trust.keys import PrivateKey, is_matching, is_strong, load_pair
from mra_gateway.wire import xml


class Signer(Protocol):
    """Signs messages with one key; a file key here, an HSM elsewhere."""

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of the key, which travels with every signature."""
        ...

    def sign(self, unsigned: bytes, *, at: datetime) -> bytes:
        """Returns the signed document.

        Args:
            unsigned: A document of the profile without a signature.
            at: The signing time to claim.

        Raises:
            MalformedMessage: The document is not one the profile can carry.
            RequestRefused: The document is signed already.
        """
        ...


class FileSigner:
    """Signs with a key held in memory; one object may sign on many threads at once."""

    def __init__(self, key: PrivateKey, *, certificate: x509.Certificate) -> None:
        if not is_matching(key, certificate=certificate):
            raise SetupError(
                "the signing key is not the key of its certificate", reason=Reason.KEY_UNUSABLE
            )
        if not is_strong(key.public_key()):
            raise SetupError("the signing key is too weak", reason=Reason.KEY_UNUSABLE)
        self._key = key
        self._certificate = certificate
        self._method = SignatureMethod(method_for(key.public_key()))

    @classmethod
    def load(cls, key_file: Path, *, certificate_file: Path, password: bytes) -> FileSigner:
        """Reads an encrypted key and its certificate, once.

        Raises:
            SetupError: `KEY_UNUSABLE`: wrong password, unreadable, or not a pair.
        """
        key, certificate = load_pair(key_file, certificate_file=certificate_file, password=password)
        return cls(key, certificate=certificate)

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of the key."""
        return self._certificate

    def sign(self, unsigned: bytes, *, at: datetime) -> bytes:
        """Returns the document with its signature as the last child of the root.

        Args:
            unsigned: A document of the profile without a signature.
            at: The signing time to claim, to the second.

        Raises:
            MalformedMessage: The document is not one the profile can carry.
            RequestRefused: The document is signed already.
        """
        root = xml.parse(unsigned, max_bytes=len(unsigned))
        if next(root.iter(shape.SIGNATURE), None) is not None:
            raise RequestRefused("the document is signed already", reason=Reason.STATE_NOT_SUITABLE)
        token = hashlib.sha256(unsigned).hexdigest()[:16]
        signer = _ProfileSigner(self._method, token=token, at=at)
        signed = signer.sign(
            root, key=self._key, cert=[self._certificate], always_add_key_value=False
        )
        return etree.tostring(signed, encoding="UTF-8", xml_declaration=True)


def method_for(key: object) -> str:
    """Returns the URI of the one signature method of the profile that fits a public key.

    Raises:
        SetupError: The profile has none for this kind of key.
    """
    match key:
        case ec.EllipticCurvePublicKey(curve=ec.SECP256R1()):
            return shape.ECDSA_SHA256
        case ec.EllipticCurvePublicKey(curve=ec.SECP384R1()):
            return shape.ECDSA_SHA384
        case rsa.RSAPublicKey():
            return shape.RSA_SHA256
    raise SetupError("no signature method for this kind of key", reason=Reason.KEY_UNUSABLE)


class _ProfileSigner(XAdESSigner):
    """signxml's XAdES signer with the signing time and the Ids handed in; used once."""

    def __init__(self, method: SignatureMethod, *, token: str, at: datetime) -> None:
        super().__init__(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=method,
            digest_algorithm=DigestAlgorithm(shape.DIGEST_OF_METHOD[method.value]),
            c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
            data_object_format=XAdESDataObjectFormat(
                Description="Message between customs administrations", MimeType="text/xml"
            ),
        )
        self._token = token
        self._signed_at = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _get_token(self, length: int = 4) -> str:  # noqa: ARG002 - signxml's signature
        return self._token

    def add_signing_time(
        self,
        signed_signature_properties: etree._Element,
        sig_root: etree._Element,  # noqa: ARG002 - signxml's signature
        signing_settings: Any,  # noqa: ARG002 - signxml's signature
    ) -> None:
        """Writes the moment handed in where signxml would write the machine's."""
        element = etree.SubElement(signed_signature_properties, shape.SIGNING_TIME)
        element.text = self._signed_at
