"""Backs the SQLite file of a home up, and puts a backup in its place.

1. the backup is copied beside the file: it is this home's, of a version we know, and not damaged;
   the officer who asks has an account in it, for what is there now may be lost
2. it is marked: until `messages reopen` nobody serves it, or numbers would be used twice
3. what was there, its write-ahead log included, is put aside: that log would be played into the
   backup and damage it

A PostgreSQL server has its own means.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused, SetupError
from mra_gateway.flows.authenticate import Authenticator, check_role
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.settings import Settings
from mra_gateway.store import copying, diagnosis, journal, migrate, properties
from mra_gateway.store.database import open_database


def back_up(settings: Settings, *, to: Path, by: Actor) -> int:
    """Writes what the home holds at one moment to a file, and returns its bytes; serve may run.

    Raises:
        RequestRefused: The officer may not, the home is on PostgreSQL, or the file exists.
        StoreError: The database failed.
    """
    check_role(by, OfficerRole.SECURITY)
    file = _file_of(settings)
    if to.exists():
        raise RequestRefused("this exists; it was not touched", where=str(to))
    copying.back_up(file, to=to)
    return to.stat().st_size


async def restore(
    settings: Settings, *, backup: Path, officer: str, password: str, clock: Clock
) -> Path:
    """Puts a backup in the place of the home's database, and returns where what was there is.

    Raises:
        RequestRefused: The officer may not, somebody serves, or the home is on PostgreSQL.
        SetupError: The backup is of another home, of a newer version, or damaged.
        StoreError: It cannot be read.
    """
    file = _file_of(settings)
    building = _copied(backup, file)  # 1
    try:
        database = open_database(f"sqlite:///{building}")
        try:
            await database.read(lambda c: _check(c, settings, backup))
            actor = await Authenticator(database=database, clock=clock).authenticate(
                officer, password=password
            )
            check_role(actor, OfficerRole.SECURITY)
            await database.write(lambda c: _mark(c, backup, by=actor, at=clock.now()))  # 2
        finally:
            await database.close()
        return _take_its_place(building, file, at=clock.now())  # 3
    finally:
        for one in _with_logs(building):
            one.unlink(missing_ok=True)


def _copied(backup: Path, file: Path) -> Path:
    if not backup.is_file():
        raise RequestRefused("there is no such file", where=str(backup))
    if copying.is_in_use(file):
        raise RequestRefused("somebody works on the database: stop serve first", where=str(file))
    building = file.with_name(f".{file.name}.restoring")
    shutil.copyfile(backup, building)
    return building


def _mark(connection: Connection, backup: Path, *, by: Actor, at: datetime) -> None:
    migrate.upgrade(connection)
    properties.put(connection, properties.RESTORED, at.isoformat())
    journal.record(
        connection,
        at=at,
        actor=by.name,
        act="database restored",
        subject="database",
        detail={"backup": backup.name},
    )


def _take_its_place(building: Path, file: Path, *, at: datetime) -> Path:
    if copying.is_in_use(building) or copying.is_in_use(file):
        raise RequestRefused("somebody works on the database: stop serve first", where=str(file))
    aside = file.parent / f"replaced-{at:%Y%m%d-%H%M%S}"
    aside.mkdir(mode=0o700)
    for old in _with_logs(file):
        if old.exists():
            old.replace(aside / old.name)
    building.replace(file)
    return aside


def _with_logs(file: Path) -> list[Path]:
    return [file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm")]


def _check(connection: Connection, settings: Settings, backup: Path) -> None:
    damages = diagnosis.damages(connection)
    if damages:
        raise SetupError(
            f"the backup is damaged: {damages[0][:200]!r}",
            reason=Reason.DATABASE_INCONSISTENT,
            where=str(backup),
        )
    migrate.check_version(connection)
    properties.check_home(
        connection, territory=settings.territory, environment=settings.environment
    )


def _file_of(settings: Settings) -> Path:
    file = copying.file_of(settings.database_url)
    if file is None:
        raise RequestRefused(
            "this home is on PostgreSQL, which has its own means: pg_dump, or its log archived",
            where="[database] url",
        )
    return file
