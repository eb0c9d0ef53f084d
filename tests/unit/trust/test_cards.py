"""Cards: made from a home, read with suspicion, merged during a rotation, compared by people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mra_gateway.errors import Reason, RequestRefused, SetupError
from mra_gateway.model.facts import PartnerCard
from mra_gateway.model.messages import Environment
from mra_gateway.settings import Settings
from mra_gateway.trust.card import card_fingerprints, card_text, load_card, own_card
from mra_gateway.trust.keys import KeyKind, fingerprint, to_pem, write_certificates
from mra_gateway.trust.policy import PartnerTrust
from tests.support.pki import CN, KZ, side


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "card.json"


def read(file: Path, content: str) -> PartnerCard:
    file.write_text(content, encoding="utf-8")
    return load_card(file, environment=Environment.TEST)


def test_a_card_survives_being_handed_over(file: Path) -> None:
    card = side(CN).card(url="https://gateway.customs.example/exchange")
    assert read(file, card_text(card)) == card


def test_our_own_card_is_made_from_the_files_of_a_home(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    both = [side(CN).anchor, side(CN, kind=KeyKind.P384).anchor]
    write_certificates(tmp_path / "keys/anchor.cert.pem", certificates=both)
    write_certificates(tmp_path / "keys/tls-anchor.cert.pem", certificates=[side(CN).tls_anchor])
    settings = Settings(settings_home=tmp_path, territory=CN, environment=Environment.TEST)

    card = own_card(settings)

    assert card.territory == CN
    assert PartnerTrust.from_cards([card]).signing_anchors == tuple(both)
    assert PartnerTrust.from_cards([card]).tls_anchors == (side(CN).tls_anchor,)


def test_fingerprints_are_read_out_in_groups_of_four() -> None:
    lines = card_fingerprints(side(CN).card())
    assert [what for what, _ in lines] == [
        "signing anchor CN=CN signing anchor,C=CN",
        "TLS anchor CN=CN TLS anchor,C=CN",
    ]
    for (_, groups), anchor in zip(lines, (side(CN).anchor, side(CN).tls_anchor), strict=True):
        assert groups.replace(" ", "") == fingerprint(anchor)
        assert {len(group) for group in groups.split(" ")} == {4}


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(lambda text: text[:-20], Reason.REQUEST_INVALID, id="cut"),
        pytest.param(lambda text: "[]", Reason.REQUEST_INVALID, id="not-an-object"),
        pytest.param(lambda text: " " * 300_000, Reason.REQUEST_INVALID, id="too-long"),
        pytest.param(
            lambda text: text.replace('"test"', '"production"'),
            Reason.ENVIRONMENT_MISMATCH,
            id="other-environment",
        ),
        pytest.param(
            lambda text: text.replace('"test"', '"testing"'),
            Reason.REQUEST_INVALID,
            id="no-environment",
        ),
        pytest.param(
            lambda text: text.replace("https://", "http://"), Reason.REQUEST_INVALID, id="http"
        ),
        pytest.param(
            lambda text: text.replace("BEGIN CERTIFICATE", "BEGIN CERTIFICAT"),
            Reason.REQUEST_INVALID,
            id="no-certificate",
        ),
        pytest.param(
            lambda text: text.replace('"territory"', '"country"'),
            Reason.REQUEST_INVALID,
            id="unknown-field",
        ),
    ],
)
def test_a_spoiled_card_is_refused(spoil: Callable[[str], str], reason: Reason, file: Path) -> None:
    text = card_text(side(CN).card(url="https://gateway.customs.example/"))
    assert read(file, text).territory == CN
    with pytest.raises(RequestRefused) as refused:
        read(file, spoil(text))
    assert refused.value.reason is reason
    assert refused.value.where == str(file)


def test_a_missing_card_is_refused(file: Path) -> None:
    with pytest.raises(RequestRefused) as refused:
        load_card(file, environment=Environment.TEST)
    assert refused.value.reason is Reason.REQUEST_INVALID


def test_the_same_anchor_on_two_cards_is_one_anchor() -> None:
    card = side(CN).card()
    assert PartnerTrust.from_cards([card, card]) == PartnerTrust.from_cards([card])


@pytest.mark.parametrize(
    "other",
    [
        {"territory": KZ},
        {"environment": "production"},
        {"signer_name": "CN=somebody"},
        {"tls_name": "CN=somebody"},
        {"signing_anchors": ("garbage",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_cards_that_would_weaken_each_other_are_not_merged(other: dict[str, object]) -> None:
    card = side(CN).card()
    merged = PartnerTrust.from_cards([card, side(CN, kind=KeyKind.P384).card()])
    assert len(merged.signing_anchors) == 2
    with pytest.raises(SetupError) as refused:
        PartnerTrust.from_cards([card, side(CN).card(**other)])
    assert refused.value.reason is Reason.DATA_FILE_INVALID


def test_no_card_is_no_trust() -> None:
    with pytest.raises(SetupError) as refused:
        PartnerTrust.from_cards([])
    assert refused.value.reason is Reason.PARTNER_NOT_PINNED
    assert to_pem(side(CN).anchor) in side(CN).card().signing_anchors
