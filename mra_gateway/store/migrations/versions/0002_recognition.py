"""Adds what recognition rests on: positions in commit order, grounds, rule books, batches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the step."""
    _add_positions()
    _add_grounds()
    _add_result_batches()


def _add_positions() -> None:
    op.create_table(
        "feed",
        sa.Column("position", _KEY, autoincrement=True, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("issuer", sa.String(length=2), nullable=True),
        sa.Column("arrangement", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_feed")),
        comment="One row per transaction that changed what decisions rest on, in commit order",
    )
    op.create_index("ix_feed_heard", "feed", ["issuer", "arrangement", "position"], unique=False)
    # what was known before there were positions was known at the first one of each partner
    op.execute(
        "INSERT INTO feed (at, issuer, arrangement) "
        "SELECT max(settled_at), partner, arrangement FROM messages "
        "WHERE direction = 'in' AND settled_at IS NOT NULL AND arrangement IS NOT NULL "
        "AND kind IN ('StatusList', 'StatusNotification') "
        "AND outcome IN ('accepted', 'accepted_in_part') "
        "GROUP BY partner, arrangement ORDER BY max(settled_at)"
    )
    op.add_column(
        "facts", sa.Column("position", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("facts", sa.Column("retracted_position", sa.BigInteger(), nullable=True))
    op.execute("UPDATE facts SET retracted_position = 0 WHERE retracted_at IS NOT NULL")
    op.create_index("ix_facts_position", "facts", ["position"], unique=False)
    op.create_index(
        "ix_facts_retracted",
        "facts",
        ["retracted_position"],
        unique=False,
        sqlite_where=sa.text("retracted_position IS NOT NULL"),
        postgresql_where=sa.text("retracted_position IS NOT NULL"),
    )


def _add_grounds() -> None:
    op.create_table(
        "grounds",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.Column("ended_position", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grounds")),
        comment="What decisions rest on besides statuses; rows end and are never changed otherwise",
    )
    op.create_index("ix_grounds_kind", "grounds", ["kind", "subject"], unique=False)
    op.create_index("ix_grounds_position", "grounds", ["position"], unique=False)
    op.create_index("ix_grounds_ended", "grounds", ["ended_position"], unique=False)
    op.create_table(
        "book_contents",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_book_contents")),
        comment="Rule books by the SHA-256 of their content",
    )
    op.create_table(
        "books",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books")),
        comment="Which rule book decisions followed from a position on",
    )


def _add_result_batches() -> None:
    op.create_table(
        "result_batches",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("decided_at", Moment(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("book", sa.String(length=64), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("declarations", sa.LargeBinary(), nullable=False),
        sa.Column("results", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_batches")),
        sa.UniqueConstraint("batch", name=op.f("uq_result_batches_batch")),
        comment="Recognition results as given and the declarations they answer, one a line",
    )
    op.create_index(
        op.f("ix_result_batches_decided_at"), "result_batches", ["decided_at"], unique=False
    )
    op.create_table(
        "result_index",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("tin", sa.String(length=35), nullable=True),
        sa.Column("accepted_at", Moment(), nullable=False),
        sa.Column("batch_row", _KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_row"], ["result_batches.id"], name=op.f("fk_result_index_batch_row")
        ),
        comment="Which line of which batch answers a reference, and which operator it found",
    )
    op.create_index("ix_result_index_reference", "result_index", ["reference"], unique=False)
    op.create_index("ix_result_index_tin", "result_index", ["tin", "accepted_at"], unique=False)
    op.create_table(
        "result_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "partner", "reason", name=op.f("pk_result_counts")),
        comment="Parties judged, by legal day, partner (empty: none found) and first reason",
    )
    # no release wrote results of the form before
    op.drop_table("results")
