"""Finds operators that ended, and removes or blanks what is held about them.

What goes and why the rest stays is said in `flows/purge.py`; the evidence is kept in `purges.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, select, update

from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import Digest, Tin
from mra_gateway.store import results
from mra_gateway.store.chunks import chunked
from mra_gateway.store.exchange_tables import evidence, messages, notices
from mra_gateway.store.extract_tables import extract_numbers, extract_operators
from mra_gateway.store.facts import Register
from mra_gateway.store.recognition_tables import grounds, result_index
from mra_gateway.store.register_tables import facts
from mra_gateway.store.result_index import in_any_segment

ELEMENT_TEXT = re.compile(rb">([^<>]{1,400})<")
_ALIVE = frozenset({Status.VALID, Status.SUSPENDED})
_SLICE = 50
_COLUMNS = (
    facts.c.id,
    facts.c.tin,
    facts.c.programme,
    facts.c.authorisation,
    facts.c.status,
    facts.c.effective_from,
    facts.c.recorded_at,
    facts.c.retracted_at,
    facts.c.record,
)


class Removed:
    """What was removed: how many of each kind, and the digest of all of it in order."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._digest = hashlib.sha256()

    def take(self, kind: str, content: bytes) -> None:
        """Counts one thing, and has its content in the digest."""
        self.counts[kind] += 1
        self._digest.update(b"%s %d\n%s\n" % (kind.encode(), len(content), content))

    @property
    def digest(self) -> Digest:
        """SHA-256 over kind, length and content of each thing removed, in the order removed."""
        return Digest.trusted(self._digest.hexdigest())


def ended(connection: Connection, register: Register, *, before: datetime) -> list[Tin]:
    """Returns the operators of whom every authorisation had ended before a moment.

    An authorisation ended when its last status took effect and was known here, whichever is later;
    one that was never said to have ended, the day after its last.
    """
    query = (
        select(*_COLUMNS)
        .where(facts.c.issuer == register.issuer, facts.c.arrangement == register.arrangement)
        .order_by(facts.c.tin, facts.c.id)
        .execution_options(yield_per=5_000)
    )
    found = []
    for tin, rows in groupby(connection.execute(query), key=lambda row: row.tin):
        ends = _end(list(rows))
        if ends is not None and ends < before:
            found.append(Tin.trusted(tin))
    return found


def _end(rows: list[Any]) -> datetime | None:
    by_key: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        by_key.setdefault((row.programme, row.authorisation), []).append(row)
    ends = [_end_of(held) for held in by_key.values()]
    known = [each for each in ends if each is not None]
    return max(known) if len(known) == len(ends) else None


def _end_of(held: list[Any]) -> datetime | None:
    believed = [row for row in held if row.retracted_at is None]
    if not believed:
        known: datetime = max(row.retracted_at for row in held)
        return known
    last = max(believed, key=lambda row: (row.effective_from, row.id))
    end: datetime = max(last.effective_from, last.recorded_at)
    if last.status not in _ALIVE:
        return end
    last_day = json.loads(last.record).get("expires_on")
    if last_day is None:
        return None
    # the day after, and one more for the zones ahead of UTC and behind it
    over = datetime.fromisoformat(last_day).replace(tzinfo=UTC) + timedelta(days=2)
    return max(end, over)


def held_elsewhere(connection: Connection, register: Register, tins: Collection[Tin]) -> set[Tin]:
    """Returns which of some operators another register holds as well."""
    found: set[Tin] = set()
    for chunk in chunked(sorted(tins)):
        query = select(facts.c.tin, facts.c.issuer, facts.c.arrangement).where(
            facts.c.tin.in_(chunk)
        )
        for row in connection.execute(query.distinct()):
            if (row.issuer, row.arrangement) != register:
                found.add(Tin.trusted(row.tin))
    return found


def remove_facts(
    connection: Connection,
    register: Register,
    tins: Collection[Tin],
    removed: Removed,
    *,
    act: bool,
) -> set[str]:
    """Removes every fact about some operators of a partner; returns their numbers."""
    numbers: set[str] = set()
    for chunk in chunked(sorted(tins)):
        where = (
            (facts.c.issuer == register.issuer)
            & (facts.c.arrangement == register.arrangement)
            & facts.c.tin.in_(chunk)
        )
        for row in connection.execute(select(facts).where(where).order_by(facts.c.id)):
            numbers.add(row.authorisation)
            removed.take("facts", _as_json(row))
        if act:
            connection.execute(delete(facts).where(where))
    return numbers


def blank_messages(
    connection: Connection,
    register: Register,
    names: Collection[str],
    removed: Removed,
    *,
    act: bool,
) -> None:
    """Blanks the bytes of messages at rest under an arrangement that name somebody.

    Of ours only questions: what else we send names our own operators. Id, digest, outcome and
    receipt stay, so that a repeated message gets the answer it had.
    """
    ours = (messages.c.direction == "out") & (messages.c.kind == "StatusEnquiry")
    query = (
        select(messages.c.id, messages.c.content)
        .where(messages.c.partner == register.issuer)
        .where(messages.c.arrangement == register.arrangement)
        .where(messages.c.settled_at.is_not(None), (messages.c.direction == "in") | ours)
        .order_by(messages.c.id)
        .execution_options(yield_per=_SLICE)
    )
    blanked = _naming(connection.execute(query), names, removed, "messages")
    for chunk in chunked(blanked if act else ()):
        connection.execute(update(messages).where(messages.c.id.in_(chunk)).values(content=b""))


