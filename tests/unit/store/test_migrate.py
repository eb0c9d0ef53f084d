"""Migrations make exactly the tables the program knows, once, and refuse a newer database."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from mra_gateway.errors import Reason, SetupError
from mra_gateway.store import migrate
from mra_gateway.store.database import Database, open_database
from mra_gateway.store.every_table import metadata
from tests.support.databases import FreshUrl, Kind


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


def index_definitions(connection: Connection) -> set[str]:
    """Every index with its columns, uniqueness and condition, as the database says it."""
    if connection.dialect.name == "sqlite":
        query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = (
            "SELECT indexdef FROM pg_indexes"
            " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
    return {re.sub(r"\s+", " ", row[0]) for row in connection.execute(text(query))}


async def test_migrations_make_exactly_the_tables_of_the_program(database: Database) -> None:
    """Types, nullability, constraints, indexes and, where the database keeps them, comments."""
    assert await database.read(differences) == []


async def test_a_difference_would_be_found(database: Database) -> None:
    def alter(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE journal ADD COLUMN extra TEXT"))
        connection.execute(text("DROP INDEX ix_facts_tin"))

    await database.write(alter)

    found = {change[0] for change in await database.read(differences)}  # type: ignore[index]
    assert found == {"remove_column", "add_index"}


async def test_indexes_have_the_conditions_the_program_states(
    database: Database, database_kind: Kind, fresh_database_url: FreshUrl
) -> None:
    direct = open_database(fresh_database_url(database_kind, migrated=False))
    await direct.write(metadata.create_all)

    stated = await direct.read(index_definitions)
    await direct.close()

    assert await database.read(index_definitions) == stated
    assert any("message_row IS NULL" in each for each in stated)


async def test_upgrading_again_changes_nothing(database: Database) -> None:
    before = await database.read(index_definitions)
    await database.write(migrate.upgrade)

    assert await database.read(migrate.is_current)
    assert await database.read(differences) == []
    assert await database.read(index_definitions) == before


async def test_an_empty_database_is_not_current_and_may_be_upgraded(
    database_kind: Kind, fresh_database_url: FreshUrl
) -> None:
    database = open_database(fresh_database_url(database_kind, migrated=False))

    assert not await database.read(migrate.is_current)
    await database.read(migrate.check_version)
    await database.write(migrate.upgrade)
    assert await database.read(migrate.is_current)
    await database.close()


async def test_a_database_of_an_unknown_revision_is_refused_and_left_alone(
    database: Database,
) -> None:
    await database.read(migrate.check_version)
    await database.write(
        lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    )

    for work in (migrate.check_version, migrate.upgrade):
        with pytest.raises(SetupError) as refused:
            await database.write(work)
        assert refused.value.reason is Reason.DATABASE_TOO_NEW
    kept = await database.read(lambda c: c.scalar(text("SELECT version_num FROM alembic_version")))
    assert kept == "9999"
    assert not await database.read(migrate.is_current)


async def test_an_upgrade_that_fails_leaves_nothing_behind(
    database_kind: Kind, fresh_database_url: FreshUrl
) -> None:
    database = open_database(fresh_database_url(database_kind, migrated=False))

    def upgrade_and_fail(connection: Connection) -> None:
        migrate.upgrade(connection)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(upgrade_and_fail)

    assert await database.read(lambda c: inspect(c).get_table_names()) == []
    await database.write(migrate.upgrade)
    assert await database.read(migrate.is_current)
    await database.close()


async def test_two_processes_that_upgrade_at_the_same_time_both_succeed(
    database_kind: Kind, fresh_database_url: FreshUrl
) -> None:
    url = fresh_database_url(database_kind, migrated=False)
    databases = [open_database(url) for _ in range(3)]

    await asyncio.gather(*(each.write(migrate.upgrade) for each in databases))

    assert await databases[0].read(differences) == []
    for each in databases:
        await each.close()


def test_the_revisions_told_by_file_names_are_those_alembic_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    known = ScriptDirectory.from_config(config)

    assert migrate.revisions()[-1] == known.get_current_head()
    assert set(migrate.revisions()) == {script.revision for script in known.walk_revisions()}


async def test_an_extract_taken_before_it_is_told_by_generations_stays_as_it_was(
    database_kind: Kind, fresh_database_url: FreshUrl
) -> None:
    database = open_database(fresh_database_url(database_kind, migrated=False))

    def upgrade_to_0011(connection: Connection) -> None:
        config = Config()
        folder = Path(migrate.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.upgrade(config, "0011")
        names = "partner, arrangement, tin, programme, authorisation"
        for statement in (
            "INSERT INTO extract_state (id, generation, mark, taken_at) VALUES (1, 4, '17@2', 5)",
            f"INSERT INTO extract_operators ({names}, names, status, valid_since, local_codes,"
            " benefits, conditional_benefits, digest) VALUES"
            " ('CN', 'A', 'T', 'P', 'N', '', 'valid', 0, '', '', '', '')",
            f"INSERT INTO extract_numbers ({names}, ordinal, kind, number, compared_as, use,"
            " fields) VALUES ('CN', 'A', 'T', 'P', 'N', 0, 'number', '1', '1', 'sure', '')",
        ):
            connection.execute(text(statement))

    await database.write(upgrade_to_0011)
    await database.write(migrate.upgrade)
    query = "SELECT {} FROM extract_state, extract_operators AS held, extract_numbers AS one"
    columns = "shown, position, confirmed_at, held.tin, held.generation, one.generation, gone_in"
    rows = await database.read(lambda c: c.execute(text(query.format(columns))).all())
    await database.close()
    assert [tuple(row) for row in rows] == [(0, 17, 5, "T", 0, 0, None)]
