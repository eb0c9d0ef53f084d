"""What an attacker would post: a forged, a tampered and a replayed message, over real mutual TLS.

The strongest position is taken: the attacker holds the sender's genuine TLS key, and lacks only the
signing key.
"""

from __future__ import annotations

import http.client
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from mra_gateway.cli.demo.homes import ARRANGEMENT
from mra_gateway.flows.compose import Composer
from mra_gateway.gateway import Gateway, Routes
from mra_gateway.model.changes import ChangeKind, Status, StatusChange
from mra_gateway.model.identifiers import ChangeId, Territory
from mra_gateway.model.messages import StatusNotification
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.trust.keys import Purpose, generate_key, issue_certificate, new_anchor
from mra_gateway.trust.signer import FileSigner


class Answer(NamedTuple):
    """What the partner API answered."""

    status: int
    content_type: str
    content: bytes


def post(attacker: Gateway, *, to: Territory, content: bytes) -> Answer:
    """Posts bytes to a partner with the sender's own TLS certificate."""
    route = Routes(attacker.settings, attacker.book).find(to)
    assert route is not None
    address = urlsplit(route.url)
    connection = http.client.HTTPSConnection(
        address.hostname or "", address.port, context=route.context, timeout=20
    )
    try:
        connection.request(
            "POST", "/exchange/v1/messages", content, {"Content-Type": "application/xml"}
        )
        response = connection.getresponse()
        return Answer(response.status, response.headers.get_content_type(), response.read())
    finally:
        connection.close()


def forge(sender: Gateway, *, to: Territory, record: OperatorRecord) -> bytes:
    """Returns a suspension in the sender's name, signed by a key and anchor of the forger's own."""
    now = sender.clock.now()
    anchor_key, key = generate_key(), generate_key()
    since, until = now - timedelta(days=1), now + timedelta(days=30)
    us = sender.settings.territory
    anchor = new_anchor(
        anchor_key, territory=us, name="Signing anchor", not_before=since, not_after=until
    )
    certificate = issue_certificate(
        key.public_key(),
        purpose=Purpose.SIGNING,
        territory=us,
        name="Signer",
        issuer=anchor,
        issuer_key=anchor_key,
        not_before=since,
        not_after=until,
    )
    composer = Composer(
        us=us,
        environment=sender.settings.environment,
        signer=FileSigner(key, certificate=certificate),
        clock=sender.clock,
    )
    change = StatusChange(
        change_id=ChangeId(sender.clock.new_uuid()),
        change_number=9999,
        kind=ChangeKind.SUSPENDED,
        status=Status.SUSPENDED,
        effective_from=now,
        operator=record,
    )
    _, document = composer.unsigned(
        StatusNotification(changes=(change,)),
        recipient=to,
        arrangement=ARRANGEMENT,
        epoch=1,
        sequence=9999,
    )
    return composer.sign(document)


def tamper(content: bytes) -> bytes:
    """Returns a genuine message with one digit of one authorisation number changed."""
    at = content.index(b"AEOCN") + len(b"AEOCN") + 9
    digit = content[at : at + 1]
    return content[:at] + (b"8" if digit != b"8" else b"7") + content[at + 1 :]
