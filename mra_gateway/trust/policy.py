"""Whether a good certificate may speak for this partner, here and now.

A certificate's own soundness is `trust/chain.py`; whether an arrangement covers the message is
`flows/receive.py`. KeyInfo never chooses the trust: the claimed sender chooses a partner, and only
*that* partner's anchors and names are looked at, for the signer and for the TLS peer alike.

Nothing here fetches: revocation evidence is handed in, and "could not be checked" is an outcome of
its own, neither good nor revoked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain as concatenated

from cryptography import x509

from mra_gateway.errors import MessageRejected, Reason, SetupError
from mra_gateway.model.facts import PartnerCard
from mra_gateway.model.identifiers import Digest, Territory
from mra_gateway.model.messages import Environment
from mra_gateway.model.trust import ClaimedHeader
from mra_gateway.trust.chain import Revocation, find_path, load_leaf
from mra_gateway.trust.keys import Purpose, fingerprint


class RevocationStatus(StrEnum):
    """What revocation evidence says about one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


RevocationEvidence = Mapping[Digest, RevocationStatus]
"""Evidence by certificate fingerprint; a certificate it does not name was not checked."""


class Undecidable(MessageRejected):
    """A check that cannot be decided now: the message is genuine so far, and must wait."""


@dataclass(frozen=True)
class PartnerTrust:
    """What was pinned of one partner: current and next key alike.

    Attributes:
        territory: The partner.
        environment: Whose messages these anchors vouch for: test and production are apart.
        signing_anchors: Certificates that issued its signing certificates, or these themselves.
        signer_name: RFC 4514 subject its signing certificate has; None when the anchors issue for
            this administration alone.
        tls_anchors: The same for the certificates of its gateway.
        tls_name: The same for its TLS certificate.
        revocations: What was revoked, and since when.
        revocation_required: Whether a message waits until its signer's revocation was checked.
    """

    territory: Territory
    environment: Environment
    signing_anchors: tuple[x509.Certificate, ...]
    signer_name: str | None = None
    tls_anchors: tuple[x509.Certificate, ...] = ()
    tls_name: str | None = None
    revocations: tuple[Revocation, ...] = ()
    revocation_required: bool = False

    @classmethod
    def from_cards(
        cls,
        cards: Sequence[PartnerCard],
        *,
        revocations: Iterable[Revocation] = (),
        revocation_required: bool = False,
    ) -> PartnerTrust:
        """Merges the current and the next card of one partner: both are valid during a rotation.

        Raises:
            SetupError: No card; cards of different partners or environments or with different
                names (one of them would weaken the other); or an anchor that is not a certificate.
        """
        if not cards:
            raise SetupError("no card of this partner is pinned", reason=Reason.PARTNER_NOT_PINNED)
        first = cards[0]
        for other in cards[1:]:
            for key in ("territory", "environment", "signer_name", "tls_name"):
                if getattr(other, key) != getattr(first, key):
                    raise SetupError(
                        f"two cards of {first.territory} differ in {key}",
                        reason=Reason.DATA_FILE_INVALID,
                    )
        return cls(
            territory=first.territory,
            environment=Environment(first.environment),
            signing_anchors=_load_anchors(card.signing_anchors for card in cards),
            signer_name=first.signer_name,
            tls_anchors=_load_anchors(card.tls_anchors for card in cards),
            tls_name=first.tls_name,
            revocations=tuple(revocations),
            revocation_required=revocation_required,
        )


def _load_anchors(groups: Iterable[Iterable[str]]) -> tuple[x509.Certificate, ...]:
    try:
        loaded = [
            x509.load_pem_x509_certificate(pem.encode())
            for pem in concatenated.from_iterable(groups)
        ]
    except ValueError:
        raise SetupError(
            "a card holds an anchor that is not a PEM certificate", reason=Reason.DATA_FILE_INVALID
        ) from None
    return tuple(dict.fromkeys(loaded))


def check_signer(leaf: x509.Certificate, *, partner: PartnerTrust) -> None:
    """Requires that the signer is this partner, where its anchors also issue for others.

    Raises:
        MessageRejected: `SIGNER_OF_OTHER_PARTNER`.
    """
    if partner.signer_name not in {None, leaf.subject.rfc4514_string()}:
        raise MessageRejected(
            f"the certificate is not the one of {partner.territory}'s signer",
            reason=Reason.SIGNER_OF_OTHER_PARTNER,
        )


