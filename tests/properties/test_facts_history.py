"""Whatever was added and retracted in whatever order, two moments name one fact.

The store's answer is compared with a model that keeps every step and replays the steps known at
the moment asked about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete

from mra_gateway.store import facts
from mra_gateway.store.database import Work
from mra_gateway.store.facts import at_moment
from mra_gateway.store.register_tables import facts as table
from tests.support.databases import NewStore
from tests.support.messages import AT
from tests.support.stored import CHINESE, a_fact, a_key

ONE_STORE = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
HOUR = timedelta(hours=1)
STATUSES = ("valid", "suspended", "revoked", "expired", "withdrawn")

hours = st.integers(min_value=-3, max_value=6)


class Add(NamedTuple):
    """A status becomes known, in effect from some hour."""

    status: str
    effective: int
    pause: int


class Retract(NamedTuple):
    """One of the facts added so far is no longer believed."""

    which: int
    pause: int


# a pause of none makes ties: several things known from the same moment
pauses = st.integers(min_value=0, max_value=1)
steps = st.lists(
    st.one_of(
        st.builds(Add, st.sampled_from(STATUSES), hours, pauses),
        st.builds(Retract, st.integers(min_value=0, max_value=20), pauses),
    ),
    max_size=12,
)

Run = Callable[[Work[Any]], Any]


@pytest.fixture
def run(new_store: NewStore) -> Iterator[Run]:
    """Runs work in one store for all examples: each empties the table."""
    with asyncio.Runner() as runner:
        opening = new_store()
        store = runner.run(opening.__aenter__())
        yield lambda work: runner.run(store.write(work))
        runner.run(opening.__aexit__(None, None, None))


def moment(hour: int) -> datetime:
    return AT + hour * HOUR


class Model:
    """The steps with the hour each was taken, and the plainest way to answer from them."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, Add | Retract]] = []

    def status(self, *, valid: int, known: int | None) -> str | None:
        """Replays what was known, then takes the latest in effect; of equals the later told."""
        believed: list[Add | None] = []
        for hour, step in self.taken:
            if known is not None and hour > known:
                # what comes later is not known; but a retraction counts positions among all adds
                if isinstance(step, Add):
                    believed.append(None)
            elif isinstance(step, Add):
                believed.append(step)
            else:
                believed[step.which] = None
        answer: Add | None = None
        for added in believed:
            in_effect = added is not None and added.effective <= valid
            if in_effect and (answer is None or added.effective >= answer.effective):  # type: ignore[union-attr]
                answer = added
        return None if answer is None else answer.status


def apply(connection: Connection, sequence: list[Add | Retract]) -> tuple[Model, list[facts.Fact]]:
    """Takes the steps in the store and in the model."""
    connection.execute(delete(table))
    model, hour, ids = Model(), 0, list[int]()
    for step in sequence:
        hour += step.pause
        if isinstance(step, Add):
            new = a_fact(status=step.status, effective_from=moment(step.effective))
            facts.add(connection, CHINESE, [new], at=moment(hour))
            ids.append(facts.history(connection, CHINESE, new.key.tin)[-1].id)
            model.taken.append((hour, step))
        elif ids:
            which = step.which % len(ids)
            facts.retract(connection, [ids[which]], at=moment(hour))
            model.taken.append((hour, step._replace(which=which)))
    return model, facts.history(connection, CHINESE, a_key().tin)


@settings(max_examples=500, deadline=None, suppress_health_check=ONE_STORE)
@given(sequence=steps, valid=hours, known=st.none() | st.integers(min_value=-1, max_value=6))
def test_the_fact_at_two_moments_is_the_one_a_replay_names(
    run: Run, sequence: list[Add | Retract], valid: int, known: int | None
) -> None:
    model, held = run(lambda c: apply(c, sequence))

    found = at_moment(
        held,
        valid_at=moment(valid),
        known_at=None if known is None else moment(known),
    )

    assert (None if found is None else found.status) == model.status(valid=valid, known=known)


@settings(max_examples=100, deadline=None, suppress_health_check=ONE_STORE)
@given(sequence=steps, valid=hours)
def test_what_is_believed_now_gives_the_same_answer_as_the_whole_history(
    run: Run, sequence: list[Add | Retract], valid: int
) -> None:
    _, held = run(lambda c: apply(c, sequence))
    key = a_key()

    believed = run(lambda c: facts.believed(c, CHINESE, [key.tin]))
    in_force = run(lambda c: list(facts.keys_in_force(c, CHINESE, at=moment(valid))))

    expected = at_moment(held, valid_at=moment(valid))
    assert at_moment(believed.get(key, ()), valid_at=moment(valid)) == expected
    assert in_force == ([] if expected is None else [expected])


@settings(max_examples=100, deadline=None, suppress_health_check=ONE_STORE)
@given(sequence=steps, later=steps, valid=hours)
def test_what_is_learnt_later_does_not_change_what_was_known(
    run: Run, sequence: list[Add | Retract], later: list[Add | Retract], valid: int
) -> None:
    """The past as known then answers the same, whatever is corrected afterwards."""
    cut = sum(step.pause for step in sequence)
    # a clear hour between: what is learnt at the very moment asked about counts as known
    after = [later[0]._replace(pause=1), *later[1:]] if later else []

    def known_then(whole: list[Add | Retract]) -> str | None:
        _, held = run(lambda c: apply(c, whole))
        found = at_moment(held, valid_at=moment(valid), known_at=moment(cut))
        return None if found is None else found.status

    assert known_then(sequence) == known_then([*sequence, *after])
