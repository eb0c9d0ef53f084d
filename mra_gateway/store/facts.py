"""What is held about operators, bitemporally: our own register and what partners told us.

A fact says: this authorisation had this status from `effective_from` on; we knew it from
`recorded_at` until `retracted_at`. Nothing is overwritten: a correction retracts the fact it
corrects and adds another. The status at a moment, as known at a moment, is the fact with the
latest `effective_from` among those known then and in effect then.

`issuer` is the territory whose administration states the fact; the own register is held under our
own territory and the arrangement `OWN`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, or_, select, update

from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    ProgrammeId,
    Territory,
    Tin,
)
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.store import feed
from mra_gateway.store.chunks import CHUNK, chunked
from mra_gateway.store.register_tables import facts

OWN = ArrangementId.trusted("")
"""The arrangement under which our own register is kept: none."""


class Key(NamedTuple):
    """What a status belongs to within an issuer's register."""

    tin: Tin
    programme: ProgrammeId
    authorisation: AuthorisationNumber


class Register(NamedTuple):
    """Whose facts, and under which arrangement they were told."""

    issuer: Territory
    arrangement: ArrangementId


class NewFact(NamedTuple):
    """A fact to add; the names are those of the table."""

    key: Key
    episode: str
    record_version: int
    status: str
    effective_from: datetime
    cause: str
    record: str
    change_id: str | None = None
    change_number: int | None = None
    legal_reference: str | None = None


class Fact(NamedTuple):
    """A fact as held."""

    id: int
    key: Key
    episode: str
    record_version: int
    status: str
    effective_from: datetime
    recorded_at: datetime
    retracted_at: datetime | None
    cause: str
    change_id: str | None
    change_number: int | None
    legal_reference: str | None
    record_json: str

    @property
    def record(self) -> OperatorRecord:
        """The operator's record as it was stated."""
        return OperatorRecord.model_validate_json(self.record_json)

    @property
    def said_of_operator(self) -> str:
        """The record's text without its version: equal for facts that differ in status only."""
        return self.record_json.replace(f',"record_version":{self.record_version}', "", 1)


# The statements of the hot path are built once: building one costs as much as running it.
_ADD = insert(facts)
_RETRACT = (
    update(facts)
    .where(facts.c.id.in_(bindparam("fact_ids", expanding=True)), facts.c.retracted_at.is_(None))
    .values(retracted_at=bindparam("at"), retracted_position=bindparam("now"))
)
_BELIEVED = (
    select(facts)
    .where(facts.c.issuer == bindparam("issuer"), facts.c.arrangement == bindparam("arrangement"))
    .where(facts.c.retracted_at.is_(None))
)
_BELIEVED_OF = _BELIEVED.where(facts.c.tin.in_(bindparam("tins", expanding=True)))
_BELIEVED_BETWEEN = _BELIEVED.where(
    facts.c.tin > bindparam("after"), facts.c.tin <= bindparam("last")
)
_NEXT_TINS = (
    select(facts.c.tin)
    .where(facts.c.issuer == bindparam("issuer"), facts.c.arrangement == bindparam("arrangement"))
    .where(facts.c.tin > bindparam("after"))
    .distinct()
    .order_by(facts.c.tin)
    .limit(CHUNK)
)
# The register is compared here, not asked for: a planner without statistics (SQLite's; PostgreSQL's
# after a first import) would go by the register's index and read all of it.
_KNOWN_CHANGES = select(facts.c.change_id, facts.c.issuer, facts.c.arrangement).where(
    facts.c.change_id.in_(bindparam("change_ids", expanding=True))
)
_OF_CHANGE = (
    select(facts)
    .where(facts.c.change_id == bindparam("of_change"), facts.c.retracted_at.is_(None))
    .order_by(facts.c.id)
)


