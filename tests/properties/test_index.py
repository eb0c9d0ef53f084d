"""Whatever is written in whatever order, the index that followed holds what a fresh one would load.

Steps write to the store as receivers and officers do, several in one transaction, some rolled back;
a gateway's follower catches up now and then. At the end its state is compared with one loaded anew,
down to the order in which a text's readings come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any, Literal, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import StoreError
from mra_gateway.flows.read_feed import load_book, load_state
from mra_gateway.flows.state import OWN, State
from mra_gateway.gateway import Gateway
from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
from mra_gateway.model.measures import Correspondence, CorrespondenceKind, GroundKind
from mra_gateway.model.names import NameWords
from mra_gateway.model.operators import OperatorName, PartnerIdentifier
from mra_gateway.registry.load import Registry, arrangement_digest
from mra_gateway.store import books, facts, feed, grounds
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database
from mra_gateway.store.every_table import metadata
from mra_gateway.store.facts import Key, NewFact, Register
from mra_gateway.store.register_tables import facts as facts_table
from tests.support import pki
from tests.support.databases import Kind, NewStore
from tests.support.deciding import an_operator, gateway_of
from tests.support.messages import a_uuid
from tests.support.simulation import shipped

CN = Territory("CN")
AT = pki.AT
# two arrangements under which the same number may be held, and our own register
REGISTERS = (
    Register(Territory("BY"), ArrangementId("CN-BY-2019")),
    Register(Territory("CH"), ArrangementId("CN-CH-2017")),
    Register(CN, OWN),
)
STATUSES = ("valid", "suspended", "revoked")


class Step(NamedTuple):
    """One thing written; what a number means depends on the act."""

    act: Literal["add", "retract", "hear", "confirm", "end", "arrangement"]
    register: int
    operator: int
    status: str
    days: int
    names: int


steps = st.builds(
    Step,
    act=st.sampled_from(
        ["add", "add", "add", "retract", "retract", "hear", "confirm", "end", "arrangement"]
    ),
    register=st.integers(0, 2),
    operator=st.integers(1, 3),
    status=st.sampled_from(STATUSES),
    days=st.integers(-2, 2),
    names=st.integers(0, 2),
)


class Transaction(NamedTuple):
    """Steps written together; whether they are kept, and whether the follower looks afterwards."""

    steps: Sequence[Step]
    is_kept: bool
    is_seen: bool
    pause: int


transactions = st.lists(
    st.builds(
        Transaction,
        steps=st.lists(steps, min_size=1, max_size=3),
        is_kept=st.sampled_from([True, True, True, False]),
        is_seen=st.booleans(),
        pause=st.integers(0, 1),
    ),
    min_size=1,
    max_size=10,
)


@cache
def facts_of_china() -> Registry:
    """What concerns the two arrangements: a rule book is compiled for every example."""
    base, ids = shipped(), [one.arrangement for one in REGISTERS[:2]]
    return replace(
        base,
        arrangements={id_: base.get_arrangement(id_) for id_ in ids},
        names=NameWords(id="all"),
    )


def write(connection: Connection, step: Step, at: Any) -> None:
    register = REGISTERS[step.register]
    if step.act == "hear":
        feed.advance(connection, at=at, issuer=register.issuer, arrangement=register.arrangement)
    elif step.act == "add":
        facts.add(connection, register, [a_fact(step, register)], at=at)
    elif step.act == "retract":
        ids = connection.scalars(
            select(facts_table.c.id).where(facts_table.c.retracted_at.is_(None)).order_by("id")
        ).all()
        facts.retract(connection, ids[: step.operator], at=at)
    elif step.act == "confirm":
        known = Correspondence(
            kind=CorrespondenceKind.IDENTIFIER,
            text=f"SUPPLIER {step.names}",
            partner=REGISTERS[0].issuer,
            tin=Tin(f"BY10000000{step.operator}"),
            confirmed_by="olga",
            confirmed_at=at,
            why="letter",
        )
        content = known.model_dump_json(exclude_defaults=True)
        kind = GroundKind.CORRESPONDENCE
        grounds.add(connection, kind, subject=known.text, content=content, at=at, by="olga")
    elif step.act == "end":
        standing = grounds.standing(connection)
        grounds.end(connection, [one.id for one in standing[: step.operator]], at=at, by="olga")
    else:
        switch(connection, at)


def a_fact(step: Step, register: Register) -> NewFact:
    issuer = register.issuer
    # Switzerland's and Belarus's numbers are the same, and some operators have two authorisations
    number = f"{'AEO' if step.names else ''}10000000{step.operator}"
    record = an_operator(
        f"{issuer}10000000{step.operator}",
        number,
        f"{issuer}-AEO",
        tier="3",
        names=tuple(OperatorName(text=f"Name {n}") for n in range(step.names)),
        partner_identifiers=tuple(
            PartnerIdentifier(kind="CN-CODE", value=f"C{n}") for n in range(step.names)
        ),
        record_version=1,
    )
    return NewFact(
        key=Key(record.tin, record.programme, record.authorisation),
        episode="1",
        record_version=1,
        status=step.status,
        effective_from=AT + timedelta(days=step.days),
        cause="granted",
        record=record.model_dump_json(exclude_defaults=True),
    )


def switch(connection: Connection, at: Any) -> None:
    """Confirms our copy of an arrangement, or withdraws that: another rule book."""
    arrangement = facts_of_china().get_arrangement("CN-BY-2019")
    if decided.confirmed(connection):
        decided.withdraw_confirmation(connection, arrangement.id, at=at)
        return
    confirmation = decided.Confirmation(
        arrangement.id,
        arrangement_digest(arrangement),
        "Act 1",
        date(2026, 1, 1),
        "olga",
        "pavel",
        at,
    )
    decided.confirm(connection, a_uuid(), confirmation=confirmation)


def seen(state: State) -> dict[str, Any]:
    """Everything a state says, in an order that tells."""
    holdings = {one.key: one for one in state.index.holdings()}
    assert len(holdings) == len(state.index)
    texts = {form.text for one in holdings.values() for form in one.forms}
    texts |= {f"10000000{n}" for n in range(4)} | {"C0", "C1", "AEO100000001"}
    confirmed = {
        text: state.measures._codes.get(text) for text in ("SUPPLIER0", "SUPPLIER1", "SUPPLIER2")
    }
    return {
        "holdings": {key: (one.facts, one.forms) for key, one in holdings.items()},
        "found": {
            text: [(one.holding.key, one.form.rule, one.form.lossy) for one in found]
            for text in sorted(texts)
            if (found := state.index.find(text))
        },
        "heard": state.heard,
        "confirmed": confirmed,
        "position": (state.position, state.known_at, state.epoch, state.book.digest),
    }


def afresh(connection: Connection) -> State:
    """Loads the state a gateway started now would have."""
    digest = books.in_use(connection)
    assert digest is not None
    book = load_book(books.find(connection, digest) or "")
    return load_state(connection, book, at=feed.latest(connection), epoch=book.epoch(AT.date()))


Check = Callable[[Sequence[Transaction]], None]


@pytest.fixture
def check(new_store: NewStore) -> Iterator[Check]:
    """Plays transactions over one store for all examples: each empties it."""
    with asyncio.Runner() as runner:
        opening = new_store()
        store = runner.run(opening.__aenter__())
        yield lambda played: runner.run(play(store, played))
        runner.run(opening.__aexit__(None, None, None))


async def play(store: Database, played: Sequence[Transaction]) -> None:
    await store.write(empty)
    clock = HandMovedClock(AT)
    gateway: Gateway = gateway_of(CN, database=store, registry=facts_of_china(), clock=clock)
    await gateway.follower.catch_up()
    for transaction in played:
        clock.move_to(clock.now() + timedelta(seconds=transaction.pause))

        def work(connection: Connection, done: Transaction = transaction) -> None:
            for step in done.steps:
                write(connection, step, clock.now())
            if not done.is_kept:
                raise StoreError("rolled back")

        try:
            await store.write(work)
        except StoreError:
            assert not transaction.is_kept
        if transaction.is_seen:
            await gateway.follower.catch_up()
    await gateway.follower.catch_up()  # may put a rule book in use, which is a position of its own
    followed = (await gateway.follower.current()).state
    assert seen(followed) == seen(await store.read(afresh))


def empty(connection: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))


def test_an_index_that_followed_is_the_one_a_fresh_load_makes(
    check: Check, database_kind: Kind
) -> None:
    examples = 80 if database_kind == "sqlite" else 15

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(played=transactions)
    def property_(played: Sequence[Transaction]) -> None:
        check(played)

    property_()
