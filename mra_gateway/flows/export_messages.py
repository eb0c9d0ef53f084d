"""Writes messages and receipts, byte for byte, into a folder that others can check offline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.identifiers import Territory
from mra_gateway.store import message_log
from mra_gateway.store.database import Database

PAGE = 200


async def export_messages(
    folder: Path,
    *,
    database: Database,
    us: Territory,
    partner: Territory | None = None,
    tell: Callable[[int], None],
) -> int:
    """Writes every message and its receipt, and returns how many files that made.

    A file is named sender, number in our store, kind: `CN-000012-StatusList.xml`,
    `MN-000012-Receipt.xml`.

    Args:
        folder: Where to; made when it is not there, and must be empty.
        database: The store.
        us: Our territory.
        partner: Only messages from and to this partner.
        tell: Called with how many files there are so far.

    Raises:
        RequestRefused: The folder holds something.
        StoreError: The database failed.
    """
    _make_empty(folder)
    written, before = 0, None
    while True:
        page = await database.read(_page(partner, before))
        if not page:
            return written
        for logged, content, receipt in page:
            sender, answerer = (
                (us, logged.partner) if logged.direction == "out" else (logged.partner, us)
            )
            stem = f"{logged.number:06d}"
            (folder / f"{sender}-{stem}-{logged.kind}.xml").write_bytes(content)
            written += 1
            if receipt is not None:
                (folder / f"{answerer}-{stem}-Receipt.xml").write_bytes(receipt)
                written += 1
            before = logged.number
        tell(written)


def _page(
    partner: Territory | None, before: int | None
) -> Callable[[Connection], list[tuple[message_log.Logged, bytes, bytes | None]]]:
    def read(connection: Connection) -> list[tuple[message_log.Logged, bytes, bytes | None]]:
        return [
            (
                logged,
                message_log.content_of(connection, logged.number),
                message_log.receipt_of(connection, logged.number),
            )
            for logged in message_log.newest(connection, limit=PAGE, partner=partner, before=before)
        ]

    return read


def _make_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestRefused(
            "the folder holds something; name an empty one",
            reason=Reason.ALREADY_EXISTS,
            where=str(folder),
        )
    folder.mkdir(parents=True, exist_ok=True)
