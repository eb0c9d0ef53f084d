"""The statements of the hot path go by an index, whatever the size of what is held.

SQLite keeps no statistics and chooses by the columns an index fixes: a new index or another order
can turn a look-up into a reading of the whole register, and no other test would notice.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, event

from mra_gateway.model.identifiers import MessageId
from mra_gateway.store import (
    consents,
    facts,
    inbox,
    lanes,
    lists,
    message_log,
    outbox,
    told,
    unsent,
)
from mra_gateway.store.database import InlineDatabase
from mra_gateway.store.migrate import upgrade
from tests.support.databases import at_once
from tests.support.messages import AT, CN, a_uuid
from tests.support.stored import CHINESE, a_key, a_lane

pytestmark = pytest.mark.one_database("PostgreSQL goes by statistics, which a test has none of")

TINS = [a_key(1).tin, a_key(2).tin]
ID = MessageId(a_uuid(1))

HOT: dict[str, tuple[Callable[[Connection], object], str]] = {
    "facts.believed": (lambda c: facts.believed(c, CHINESE, TINS), "ix_facts_operator"),
    "facts.history": (lambda c: facts.history(c, CHINESE, TINS[0]), "ix_facts_operator"),
    "facts.keys_in_force": (
        lambda c: list(facts.keys_in_force(c, CHINESE, at=AT)),
        "ix_facts_operator",
    ),
    "facts.known_changes": (lambda c: facts.known_changes(c, CHINESE, [ID]), "ix_facts_change"),
    "facts.find_change": (lambda c: facts.find_change(c, CHINESE, ID), "ix_facts_change"),
    "facts.find_operators by TIN": (lambda c: facts.find_operators(c, tins=TINS), "ix_facts_tin"),
    "facts.find_operators by number": (
        lambda c: facts.find_operators(c, authorisations=["x"]),
        "ix_facts_authorisation",
    ),
    "facts.find_operators by either": (
        lambda c: facts.find_operators(c, tins=TINS, authorisations=["x"]),
        "ix_facts_tin",
    ),
    "facts.retract": (lambda c: facts.retract(c, [1, 2], at=AT), "PRIMARY KEY"),
    "lanes.lock": (a_lane, "sqlite_autoindex_lanes_1"),
    "lanes.standing": (
        lambda c: lanes.standing(c, a_lane(c)),
        "sqlite_autoindex_lanes_1",
    ),
    "inbox.find": (lambda c: inbox.find(c, CN, ID), "message_id=? AND direction=? AND partner=?"),
    "inbox.at_sequence": (
        lambda c: inbox.at_sequence(c, 1, 1),
        "lane_id=? AND state=? AND sequence=?",
    ),
    "inbox.unanswered_enquiries": (inbox.unanswered_enquiries, "ix_messages_unanswered"),
    "message_log.find_answer": (
        lambda c: message_log.find_answer(c, ID, partner=CN),
        "ix_messages_answers",
    ),
    "inbox.count_held": (inbox.count_held, "COVERING INDEX ix_messages_due"),
    "unsent.oldest_changes": (
        lambda c: unsent.oldest_changes(c, 1, limit=9),
        "ix_changes_waiting",
    ),
    "outbox.lanes_with_work": (
        lambda c: outbox.lanes_with_work(c, at=AT),
        "ix_changes_waiting (lane_id=?)",
    ),
    "outbox.take_number": (
        lambda c: outbox.take_number(c, 1, sequence=1),
        "lane_id=? AND state=?",
    ),
    "unsent.was_told": (lambda c: unsent.was_told(c, 1, ID), "ix_changes_change"),
    "unsent.assign_changes": (
        lambda c: unsent.assign_changes(c, [1, 2], message_row=1),
        "PRIMARY KEY",
    ),
    "outbox.in_flight": (lambda c: outbox.in_flight(c, 1), "lane_id=? AND state=?"),
    "outbox.find": (lambda c: outbox.find(c, ID), "message_id=? AND direction=?"),
    "outbox.due": (lambda c: outbox.due(c, at=AT, limit=9), "direction=? AND state=?"),
    "outbox.oldest_unsettled": (outbox.oldest_unsettled, "direction=? AND state=?"),
    "outbox.count_by_state": (outbox.count_by_state, "COVERING INDEX ix_messages_due"),
    "lists.find_open": (lambda c: lists.find_open(c, 1), "ix_lists_state"),
    "lists.count_staged": (lambda c: lists.count_staged(c, 1), "list_row=?"),
    "lists.staged": (lambda c: list(lists.staged(c, 1)), "list_row=? AND position>?"),
    "lists.staged_keys": (lambda c: lists.staged_keys(c, 1, TINS), "ix_list_records_tin"),
    "lists.members": (lambda c: lists.members(c, 1, first=1, count=9), "list_row=?"),
    "told.held": (lambda c: told.held(c, 1, TINS), "lane_id=? AND tin=?"),
    "consents.held": (lambda c: consents.held(c, TINS), "ix_consents_current"),
}


def plan_of(work: Callable[[Connection], object]) -> str:
    """What SQLite says it does for every statement the work runs."""
    database = InlineDatabase()
    at_once(database.write(upgrade))

    def explain(connection: Connection) -> str:
        ran: list[tuple[str, object]] = []

        @event.listens_for(connection, "before_cursor_execute")
        def _note(*details: object) -> None:
            ran.append((str(details[2]), details[3]))

        work(connection)
        asked = [each for each in ran if not each[0].startswith("INSERT")]
        steps = [
            row[3]
            for statement, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
        ]
        return "\n".join(steps)

    plan = at_once(database.write(explain))
    at_once(database.close())
    return plan


@pytest.mark.parametrize("name", HOT)
def test_a_hot_statement_goes_by_its_index(name: str) -> None:
    work, expected = HOT[name]

    plan = plan_of(work)

    assert expected in plan
    reads_a_table = [
        line
        for line in plan.splitlines()
        if line.startswith("SCAN") and line != "SCAN CONSTANT ROW"
    ]
    assert all("ix_changes_waiting" in line for line in reads_a_table), plan


def test_a_statement_without_an_index_would_be_noticed() -> None:
    plan = plan_of(lambda c: c.exec_driver_sql("SELECT 1 FROM facts WHERE legal_reference = 'x'"))

    assert "SCAN facts" in plan
