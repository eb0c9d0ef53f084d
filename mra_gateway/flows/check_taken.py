"""Requires that a partner takes what is to be sent to it: it said so when it was pinged."""

from __future__ import annotations

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import MessageKind
from mra_gateway.store import capabilities
from mra_gateway.store.database import Database


async def find_longest(
    database: Database, book: PartnerBook, *, to: Territory, kind: MessageKind, otherwise: str = ""
) -> int:
    """Returns the length in bytes that a partner takes of a kind of message.

    Args:
        database: The store.
        book: Who is pinned.
        to: The partner.
        kind: What is to be sent.
        otherwise: What else can be done where it has not said that it takes such.

    Raises:
        RequestRefused: The partner is not pinned, or has not said that it takes such.
        StoreError: The database failed.
    """
    if book.find_trust(to) is None:
        raise RequestRefused(f"{to} is not pinned", reason=Reason.PARTNER_NOT_PINNED)
    taken = await database.read(lambda c: capabilities.find(c, to))
    if taken is None or kind not in taken.kinds:
        raise RequestRefused(
            f"{to} has not said that it takes a {kind}: ping it and ask again{otherwise}",
            reason=Reason.KIND_NOT_ACCEPTED,
        )
    return taken.max_bytes


def check_length(content: bytes, *, longest: int, to: Territory) -> None:
    """Requires a message that is not too long for a partner.

    Raises:
        RequestRefused: `TOO_LARGE`.
    """
    if len(content) > longest:
        raise RequestRefused(
            f"{to} takes {longest} bytes, the message has {len(content)}", reason=Reason.TOO_LARGE
        )
