"""The table of attacks: what is done to a genuine message, and how it must be answered.

A row is a function from a scene (the genuine message, both sides' keys, the moment) to bytes, with
the outcome and the reason code the verifier must give. The same table is run on the verifier, over
a live service, and printed as documentation; the first line of a function's docstring, or the text
handed in, is the row's description.

The rows stand in `attacks_document.py`, `attacks_signature.py`, `attacks_wrapping.py` and
`attacks_sender.py`; `ATTACKS` gathers them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lxml import etree

from mra_gateway.errors import Reason
from mra_gateway.model.trust import VerdictOutcome
from mra_gateway.trust.shape import DS, XADES
from mra_gateway.wire.names import NAMESPACE
from tests.support.pki import Side

NS = {"m": NAMESPACE, "ds": DS, "xades": XADES}


@dataclass(frozen=True)
class Scene:
    """What an attacker is given, insiders included.

    Attributes:
        document: The genuine unsigned document, from `sender` to the side under attack.
        sender: The partner whose message it is, with its keys.
        other: Another partner of the side under attack, with its keys.
        at: The moment of the attack.
        max_bytes: Longest document the side under attack takes.
    """

    document: bytes
    sender: Side
    other: Side
    at: datetime
    max_bytes: int

    @property
    def signed(self) -> bytes:
        """The genuine message: the untouched twin of every attack."""
        return self.sender.signer.sign(self.document, at=self.at)


@dataclass(frozen=True)
class Attack:
    """One row of the table.

    Attributes:
        name: Short, unique, for test ids and file names.
        description: One line.
        reason: The code the verifier gives.
        outcome: FAILED, or INDETERMINATE for what is held.
        posted_by: Whose TLS certificate brings it.
        build: Makes the bytes.
    """

    name: str
    description: str
    reason: Reason
    outcome: VerdictOutcome
    posted_by: Literal["sender", "other"]
    build: Callable[[Scene], bytes]


Build = Callable[[Scene], bytes]


class Table:
    """Collects the rows of one file."""

    def __init__(self) -> None:
        self.rows: list[Attack] = []

    def row(
        self,
        name: str,
        reason: Reason,
        *,
        outcome: VerdictOutcome = VerdictOutcome.FAILED,
        posted_by: Literal["sender", "other"] = "sender",
    ) -> Callable[[Build], Build]:
        """Adds the decorated function as a row; its docstring describes it."""

        def add(build: Build) -> Build:
            description = (build.__doc__ or "").strip().splitlines()[0]
            self.rows.append(Attack(name, description, reason, outcome, posted_by, build))
            return build

        return add

    def add(self, name: str, reason: Reason, description: str, build: Build) -> None:
        """Adds a row of a family that differs in one argument only."""
        self.rows.append(Attack(name, description, reason, VerdictOutcome.FAILED, "sender", build))


def edit(content: bytes, change: Callable[[etree._Element], etree._Element | None]) -> bytes:
    """Returns a document with its tree changed; a returned element becomes the root."""
    root = etree.fromstring(content, etree.XMLParser(strip_cdata=False, resolve_entities=False))
    new = change(root)
    return etree.tostring(root if new is None else new, encoding="UTF-8", xml_declaration=True)


def one(root: etree._Element, path: str) -> etree._Element:
    """Returns the first element on a path; a path that leads nowhere is a broken attack."""
    found = root.find(path, NS)
    assert found is not None, path
    return found


def signature_of(root: etree._Element) -> etree._Element:
    """Returns the signature of a signed document."""
    return one(root, "ds:Signature")


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    """Returns bytes with the first occurrence replaced; one that is not there is an error."""
    assert old in content, old
    return content.replace(old, new, 1)


def all_attacks() -> dict[str, Attack]:
    """Returns every row by its name."""
    from tests.support import (
        attacks_document,
        attacks_sender,
        attacks_signature,
        attacks_wrapping,
    )

    rows = [
        row
        for module in (attacks_document, attacks_signature, attacks_wrapping, attacks_sender)
        for row in module.TABLE.rows
    ]
    named = {row.name: row for row in rows}
    assert len(named) == len(rows), "two attacks have one name"
    return named