def check_peer(der: bytes, *, partner: PartnerTrust, at: datetime) -> None:
    """Requires that the TLS peer belongs to the same partner as the signer.

    Raises:
        MessageRejected: `TLS_PEER_UNKNOWN` when the certificate cannot be read;
            `TLS_PEER_OF_OTHER_PARTNER` when it is not under this partner's TLS anchors and name;
            else the reason why it is not good (`CERTIFICATE_EXPIRED`, …).
    """
    try:
        leaf = load_leaf(der)
        find_path(
            leaf,
            anchors=partner.tls_anchors,
            purpose=Purpose.TLS,
            at=at,
            revocations=partner.revocations,
        )
    except MessageRejected as error:
        reason = _PEER_REASONS.get(error.reason, error.reason)
        raise MessageRejected(f"TLS peer: {error.text}", reason=reason) from None
    if partner.tls_name not in {None, leaf.subject.rfc4514_string()}:
        raise MessageRejected(
            f"the TLS peer is not {partner.territory}'s gateway",
            reason=Reason.TLS_PEER_OF_OTHER_PARTNER,
        )


_PEER_REASONS = {
    Reason.CERTIFICATE_UNREADABLE: Reason.TLS_PEER_UNKNOWN,
    Reason.CERTIFICATE_UNTRUSTED: Reason.TLS_PEER_OF_OTHER_PARTNER,
}


def check_recipient(claimed: ClaimedHeader, *, us: Territory) -> None:
    """Requires that the message is for us.

    Raises:
        MessageRejected: `RECIPIENT_NOT_US`.
    """
    if claimed.recipient != us:
        raise MessageRejected(
            f"the message is for {claimed.recipient or 'nobody'}, not for {us}",
            reason=Reason.RECIPIENT_NOT_US,
        )


def check_environment(
    claimed: ClaimedHeader, *, environment: Environment, partner: PartnerTrust
) -> None:
    """Requires one environment of the message, of us, and of the partner's anchors.

    Raises:
        MessageRejected: `ENVIRONMENT_MISMATCH`.
    """
    if not claimed.environment == environment == partner.environment:
        raise MessageRejected(
            f"message: {claimed.environment or 'none'}, here: {environment}, "
            f"anchors: {partner.environment}",
            reason=Reason.ENVIRONMENT_MISMATCH,
        )


def check_revocation(
    certificates: Iterable[x509.Certificate],
    *,
    evidence: RevocationEvidence,
    required: bool,
) -> None:
    """Requires that no certificate is known to be revoked and, where required, that each is good.

    Raises:
        MessageRejected: `CERTIFICATE_REVOKED`.
        Undecidable: `REVOCATION_NOT_CHECKED`: required, and the evidence does not say.
    """
    known = [evidence.get(fingerprint(one), RevocationStatus.UNKNOWN) for one in certificates]
    if RevocationStatus.REVOKED in known:
        raise MessageRejected(
            "the revocation evidence says revoked", reason=Reason.CERTIFICATE_REVOKED
        )
    if required and RevocationStatus.UNKNOWN in known:
        raise Undecidable("revocation could not be checked", reason=Reason.REVOCATION_NOT_CHECKED)


def check_moments(
    claimed: ClaimedHeader,
    *,
    signed_at: datetime,
    leaf: x509.Certificate,
    at: datetime,
    clock_ahead: timedelta,
) -> None:
    """Requires a message that was made in its signer's time, and not in our future.

    Raises:
        MessageRejected: `VALUE_NOT_ALLOWED` without a created-at; `SIGNED_BEFORE_CERTIFICATE`.
        Undecidable: `CREATED_IN_FUTURE`: further ahead of our clock than the limit.
    """
    if claimed.created_at is None:
        raise MessageRejected(
            "the header has no readable moment of creation", reason=Reason.VALUE_NOT_ALLOWED
        )
    if signed_at < leaf.not_valid_before_utc:
        raise MessageRejected(
            "the claimed signing time is before the certificate's first moment",
            reason=Reason.SIGNED_BEFORE_CERTIFICATE,
        )
    latest = max(claimed.created_at, signed_at)
    if latest > at + clock_ahead:
        raise Undecidable(
            f"created or signed at {latest.isoformat()}, ahead of {at.isoformat()}",
            reason=Reason.CREATED_IN_FUTURE,
        )
