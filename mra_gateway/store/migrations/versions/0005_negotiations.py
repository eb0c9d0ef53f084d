"""Adds negotiations: what was compared, every version of every position, and documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the step."""
    op.create_table(
        "negotiations",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("ours", sa.String(length=40), nullable=False),
        sa.Column("theirs", sa.String(length=40), nullable=False),
        sa.Column("catalogue", sa.String(length=40), nullable=False),
        sa.Column("edition", sa.String(length=40), nullable=False),
        sa.Column("phases", sa.String(length=40), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("opened_by", sa.String(length=40), nullable=False),
        sa.Column("concluded_at", Moment(), nullable=True),
        sa.Column("concluded_by", sa.String(length=40), nullable=True),
        sa.Column("arrangement", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_negotiations")),
        comment="Negotiations: two programmes, a catalogue, and the arrangement they ended in",
    )
    op.create_table(
        "negotiation_comparisons",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("negotiation", sa.String(length=80), nullable=False),
        sa.Column("audience", sa.String(length=8), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("taken_at", Moment(), nullable=False),
        sa.Column("taken_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["negotiation"],
            ["negotiations.id"],
            name=op.f("fk_negotiation_comparisons_negotiation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_negotiation_comparisons")),
        comment="What was compared, as it was; the newest for each audience counts",
    )
    op.create_index(
        "ix_negotiation_comparisons_negotiation",
        "negotiation_comparisons",
        ["negotiation", "audience"],
        unique=False,
    )
    op.create_table(
        "negotiation_records",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("negotiation", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=8), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["negotiation"], ["negotiations.id"], name=op.f("fk_negotiation_records_negotiation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_negotiation_records")),
        sa.UniqueConstraint(
            "negotiation",
            "kind",
            "key",
            "version",
            name=op.f("uq_negotiation_records_negotiation_kind_key_version"),
        ),
        comment="Positions, questions, visits, actions …: every version of each; rows never change",
    )
    op.create_table(
        "negotiation_documents",
        sa.Column("negotiation", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["negotiation"],
            ["negotiations.id"],
            name=op.f("fk_negotiation_documents_negotiation"),
        ),
        sa.PrimaryKeyConstraint("negotiation", "digest", name=op.f("pk_negotiation_documents")),
        comment="The bytes of documents handed in, by their SHA-256",
    )
