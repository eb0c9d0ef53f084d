"""Adds the joint monitoring sheets partners sent: their figures, each correction of them kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the step."""
    op.create_table(
        "measure_sheets",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("period_kind", sa.String(length=8), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("signer", sa.String(length=64), nullable=True),
        sa.Column("signer_name", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("taken_at", Moment(), nullable=False),
        sa.Column("taken_by", sa.String(length=40), nullable=False),
        sa.Column("corrects", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["corrects"], ["measure_sheets.id"], name=op.f("fk_measure_sheets_corrects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_sheets")),
        sa.UniqueConstraint("corrects", name=op.f("uq_measure_sheets_corrects")),
        comment="Joint monitoring sheets of partners: their figures, signed or vouched for",
    )
    op.create_index(
        "ix_measure_sheets_first",
        "measure_sheets",
        ["partner", "period_kind", "period_start"],
        unique=True,
        sqlite_where=sa.text("corrects IS NULL"),
        postgresql_where=sa.text("corrects IS NULL"),
    )