def blank_evidence(
    connection: Connection,
    register: Register,
    names: Collection[str],
    removed: Removed,
    *,
    act: bool,
) -> None:
    """Blanks refused bytes that a partner is said to have sent and that name somebody."""
    query = (
        select(evidence.c.id, evidence.c.content)
        .where(evidence.c.claimed_sender == register.issuer)
        .order_by(evidence.c.id)
        .execution_options(yield_per=_SLICE)
    )
    blanked = _naming(connection.execute(query), names, removed, "evidence")
    for chunk in chunked(blanked if act else ()):
        connection.execute(update(evidence).where(evidence.c.id.in_(chunk)).values(content=b""))


def blank_results(
    connection: Connection,
    register: Register,
    tins: Collection[Tin],
    removed: Removed,
    *,
    act: bool,
) -> None:
    """Blanks the results that found somebody under an arrangement, with their declarations."""
    wanted: dict[int, set[int]] = {}
    for chunk in chunked(sorted(tins)):
        query = select(result_index.c.batch_row, result_index.c.number).where(
            in_any_segment(), result_index.c.tin.in_(chunk)
        )
        for row in connection.execute(query):
            wanted.setdefault(row.batch_row, set()).add(row.number)
    gone = set(tins)
    for batch_row in sorted(wanted):
        lines: list[int] = []
        numbers = sorted(wanted[batch_row])
        found = results.lines_at(connection, {batch_row: numbers})
        for number, one in zip(numbers, found, strict=True):
            if not one.is_purged and _found_there(one.result, register, gone):
                removed.take("results", one.declaration + b"\n" + one.result)
                lines.append(number)
        if act and lines:
            results.blank(connection, batch_row, lines)


def remove_grounds(
    connection: Connection, tins: Collection[Tin], removed: Removed, *, act: bool
) -> None:
    """Removes correspondences, scores and measures about operators held nowhere any more."""
    gone = set(tins)
    ids = []
    for row in connection.execute(select(grounds).order_by(grounds.c.id)):
        content = json.loads(row.content)
        if isinstance(content, dict) and content.get("tin") in gone:
            removed.take("grounds", row.content.encode())
            ids.append(row.id)
    for chunk in chunked(ids if act else ()):
        connection.execute(delete(grounds).where(grounds.c.id.in_(chunk)))


def remove_notices(
    connection: Connection,
    register: Register,
    tins: Collection[Tin],
    removed: Removed,
    *,
    act: bool,
) -> None:
    """Removes the notices about some operators of a partner that do not wait to be told."""
    for chunk in chunked(sorted(tins)):
        where = (
            (notices.c.partner == register.issuer)
            & (notices.c.arrangement == register.arrangement)
            & notices.c.tin.in_(chunk)
            & (
                (notices.c.direction == "in")
                | notices.c.message_row.is_not(None)
                | notices.c.untold.is_not(None)
            )
        )
        for row in connection.execute(select(notices).where(where).order_by(notices.c.id)):
            removed.take("notices", _as_json(row))
        if act:
            connection.execute(delete(notices).where(where))


def remove_extract(
    connection: Connection,
    register: Register,
    tins: Collection[Tin],
    removed: Removed,
    *,
    act: bool,
) -> None:
    """Removes some operators of a partner, and their numbers, from the extract taken."""
    for table in (extract_numbers, extract_operators):
        for chunk in chunked(sorted(tins)):
            where = (
                (table.c.partner == register.issuer)
                & (table.c.arrangement == register.arrangement)
                & table.c.tin.in_(chunk)
            )
            query = select(table).where(where).order_by(*table.primary_key.columns)
            for row in connection.execute(query):
                removed.take("extract rows", _as_json(row))
            if act:
                connection.execute(delete(table).where(where))


def names_in(content: bytes) -> Iterator[str]:
    """Yields the texts of a document's elements, read as bytes: the document may be refused."""
    for found in ELEMENT_TEXT.finditer(content):
        text = found[1].decode("utf-8", "replace")
        yield text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _naming(rows: Any, names: Collection[str], removed: Removed, kind: str) -> list[int]:
    wanted = set(names)
    found = []
    for row in rows:
        content = bytes(row.content)
        if content and not wanted.isdisjoint(names_in(content)):
            removed.take(kind, content)
            found.append(row.id)
    return found


def _found_there(result: bytes, register: Register, tins: set[Tin]) -> bool:
    parties: list[Mapping[str, Any]] = json.loads(result)["results"]
    return any(
        one.get("tin") in tins
        and one.get("partner") == register.issuer
        and one.get("arrangement") == register.arrangement
        for one in parties
    )


def _as_json(row: Any) -> bytes:
    return json.dumps(row._asdict(), ensure_ascii=False, default=str, sort_keys=True).encode()
