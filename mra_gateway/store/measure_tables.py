"""The tables of performance measurement: what was loaded, entered, computed, approved, planned.

Corrections stay: no row of what was loaded, entered or said is overwritten. A later row says which
one it corrects; of a figure only its state moves on, and not at all once it is published.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from mra_gateway.store import tables
from mra_gateway.store.tables import BigKey, Moment

# --- what figures are computed from

measure_loads = Table(
    "measure_loads",
    tables.metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("event_table", String(24), nullable=False),
    Column("part", String(80), nullable=False),
    Column("period_kind", String(8), nullable=False),
    Column("period_start", Date, nullable=False),
    Column("source", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("content_digest", String(64), nullable=False),
    Column("rows_read", BigInteger, nullable=False),
    Column("rows_counted", BigInteger, nullable=False),
    Column("rows_faulty", BigInteger, nullable=False),
    Column("rows_doubled", BigInteger, nullable=False),
    Column("partial", Boolean, nullable=False),
    Column("findings", Text, nullable=False),
    Column("loaded_at", Moment, nullable=False),
    Column("loaded_by", String(40), nullable=False),
    Column("note", Text),
    Column("replaces", ForeignKey("measure_loads.id")),
    # a load is replaced once: of two officers who correct at the same time one is refused
    UniqueConstraint("replaces"),
    Index("ix_measure_loads_period", "event_table", "period_start"),
    # so is the first load of a period made once; every other corrects one
    Index(
        "ix_measure_loads_first",
        "event_table",
        "part",
        "period_kind",
        "period_start",
        unique=True,
        sqlite_where=text("replaces IS NULL"),
        postgresql_where=text("replaces IS NULL"),
    ),
    comment="Files and events taken in for measuring; a correction names the load it replaces",
)

measure_entries = Table(
    "measure_entries",
    tables.metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("kind", String(24), nullable=False),
    Column("indicator", String(120)),
    Column("on", Date, nullable=False),
    Column("value", Double),
    Column("content", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("digest", String(64)),
    Column("at", Moment, nullable=False),
    Column("by", String(40), nullable=False),
    Column("note", Text),
    Column("corrects", ForeignKey("measure_entries.id")),
    UniqueConstraint("corrects"),
    Index("ix_measure_entries_kind", "kind", "on"),
    Index("ix_measure_entries_digest", "digest"),
    comment="What officers entered by hand: values, ratings, rulings, pledges …, with evidence",
)

measure_sheets = Table(
    "measure_sheets",
    tables.metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("partner", String(2), nullable=False),
    Column("period_kind", String(8), nullable=False),
    Column("period_start", Date, nullable=False),
    Column("content", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("message_id", String(36)),
    Column("signer", String(64)),
    Column("signer_name", Text),
    Column("evidence", Text),
    Column("taken_at", Moment, nullable=False),
    Column("taken_by", String(40), nullable=False),
    Column("corrects", ForeignKey("measure_sheets.id")),
    UniqueConstraint("corrects"),
    # of two that come at the same time as the first of a period one is refused
    Index(
        "ix_measure_sheets_first",
        "partner",
        "period_kind",
        "period_start",
        unique=True,
        sqlite_where=text("corrects IS NULL"),
        postgresql_where=text("corrects IS NULL"),
    ),
    comment="Joint monitoring sheets of partners: their figures, signed or vouched for",
)

measure_feedback = Table(
    "measure_feedback",
    tables.metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("side", String(12), nullable=False),
    Column("category", String(40), nullable=False),
    Column("partner", String(2)),
    Column("text", Text, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(40), nullable=False),
    Column("corrects", ForeignKey("measure_feedback.id")),
    UniqueConstraint("corrects"),
    Index("ix_measure_feedback_received", "received_on"),
    comment="What operators and partner administrations said about the programme",
)

measure_answers = Table(
    "measure_answers",
    tables.metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("feedback", ForeignKey("measure_feedback.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("answered_on", Date, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(40), nullable=False),
    Index("ix_measure_answers_feedback", "feedback"),
    comment="What was answered to feedback; every answer, the newest last",
)

# --- figures

figures = Table(
    "figures",
    tables.metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("indicator", String(120), nullable=False),
    Column("version", String(64), nullable=False),
    Column("period_kind", String(8), nullable=False),
    Column("period_start", Date, nullable=False),
    Column("breakdown", Text, nullable=False),
    Column("value", Double),
    Column("numerator", Double),
    Column("denominator", Double),
    Column("cases", BigInteger),
    Column("low", Double),
    Column("high", Double),
    Column("method", Text),
    Column("unit", Text, nullable=False),
    Column("lineage", Text, nullable=False),
    Column("inputs", String(64)),
    Column("partial", Boolean, nullable=False),
    Column("computed_at", Moment, nullable=False),
    Column("status", String(12), nullable=False),
    Column("prepared_by", String(40)),
    Column("prepared_at", Moment),
    Column("approved_by", String(40)),
    Column("approved_at", Moment),
    Column("published_at", Moment),
    Column("corrects", ForeignKey("figures.id")),
    Column("note", Text),
    Column("digest", String(64), nullable=False),
    UniqueConstraint("corrects"),
    Index("ix_figures_period", "period_kind", "period_start", "indicator"),
    comment="Figures and their lineage; published ones are frozen, and corrected by later rows",
)

figure_approvals = Table(
    "figure_approvals",
    tables.metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("figure", ForeignKey("figures.id"), nullable=False),
    Column("act", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(40), nullable=False),
    Column("note", Text),
    Index("ix_figure_approvals_figure", "figure"),
    comment="Who prepared, approved, rejected or published which figure, every act",
)

evaluation_plan = Table(
    "evaluation_plan",
    tables.metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("key", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("title", Text, nullable=False),
    Column("responsible", Text, nullable=False),
    Column("every", String(12)),
    Column("due_on", Date, nullable=False),
    Column("done_on", Date),
    Column("outcome", Text),
    Column("at", Moment, nullable=False),
    Column("by", String(40), nullable=False),
    UniqueConstraint("key", "version"),
    comment="Evaluations and audits of the figures and their due dates; every version of each",
)
