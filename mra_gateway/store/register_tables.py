"""The tables of the registers: what is held of operators, whom it was told, and who consented."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from mra_gateway.store.exchange_tables import lanes, lists, messages
from mra_gateway.store.tables import BigKey, Moment, metadata

facts = Table(
    "facts",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("issuer", String(2), nullable=False),
    Column("arrangement", String(80), nullable=False),
    Column("tin", String(35), nullable=False),
    Column("programme", String(33), nullable=False),
    Column("authorisation", String(70), nullable=False),
    Column("episode", Text, nullable=False),
    Column("record_version", BigInteger, nullable=False),
    Column("status", String(12), nullable=False),
    Column("effective_from", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("retracted_at", Moment),
    Column("position", BigInteger, nullable=False),
    Column("retracted_position", BigInteger),
    Column("cause", String(12), nullable=False),
    Column("change_id", String(36)),
    Column("change_number", BigInteger),
    Column("legal_reference", Text),
    Column("message_row", ForeignKey(messages.c.id)),
    Column("record", Text, nullable=False),
    Index("ix_facts_operator", "issuer", "arrangement", "tin"),
    Index("ix_facts_tin", "tin"),
    Index("ix_facts_authorisation", "authorisation"),
    Index("ix_facts_change", "change_id"),
    Index("ix_facts_position", "position"),
    Index(
        "ix_facts_retracted",
        "retracted_position",
        sqlite_where=text("retracted_position IS NOT NULL"),
        postgresql_where=text("retracted_position IS NOT NULL"),
    ),
    comment="Bitemporal: effective_from says when it was true, recorded_at when we knew.",
)

told = Table(
    "told",
    metadata,
    Column("lane_id", ForeignKey(lanes.c.id), primary_key=True),
    Column("tin", String(35), primary_key=True),
    Column("programme", String(33), primary_key=True),
    Column("authorisation", String(70), primary_key=True),
    Column("episode", Text, nullable=False),
    Column("status", String(12), nullable=False),
    comment="The status each recipient was last told for each of our operators",
)

consents = Table(
    "consents",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("tin", String(35), nullable=False),
    Column("partner", String(2), nullable=False),
    Column("basis", String(12), nullable=False),
    Column("letter_number", Text),
    Column("given_on", Date),
    Column("withdrawn_on", Date),
    Column("recorded_at", Moment, nullable=False),
    Column("superseded_at", Moment),
    Column("recorded_by", String(40), nullable=False),
    Index(
        "ix_consents_current",
        "tin",
        "partner",
        unique=True,
        sqlite_where=text("superseded_at IS NULL"),
        postgresql_where=text("superseded_at IS NULL"),
    ),
    comment="Consent per operator and partner; at most one is current",
)

list_members = Table(
    "list_members",
    metadata,
    Column("list_row", ForeignKey(lists.c.id), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("fact_id", ForeignKey(facts.c.id), nullable=False),
    comment="Which facts an outgoing list names, in order",
)
