"""TLS contexts, and which partner a TLS peer is.

A context's trust is what was pinned, never the system's store. On a server all partners' anchors
are loaded together – TLS must let a partner in before it knows which one it is –, so the handshake
proves only that *some* partner is there; `partner_of_peer` says which, by the same rules as for a
signer, and the verifier then requires that signer and peer are the same.

The contexts carry no state: connections are made in `transport/` and taken in `web/`.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from mra_gateway.errors import MessageRejected, Reason, SetupError
from mra_gateway.model.identifiers import Territory
from mra_gateway.trust.policy import PartnerTrust, check_peer


def server_context(
    certificate_file: Path, *, key_file: Path, password: bytes, anchors_pem: Sequence[str]
) -> ssl.SSLContext:
    """Returns a context that lets in nobody without a client certificate under an anchor.

    Args:
        certificate_file: Our TLS certificate.
        key_file: Its encrypted key.
        password: Password of the key.
        anchors_pem: TLS anchors of all partners; none lets nobody in.

    Raises:
        SetupError: `KEY_UNUSABLE`: certificate, key, password or an anchor is not usable.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _prepare(context, certificate_file, key_file, password, anchors_pem)


def client_context(
    certificate_file: Path, *, key_file: Path, password: bytes, anchors_pem: Sequence[str]
) -> ssl.SSLContext:
    """Returns a context that trusts one partner's gateway only, and checks its host name.

    Args:
        certificate_file: Our TLS certificate, shown to the partner.
        key_file: Its encrypted key.
        password: Password of the key.
        anchors_pem: TLS anchors of this partner alone.

    Raises:
        SetupError: `KEY_UNUSABLE`: certificate, key, password or an anchor is not usable.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _prepare(context, certificate_file, key_file, password, anchors_pem)


def trust_also(context: ssl.SSLContext, *, anchors_pem: Sequence[str]) -> None:
    """Adds anchors to a context in use, for a partner pinned while the gateway runs.

    Taking one back needs no change here: `partner_of_peer` no longer finds its partner.

    Raises:
        SetupError: `KEY_UNUSABLE`: an anchor is not a PEM certificate.
    """
    if not anchors_pem:
        return
    try:
        context.load_verify_locations(cadata="\n".join(anchors_pem))
    except (ssl.SSLError, ValueError):
        raise SetupError(
            "a TLS anchor is not a PEM certificate", reason=Reason.KEY_UNUSABLE
        ) from None


def partner_of_peer(
    der: bytes, *, partners: Iterable[PartnerTrust], at: datetime
) -> Territory | None:
    """Returns the one partner a TLS peer is, or None when it is nobody's – or more than one's.

    Args:
        der: The peer's certificate.
        partners: What is pinned of all partners.
        at: The moment of judgement.
    """
    found = {partner.territory for partner in partners if _is_peer(der, partner, at)}
    return found.pop() if len(found) == 1 else None


def _is_peer(der: bytes, partner: PartnerTrust, at: datetime) -> bool:
    try:
        check_peer(der, partner=partner, at=at)
    except MessageRejected:
        return False
    return True


def _prepare(
    context: ssl.SSLContext,
    certificate_file: Path,
    key_file: Path,
    password: bytes,
    anchors_pem: Sequence[str],
) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # a pinned leaf is an anchor too, not only a self-signed root
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_cert_chain(certificate_file, key_file, password=lambda: password)
    except ssl.SSLError:
        raise SetupError(
            "TLS certificate and key cannot be used: not a pair, or the password is wrong",
            reason=Reason.KEY_UNUSABLE,
            where=str(key_file),
        ) from None
    except OSError as error:
        raise SetupError(
            f"TLS certificate or key cannot be read: {error.strerror}",
            reason=Reason.KEY_UNUSABLE,
            where=f"{certificate_file}, {key_file}",
        ) from None
    trust_also(context, anchors_pem=anchors_pem)
    return context
