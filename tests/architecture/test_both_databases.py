"""Every test that touches a store runs on SQLite and on PostgreSQL: both suites are as large."""

from __future__ import annotations

import pytest

from mra_gateway.store.database import Database
from tests.support.databases import COLLECTED, USED, Kind, check_use, kind_of, without_twin


def test_every_test_of_one_database_has_its_twin_on_the_other(
    request: pytest.FixtureRequest,
) -> None:
    tests = request.config.stash[COLLECTED]
    assert without_twin((test.nodeid, kind_of(test)) for test in tests) == []


def test_a_test_without_its_twin_would_be_found() -> None:
    both: list[tuple[str, Kind | None]] = [("a[sqlite-1]", "sqlite"), ("a[postgres-1]", "postgres")]
    assert without_twin([*both, ("b", None)]) == []
    assert without_twin(both[:1]) == ["a[*-1]"]


async def test_the_use_of_a_store_is_noticed_and_allowed_on_both_databases_only(
    database: Database, database_kind: Kind, request: pytest.FixtureRequest
) -> None:
    assert set() == USED
    await database.read(lambda _: None)
    assert {"sqlite" if database_kind == "sqlite" else "postgresql"} == USED
    assert check_use(request.node, USED) is None
    # a test of this module that touches no store
    (other,) = (test for test in request.node.parent.collect() if "would_be_found" in test.name)
    assert check_use(other, ()) is None
    assert "one kind of database only" in (check_use(other, USED) or "")
