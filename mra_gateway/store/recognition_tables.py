"""The tables of recognition: what decisions rest on, and what was decided."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from mra_gateway.store.tables import BigKey, Moment, metadata

feed = Table(
    "feed",
    metadata,
    Column("position", BigKey, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("issuer", String(2)),
    Column("arrangement", String(80)),
    Index("ix_feed_heard", "issuer", "arrangement", "position"),
    comment="One row per transaction that changed what decisions rest on, in commit order",
)

grounds = Table(
    "grounds",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("kind", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("recorded_by", String(80), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("ended_at", Moment),
    Column("ended_by", String(80)),
    Column("ended_position", BigInteger),
    Index("ix_grounds_kind", "kind", "subject"),
    Index("ix_grounds_position", "position"),
    Index("ix_grounds_ended", "ended_position"),
    comment="What decisions rest on besides statuses; rows end and are never changed otherwise",
)

books = Table(
    "books",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("digest", String(64), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    comment="Which rule book decisions followed from a position on",
)

book_contents = Table(
    "book_contents",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("content", Text, nullable=False),
    comment="Rule books by the SHA-256 of their content",
)

result_batches = Table(
    "result_batches",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("batch", String(36), nullable=False, unique=True),
    Column("decided_at", Moment, nullable=False, index=True),
    Column("position", BigInteger, nullable=False),
    Column("book", String(64), nullable=False),
    Column("current", Boolean, nullable=False),
    Column("requested_by", String(80), nullable=False),
    Column("size", Integer, nullable=False),
    Column("segment", BigInteger, nullable=False, server_default="0"),
    Column("declarations", LargeBinary, nullable=False),
    Column("results", LargeBinary, nullable=False),
    comment="Recognition results as given and the declarations they answer, one a line",
)

result_segments = Table(
    "result_segments",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    comment="Segments of the index of results: adding costs the same however many there are",
)

result_index = Table(
    "result_index",
    metadata,
    Column("segment", BigInteger, nullable=False, server_default="0"),
    Column("reference", Text, nullable=False),
    Column("tin", String(35)),
    Column("accepted_at", Moment, nullable=False),
    Column("batch_row", ForeignKey("result_batches.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Index("ix_result_index_reference", "segment", "reference"),
    Index("ix_result_index_tin", "segment", "tin", "accepted_at"),
    comment="Which line of which batch answers a reference, and which operator it found",
)

result_counts = Table(
    "result_counts",
    metadata,
    Column("day", Date, primary_key=True),
    Column("partner", String(2), primary_key=True),
    Column("reason", String(40), primary_key=True),
    Column("count", BigInteger, nullable=False),
    comment="Parties judged, by legal day, partner (empty: none found) and first reason",
)
