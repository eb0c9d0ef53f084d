"""Joint monitoring sheets of partners: kept as they came, each correction of one beside it.

A partner's sheets of a period make a chain, of which the last counts; that it never branches the
indexes of `measure_tables.py` see to. What a key had signed that was revoked since before it came
stays, and counts no more: the genuine sheet before it counts again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, exists, func, insert, select, text

from mra_gateway.model.identifiers import Digest, MessageId, Territory
from mra_gateway.model.messages import PerformanceSheet
from mra_gateway.model.periods import Period
from mra_gateway.store.measure_tables import measure_sheets as sheets
from mra_gateway.store.tables import revocations

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:of_partner, 0))")
_LATER = sheets.alias("later")
_BELIEVED = ~exists().where(
    revocations.c.territory == sheets.c.partner,
    revocations.c.fingerprint == sheets.c.signer,
    revocations.c.since <= sheets.c.taken_at,
)


class Came(NamedTuple):
    """From whom a sheet came, and what vouches for it: a signature, or an officer.

    Attributes:
        made_at: As the sender says.
        message_id: Of the signed document.
        signer: SHA-256 of the certificate; None where it came without a signature.
        signer_name: Its subject.
        evidence: What an unsigned one rests on.
    """

    partner: Territory
    made_at: datetime
    message_id: MessageId | None = None
    signer: Digest | None = None
    signer_name: str | None = None
    evidence: str | None = None


class Sheet(NamedTuple):
    """A sheet as kept.

    Attributes:
        digest: Of what it says, however it was spelled.
        corrected_by: The sheet that took its place.
        is_believed: False where it was signed with a key revoked since before it came.
    """

    id: int
    body: PerformanceSheet
    digest: Digest
    came: Came
    taken_at: datetime
    taken_by: str
    corrects: int | None
    corrected_by: int | None
    is_believed: bool


def lock(connection: Connection, partner: Territory) -> None:
    """Lets one transaction at a time take a partner's sheet; SQLite's writers queue."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"of_partner": f"sheets {partner}"})


def add(
    connection: Connection,
    body: PerformanceSheet,
    *,
    digest: Digest,
    came: Came,
    at: datetime,
    by: str,
    corrects: int | None,
) -> int:
    """Keeps a sheet and returns its number."""
    done = connection.execute(
        insert(sheets)
        .values(
            **came._asdict(),
            period_kind=body.period.kind,
            period_start=body.period.first_on,
            content=body.model_dump_json(exclude_defaults=True),
            digest=digest,
            taken_at=at,
            taken_by=by,
            corrects=corrects,
        )
        .returning(sheets.c.id)
    )
    return int(done.scalar_one())


def newest(connection: Connection, partner: Territory, period: Period) -> Sheet | None:
    """Returns the sheet of a partner and period that counts, or None."""
    of_it = _of(_query(), partner, period)
    row = connection.execute(of_it.where(_BELIEVED).order_by(sheets.c.id.desc()).limit(1)).first()
    return None if row is None else _sheet(row)


def last(connection: Connection, partner: Territory, period: Period) -> int | None:
    """Returns the number of the sheet that came last, believed or not: another corrects it."""
    found: int | None = connection.scalar(_of(select(func.max(sheets.c.id)), partner, period))
    return found


def digests(connection: Connection) -> frozenset[str]:
    """Returns the digests of all sheets: an entry that has one was made from it."""
    return frozenset(connection.scalars(select(sheets.c.digest)))


def disbelieved(connection: Connection) -> frozenset[str]:
    """Returns the digests of what counts no more: entries made from it do not either."""
    every = connection.execute(select(sheets.c.digest, _BELIEVED.label("is_believed"))).all()
    believed = {row.digest for row in every if row.is_believed}
    return frozenset(row.digest for row in every) - believed


def history(connection: Connection) -> list[Sheet]:
    """Returns every sheet, corrected ones too, in the order they came."""
    return [_sheet(row) for row in connection.execute(_query().order_by(sheets.c.id))]


def _query() -> Select[Any]:
    columns = (_LATER.c.id.label("corrected_by"), _BELIEVED.label("is_believed"))
    return select(sheets, *columns).select_from(
        sheets.outerjoin(_LATER, _LATER.c.corrects == sheets.c.id)
    )


def _of(query: Select[Any], partner: Territory, period: Period) -> Select[Any]:
    return query.where(
        sheets.c.partner == partner,
        sheets.c.period_kind == period.kind,
        sheets.c.period_start == period.first_on,
    )


def _sheet(row: Row[Any]) -> Sheet:
    came = Came(
        Territory.trusted(row.partner),
        row.made_at,
        None if row.message_id is None else MessageId.trusted(row.message_id),
        None if row.signer is None else Digest.trusted(row.signer),
        row.signer_name,
        row.evidence,
    )
    return Sheet(
        row.id,
        PerformanceSheet.model_validate_json(row.content),
        Digest.trusted(row.digest),
        came,
        row.taken_at,
        row.taken_by,
        row.corrects,
        row.corrected_by,
        bool(row.is_believed),
    )
