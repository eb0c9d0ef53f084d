"""The extract taken into the database: what the views of recognised operators show.

Who is in it is decided in `flows/extract.py`; here it is replaced, in one transaction, by what has
changed since the one before. Whoever worked out the change says of which generation: it is refused
when another process, or a purge, came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    Connection,
    Delete,
    Table,
    and_,
    bindparam,
    collate,
    delete,
    insert,
    or_,
    select,
    update,
)

from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.extract import ExtractHead, ExtractRow, NumberUse, RowChange
from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
from mra_gateway.store.chunks import chunked
from mra_gateway.store.extract_tables import (
    extract_numbers,
    extract_operators,
    extract_sources,
    extract_state,
)
from mra_gateway.store.inserts import insert_into

NAMES = ("partner", "arrangement", "tin", "programme", "authorisation")
_SLICE = 5_000
_ONLY = extract_state.c.id == 1
_AS_IN_THE_EXTRACT = (
    "tier",
    "legal_name",
    "status",
    "valid_since",
    "expires_on",
    "note",
    "score",
    "score_scale",
    "holds_until",
)
_INSERT_OPERATORS = insert(extract_operators)
_INSERT_NUMBERS = insert(extract_numbers)
_AS_JSON = ("names", "local_codes", "benefits", "conditional_benefits")


class State(NamedTuple):
    """Which extract the views show.

    Attributes:
        generation: Grows with every change of it; 0 before the first.
        mark: None while none was taken.
    """

    generation: int
    mark: str | None
    taken_at: datetime | None
    operators: int | None


class Difference(NamedTuple):
    """What became of one operator.

    Attributes:
        operator: The row to be kept, as JSON has its values; of one removed, what names it.
        numbers: Under which it may be declared, in order.
    """

    change: str
    operator: dict[str, Any]
    numbers: list[dict[str, Any]]


class Listed(NamedTuple):
    """An authorisation of an operator in the extract taken.

    Attributes:
        content: Its row and its numbers, as they are kept.
    """

    partner: Territory
    arrangement: ArrangementId
    authorisation: str
    taken_at: datetime | None
    content: dict[str, Any]


def put(row: ExtractRow, digest: str, *, change: RowChange) -> Difference:
    """Returns the difference of an operator that came or changed."""
    said: dict[str, Any] = orjson.loads(row.model_dump_json(exclude_none=True))
    sure = [one["text"] for one in said["numbers"] if one["use"] == NumberUse.SURE]
    operator = {
        **{name: said[name] for name in NAMES},
        **{name: said.get(name) for name in _AS_IN_THE_EXTRACT},
        **{name: _json(said[name]) for name in _AS_JSON},
        "number": sure[0] if sure else None,
        "digest": digest,
    }
    numbers = [_number(one) for one in (*said["numbers"], *said["local_codes"])]
    return Difference(change.value, operator, numbers)


def removed(place: tuple[str, ...]) -> Difference:
    """Returns the difference of an operator that went."""
    return Difference(RowChange.REMOVED.value, dict(zip(NAMES, place, strict=True)), [])


def state(connection: Connection) -> State:
    """Returns which extract the views show."""
    columns = (extract_state.c[name] for name in State._fields)
    row = connection.execute(select(*columns).where(_ONLY)).one_or_none()
    return State(0, None, None, None) if row is None else State(*row)


def claim(
    connection: Connection, *, generation: int, holder: str, at: datetime, until: datetime
) -> bool:
    """Says that a process makes the next one; False while another does, or when one came first."""
    _ensure(connection)
    free = or_(
        extract_state.c.claimed_by.is_(None),
        extract_state.c.claimed_by == holder,
        extract_state.c.claimed_until < at,
    )
    claimed = connection.execute(
        update(extract_state)
        .where(_ONLY, extract_state.c.generation == generation, free)
        .values(claimed_by=holder, claimed_until=until)
    )
    return claimed.rowcount == 1


def outdate(connection: Connection) -> None:
    """Has a change that is being worked out refused: what it rests on is no longer there."""
    _ensure(connection)
    connection.execute(
        update(extract_state).where(_ONLY).values(generation=extract_state.c.generation + 1)
    )


def digests(connection: Connection) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yields what names each operator and the digest of its row, in the order of an extract."""
    order = "C" if connection.dialect.name == "postgresql" else "BINARY"
    names = [extract_operators.c[name] for name in NAMES]
    query = (
        select(*names, extract_operators.c.digest)
        .order_by(*(collate(name, order) for name in names))
        .execution_options(yield_per=_SLICE)
    )
    for *place, digest in connection.execute(query):
        yield tuple(place), digest


