"""Our own keys over the years: renewed, lost, and moved to another anchor."""

from __future__ import annotations

import shutil
from pathlib import Path

from cryptography import x509

from mra_gateway.trust.keys import load_pair
from tests.support.cli import Home


def certificates(home: Home, name: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates((home.path / "keys" / f"{name}.cert.pem").read_bytes())


def is_under(home: Home, leaf: str, anchor: x509.Certificate) -> bool:
    """Says whether our certificate is of an anchor, and its key beside it."""
    keys = home.path / "keys"
    password = (keys / "password").read_bytes().strip()
    _, certificate = load_pair(
        keys / f"{leaf}.key.pem", certificate_file=keys / f"{leaf}.cert.pem", password=password
    )
    certificate.verify_directly_issued_by(anchor)
    return True


def test_keys_are_renewed_under_the_anchor_partners_have_pinned(mongolia: Home) -> None:
    (anchor,), (before,) = certificates(mongolia, "tls-anchor"), certificates(mongolia, "tls")
    (signing,) = certificates(mongolia, "signing")
    mongolia.ok("keys", "renew", "--only", "tls")
    (after,) = certificates(mongolia, "tls")
    names = x509.SubjectAlternativeName
    assert after.public_key() != before.public_key()
    assert after.extensions.get_extension_for_class(
        names
    ) == before.extensions.get_extension_for_class(names)
    assert is_under(mongolia, "tls", anchor)
    assert certificates(mongolia, "signing") == [signing]
    (kept,) = (mongolia.path / "keys").glob("replaced-*")
    assert sorted(file.name for file in kept.iterdir()) == ["tls.cert.pem", "tls.key.pem"]


def test_a_lost_key_is_made_anew_with_the_anchors_key_brought_back(
    mongolia: Home, tmp_path: Path
) -> None:
    keys, away = mongolia.path / "keys", tmp_path / "away"
    away.mkdir()
    for name in ("anchor.key.pem", "tls-anchor.key.pem"):
        shutil.move(keys / name, away / name)
    (keys / "signing.key.pem").unlink()
    assert mongolia.run("partners", "card").err.startswith("KEY_UNUSABLE")
    absent = mongolia.run("keys", "renew", "--only", "signing")
    assert (absent.code, "--anchor-keys" in absent.err) == (78, True)
    mongolia.ok("keys", "renew", "--only", "signing", "--anchor-keys", away)
    assert is_under(mongolia, "signing", certificates(mongolia, "anchor")[0])
    mongolia.ok("partners", "card")


def test_the_next_anchor_stands_on_the_card_beside_the_current_until_it_is_retired(
    mongolia: Home,
) -> None:
    early = mongolia.run("keys", "retire")
    assert "no next signing anchor" in early.err
    mongolia.ok("keys", "next-anchor")
    current, coming = certificates(mongolia, "anchor")
    card = mongolia.ok("partners", "card", "--json").document["card"]
    assert (len(card["signing_anchors"]), len(card["tls_anchors"])) == (2, 2)
    assert is_under(mongolia, "signing", current)
    assert "there is a next" in mongolia.run("keys", "next-anchor").err
    assert "renew --next first" in mongolia.run("keys", "retire").err
    mongolia.ok("keys", "renew", "--next")
    assert is_under(mongolia, "signing", coming)
    mongolia.ok("keys", "retire")
    assert certificates(mongolia, "anchor") == [coming]
    mongolia.ok("keys", "renew")
    assert is_under(mongolia, "signing", coming)
    shown = mongolia.ok("keys", "show", "--json").document
    assert [one["what"] for one in shown] == [
        "signing certificate",
        "signing anchor",
        "TLS certificate",
        "TLS anchor",
    ]


def test_only_an_officer_touches_keys(mongolia: Home) -> None:
    before = certificates(mongolia, "signing"), certificates(mongolia, "anchor")
    assert mongolia.run("keys", "renew", by="nobody").code == 77
    assert (certificates(mongolia, "signing"), certificates(mongolia, "anchor")) == before
