"""Divides the index of results into segments, so that adding to it costs the same for ever.

What was recorded before is segment 0.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the step."""
    segments = op.create_table(
        "result_segments",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_segments")),
        comment="Segments of the index of results: adding costs the same however many there are",
    )
    op.bulk_insert(segments, [{"id": 0}])
    for table in ("result_batches", "result_index"):
        op.add_column(
            table, sa.Column("segment", sa.BigInteger(), nullable=False, server_default="0")
        )
    op.drop_index("ix_result_index_reference", "result_index")
    op.drop_index("ix_result_index_tin", "result_index")
    op.create_index("ix_result_index_reference", "result_index", ["segment", "reference"])
    op.create_index("ix_result_index_tin", "result_index", ["segment", "tin", "accepted_at"])
