"""The extract taken into the database: what the views of recognised operators show.

Who is in it is decided in `flows/extract.py`; here it is replaced by what has changed since the one
before, in short transactions that the views show nothing of until the last. All of them are of the
generation that was given to the take when it began: none is let through any more when another
process, or a purge, came after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
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

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.extract import ExtractHead, ExtractRow, NumberUse, RowChange
from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
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
_VERSION: Final = (*NAMES, "generation")
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
        generation: Of the last take begun; 0 before the first.
        shown: The generation the views show.
        mark: None while none was taken.
        confirmed_at: When it was last known to be what holds.
    """

    generation: int
    shown: int
    mark: str | None
    taken_at: datetime | None
    confirmed_at: datetime | None
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
    return State(0, 0, None, None, None, None) if row is None else State(*row)


def confirm(connection: Connection, mark: str, *, at: datetime) -> None:
    """Writes down that the views show what holds at a moment."""
    connection.execute(
        update(extract_state).where(_ONLY, extract_state.c.mark == mark).values(confirmed_at=at)
    )


def begin(connection: Connection, *, until: datetime) -> int:
    """Begins a take and returns its generation; one under way by somebody else is given up."""
    _ensure(connection)
    return _next(connection, claimed_by=None, claimed_until=until)


def claim(connection: Connection, *, holder: str, at: datetime, until: datetime) -> int | None:
    """Begins a take and returns its generation; None while another process has one under way."""
    _ensure(connection)
    free = or_(
        extract_state.c.claimed_until.is_(None),
        extract_state.c.claimed_by == holder,
        extract_state.c.claimed_until < at,
    )
    if connection.scalar(select(extract_state.c.id).where(_ONLY, free).with_for_update()) is None:
        return None
    return _next(connection, claimed_by=holder, claimed_until=until)


def hold(connection: Connection, generation: int, *, until: datetime) -> None:
    """Checks that a take may go on, and keeps others from beginning one.

    Raises:
        RequestRefused: Somebody else began one, or a purge was carried out.
    """
    held = connection.execute(
        update(extract_state)
        .where(_ONLY, extract_state.c.generation == generation)
        .values(claimed_until=until)
    )
    if held.rowcount != 1:
        raise RequestRefused(
            "another process takes an extract into the database, or a purge was carried out,"
            " meanwhile; the views show what they did: do it again",
            reason=Reason.STATE_NOT_SUITABLE,
        )


def outdate(connection: Connection) -> None:
    """Has a take under way refused: what it rests on is no longer there."""
    _ensure(connection)
    _next(connection)


def digests(connection: Connection) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yields what names each operator shown and the digest of its row, in an extract's order."""
    order = "C" if connection.dialect.name == "postgresql" else "BINARY"
    names = [extract_operators.c[name] for name in NAMES]
    query = (
        select(*names, extract_operators.c.digest)
        .where(extract_operators.c.gone_in.is_(None))
        .order_by(*(collate(name, order) for name in names))
        .execution_options(yield_per=_SLICE)
    )
    for *place, digest in connection.execute(query):
        yield tuple(place), digest


def write(connection: Connection, some: list[Difference], *, generation: int) -> None:
    """Writes differences from what the views show; they show them when the generation is shown."""
    gone = [
        {f"of_{name}": each.operator[name] for name in NAMES}
        for each in some
        if each.change != RowChange.ADDED
    ]
    if gone:
        was = update(extract_operators).where(*_is(extract_operators, NAMES))
        connection.execute(
            was.where(extract_operators.c.gone_in.is_(None)).values(gone_in=generation), gone
        )
    new = [each for each in some if each.change != RowChange.REMOVED]
    if new:
        rows = [{**_dated(each.operator), "generation": generation} for each in new]
        connection.execute(_INSERT_OPERATORS, rows)
    numbers = [
        {
            **{name: each.operator[name] for name in NAMES},
            "generation": generation,
            "ordinal": ordinal,
            **one,
        }
        for each in new
        for ordinal, one in enumerate(each.numbers)
    ]
    if numbers:
        connection.execute(_INSERT_NUMBERS, numbers)


def show(
    connection: Connection,
    head: ExtractHead,
    *,
    generation: int,
    operators: int,
    begun_at: datetime,
    at: datetime,
) -> None:
    """Makes the views show a generation, all of whose differences have been written.

    Args:
        connection: The transaction.
        head: Of the extract.
        generation: Of the take.
        operators: How many rows it has.
        begun_at: When it was known to be what holds.
        at: Now.
    """
    connection.execute(
        update(extract_state)
        .where(_ONLY)
        .values(
            shown=generation,
            mark=head.mark,
            position=head.position,
            taken_at=at,
            confirmed_at=begun_at,
            operators=operators,
            claimed_by=None,
            claimed_until=None,
        )
    )
    connection.execute(delete(extract_sources))
    sources = [source.model_dump() for source in head.sources]
    if sources:
        connection.execute(insert(extract_sources), sources)


def leftovers(connection: Connection) -> list[dict[str, Any]]:
    """Returns rows that nobody is to see any more: replaced, or of a take that was given up."""
    shown = state(connection).shown
    table = extract_operators.c
    query = select(*(table[name] for name in (*_VERSION, "gone_in"))).where(
        or_(table.generation > shown, table.gone_in.is_not(None))
    )
    return [
        {"stays": row.generation <= shown < (row.gone_in or 0)}
        | {f"of_{name}": getattr(row, name) for name in _VERSION}
        for row in connection.execute(query.limit(_SLICE))
    ]


def tidy(connection: Connection, some: list[dict[str, Any]]) -> None:
    """Removes leftovers; a row that was to be replaced, and was not, stays."""
    again = [each for each in some if each["stays"]]
    if again:
        stays = update(extract_operators).where(*_is(extract_operators, _VERSION))
        connection.execute(stays.values(gone_in=None), again)
    gone = [each for each in some if not each["stays"]]
    if gone:
        for table in (extract_numbers, extract_operators):
            connection.execute(delete(table).where(*_is(table, _VERSION)), gone)


def of_operator(connection: Connection, tin: Tin) -> list[Listed]:
    """Returns what the extract taken holds of one operator."""
    taken_at = state(connection).taken_at
    query = select(extract_operators).where(extract_operators.c.tin == tin)
    found = []
    for row in connection.execute(query.order_by(*extract_operators.primary_key.columns)):
        place = and_(*(extract_numbers.c[name] == getattr(row, name) for name in _VERSION))
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


def _next(connection: Connection, **values: Any) -> int:
    connection.execute(
        update(extract_state)
        .where(_ONLY)
        .values(generation=extract_state.c.generation + 1, **values)
    )
    return state(connection).generation


def _is(table: Table, names: Iterable[str]) -> Iterator[ColumnElement[bool]]:
    return (table.c[name] == bindparam(f"of_{name}") for name in names)


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