def add(
    connection: Connection,
    register: Register,
    new: Sequence[NewFact],
    *,
    at: datetime,
    message_row: int | None = None,
) -> None:
    """Adds facts, known from `at` on."""
    if not new:
        return
    position = feed.advance(connection, at=at)
    connection.execute(
        _ADD,
        [
            {
                "issuer": register.issuer,
                "arrangement": register.arrangement,
                "tin": fact.key.tin,
                "programme": fact.key.programme,
                "authorisation": fact.key.authorisation,
                "episode": fact.episode,
                "record_version": fact.record_version,
                "status": fact.status,
                "effective_from": fact.effective_from,
                "recorded_at": at,
                "position": position,
                "cause": fact.cause,
                "change_id": fact.change_id,
                "change_number": fact.change_number,
                "legal_reference": fact.legal_reference,
                "message_row": message_row,
                "record": fact.record,
            }
            for fact in new
        ],
    )


def retract(connection: Connection, fact_ids: Iterable[int], *, at: datetime) -> None:
    """Marks facts as no longer believed from `at` on; they stay for the history."""
    for chunk in chunked(fact_ids):
        now = feed.advance(connection, at=at)
        connection.execute(_RETRACT, {"fact_ids": chunk, "at": at, "now": now})


def believed(
    connection: Connection, register: Register, tins: Iterable[Tin]
) -> dict[Key, list[Fact]]:
    """Returns the facts now believed about some operators, by authorisation, oldest first."""
    found: dict[Key, list[Fact]] = {}
    for chunk in chunked(sorted(set(tins))):
        rows = connection.execute(_BELIEVED_OF, {**register._asdict(), "tins": chunk})
        _gather(rows, found)
    return found


def history(connection: Connection, register: Register, tin: Tin) -> list[Fact]:
    """Returns everything ever held about one operator, in the order it became known."""
    query = _of(register).where(facts.c.tin == tin).order_by(facts.c.id)
    return [fact_of(row) for row in connection.execute(query)]


def at_moment(
    held: Iterable[Fact], *, valid_at: datetime, known_at: datetime | None = None
) -> Fact | None:
    """Returns the fact in effect at one moment, as known at another (now when None)."""
    latest: Fact | None = None
    for fact in held:
        if known_at is None:
            known = fact.retracted_at is None
        else:
            known = fact.recorded_at <= known_at and (
                fact.retracted_at is None or fact.retracted_at > known_at
            )
        if not known or fact.effective_from > valid_at:
            continue
        if latest is None or (fact.effective_from, fact.id) > (latest.effective_from, latest.id):
            latest = fact
    return latest


def keys_in_force(connection: Connection, register: Register, *, at: datetime) -> Iterator[Fact]:
    """Yields the fact in effect at a moment for every authorisation held, ordered by TIN.

    Read in slices of operators, so that a register of any size takes the memory of a slice.
    """
    after = ""
    while True:
        wanted = {**register._asdict(), "after": after}
        tins = connection.scalars(_NEXT_TINS, wanted).all()
        if not tins:
            return
        held: dict[Key, list[Fact]] = {}
        _gather(connection.execute(_BELIEVED_BETWEEN, {**wanted, "last": tins[-1]}), held)
        for key in sorted(held):
            fact = at_moment(held[key], valid_at=at)
            if fact is not None:
                yield fact
        after = tins[-1]


def scheduled(connection: Connection, register: Register, *, after: datetime) -> list[Fact]:
    """Returns the facts believed that take effect only after a moment."""
    query = _of(register).where(facts.c.effective_from > after, facts.c.retracted_at.is_(None))
    return [fact_of(row) for row in connection.execute(query.order_by(facts.c.id))]


def ahead(
    connection: Connection, register: Register, tins: Iterable[Tin], *, after: datetime
) -> dict[Key, list[Fact]]:
    """Returns what was ever held of some operators for later than a moment, taken back or not."""
    found: dict[Key, list[Fact]] = {}
    for chunk in chunked(sorted(set(tins))):
        query = _of(register).where(facts.c.tin.in_(chunk), facts.c.effective_from > after)
        _gather(connection.execute(query), found)
    return found


