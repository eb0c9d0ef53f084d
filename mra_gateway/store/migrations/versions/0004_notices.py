"""Adds notices told to partners and heard from them, and what each partner takes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the step."""
    op.create_table(
        "notices",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("arrangement", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("notice_id", sa.String(length=36), nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("tin", sa.String(length=35), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("message_row", _KEY, nullable=True),
        sa.Column("untold", sa.String(length=40), nullable=True),
        sa.Column("measure_id", sa.String(length=36), nullable=True),
        sa.Column("seen_at", Moment(), nullable=True),
        sa.Column("seen_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_row"], ["messages.id"], name=op.f("fk_notices_message_row")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        comment="Notices told to partners and heard from them, a row each time",
    )
    op.create_index("ix_notices_notice", "notices", ["notice_id", "partner"], unique=False)
    for name, columns, condition in (
        (
            "ix_notices_waiting",
            ["partner", "arrangement"],
            "message_row IS NULL AND untold IS NULL",
        ),
        ("ix_notices_unseen", ["recorded_at"], "direction = 'in' AND seen_at IS NULL"),
    ):
        op.create_index(
            name,
            "notices",
            columns,
            unique=False,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.create_table(
        "capabilities",
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("told_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("partner", name=op.f("pk_capabilities")),
        comment="What each partner's last receipt of a Ping said it takes",
    )
