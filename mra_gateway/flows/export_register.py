"""Gives out our own register: as rows for a file, or everything about one operator.

Writing the file is in `tables/writer.py` and `wire/register.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.identifiers.candidates import candidate_tins
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.model.register import SHARED, ConsentBasis, ConsentEntry, RegisterRow
from mra_gateway.store import consents, facts, lanes, told
from mra_gateway.store.chunks import chunked
from mra_gateway.tables.writer import write_register
from mra_gateway.wire.register import encode_register


class HeldFact(NamedTuple):
    """One status of one authorisation, with both times.

    Attributes:
        effective_from: Since when it was true.
        recorded_at: Since when we knew.
        retracted_at: Since when we no longer believe it.
    """

    authorisation: str
    programme: str
    episode: str
    status: str
    effective_from: datetime
    recorded_at: datetime
    retracted_at: datetime | None
    cause: str
    change_id: str | None
    legal_reference: str | None
    record: OperatorRecord


class ToldPartner(NamedTuple):
    """What one partner was last told about one authorisation."""

    partner: Territory
    arrangement: ArrangementId
    authorisation: str
    status: str


class OperatorHistory(NamedTuple):
    """Everything one register holds about one operator.

    Attributes:
        arrangement: Under which a partner told us; empty for our own register.
        now: Authorisation → the status in effect now.
    """

    tin: Tin
    issuer: Territory
    arrangement: ArrangementId
    now: dict[str, str]
    history: list[HeldFact]
    consents: list[consents.Consent]
    told: list[ToldPartner]


def export_rows(connection: Connection, book: PartnerBook, *, at: datetime) -> list[RegisterRow]:
    """Returns our register as it stands at a moment, ended authorisations included."""
    register = facts.Register(book.us, facts.OWN)
    rows: list[RegisterRow] = []
    for slice_ in chunked(facts.keys_in_force(connection, register, at=at)):
        given = consents.held(connection, (fact.key.tin for fact in slice_))
        by_tin: dict[Tin, list[ConsentEntry]] = {}
        for (tin, _), consent in sorted(given.items()):
            by_tin.setdefault(tin, []).append(_entry(consent))
        rows += [_row(fact, by_tin.get(fact.key.tin, [])) for fact in slice_]
    return rows


def write_export(rows: Iterable[RegisterRow], path: Path) -> None:
    """Writes rows as CSV, XLSX, JSON or XML, by the file's ending; each can be imported again.

    Raises:
        RequestRefused: Another ending.
    """
    if path.suffix.lower() == ".xml":
        path.write_bytes(encode_register(rows))
    else:
        write_register(list(rows), path)


def find_history(
    connection: Connection, book: PartnerBook, identifier: str, *, at: datetime
) -> list[OperatorHistory]:
    """Returns what is held about an operator, in our register and as partners told us.

    Args:
        connection: The transaction.
        book: What is known of partners.
        identifier: TIN or authorisation number, in any form it is written in.
        at: Now.

    Raises:
        RequestRefused: Nothing is held under it.
    """
    named = facts.find_operators(
        connection,
        tins={*candidate_tins(identifier), *candidate_tins(identifier, territories=[book.us])},
        authorisations=[identifier],
    )
    if not named:
        raise RequestRefused(f"nothing is held under {identifier[:80]!r}", reason=Reason.NOT_FOUND)
    return [_history(connection, book, register, tin, at=at) for register, tin in named]


def _history(
    connection: Connection,
    book: PartnerBook,
    register: facts.Register,
    tin: Tin,
    *,
    at: datetime,
) -> OperatorHistory:
    held = facts.history(connection, register, tin)
    by_key: dict[facts.Key, list[facts.Fact]] = {}
    for fact in held:
        by_key.setdefault(fact.key, []).append(fact)
    current = {key: facts.at_moment(of_key, valid_at=at) for key, of_key in by_key.items()}
    ours = register == facts.Register(book.us, facts.OWN)
    return OperatorHistory(
        tin,
        register.issuer,
        register.arrangement,
        {
            key.authorisation: "not in effect" if fact is None else fact.status
            for key, fact in current.items()
        },
        [_held(fact) for fact in held],
        list(consents.held(connection, [tin]).values()) if ours else [],
        _told(connection, tin) if ours else [],
    )


def _told(connection: Connection, tin: Tin) -> list[ToldPartner]:
    return [
        ToldPartner(lane.partner, lane.arrangement, key.authorisation, last.status)
        for lane in lanes.all_lanes(connection, "out")
        for key, last in sorted(told.held(connection, lane.id, [tin]).items())
    ]


def _held(fact: facts.Fact) -> HeldFact:
    return HeldFact(
        fact.key.authorisation,
        fact.key.programme,
        fact.episode,
        fact.status,
        fact.effective_from,
        fact.recorded_at,
        fact.retracted_at,
        fact.cause,
        fact.change_id,
        fact.legal_reference,
        fact.record,
    )


def _row(fact: facts.Fact, given: list[ConsentEntry]) -> RegisterRow:
    record = fact.record
    shared = {name: getattr(record, name) for name in SHARED}
    return RegisterRow.model_validate(
        {
            **shared,
            "status": Status(fact.status),
            "effective_from": fact.effective_from,
            "consents": tuple(given),
        }
    )


def _entry(consent: consents.Consent) -> ConsentEntry:
    return ConsentEntry(
        partner=consent.partner,
        basis=ConsentBasis(consent.basis),
        letter_number=consent.letter_number,
        given_on=consent.given_on,
        withdrawn_on=consent.withdrawn_on,
    )
