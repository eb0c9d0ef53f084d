"""The cryptographic half of the signature profile, and the proof that we read what was signed.

`verify_signature` runs after `trust/shape.py` has judged the shape and `trust/chain.py` the
certificate. `verify_signed_data` then requires that the canonical form of *our* tree without its
Signature equals, byte for byte, what signxml says was signed; only those bytes go on. Canonical
forms come from libxml2's C14N 1.0, never from `etree.canonicalize`, which disagrees with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

import cryptography.exceptions
from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, SignXMLException
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from mra_gateway.errors import MessageRejected, Reason, SetupError
from mra_gateway.trust import shape
from mra_gateway.trust.signer import method_for
from mra_gateway.wire import xml

_METHODS = frozenset(SignatureMethod(uri) for uri in shape.DIGEST_OF_METHOD)
_C14N = CanonicalizationMethod(shape.C14N_1_0)
_DIGESTS = frozenset(DigestAlgorithm(uri) for uri in shape.DIGEST_OF_METHOD.values())


class _OtherCertificate(Exception):
    """SigningCertificateV2 names another certificate than the one that verified."""


class _ProfileVerifier(XAdESVerifier):
    """signxml's XAdES verifier, without copies of the whole document that change nothing."""

    def get_root(self, data: etree._Element) -> etree._Element:
        """Takes our tree as it is: signxml copies what it changes, once per reference."""
        return data

    def _verify_reference(
        self, reference: etree._Element, index: int, root: etree._Element, *rest: Any
    ) -> Any:
        """Resolves what points into the Signature beside the Signature alone.

        The shape allows no other target for the second and third reference and no Id elsewhere, so
        that nothing could be found in the content; with a thousand operators in it, copying and
        searching it for each of the two took half the time of a verification.
        """
        if reference.get("URI"):
            root = _around(root)
        return super()._verify_reference(reference, index, root, *rest)  # type: ignore[no-untyped-call]

    def _apply_transforms(self, payload: etree._Element, **rest: Any) -> Any:
        """Makes the canonical form of the whole document of the copy signxml made of it.

        signxml would copy it once more, which parts of a document need and a whole one does not.
        """
        is_whole = payload.getparent() is None and payload.tag != shape.SIGNATURE
        if not is_whole or not shape.is_of_whole(rest["transforms_node"]):
            return super()._apply_transforms(payload, **rest)
        shape.without_signature(payload)
        return self._c14n(payload, algorithm=_C14N)

    def _verify_cert_digests(self, verify_result: Any) -> None:
        """Tells a wrong certificate digest from a changed document: both are InvalidDigest."""
        try:
            super()._verify_cert_digests(verify_result)
        except InvalidDigest:
            raise _OtherCertificate from None


def _around(root: etree._Element) -> etree._Element:
    """Returns a copy of a document's root with its last child, the Signature, alone.

    Name, attributes and namespaces are the root's: canonical forms within the Signature depend on
    nothing else outside it.
    """
    attributes: Any = root.attrib  # the stubs know neither this type
    nsmap: Any = root.nsmap  # nor a default namespace
    alone = etree.Element(root.tag, attributes, nsmap)
    alone.append(deepcopy(root[-1]))
    return alone


def check_method(method: str, *, certificate: x509.Certificate) -> None:
    """Requires the one signature method that fits the certificate's key.

    Raises:
        MessageRejected: `ALGORITHM_NOT_ALLOWED`: RSA named over an elliptic-curve key, say.
    """
    try:
        expected = method_for(certificate.public_key())
    except (SetupError, ValueError, cryptography.exceptions.UnsupportedAlgorithm):
        expected = ""
    if method != expected:
        raise MessageRejected(
            "the signature method does not fit the certificate's key",
            reason=Reason.ALGORITHM_NOT_ALLOWED,
        )


def verify_signature(root: etree._Element, *, certificate: x509.Certificate, at: datetime) -> bytes:
    """Returns the data the signature covers, in canonical form, when the signature is good.

    Args:
        root: The root of a document whose shape was judged.
        certificate: The certificate whose path was judged: KeyInfo is not asked.
        at: The moment of judgement.

    Raises:
        MessageRejected: `DIGEST_MISMATCH` when signed content was changed; `SIGNATURE_INVALID`
            when the value was not made over SignedInfo with this key;
            `SIGNING_CERTIFICATE_DIFFERS` when the signer named another certificate;
            `SIGNATURE_CONTENT` when the Signature is not valid against the XAdES schema.
    """
    config = XAdESSignatureConfiguration(
        location="./",
        expect_references=3,
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        verification_time=at,
        default_reference_c14n_method=_C14N,
    )
    try:
        results: Sequence[Any] = _ProfileVerifier().verify(
            root, x509_cert=certificate, expect_config=config
        )
    except InvalidDigest:
        raise MessageRejected(
            "what was signed was changed afterwards", reason=Reason.DIGEST_MISMATCH
        ) from None
    except _OtherCertificate:
        raise MessageRejected(
            "the signer names another certificate than it sent",
            reason=Reason.SIGNING_CERTIFICATE_DIFFERS,
        ) from None
    except etree.DocumentInvalid:
        raise MessageRejected(
            "the signature is not valid against the XAdES schema", reason=Reason.SIGNATURE_CONTENT
        ) from None
    except (
        cryptography.exceptions.InvalidSignature,
        cryptography.exceptions.UnsupportedAlgorithm,
        SignXMLException,
        etree.LxmlError,
        ValueError,  # signxml decodes base64 and reads attributes without guarding:
        TypeError,  # whatever it trips over, the signature did not verify
        AttributeError,
        LookupError,
    ):
        raise MessageRejected(
            "the signature was not made over this document with the certificate's key",
            reason=Reason.SIGNATURE_INVALID,
        ) from None
    signed: bytes = results[0].signed_data
    return signed


def verify_signed_data(root: etree._Element, *, signed: bytes) -> None:
    """Requires that our tree, its Signature taken out, is exactly what was signed.

    Args:
        root: Our tree; its Signature is gone afterwards.
        signed: What `verify_signature` returned.

    Raises:
        MessageRejected: `SIGNED_DATA_DIFFERS`.
    """
    shape.without_signature(root)
    if xml.canonical(root) != signed:
        raise MessageRejected(
            "the document we read is not the document that was signed",
            reason=Reason.SIGNED_DATA_DIFFERS,
        )
