"""Lets an extract be taken in slices, and the views leave out at once whoever was stopped since.

A take of many operators held SQLite's writer for as long as it wrote. Its rows now stand under a
generation of their own, and the views show the one that `shown` names.

The views also leave out what may have been stopped since the take: a status that is valid no more,
by the same facts the gateway decides from, and whoever a suspension, an alert, a stop or a pilot
ordered since may be about. What gives more shows with the next take.

A later revision that changes a table the views read (`facts` and `grounds` too) drops the views
first and makes them again. Rights granted on the old views have to be granted again.
"""

from __future__ import annotations

from importlib import import_module

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEY = ("partner", "arrangement", "tin", "programme", "authorisation", "generation")
_SHOWN = """
    AND held.generation <= (SELECT shown FROM extract_state)
    AND (held.gone_in IS NULL OR held.gone_in > (SELECT shown FROM extract_state))
    AND 'valid' = (
        SELECT fact.status FROM facts AS fact
        WHERE fact.issuer = held.partner AND fact.arrangement = held.arrangement
            AND fact.tin = held.tin AND fact.programme = held.programme
            AND fact.authorisation = held.authorisation
            AND fact.retracted_at IS NULL
            AND fact.effective_from <= {later}({now}, (SELECT taken_at FROM extract_state))
        ORDER BY fact.effective_from DESC, fact.id DESC LIMIT 1
    )
    AND NOT EXISTS (
        SELECT 1 FROM grounds AS ground
        WHERE ground.position > (SELECT position FROM extract_state)
            AND (
                ground.kind IN ('benefit_suspension', 'targeted_alert')
                    AND ground.subject = held.tin
                OR ground.kind IN ('arrangement_stop', 'pilot')
                    AND ground.subject = held.arrangement
            )
    )"""
_before = import_module("mra_gateway.store.migrations.versions.0011_extract_views")


def view_statements(dialect: str) -> list[str]:
    """Returns what makes the views on a database."""
    same = "\n    AND held.generation = one.generation"
    made: list[str] = _before.view_statements(dialect, only=_SHOWN, same=same)
    return made


def upgrade() -> None:
    """Applies the step."""
    for view in ("recognised_numbers", "recognised_operators"):
        op.execute(f"DROP VIEW {view}")
    for column in (
        sa.Column("shown", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", Moment(), nullable=True),
    ):
        op.add_column("extract_state", column)
    op.execute(
        "UPDATE extract_state SET confirmed_at = taken_at, position ="
        " CAST(substr(mark, 1, position('@' in mark) - 1) AS BIGINT)"
        if op.get_bind().dialect.name == "postgresql"
        else "UPDATE extract_state SET confirmed_at = taken_at, position ="
        " CAST(substr(mark, 1, instr(mark, '@') - 1) AS INTEGER)"
    )
    for table in ("extract_operators", "extract_numbers"):
        last = ("ordinal",) if table == "extract_numbers" else ()
        generation = sa.Column("generation", sa.BigInteger(), nullable=False, server_default="0")
        with op.batch_alter_table(table) as changed:
            changed.add_column(generation)
            if table == "extract_operators":
                changed.add_column(sa.Column("gone_in", sa.BigInteger(), nullable=True))
            changed.drop_constraint(f"pk_{table}", type_="primary")
            changed.create_primary_key(f"pk_{table}", [*_KEY, *last])
    for statement in view_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement.replace(":", "\\:")))
