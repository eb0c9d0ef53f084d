"""The extract taken into the database: what the views of recognised operators show.

Who is in it is decided in `flows/extract.py`; here it is replaced, in one transaction, by what has
changed since the one before. Whoever worked out the change says of which generation: it is refused
when another process, or a purge, came first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

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
from mra_gateway.model.extract import ExtractHead, NumberUse, RowChange
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
_AS_IN_THE_EXTRACT = ("tier", "legal_name", "status", "number", "note", "score", "score_scale")
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
        content: The row as its JSON has it; of one removed, what names it.
        digest: Of the row; empty for one removed.
    """

    change: RowChange
    digest: str
    content: dict[str, Any]


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
        {f"of_{name}": each.content[name] for name in NAMES}
        for each in some
        if each.change is not RowChange.ADDED
    ]
    if gone:
        for table in (extract_numbers, extract_operators):
            connection.execute(_delete(table), gone)
    new = [each for each in some if each.change is not RowChange.REMOVED]
    if new:
        connection.execute(insert(extract_operators), [_operator(each) for each in new])
        numbers = [number for each in new for number in _numbers(each.content)]
        if numbers:
            connection.execute(insert(extract_numbers), numbers)


def _delete(table: Table) -> Delete:
    return delete(table).where(*(table.c[name] == bindparam(f"of_{name}") for name in NAMES))


def _operator(each: Difference) -> dict[str, Any]:
    row = each.content
    sure = [one["text"] for one in row["numbers"] if one["use"] == NumberUse.SURE]
    return {
        **{name: row[name] for name in NAMES},
        **{name: row.get(name) for name in _AS_IN_THE_EXTRACT},
        **{name: _json(row[name]) for name in _AS_JSON},
        "number": sure[0] if sure else None,
        "valid_since": datetime.fromisoformat(row["valid_since"]),
        "expires_on": date.fromisoformat(row["expires_on"]) if "expires_on" in row else None,
        "holds_until": (
            datetime.fromisoformat(row["holds_until"]) if "holds_until" in row else None
        ),
        "digest": each.digest,
    }


def _numbers(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    place = {name: row[name] for name in NAMES}
    codes = [{**one, "text": one["code"], "rule": None} for one in row["local_codes"]]
    for ordinal, one in enumerate([*row["numbers"], *codes]):
        yield {
            **place,
            "ordinal": ordinal,
            "kind": "local code" if "code" in one else "number",
            "number": one["text"],
            "compared_as": normalised(one["text"]),
            "use": one["use"],
            "rule": one["rule"],
            "fields": _json(one.get("fields", {})),
            "code_list": one.get("list"),
            "told_by": one.get("told_by"),
            "site": one.get("site"),
        }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
