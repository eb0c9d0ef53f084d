"""Partner cards: what two administrations hand each other, out of band, before anything else.

A card holds an address and anchors. It proves nothing by itself: two named persons compare the
fingerprints `card_fingerprints` prints, over another road than the card came by, and only then is
it pinned. What becomes of a pinned card is `trust/policy.py`.
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from mra_gateway.errors import MessageRejected, Reason, RequestRefused
from mra_gateway.model.facts import PartnerCard, check_url
from mra_gateway.model.messages import Environment
from mra_gateway.settings import Settings
from mra_gateway.trust.chain import load_leaf
from mra_gateway.trust.keys import fingerprint, is_strong, load_certificates, to_pem

DER = Encoding.DER
MAX_CARD_BYTES = 200_000


def own_card(
    settings: Settings, *, signer_name: str | None = None, tls_name: str | None = None
) -> PartnerCard:
    """Returns the card to give to partners, made from the anchors and the address of a home.

    During a rotation the anchor files hold the current and the next anchor, one after the other.

    Args:
        settings: Of the home.
        signer_name: Subject of our signing certificate, where its anchor issues for others too.
        tls_name: The same for TLS.

    Raises:
        SetupError: `KEY_UNUSABLE`: an anchor file cannot be read.
    """
    keys = settings.keys
    signing = load_certificates(settings.path(keys.signing_anchor))
    tls = load_certificates(settings.path(keys.tls_anchor))
    return PartnerCard(
        territory=settings.territory,
        environment=settings.environment.value,
        url=settings.partner_api.public_url,
        signing_anchors=tuple(to_pem(one) for one in signing),
        signer_name=signer_name,
        tls_anchors=tuple(to_pem(one) for one in tls),
        tls_name=tls_name,
    )


def card_text(card: PartnerCard) -> str:
    """Returns a card as the JSON text that is handed over."""
    return card.model_dump_json(indent=2, exclude_none=True) + "\n"


def load_card(file: Path, *, environment: Environment) -> PartnerCard:
    """Reads the card of a partner; nothing is trusted by reading it.

    Args:
        file: The card as it was received.
        environment: Ours; a card of the other one is refused.

    Raises:
        RequestRefused: Unreadable, not a card, an address that is not https, an anchor that is not
            a certificate with a key the profile takes, or `ENVIRONMENT_MISMATCH`.
    """
    card = _read_card(file)
    if card.environment != environment.value:
        raise RequestRefused(
            f"a card for {card.environment}; this home is for {environment}",
            reason=Reason.ENVIRONMENT_MISMATCH,
            where=str(file),
        )
    if card.url is not None:
        try:
            check_url(card.url)
        except ValueError:
            raise _refused("its address is not an https URL", file) from None
    for number, pem in enumerate((*card.signing_anchors, *card.tls_anchors), start=1):
        _check_anchor(pem, number, file)
    return card


def card_fingerprints(card: PartnerCard) -> list[tuple[str, str]]:
    """Returns what two people read to each other: each anchor's subject and SHA-256 fingerprint.

    The fingerprint is in groups of four hexadecimal digits, the same text on both sides.

    Raises:
        ValueError: An anchor is not a certificate; `load_card` lets no such card through.
    """
    named = [("signing anchor", pem) for pem in card.signing_anchors]
    named += [("TLS anchor", pem) for pem in card.tls_anchors]
    lines = []
    for what, pem in named:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        digest = fingerprint(certificate)
        groups = " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))
        lines.append((f"{what} {certificate.subject.rfc4514_string()}", groups))
    return lines


def _read_card(file: Path) -> PartnerCard:
    try:
        with file.open("rb") as source:
            content = source.read(MAX_CARD_BYTES + 1)
    except OSError as error:
        raise _refused(f"cannot be read: {error.strerror}", file) from None
    if len(content) > MAX_CARD_BYTES:
        raise _refused(f"longer than {MAX_CARD_BYTES} bytes: not a card", file)
    try:
        return PartnerCard.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])[:80]
        raise _refused(f"not a card: {key!r}: {first['msg'][:200]}", file) from None


def _check_anchor(pem: str, number: int, file: Path) -> None:
    try:
        certificate = load_leaf(x509.load_pem_x509_certificate(pem.encode()).public_bytes(DER))
    except (ValueError, MessageRejected):
        raise _refused(f"anchor {number} is not a PEM certificate", file) from None
    if not is_strong(certificate.public_key()):
        raise _refused(f"the key of anchor {number} is too weak, or of an unknown kind", file)


def _refused(text: str, file: Path) -> RequestRefused:
    return RequestRefused(text, reason=Reason.REQUEST_INVALID, where=str(file))
