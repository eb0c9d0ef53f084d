"""Writes in a negotiation: who may, over which version, and what the journal says of it.

Every verb of a negotiation writes through a `Pen`:

1. the officer may write, the negotiation is there, locked, and not concluded
2. the version written over is the one that stands; else the officer learns who changed what
3. the entry and a line of the journal, in the same transaction

The journal never repeats what was written: texts stand in the negotiation alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.model.base import Noun
from mra_gateway.model.negotiation import Entry, NegotiationId, Position, Workspace
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.store import journal, negotiation_records, negotiations

E = TypeVar("E", bound=Entry)
N = TypeVar("N", bound=Noun)

WRITERS = (OfficerRole.AEO, OfficerRole.LEGAL)
SHOWN = 5
"""How many versions written in between are told."""


class Pen:
    """Writes entries for officers."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def open(
        self,
        connection: Connection,
        id_: NegotiationId,
        *,
        by: Actor,
        roles: Sequence[OfficerRole] = WRITERS,
    ) -> Workspace:
        """Returns a negotiation to write in, locked until the transaction ends.

        Raises:
            RequestRefused: Not permitted, no such negotiation, or it is concluded.
        """
        check_role(by, *roles)
        workspace = negotiations.get(connection, id_, lock=True)
        if workspace.concluded_at is not None:
            raise RequestRefused(
                f"{id_} is concluded: it ended in {workspace.arrangement}",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        return workspace

    def write(
        self, connection: Connection, workspace: Workspace, entry: E, *, over: int | None
    ) -> E:
        """Writes an entry as the version after the one written over, and returns it.

        Args:
            connection: The transaction that opened the negotiation.
            workspace: The negotiation.
            entry: Its version, moment and writer are taken as given here.
            over: The version its writer saw; None or 0: that there was none.

        Raises:
            RequestRefused: `ROW_CHANGED`: another version stands; says who wrote it and when.
        """
        # 2
        versions = negotiation_records.history(connection, workspace.id, type(entry), key=entry.key)
        check_version(versions, over=over or 0, key=entry.key)
        # 3
        # made anew: a copy with changes was not validated when it was made
        numbered = {"version": len(versions) + 1, "at": self._clock.now()}
        written = make(type(entry), **{**entry.model_dump(), **numbered})
        negotiation_records.add(connection, workspace.id, written)
        journal.record(
            connection,
            at=written.at,
            actor=str(entry.by),
            act=f"negotiation {negotiation_records.KINDS[type(entry)]}",
            subject=workspace.id,
            detail={"key": entry.key, "version": written.version},
        )
        return written

    def next_key(
        self, connection: Connection, id_: NegotiationId, model: type[Entry], *, prefix: str
    ) -> str:
        """Returns the number of a new entry, as `Q1`."""
        keys = {entry.key for entry in negotiation_records.history(connection, id_, model)}
        return f"{prefix}{len(keys) + 1}"

    def get(self, connection: Connection, id_: NegotiationId, model: type[E], *, key: str) -> E:
        """Returns the newest version of an entry.

        Raises:
            RequestRefused: There is none.
        """
        found = negotiation_records.find(connection, id_, model, key=key)
        if found is None:
            raise RequestRefused(
                f"no {model.__name__.lower()} {key[:40]!r} in {id_}", reason=Reason.NOT_FOUND
            )
        return found


def make(kind: type[N], **values: Any) -> N:
    """Returns a noun of what an officer states.

    Raises:
        RequestRefused: A value does not have its form; says which.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or kind.__name__.lower()
        raise RequestRefused(first["msg"][:200], where=place) from None


def check_version(versions: Sequence[Entry], *, over: int, key: str) -> None:
    """Lets a writer through who saw the version that stands.

    Raises:
        RequestRefused: `ROW_CHANGED`.
    """
    if over == len(versions):
        return
    if over > len(versions):
        raise RequestRefused(
            f"{key} has no version {over}: the last is {len(versions)}", reason=Reason.ROW_CHANGED
        )
    since = [said_of(entry) for entry in versions[over:][-SHOWN:]]
    saw = f"version {over}" if over else "it without a position"
    raise RequestRefused(
        f"{key} has changed since you saw {saw}: {'; '.join(since)}; look at it and write over "
        f"version {len(versions)}",
        reason=Reason.ROW_CHANGED,
        where=key,
    )


def said_of(entry: Entry) -> str:
    """Returns in a few words who wrote a version, when and what."""
    what = ""
    if isinstance(entry, Position):
        words = "" if entry.text is None else f" {entry.text[:80]!r}"
        what = f", {entry.state.replace('_', ' ')}{words}"
    return f"version {entry.version} by {entry.by} at {entry.at:%Y-%m-%d %H:%M} UTC{what}"
