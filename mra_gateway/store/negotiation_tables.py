"""The tables of negotiations: every version of what was compared, written and agreed."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from mra_gateway.store.tables import BigKey, Moment, metadata

negotiations = Table(
    "negotiations",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("ours", String(40), nullable=False),
    Column("theirs", String(40), nullable=False),
    Column("catalogue", String(40), nullable=False),
    Column("edition", String(40), nullable=False),
    Column("phases", String(40), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", String(40), nullable=False),
    Column("concluded_at", Moment),
    Column("concluded_by", String(40)),
    Column("arrangement", String(80)),
    comment="Negotiations: two programmes, a catalogue, and the arrangement they ended in",
)

negotiation_comparisons = Table(
    "negotiation_comparisons",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("negotiation", ForeignKey("negotiations.id"), nullable=False),
    Column("audience", String(8), nullable=False),
    Column("content", Text, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("taken_by", String(40), nullable=False),
    Index("ix_negotiation_comparisons_negotiation", "negotiation", "audience"),
    comment="What was compared, as it was; the newest for each audience counts",
)

negotiation_records = Table(
    "negotiation_records",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("negotiation", ForeignKey("negotiations.id"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("key", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("audience", String(8), nullable=False),
    Column("content", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(40), nullable=False),
    UniqueConstraint("negotiation", "kind", "key", "version"),
    comment="Positions, questions, visits, actions …: every version of each; rows never change",
)

negotiation_documents = Table(
    "negotiation_documents",
    metadata,
    Column("negotiation", ForeignKey("negotiations.id"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    comment="The bytes of documents handed in, by their SHA-256",
)
