"""The SQL view of recognised operators says what SQL can say, and leaves out what is in doubt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from mra_gateway.model.identifiers import Digest
from mra_gateway.store import facts, feed
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database
from tests.support.messages import CN, CN_MN, MN, a_record, a_uuid

NOW = datetime.now(UTC).replace(microsecond=0)
HELD = facts.Register(CN, CN_MN)


def a_fact(number: int = 1, **changes: Any) -> facts.NewFact:
    record = a_record(
        tin=f"CN33024{number:05d}",
        authorisation=f"AEOCN33024{number:05d}",
        **changes.pop("record", {}),
    )
    values: dict[str, Any] = {
        "key": facts.Key(record.tin, record.programme, record.authorisation),
        "episode": record.episode,
        "record_version": 1,
        "status": "valid",
        "effective_from": NOW - timedelta(days=100),
        "cause": "list",
        "record": record.model_dump_json(exclude_defaults=True),
        **changes,
    }
    return facts.NewFact(**values)


def hold(
    connection: Connection,
    *new: facts.NewFact,
    register: facts.Register = HELD,
    heard_at: datetime = NOW,
    confirmed: bool = True,
) -> None:
    feed.advance(connection, at=heard_at, issuer=CN, arrangement=CN_MN)
    facts.add(connection, register, new, at=heard_at)
    if confirmed:
        confirmation = decided.Confirmation(
            CN_MN, Digest("0" * 64), "Act 1", date(2026, 1, 1), "olga", "pavel", NOW
        )
        decided.confirm(connection, a_uuid(1), confirmation=confirmation)


def shown(connection: Connection) -> list[dict[str, Any]]:
    query = text("SELECT * FROM recognised_operators ORDER BY authorisation")
    return [dict(row._mapping) for row in connection.execute(query)]


async def test_the_view_says_who_is_recognised_and_as_of_when(database: Database) -> None:
    def work(connection: Connection) -> list[dict[str, Any]]:
        hold(connection, a_fact())
        return shown(connection)

    (row,) = await database.write(work)
    assert (row["partner"], row["arrangement"], row["status"]) == (CN, CN_MN, "valid")
    assert (row["tin"], row["authorisation"]) == ("CN3302400001", "AEOCN3302400001")
    assert row["programme"] == "CN-AEO"
    assert row["legal_name"]
    as_of = row["as_of"]
    as_of = datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    assert as_of == NOW


Work = Callable[[Connection], None]
LEFT_OUT: dict[str, Work] = {
    "suspended": lambda c: hold(
        c, a_fact(), a_fact(status="suspended", effective_from=NOW - timedelta(days=1))
    ),
    "not yet valid": lambda c: hold(c, a_fact(effective_from=NOW + timedelta(days=1))),
    "past its last day": lambda c: hold(
        c, a_fact(record={"expires_on": (NOW - timedelta(days=2)).date()})
    ),
    "of our own register": lambda c: hold(c, a_fact(), register=facts.Register(MN, facts.OWN)),
    "of a partner silent too long": lambda c: hold(c, a_fact(), heard_at=NOW - timedelta(days=46)),
    "under an arrangement not confirmed": lambda c: hold(c, a_fact(), confirmed=False),
}


@pytest.mark.parametrize("why", LEFT_OUT)
async def test_who_is_in_doubt_is_left_out(database: Database, why: str) -> None:
    def work(connection: Connection) -> list[dict[str, Any]]:
        LEFT_OUT[why](connection)
        return shown(connection)

    assert await database.write(work) == []


async def test_a_correction_counts_and_its_twin_without_one_stays(database: Database) -> None:
    def work(connection: Connection) -> list[dict[str, Any]]:
        hold(connection, a_fact(1), a_fact(2))
        held = facts.history(connection, HELD, a_fact(1).key.tin)
        facts.retract(connection, [one.id for one in held], at=NOW)
        return shown(connection)

    assert [row["tin"] for row in await database.write(work)] == ["CN3302400002"]
