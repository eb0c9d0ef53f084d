"""Shows which past declarations another decision table would have decided differently.

1. read the results of a period batch by batch, with the operators' records as believed then
2. make each recognised party under the arrangement the case a table judges
3. judge it by the table in use and by the other one (`benefits/preview.py`), and count

What takes precedence on a consignment, and what is suspended, is the same under both tables and
left out. Nothing is stored; however many results there are, one batch is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection

from mra_gateway.benefits.case import also_of, case_of
from mra_gateway.benefits.preview import PastCase, Preview, preview
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.compile_book import CompiledBook, make_book
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.entitle import at_our_end
from mra_gateway.flows.read_feed import accepted_tables
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import Territory, Tin
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.store import believed, facts, results

_RECOGNISED = b'"recognised":true'
_KEPT = 10_000
"""Operators whose records are kept from one batch to the next."""


def preview_table(
    connection: Connection,
    book: PartnerBook,
    table: DecisionTable,
    *,
    decided_from: datetime,
    decided_until: datetime,
) -> Preview:
    """Returns what a table would have decided differently from the one in use.

    Args:
        connection: The transaction.
        book: Whose rules: the facts, and what officers decided about them.
        table: The other table.
        decided_from: Results decided from this moment on are looked at.
        decided_until: And before this one.

    Raises:
        RequestRefused: Its arrangement is none of ours, or another side grants by it.
        StoreError: The database failed.
    """
    compiled = CompiledBook(make_book(book, tables=accepted_tables(connection)))
    arrangement = compiled.book.arrangements.get(table.arrangement)
    if arrangement is None or table.granted_by != compiled.us:
        raise RequestRefused(
            f"{table.id} says nothing of what {compiled.us} grants", reason=Reason.NOT_A_PARTY
        )
    before = compiled.table(arrangement)
    after = compiled.compile(table, arrangement=arrangement)
    past = _Past(
        connection,
        compiled,
        arrangement=arrangement,
        looks_at=before.looks_at | after.looks_at,
        until=decided_until,
    )
    batches = results.batches_since(
        connection, decided_from=decided_from, decided_until=decided_until
    )
    cases = (case for batch in batches for case in past.cases(batch))
    return preview(cases, before=before, after=after)


class _Past:
    """Turns results under one arrangement into the cases they were."""

    def __init__(
        self,
        connection: Connection,
        compiled: CompiledBook,
        *,
        arrangement: Arrangement,
        looks_at: AbstractSet[str],
        until: datetime,
    ) -> None:
        self._connection = connection
        self._compiled = compiled
        self._arrangement = arrangement
        self._named = f'"arrangement":"{arrangement.id}"'.encode()
        self._looks_at = looks_at
        self._until = until
        self._read_at = -1
        self._read: set[tuple[facts.Register, Tin]] = set()
        self._believed: believed.Believed = {}
        self._own_register = facts.Register(compiled.us, facts.OWN)
        self._own: dict[str, set[facts.Key]] | None = None

    def cases(self, batch: results.StoredBatch) -> Iterator[PastCase]:
        """Yields the cases of a batch: the recognised parties, as they were known then."""
        found: list[tuple[Declaration, datetime, list[Any]]] = []
        for declared, given in zip(batch.declarations, batch.results, strict=True):
            if _RECOGNISED not in given or self._named not in given:
                continue
            result = orjson.loads(given)
            found.append(
                (
                    Declaration.model_validate_json(declared),
                    datetime.fromisoformat(result["accepted_at"]),
                    result["results"],
                )
            )
        known = self._known(found, position=batch.position)
        own = self._own_known(found, position=batch.position)
        for declaration, at, parties in found:
            for number, party in enumerate(parties):
                if party["recognised"] and party["arrangement"] == self._arrangement.id:
                    record = _record_at(known, self._register(party), party, at=at)
                    if record is not None:
                        yield self._case(declaration, number, party, record, at=at, own=own)

    def _case(
        self,
        declaration: Declaration,
        number: int,
        party: dict[str, Any],
        record: OperatorRecord,
        *,
        at: datetime,
        own: believed.Believed,
    ) -> PastCase:
        book, looks_at = self._compiled, self._looks_at
        declared = declaration.parties[number]
        case = case_of(
            declaration,
            party=declared,
            record=record,
            on=book.day(at),
            ours=book.unions.get(book.us, frozenset()),
            theirs=book.unions.get(Territory.trusted(party["partner"]), frozenset()),
            counterpart=(
                self._counterpart(declaration, own, at=at) if "counterpart" in looks_at else None
            ),
            also=also_of(declaration, party=declared) if "also" in looks_at else frozenset(),
            looks_at=looks_at,
        )
        return PastCase(declaration.reference, case)

    def _register(self, party: dict[str, Any]) -> facts.Register:
        return facts.Register(Territory.trusted(party["partner"]), self._arrangement.id)

    def _known(
        self, found: list[tuple[Declaration, datetime, list[Any]]], *, position: int
    ) -> believed.Believed:
        wanted = {
            (self._register(party), Tin.trusted(party["tin"]))
            for _, _, parties in found
            for party in parties
            if party["recognised"] and party["arrangement"] == self._arrangement.id
        }
        if position != self._read_at or len(self._read) > _KEPT:
            self._read_at, self._read, self._believed = position, set(), {}
        # batches that follow each other are mostly of one position, and name the same operators
        more = wanted - self._read
        self._believed |= believed.about(self._connection, more, until=position)
        self._read |= more
        return self._believed

    # --- the operator at our end, where a table asks for it

    def _own_known(
        self, found: list[tuple[Declaration, datetime, list[Any]]], *, position: int
    ) -> believed.Believed:
        if "counterpart" not in self._looks_at:
            return {}
        tins = {
            (self._own_register, key.tin)
            for declaration, _, _ in found
            for text in at_our_end(declaration)
            for key in self._own_keys(text)
        }
        return believed.about(self._connection, tins, until=position)

    def _counterpart(
        self, declaration: Declaration, own: believed.Believed, *, at: datetime
    ) -> bool | None:
        named = at_our_end(declaration)
        if not named:
            return None
        held = [
            _at(own.get((self._own_register, key), ()), at=at)
            for text in named
            for key in self._own_keys(text)
        ]
        return any(fact is not None and fact.status == Status.VALID for fact in held)

    def _own_keys(self, text: str) -> set[facts.Key]:
        """Returns the authorisations of our own register that a text names."""
        if self._own is None:
            self._own = {}
            for fact in facts.keys_in_force(self._connection, self._own_register, at=self._until):
                for form in (fact.key.tin, fact.key.authorisation):
                    self._own.setdefault(normalised(form), set()).add(fact.key)
        return self._own.get(normalised(text), set())


def _record_at(
    known: believed.Believed, register: facts.Register, party: dict[str, Any], *, at: datetime
) -> OperatorRecord | None:
    key = (register, facts.Key(party["tin"], party["programme"], party["authorisation"]))
    fact = _at(known.get(key, ()), at=at)
    return None if fact is None else _record(fact.record_json)


def _at(held: Any, *, at: datetime) -> facts.Fact | None:
    """Returns the fact in effect at a moment, of facts that come by when they took effect."""
    return next((fact for fact in reversed(held) if fact.effective_from <= at), None)


@lru_cache(maxsize=4096)
def _record(content: str) -> OperatorRecord:
    return OperatorRecord.model_validate_json(content)
