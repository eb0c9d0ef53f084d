"""Rule books: the facts of `partners/` that decisions follow, kept by what they say.

A result names its book by digest, so that it can be recomputed after the files have changed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from mra_gateway.model.identifiers import Digest
from mra_gateway.store import feed
from mra_gateway.store.recognition_tables import book_contents, books

_IN_USE = (
    select(books.c.digest)
    .where(books.c.position <= bindparam("as_of"))
    .order_by(books.c.id.desc())
    .limit(1)
)
_LATEST = select(books.c.digest).order_by(books.c.id.desc()).limit(1)


def put_in_use(connection: Connection, digest: Digest, *, content: str, at: datetime) -> None:
    """Writes that decisions follow a book from now on, unless they do already."""
    if connection.scalar(_LATEST) == digest:
        return
    known = connection.scalar(
        select(book_contents.c.digest).where(book_contents.c.digest == digest)
    )
    if known is None:
        connection.execute(insert(book_contents).values(digest=digest, content=content))
    position = feed.advance(connection, at=at)
    connection.execute(insert(books).values(digest=digest, position=position, at=at))


def in_use(connection: Connection, *, position: int | None = None) -> Digest | None:
    """Returns the book decisions followed at a position (now when None), or None before any."""
    found = (
        connection.scalar(_LATEST)
        if position is None
        else connection.scalar(_IN_USE, {"as_of": position})
    )
    return None if found is None else Digest.trusted(found)


def find(connection: Connection, digest: Digest) -> str | None:
    """Returns a book's content, or None."""
    content: str | None = connection.scalar(
        select(book_contents.c.content).where(book_contents.c.digest == digest)
    )
    return content
