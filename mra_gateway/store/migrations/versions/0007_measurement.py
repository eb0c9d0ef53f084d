"""Adds performance measurement: loads, entries, feedback, figures, approvals, evaluation plan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the step."""
    op.create_table(
        "measure_loads",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("event_table", sa.String(length=24), nullable=False),
        sa.Column("part", sa.String(length=80), nullable=False),
        sa.Column("period_kind", sa.String(length=8), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("rows_counted", sa.BigInteger(), nullable=False),
        sa.Column("rows_faulty", sa.BigInteger(), nullable=False),
        sa.Column("rows_doubled", sa.BigInteger(), nullable=False),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("loaded_at", Moment(), nullable=False),
        sa.Column("loaded_by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("replaces", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["replaces"], ["measure_loads.id"], name=op.f("fk_measure_loads_replaces")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_loads")),
        sa.UniqueConstraint("replaces", name=op.f("uq_measure_loads_replaces")),
        comment="Files and events taken in for measuring; a correction names the load it replaces",
    )
    op.create_index(
        "ix_measure_loads_first",
        "measure_loads",
        ["event_table", "part", "period_kind", "period_start"],
        unique=True,
        sqlite_where=sa.text("replaces IS NULL"),
        postgresql_where=sa.text("replaces IS NULL"),
    )
    op.create_index(
        "ix_measure_loads_period", "measure_loads", ["event_table", "period_start"], unique=False
    )
    op.create_table(
        "measure_entries",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("indicator", sa.String(length=120), nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("corrects", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["corrects"], ["measure_entries.id"], name=op.f("fk_measure_entries_corrects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_entries")),
        sa.UniqueConstraint("corrects", name=op.f("uq_measure_entries_corrects")),
        comment="What officers entered by hand: values, ratings, rulings, pledges …, with evidence",
    )
    op.create_index("ix_measure_entries_digest", "measure_entries", ["digest"], unique=False)
    op.create_index("ix_measure_entries_kind", "measure_entries", ["kind", "on"], unique=False)
    op.create_table(
        "measure_feedback",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("side", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("partner", sa.String(length=2), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("corrects", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["corrects"], ["measure_feedback.id"], name=op.f("fk_measure_feedback_corrects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_feedback")),
        sa.UniqueConstraint("corrects", name=op.f("uq_measure_feedback_corrects")),
        comment="What operators and partner administrations said about the programme",
    )
    op.create_index(
        "ix_measure_feedback_received", "measure_feedback", ["received_on"], unique=False
    )
    op.create_table(
        "measure_answers",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("feedback", _KEY, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback"], ["measure_feedback.id"], name=op.f("fk_measure_answers_feedback")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure_answers")),
        comment="What was answered to feedback; every answer, the newest last",
    )
    op.create_index("ix_measure_answers_feedback", "measure_answers", ["feedback"], unique=False)
    op.create_table(
        "figures",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("indicator", sa.String(length=120), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("period_kind", sa.String(length=8), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("breakdown", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("numerator", sa.Double(), nullable=True),
        sa.Column("denominator", sa.Double(), nullable=True),
        sa.Column("cases", sa.BigInteger(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("lineage", sa.Text(), nullable=False),
        sa.Column("inputs", sa.String(length=64), nullable=True),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("computed_at", Moment(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("prepared_by", sa.String(length=40), nullable=True),
        sa.Column("prepared_at", Moment(), nullable=True),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("approved_at", Moment(), nullable=True),
        sa.Column("published_at", Moment(), nullable=True),
        sa.Column("corrects", _KEY, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["corrects"], ["figures.id"], name=op.f("fk_figures_corrects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figures")),
        sa.UniqueConstraint("corrects", name=op.f("uq_figures_corrects")),
        comment="Figures and their lineage; published ones are frozen, and corrected by later rows",
    )
    op.create_index(
        "ix_figures_period", "figures", ["period_kind", "period_start", "indicator"], unique=False
    )
    op.create_table(
        "figure_approvals",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("figure", _KEY, nullable=False),
        sa.Column("act", sa.String(length=12), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["figure"], ["figures.id"], name=op.f("fk_figure_approvals_figure")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_approvals")),
        comment="Who prepared, approved, rejected or published which figure, every act",
    )
    op.create_index("ix_figure_approvals_figure", "figure_approvals", ["figure"], unique=False)
    op.create_table(
        "evaluation_plan",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("responsible", sa.Text(), nullable=False),
        sa.Column("every", sa.String(length=12), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_plan")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_evaluation_plan_key_version")),
        comment="Evaluations and audits of the figures and their due dates; every version of each",
    )
