"""The envelope: read for what it claims before anything is verified, and as part of a message.

What `peek` returns is good for choosing a partner and for nothing else; the envelope that counts
is decoded with the verified message in `wire/codec.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lxml import etree

from mra_gateway.model.identifiers import MessageId, Territory
from mra_gateway.model.messages import Environment, MessageKind
from mra_gateway.model.trust import ClaimedHeader
from mra_gateway.wire.names import HEADER, ROOT, qualified
from mra_gateway.wire.shapes import Shape, Slot
from mra_gateway.wire.values import MOMENT, NUMBER

ENVELOPE = Shape(
    (
        Slot("FunctionalReferenceID", "message_id"),
        Slot("TypeCode", "kind"),
        Slot("VersionID", "schema_version"),
        Slot("EnvironmentCode", "environment"),
        Slot("SenderID", "sender"),
        Slot("RecipientID", "recipient"),
        Slot("ArrangementID", "arrangement"),
        Slot("SequenceNumeric", "sequence", NUMBER),
        Slot("EpochNumeric", "epoch", NUMBER),
        Slot("IssueDateTime", "created_at", MOMENT),
    )
)
"""`Header`."""


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        msg = "no time zone"
        raise ValueError(msg)
    return at


_CLAIMS: dict[str, tuple[str, Callable[[str], Any]]] = {
    qualified("FunctionalReferenceID"): ("message_id", MessageId),
    qualified("TypeCode"): ("kind", MessageKind),
    qualified("EnvironmentCode"): ("environment", Environment),
    qualified("SenderID"): ("sender", Territory),
    qualified("RecipientID"): ("recipient", Territory),
    qualified("IssueDateTime"): ("created_at", _moment),
}


def find_header(root: etree._Element) -> etree._Element | None:
    """Returns the header of a message of ours, where it must stand, or None."""
    if root.tag != ROOT or not len(root) or root[0].tag != HEADER:
        return None
    return root[0]


def peek(root: etree._Element) -> ClaimedHeader:
    """Returns what a document says about itself; a field that cannot be read is None.

    Strange content is no error here: the verifier and the schema say what is wrong with it.
    """
    header = find_header(root)
    claims: dict[str, Any] = {}
    for child in () if header is None else header:
        name, read = _CLAIMS.get(child.tag, ("", str))
        if name:
            claims[name] = None if name in claims else _read_or_none(child, read)
    return ClaimedHeader(**claims)


def _read_or_none(element: etree._Element, read: Callable[[str], Any]) -> Any:
    if len(element) or element.text is None:
        return None
    try:
        return read(element.text)
    except ValueError:
        return None
