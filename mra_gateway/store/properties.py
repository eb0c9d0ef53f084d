"""What this database is: environment, territory, epoch; and what a home keeps one of."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from mra_gateway.errors import Reason, SetupError
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import Environment
from mra_gateway.store.inserts import insert_into
from mra_gateway.store.tables import properties

RESTORED = "restored"
"""When a backup was put in the place of this database; gone with the next epoch."""

REFERENCE_KEY = "reference_key"
"""By which files for measuring tell declarations apart; a purge throws it away."""


def found_home(connection: Connection, *, territory: Territory, environment: Environment) -> None:
    """Writes down whose database this is, once, in epoch 1."""
    rows = {"territory": territory, "environment": environment, "epoch": "1"}
    connection.execute(
        insert(properties), [{"name": name, "value": str(value)} for name, value in rows.items()]
    )


def is_founded(connection: Connection) -> bool:
    """Says whether the database belongs to a home already."""
    return connection.scalar(select(properties.c.value).limit(1)) is not None


def check_home(connection: Connection, *, territory: Territory, environment: Environment) -> None:
    """Refuses a database of another administration or environment.

    Raises:
        SetupError: It belongs to another territory or environment, or to nobody yet.
    """
    held = {row.name: row.value for row in connection.execute(select(properties))}
    for name, wanted in (("territory", territory), ("environment", environment)):
        if held.get(name) != str(wanted):
            raise SetupError(
                f"the database is for {name} {held.get(name)!r}, the settings say {str(wanted)!r}",
                reason=Reason.DATABASE_INCONSISTENT,
            )


def get_epoch(connection: Connection) -> int:
    """Returns which life of this database it is, from 1."""
    value = connection.scalar(select(properties.c.value).where(properties.c.name == "epoch"))
    return int(value or 1)


def open_next_epoch(connection: Connection) -> int:
    """Opens the next epoch and returns it: after a restored backup."""
    epoch = get_epoch(connection) + 1
    connection.execute(
        update(properties).where(properties.c.name == "epoch").values(value=str(epoch))
    )
    remove(connection, RESTORED)
    return epoch


def lock_register(connection: Connection) -> None:
    """Lets one transaction at a time change our own register (on SQLite one writer does anyway).

    Two that plan by the same state would both write what each believes is new.
    """
    connection.execute(
        select(properties.c.value).where(properties.c.name == "epoch").with_for_update()
    )


def require_reopened(connection: Connection) -> None:
    """Refuses to serve a restored backup whose lanes still run where they ran.

    Raises:
        SetupError: Says what to do.
    """
    if find(connection, RESTORED) is not None:
        raise SetupError(
            "a backup was restored, and numbers given since would be used twice: "
            "import your present register, then messages reopen",
            reason=Reason.DATABASE_INCONSISTENT,
        )


def find(connection: Connection, name: str) -> str | None:
    """Returns a property, or None."""
    value: str | None = connection.scalar(
        select(properties.c.value).where(properties.c.name == name)
    )
    return value


def put(connection: Connection, name: str, value: str) -> None:
    """Writes a property over what it was."""
    statement = insert_into(connection, properties).values(name=name, value=value)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": statement.excluded.value}
        )
    )


def keep(connection: Connection, name: str, value: str) -> str:
    """Writes a property unless there is one, and returns what it is."""
    statement = insert_into(connection, properties).values(name=name, value=value)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["name"]))
    return find(connection, name) or value


def remove(connection: Connection, name: str) -> None:
    """Removes a property, where there is one."""
    connection.execute(delete(properties).where(properties.c.name == name))
