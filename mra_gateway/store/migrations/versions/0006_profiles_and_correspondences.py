"""Adds profiles partners sent, and which correspondence a notice tells of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the step."""
    op.create_table(
        "received_profiles",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("signer", sa.String(length=64), nullable=False),
        sa.Column("signer_name", sa.Text(), nullable=False),
        sa.Column("signed_at", Moment(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_profiles")),
        sa.UniqueConstraint(
            "programme", "version", name=op.f("uq_received_profiles_programme_version")
        ),
        comment="Profiles of programmes as their administrations signed them, every version",
    )
    op.add_column("notices", sa.Column("ground_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_notices_ground",
        "notices",
        ["ground_id"],
        unique=False,
        sqlite_where=sa.text("ground_id IS NOT NULL"),
        postgresql_where=sa.text("ground_id IS NOT NULL"),
    )
    op.add_column("notices", sa.Column("adopted_at", Moment(), nullable=True))
    op.add_column("notices", sa.Column("adopted_by", sa.String(length=40), nullable=True))
