"""A home moves from its SQLite file to PostgreSQL with all it holds."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mra_gateway.store import properties
from mra_gateway.store.database import open_database
from mra_gateway.store.every_table import metadata
from tests.support.cli import Home, init
from tests.support.postgres import PostgresServer

REGISTER = """authorisation,tin,legal_name,granted_on,status
MN-AEO-0001,9900001,Tenger LLC,2024-03-04,{status}
MN-AEO-0002,9900002,Khukh Tal LLC,2024-03-05,valid
"""


def rows(url: str) -> dict[str, list[Any]]:
    """Returns every row of every table but the journal, which names the move."""

    async def read() -> dict[str, list[Any]]:
        database = open_database(url)
        try:
            return await database.read(
                lambda c: {
                    table.name: list(c.execute(select(table).order_by(*table.primary_key)))
                    for table in metadata.sorted_tables
                    if table.name != "journal"
                }
            )
        finally:
            await database.close()

    return asyncio.run(read())


def put(home: Home, folder: Path, status: str) -> None:
    file = folder / "register.csv"
    file.write_text(REGISTER.format(status=status), encoding="utf-8")
    home.ok("register", "import", file, "--programme", "MN-AEO")


@pytest.mark.one_database("it moves from one to the other")
def test_everything_moves_to_an_empty_postgresql_database_and_goes_on_there(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    home = Home(tmp_path / "mn")
    assert init(home.path, "MN").code == 0
    put(home, tmp_path, "valid")
    home.ok("clients", "add", "declaration system")
    home.ok("disruptions", "announce", "road", "--text", "Border road closed", "--office", "Z")
    url = postgres_server.url(postgres_server.new_database(migrated=False))
    before = rows(home.database_url)
    home.ok("database", "copy", url)
    assert rows(url) == before
    again = home.run("database", "copy", url)
    assert (again.code, "another home's already" in again.err) == (78, True)

    settings = home.path / "gateway.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('url = ""', f'url = "{url}"', 1), encoding="utf-8")
    put(home, tmp_path, "suspended")
    assert home.status_of("MN-AEO-0001") == "suspended"
    assert home.run("database", "copy", url).code == 64


@pytest.mark.one_database("a server has its own means")
def test_a_backup_takes_the_place_of_what_was_there_and_is_not_served_before_its_lanes_are_new(
    tmp_path: Path,
) -> None:
    home, backup = Home(tmp_path / "mn"), tmp_path / "yesterday.db"
    assert init(home.path, "MN").code == 0
    put(home, tmp_path, "valid")
    home.ok("database", "backup", backup)
    put(home, tmp_path, "suspended")
    assert home.run("database", "restore", backup, by="nobody").code == 77
    assert home.status_of("MN-AEO-0001") == "suspended"
    (home.path / "gateway.db-wal").write_bytes(b"of the file that was there")
    home.ok("database", "restore", backup)
    assert home.status_of("MN-AEO-0001") == "valid"
    refused = home.run("serve")
    assert (refused.code, "messages reopen" in refused.err) == (78, True)
    home.ok("messages", "reopen")
    assert asyncio.run(is_marked(home)) is False
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(backup.read_bytes()[:20_000])
    assert home.run("database", "restore", damaged).code >= 64
    assert home.status_of("MN-AEO-0001") == "valid"


async def is_marked(home: Home) -> bool:
    database = open_database(home.database_url)
    try:
        return await database.read(lambda c: properties.find(c, properties.RESTORED)) is not None
    finally:
        await database.close()
