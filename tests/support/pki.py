"""Administrations with keys, certificates and pins, and messages they sign, for tests.

Everything is relative to one moment that the caller pins; keys are made once per session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from mra_gateway.model.facts import PartnerCard
from mra_gateway.model.identifiers import ArrangementId, MessageId, Territory
from mra_gateway.model.messages import (
    Envelope,
    Environment,
    Message,
    MessageKind,
    Ping,
    StatusEnquiry,
)
from mra_gateway.model.trust import RawMessage
from mra_gateway.trust.chain import Revocation
from mra_gateway.trust.keys import (
    KeyKind,
    PrivateKey,
    Purpose,
    fingerprint,
    generate_key,
    issue_certificate,
    new_anchor,
    to_pem,
)
from mra_gateway.trust.policy import PartnerTrust
from mra_gateway.trust.signer import FileSigner
from mra_gateway.wire.codec import encode
from mra_gateway.wire.names import qualified
from mra_gateway.wire.xml import canonical

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""The pinned moment of verification."""

MAX_BYTES = 1_000_000
CN, MN, KZ = Territory("CN"), Territory("MN"), Territory("KZ")


def key(name: str, kind: KeyKind = KeyKind.P256) -> PrivateKey:
    """Returns the session's key of a name and kind."""
    return _key(name, kind)


@cache
def _key(name: str, kind: KeyKind) -> PrivateKey:
    return generate_key(kind)


@dataclass(frozen=True)
class Side:
    """An administration: its anchors, its certificates, and what others pin of it."""

    territory: Territory
    environment: Environment
    at: datetime
    kind: KeyKind
    anchor: x509.Certificate
    tls_anchor: x509.Certificate
    certificate: x509.Certificate
    tls_certificate: x509.Certificate

    @property
    def anchor_key(self) -> PrivateKey:
        return key(f"{self.territory} anchor", self.kind)

    @property
    def tls_anchor_key(self) -> PrivateKey:
        return key(f"{self.territory} TLS anchor")

    @property
    def signing_key(self) -> PrivateKey:
        return key(f"{self.territory} signing", self.kind)

    @property
    def tls_key(self) -> PrivateKey:
        return key(f"{self.territory} TLS")

    @property
    def signer(self) -> FileSigner:
        return FileSigner(self.signing_key, certificate=self.certificate)

    @property
    def peer(self) -> bytes:
        """DER of the certificate its gateway shows."""
        return self.tls_certificate.public_bytes(Encoding.DER)

    def issue(
        self,
        *,
        purpose: Purpose = Purpose.SIGNING,
        name: str = "Signer",
        private_key: PrivateKey | None = None,
        from_days: float = -30,
        until_days: float = 300,
    ) -> x509.Certificate:
        """Returns a certificate under the signing anchor, valid around the pinned moment."""
        return issue_certificate(
            (private_key or self.signing_key).public_key(),
            purpose=purpose,
            territory=self.territory,
            name=name,
            issuer=self.anchor,
            issuer_key=self.anchor_key,
            not_before=self.at + timedelta(days=from_days),
            not_after=self.at + timedelta(days=until_days),
        )

    def trust(self, **changes: Any) -> PartnerTrust:
        """Returns what a partner pins of this side."""
        pinned = PartnerTrust(
            territory=self.territory,
            environment=self.environment,
            signing_anchors=(self.anchor,),
            tls_anchors=(self.tls_anchor,),
        )
        return replace(pinned, **changes)

    def card(self, **changes: Any) -> PartnerCard:
        """Returns the card this side hands out."""
        values: dict[str, Any] = {
            "territory": self.territory,
            "environment": self.environment.value,
            "signing_anchors": (to_pem(self.anchor),),
            "tls_anchors": (to_pem(self.tls_anchor),),
        }
        return PartnerCard(**{**values, **changes})


def side(
    territory: Territory,
    *,
    environment: Environment = Environment.TEST,
    at: datetime = AT,
    kind: KeyKind = KeyKind.P256,
    hosts: Sequence[str] = ("localhost", "127.0.0.1"),
) -> Side:
    """Returns an administration; the same arguments give the same keys and certificates."""
    return _side(territory, environment, at, kind, tuple(hosts))


@cache
def _side(
    territory: Territory,
    environment: Environment,
    at: datetime,
    kind: KeyKind,
    hosts: tuple[str, ...],
) -> Side:
    start, end = at - timedelta(days=365), at + timedelta(days=3650)
    anchor_key, tls_anchor_key = key(f"{territory} anchor", kind), key(f"{territory} TLS anchor")
    anchor, tls_anchor = (
        new_anchor(
            one, territory=territory, name=f"{territory} {what}", not_before=start, not_after=end
        )
        for one, what in ((anchor_key, "signing anchor"), (tls_anchor_key, "TLS anchor"))
    )
    certificate, tls_certificate = (
        issue_certificate(
            key(f"{territory} {what}", key_kind).public_key(),
            purpose=purpose,
            territory=territory,
            name=f"{territory} {what}",
            issuer=issuer,
            issuer_key=issuer_key,
            not_before=at - timedelta(days=30),
            not_after=at + timedelta(days=300),
            hosts=names,
        )
        for what, key_kind, purpose, issuer, issuer_key, names in (
            ("signing", kind, Purpose.SIGNING, anchor, anchor_key, ()),
            ("TLS", KeyKind.P256, Purpose.TLS, tls_anchor, tls_anchor_key, hosts),
        )
    )
    return Side(territory, environment, at, kind, anchor, tls_anchor, certificate, tls_certificate)


def enquiry(
    *,
    sender: Territory = CN,
    recipient: Territory = MN,
    identifier: str = "AEOCN3302462345",
    at: datetime = AT,
    number: int = 1,
) -> bytes:
    """Returns an unsigned StatusEnquiry: a small message with an operator's identifier in it."""
    envelope = Envelope(
        message_id=MessageId(f"00000000-0000-4000-8000-{number:012x}"),
        kind=MessageKind.STATUS_ENQUIRY,
        environment=Environment.TEST,
        sender=sender,
        recipient=recipient,
        arrangement=ArrangementId("CN-MN-2025"),
        created_at=at,
    )
    return encode(Message(envelope=envelope, body=StatusEnquiry(identifier=identifier, at=at)))


def ping(*, sender: Territory = CN, recipient: Territory = MN, at: datetime = AT) -> bytes:
    """Returns an unsigned Ping."""
    envelope = Envelope(
        message_id=MessageId("00000000-0000-4000-8000-00000000000a"),
        kind=MessageKind.PING,
        environment=Environment.TEST,
        sender=sender,
        recipient=recipient,
        created_at=at,
    )
    return encode(Message(envelope=envelope, body=Ping()))


def with_header(unsigned: bytes, **fields: str) -> bytes:
    """Returns an unsigned document with header elements replaced, by their local names."""
    root = etree.fromstring(unsigned)
    for name, text in fields.items():
        element = root[0].find(qualified(name))
        assert element is not None, name
        element.text = text
    return canonical(root)


def raw(content: bytes, *, peer: bytes | None = None, at: datetime = AT) -> RawMessage:
    """Returns bytes as they arrived."""
    return RawMessage(content=content, arrived_at=at, peer_certificate=peer)


def revocation(certificate: x509.Certificate, since: datetime) -> Revocation:
    """Returns the revocation of a certificate."""
    return Revocation(fingerprint(certificate), since)
