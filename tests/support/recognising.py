"""What China knows, made in memory from drawn values: for properties of recognition as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import orjson

from mra_gateway.flows.compile_book import CompiledBook, make_book
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.match_names import NamesHeld
from mra_gateway.flows.read_feed import put_of
from mra_gateway.flows.recognise import Recogniser
from mra_gateway.flows.state import OWN, State
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.benefits import TableRow
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.identifiers import ArrangementId, Digest, ProgrammeId, Territory
from mra_gateway.model.messages import Environment
from mra_gateway.model.names import NameWords
from mra_gateway.model.operators import OperatorRecord, Role
from mra_gateway.model.rule_book import RuleBook
from mra_gateway.recognition.index import HoldingKey, Index
from mra_gateway.recognition.measures import GroundNoun, Measures
from mra_gateway.store.facts import Fact, Key
from tests.support.deciding import an_operator, filled_in
from tests.support.decision_tables import table
from tests.support.simulation import shipped

CN, BY = Territory("CN"), Territory("BY")
CN_BY = ArrangementId("CN-BY-2019")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ON = date(2026, 3, 2)
KNOWN_SINCE = datetime(2025, 1, 1, tzinfo=UTC)
OURS = an_operator("CN3300000001", "AEOCN3300000001", "CN-AEO", tier="advanced")


class Told(NamedTuple):
    """One status of an operator, as it was told, from a moment on."""

    status: Status
    since: datetime
    arrived: int


class Known(NamedTuple):
    """Everything a decision rests on besides the declaration.

    Attributes:
        rows: Of the decision table; None for what follows from the arrangement.
        offered: What China's own AEOs get, and `parameters` with which parameters.
        operators: Belarus's operators with what was told of them.
        is_ours: Whether the importer is one of China's own AEOs.
    """

    rows: tuple[TableRow, ...] | None
    offered: tuple[str, ...]
    parameters: Mapping[str, Mapping[str, float]]
    is_confirmed: bool
    is_heard: bool
    operators: tuple[tuple[OperatorRecord, tuple[Told, ...]], ...]
    is_ours: bool
    grounds: tuple[tuple[int, GroundNoun], ...]


@cache
def _base() -> RuleBook:
    registry = shipped()
    book = PartnerBook(us=CN, environment=Environment.TEST, registry=registry)
    made = make_book(book, tables=())
    return made.model_copy(
        update={
            "arrangements": {CN_BY: made.arrangements[CN_BY]},
            "administrations": {one: made.administrations[one] for one in (CN, BY)},
            "programmes": {
                id_: one for id_, one in made.programmes.items() if one.administration in {CN, BY}
            },
            "names": NameWords(id="all"),
        }
    )


def book_of(known: Known) -> CompiledBook:
    """Returns the rule book of what is known."""
    base, own = _base(), ProgrammeId("CN-AEO")
    offers = base.programmes[own].model_copy(
        update={
            "local_benefits": filled_in(known.offered),
            "local_parameters": filled_in(known.parameters),
        }
    )
    tables = {} if known.rows is None else {"CN-BY-2019.CN": table(*known.rows)}
    return CompiledBook(
        base.model_copy(
            update={
                "programmes": {**base.programmes, own: offers},
                "confirmed": {CN_BY: Digest("a" * 64)} if known.is_confirmed else {},
                "tables": tables,
            }
        )
    )


def state_of(known: Known, *, book: CompiledBook | None = None) -> State:
    """Returns the state a process holds that knows this."""
    book = book or book_of(known)
    index, names = Index(), NamesHeld(book.book.arrangements, book.name_rules)
    for record, told in known.operators:
        enter(index, record, told, book=book)
    if known.is_ours:
        told = (Told(Status.VALID, KNOWN_SINCE, 0),)
        enter(index, OURS, told, book=book, arrangement=OWN)
    return State(
        index=index,
        names=names,
        book=book,
        measures=Measures(known.grounds, code_key=normalised, name_key=book.name_rules.one_way),
        heard={(BY, CN_BY): NOW - timedelta(days=1)} if known.is_heard else {},
        position=1,
        known_at=NOW,
        epoch=book.epoch(ON),
    )


def enter(
    index: Index,
    record: OperatorRecord,
    told: Sequence[Told],
    *,
    book: CompiledBook,
    arrangement: ArrangementId = CN_BY,
) -> None:
    """Puts an operator with what was told of it into an index."""
    issuer = record.programme.territory
    key = HoldingKey(issuer, arrangement, record.tin, record.programme, record.authorisation)
    if not told:
        found = index.get(key)
        if found is not None:
            index.put(key, (), number=found.number)
        return
    held = [
        Fact(one.arrived, Key(*key[2:]), "1", 1, one.status, one.since, KNOWN_SINCE, None,
             "granted", None, None, None, record.model_dump_json(exclude_defaults=True))
        for one in told
    ]  # fmt: skip
    put = put_of(key, held, book, epoch=book.epoch(ON))
    index.put(put.key, put.facts, number=put.number, written=put.written)


def answer(state: State, declaration: Declaration, *, plain: bool = True) -> bytes:
    """Returns the result as it is given out."""
    recogniser = Recogniser(state, plain=plain)
    return recogniser.decide(declaration, result_id="x", decided_at=NOW).content


def benefits(content: bytes) -> list[dict[str, dict[str, Any]]]:
    """Returns what each party was granted, by benefit, with its parameters."""
    return [
        {
            one["code"]: one["parameters"]
            for one in (*party["benefits"], *party["holder_benefits"])
            if one["granted"]
        }
        for party in orjson.loads(content)["results"]
    ]


ROLES = (Role.EXPORTER, Role.CARRIER)