def find_change(connection: Connection, register: Register, change_id: str) -> Fact | None:
    """Returns the believed fact a change led to, or None."""
    rows = connection.execute(_OF_CHANGE, {"of_change": change_id})
    ours = [row for row in rows if (row.issuer, row.arrangement) == register]
    return fact_of(ours[-1]) if ours else None


def known_changes(
    connection: Connection, register: Register, change_ids: Iterable[str]
) -> set[str]:
    """Returns which of some changes have been applied, believed since or not."""
    found: set[str] = set()
    for chunk in chunked(change_ids):
        rows = connection.execute(_KNOWN_CHANGES, {"change_ids": chunk})
        found.update(row.change_id for row in rows if (row.issuer, row.arrangement) == register)
    return found


def forget_numbers(connection: Connection, register: Register) -> None:
    """Forgets the change numbers of an epoch that is over: the next one counts from 1 again."""
    connection.execute(
        update(facts)
        .where(facts.c.issuer == register.issuer, facts.c.arrangement == register.arrangement)
        .where(facts.c.change_number > 0)
        .values(change_number=0)
    )


def find_operators(
    connection: Connection,
    *,
    tins: Iterable[str] = (),
    authorisations: Iterable[str] = (),
) -> list[tuple[Register, Tin]]:
    """Returns in which registers a TIN or an authorisation number as issued is held."""
    names = {facts.c.tin: list(tins), facts.c.authorisation: list(authorisations)}
    # an empty IN list would keep the database from using the index of the other
    wanted = [column.in_(values) for column, values in names.items() if values]
    if not wanted:
        return []
    query = select(facts.c.issuer, facts.c.arrangement, facts.c.tin).distinct()
    query = query.where(or_(*wanted))
    return [
        (
            Register(Territory.trusted(row.issuer), ArrangementId.trusted(row.arrangement)),
            Tin.trusted(row.tin),
        )
        for row in connection.execute(
            query.order_by(facts.c.issuer, facts.c.arrangement, facts.c.tin)
        )
    ]


def count_authorisations(connection: Connection, register: Register) -> int:
    """Returns how many authorisations a register has ever named."""
    names = (
        select(facts.c.tin, facts.c.programme, facts.c.authorisation)
        .where(facts.c.issuer == register.issuer, facts.c.arrangement == register.arrangement)
        .distinct()
        .subquery()
    )
    return connection.scalar(select(func.count()).select_from(names)) or 0


def by_ids(connection: Connection, fact_ids: Sequence[int]) -> list[Fact]:
    """Returns facts in the order of the ids given."""
    found: dict[int, Fact] = {}
    for chunk in chunked(fact_ids):
        for row in connection.execute(select(facts).where(facts.c.id.in_(chunk))):
            found[row.id] = fact_of(row)
    return [found[fact_id] for fact_id in fact_ids]


def _gather(rows: Iterable[Row[tuple[object, ...]]], found: dict[Key, list[Fact]]) -> None:
    for fact in sorted(map(fact_of, rows), key=lambda fact: (fact.effective_from, fact.id)):
        found.setdefault(fact.key, []).append(fact)


def _of(register: Register) -> Select[tuple[object, ...]]:
    return select(facts).where(
        facts.c.issuer == register.issuer, facts.c.arrangement == register.arrangement
    )


def fact_of(row: Row[tuple[object, ...]]) -> Fact:
    """Returns a row of the table as a fact."""
    return Fact(
        row.id,
        Key(
            Tin.trusted(row.tin),
            ProgrammeId.trusted(row.programme),
            AuthorisationNumber.trusted(row.authorisation),
        ),
        row.episode,
        row.record_version,
        row.status,
        row.effective_from,
        row.recorded_at,
        row.retracted_at,
        row.cause,
        row.change_id,
        row.change_number,
        row.legal_reference,
        row.record,
    )