def replace(
    connection: Connection,
    differences: Iterable[Difference],
    *,
    generation: int,
    head: ExtractHead,
    operators: int,
    at: datetime,
) -> bool:
    """Makes the views show another extract; False when somebody came first.

    Args:
        connection: The transaction.
        differences: From the extract of the generation.
        generation: Which the differences are from.
        head: Of the extract to be shown.
        operators: How many rows it has.
        at: Now.
    """
    _ensure(connection)
    moved = connection.execute(
        update(extract_state)
        .where(_ONLY, extract_state.c.generation == generation)
        .values(
            generation=generation + 1,
            mark=head.mark,
            taken_at=at,
            operators=operators,
            claimed_by=None,
            claimed_until=None,
        )
    )
    if moved.rowcount != 1:
        return False
    connection.execute(delete(extract_sources))
    sources = [source.model_dump() for source in head.sources]
    if sources:
        connection.execute(insert(extract_sources), sources)
    for some in chunked(differences):
        _write(connection, some)
    return True


def of_operator(connection: Connection, tin: Tin) -> list[Listed]:
    """Returns what the extract taken holds of one operator."""
    taken_at = state(connection).taken_at
    query = select(extract_operators).where(extract_operators.c.tin == tin)
    found = []
    for row in connection.execute(query.order_by(*extract_operators.primary_key.columns)):
        place = and_(*(extract_numbers.c[name] == getattr(row, name) for name in NAMES))
        numbers = connection.execute(
            select(extract_numbers).where(place).order_by(extract_numbers.c.ordinal)
        )
        content = {**row._asdict(), "numbers": [one._asdict() for one in numbers]}
        found.append(
            Listed(
                Territory.trusted(row.partner),
                ArrangementId.trusted(row.arrangement),
                row.authorisation,
                taken_at,
                content,
            )
        )
    return found


def _ensure(connection: Connection) -> None:
    connection.execute(
        insert_into(connection, extract_state).on_conflict_do_nothing(),
        {"id": 1, "generation": 0},
    )


def _write(connection: Connection, some: list[Difference]) -> None:
    gone = [
        {f"of_{name}": each.operator[name] for name in NAMES}
        for each in some
        if each.change != RowChange.ADDED
    ]
    if gone:
        for table in (extract_numbers, extract_operators):
            connection.execute(_delete(table), gone)
    new = [each for each in some if each.change != RowChange.REMOVED]
    if new:
        connection.execute(_INSERT_OPERATORS, [_dated(each.operator) for each in new])
    numbers = [
        {**{name: each.operator[name] for name in NAMES}, "ordinal": ordinal, **one}
        for each in new
        for ordinal, one in enumerate(each.numbers)
    ]
    if numbers:
        connection.execute(_INSERT_NUMBERS, numbers)


def _delete(table: Table) -> Delete:
    return delete(table).where(*(table.c[name] == bindparam(f"of_{name}") for name in NAMES))


def _dated(operator: dict[str, Any]) -> dict[str, Any]:
    since, last, ends = (operator[name] for name in ("valid_since", "expires_on", "holds_until"))
    return {
        **operator,
        "valid_since": datetime.fromisoformat(since),
        "expires_on": None if last is None else date.fromisoformat(last),
        "holds_until": None if ends is None else datetime.fromisoformat(ends),
    }


def _number(one: dict[str, Any]) -> dict[str, Any]:
    is_code = "code" in one
    text = one["code"] if is_code else one["text"]
    return {
        "kind": "local code" if is_code else "number",
        "number": text,
        "compared_as": normalised(text),
        "use": one["use"],
        "rule": one.get("rule"),
        "fields": _json(one.get("fields", {})),
        "code_list": one.get("list"),
        "told_by": one.get("told_by"),
        "site": one.get("site"),
    }


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
