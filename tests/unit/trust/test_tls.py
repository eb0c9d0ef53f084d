"""Handshakes between real TLS contexts, in memory: who gets in, and who it is."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mra_gateway.errors import Reason, SetupError
from mra_gateway.trust.keys import to_pem, write_certificates, write_key
from mra_gateway.trust.tls import client_context, partner_of_peer, server_context, trust_also
from tests.support.pki import CN, KZ, MN, Side, side

NOW = datetime.now(UTC)  # OpenSSL asks the machine, whatever moment a test would pin
PASSWORD = b"correct horse"


def present(one: Side, folder: Path) -> tuple[Path, Path]:
    """Writes an administration's TLS certificate and key."""
    certificate, key = folder / f"{one.territory}.cert.pem", folder / f"{one.territory}.key.pem"
    if not key.exists():
        write_certificates(certificate, certificates=[one.tls_certificate])
        write_key(key, key=one.tls_key, password=PASSWORD)
    return certificate, key


def contexts(
    folder: Path, *, server: Side, client: Side, lets_in: Sequence[str], trusts: Sequence[str]
) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    certificate, key = present(server, folder)
    serving = server_context(certificate, key_file=key, password=PASSWORD, anchors_pem=lets_in)
    certificate, key = present(client, folder)
    asking = client_context(certificate, key_file=key, password=PASSWORD, anchors_pem=trusts)
    return serving, asking


def shake_hands(
    serving: ssl.SSLContext, asking: ssl.SSLContext, *, host: str = "localhost"
) -> tuple[bytes | None, bytes | None]:
    """Returns the client's certificate as the server saw it, and the server's as the client did."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    client = asking.wrap_bio(to_client, to_server, server_hostname=host)
    waiting = [client, server]
    for _ in range(10):
        for one in tuple(waiting):
            try:
                one.do_handshake()
                waiting.remove(one)
            except ssl.SSLWantReadError:
                continue
    assert not waiting
    return server.getpeercert(binary_form=True), client.getpeercert(binary_form=True)


def pem(one: Side) -> str:
    return to_pem(one.tls_anchor)


@pytest.fixture(scope="module")
def cn() -> Side:
    return side(CN, at=NOW)


@pytest.fixture(scope="module")
def mn() -> Side:
    return side(MN, at=NOW)


@pytest.fixture(scope="module")
def kz() -> Side:
    return side(KZ, at=NOW)


def test_two_partners_see_each_others_certificates(cn: Side, mn: Side, tmp_path: Path) -> None:
    pair = contexts(tmp_path, server=mn, client=cn, lets_in=[pem(cn)], trusts=[pem(mn)])
    seen_by_server, seen_by_client = shake_hands(*pair)
    assert (seen_by_server, seen_by_client) == (cn.peer, mn.peer)


def test_a_client_under_no_anchor_is_not_let_in(
    cn: Side, mn: Side, kz: Side, tmp_path: Path
) -> None:
    serving, asking = contexts(tmp_path, server=mn, client=cn, lets_in=[pem(kz)], trusts=[pem(mn)])
    with pytest.raises(ssl.SSLError):
        shake_hands(serving, asking)

    trust_also(serving, anchors_pem=[pem(cn)])
    assert shake_hands(serving, asking)[0] == cn.peer


def test_a_server_without_partners_lets_nobody_in(cn: Side, mn: Side, tmp_path: Path) -> None:
    serving, asking = contexts(tmp_path, server=mn, client=cn, lets_in=[], trusts=[pem(mn)])
    with pytest.raises(ssl.SSLError):
        shake_hands(serving, asking)


def test_a_client_must_show_a_certificate(cn: Side, mn: Side, tmp_path: Path) -> None:
    serving, asking = contexts(tmp_path, server=mn, client=cn, lets_in=[pem(cn)], trusts=[pem(mn)])
    shy = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    shy.load_verify_locations(cadata=pem(mn))
    with pytest.raises(ssl.SSLError):
        shake_hands(serving, shy)
    assert shake_hands(serving, asking)


def test_a_client_trusts_its_partners_gateway_alone(
    cn: Side, mn: Side, kz: Side, tmp_path: Path
) -> None:
    pair = contexts(tmp_path, server=mn, client=cn, lets_in=[pem(cn)], trusts=[pem(kz)])
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(*pair)


def test_a_client_checks_the_host_name(cn: Side, mn: Side, tmp_path: Path) -> None:
    pair = contexts(tmp_path, server=mn, client=cn, lets_in=[pem(cn)], trusts=[pem(mn)])
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(*pair, host="elsewhere.example")
    assert shake_hands(*pair, host="127.0.0.1")


def test_a_pinned_tls_certificate_needs_no_anchor(cn: Side, mn: Side, tmp_path: Path) -> None:
    pair = contexts(
        tmp_path,
        server=mn,
        client=cn,
        lets_in=[to_pem(cn.tls_certificate)],
        trusts=[to_pem(mn.tls_certificate)],
    )
    assert shake_hands(*pair) == (cn.peer, mn.peer)


def test_old_versions_of_tls_are_not_spoken(cn: Side, mn: Side, tmp_path: Path) -> None:
    for context in contexts(tmp_path, server=mn, client=cn, lets_in=[pem(cn)], trusts=[pem(mn)]):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_peer_is_the_one_partner_whose_pins_it_fits(cn: Side, kz: Side, mn: Side) -> None:
    partners = [cn.trust(), kz.trust()]
    assert partner_of_peer(cn.peer, partners=partners, at=NOW) == CN
    assert partner_of_peer(kz.peer, partners=partners, at=NOW) == KZ
    assert partner_of_peer(mn.peer, partners=partners, at=NOW) is None
    assert partner_of_peer(b"garbage", partners=partners, at=NOW) is None


def test_a_peer_that_fits_two_partners_is_neither(cn: Side, kz: Side) -> None:
    shared = kz.trust(tls_anchors=(cn.tls_anchor,))
    assert partner_of_peer(cn.peer, partners=[cn.trust(), shared], at=NOW) is None

    by_name = kz.trust(tls_anchors=(cn.tls_anchor,), tls_name="CN=KZ TLS,C=KZ")
    assert partner_of_peer(cn.peer, partners=[cn.trust(), by_name], at=NOW) == CN


@pytest.mark.parametrize("wrong", ["password", "pair", "anchor", "missing"])
def test_unusable_tls_material_is_named(wrong: str, cn: Side, mn: Side, tmp_path: Path) -> None:
    certificate, key = present(cn, tmp_path)
    other, _ = present(mn, tmp_path)
    server_context(certificate, key_file=key, password=PASSWORD, anchors_pem=[pem(mn)])
    with pytest.raises(SetupError) as refused:
        server_context(
            {"pair": other, "missing": tmp_path / "none"}.get(wrong, certificate),
            key_file=key,
            password=b"wrong" if wrong == "password" else PASSWORD,
            anchors_pem=["garbage"] if wrong == "anchor" else [pem(mn)],
        )
    assert refused.value.reason is Reason.KEY_UNUSABLE
