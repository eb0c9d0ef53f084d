"""The tables of the exchange: lanes, changes, messages, lists, notices, what partners told us."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from mra_gateway.store.tables import BigKey, Moment, metadata

lanes = Table(
    "lanes",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("direction", String(3), nullable=False),
    Column("partner", String(2), nullable=False),
    Column("arrangement", String(80), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("next_sequence", BigInteger, nullable=False, default=1),
    Column("last_change", BigInteger, nullable=False, default=0),
    Column("list_cut", BigInteger, nullable=False, default=-1),
    Column("lease_holder", String(36)),
    Column("lease_until", Moment),
    UniqueConstraint("direction", "partner", "arrangement", "epoch"),
    comment="(sender, recipient, arrangement, epoch); the row is the lane's lock",
)

changes = Table(
    "changes",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("lane_id", ForeignKey("lanes.id"), nullable=False),
    Column("change_number", BigInteger, nullable=False),
    Column("change_id", String(36), nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("message_row", ForeignKey("messages.id")),
    UniqueConstraint("lane_id", "change_number"),
    Index("ix_changes_change", "change_id", "lane_id"),
    Index(
        "ix_changes_waiting",
        "lane_id",
        "change_number",
        sqlite_where=text("message_row IS NULL"),
        postgresql_where=text("message_row IS NULL"),
    ),
    comment="Outbox: one row per change and recipient, until a packer puts it into a message",
)

UNANSWERED = text(
    "direction = 'in' AND kind = 'StatusEnquiry' AND outcome = 'accepted' AND settled_at IS NULL"
)
"""An enquiry taken whose answer is not stored yet; written out, so that its index is used."""

messages = Table(
    "messages",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("direction", String(3), nullable=False),
    Column("partner", String(2), nullable=False),
    Column("message_id", String(36), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("arrangement", String(80)),
    Column("epoch", Integer, nullable=False),
    Column("lane_id", ForeignKey("lanes.id")),
    Column("sequence", BigInteger),
    Column("digest", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("stored_at", Moment, nullable=False),
    Column("records", Integer, nullable=False, default=0),
    Column("state", String(12), nullable=False),
    Column("outcome", String(20)),
    Column("reason", String(40)),
    Column("signer_until", Moment),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", Moment),
    Column("last_error", Text),
    Column("settled_at", Moment),
    Column("answers", String(36)),
    Column("receipt_unsigned", LargeBinary),
    Column("receipt", LargeBinary),
    UniqueConstraint("message_id", "direction", "partner"),
    Index("ix_messages_lane", "lane_id", "state", "sequence"),
    Index(
        "ix_messages_answers",
        "answers",
        "direction",
        "state",
        sqlite_where=text("answers IS NOT NULL"),
        postgresql_where=text("answers IS NOT NULL"),
    ),
    Index(
        "ix_messages_unanswered",
        "direction",
        "kind",
        sqlite_where=UNANSWERED,
        postgresql_where=UNANSWERED,
    ),
    Index("ix_messages_due", "direction", "state", "partner", "next_attempt_at"),
    comment="Every message with its exact bytes and its receipt",
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("received_at", Moment, nullable=False),
    Column("claimed_sender", String(2)),
    Column("claimed_message_id", String(36)),
    Column("peer_fingerprint", String(64)),
    Column("reason", String(40), nullable=False),
    Column("verdict", Text),
    Column("digest", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    comment="Bytes that were refused or disputed, as they arrived (cut at a limit)",
)

lists = Table(
    "lists",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("lane_id", ForeignKey("lanes.id"), nullable=False),
    Column("list_id", String(36), nullable=False),
    Column("parts", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("root", String(64), nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("as_of_change", BigInteger, nullable=False),
    Column("next_part", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(40)),
    Column("last_message", String(36)),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    UniqueConstraint("lane_id", "list_id"),
    Index("ix_lists_state", "state", "lane_id"),
    comment="Full lists, going out and coming in",
)

list_parts = Table(
    "list_parts",
    metadata,
    Column("list_row", ForeignKey("lists.id"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
)

list_records = Table(
    "list_records",
    metadata,
    Column("list_row", ForeignKey("lists.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("tin", String(35), nullable=False),
    Column("programme", String(33), nullable=False),
    Column("authorisation", String(70), nullable=False),
    Column("episode", Text, nullable=False),
    Column("record_version", BigInteger, nullable=False),
    Column("status", String(12), nullable=False),
    Column("effective_from", Moment, nullable=False),
    Column("change_id", String(36)),
    Column("record", Text, nullable=False),
    Index("ix_list_records_tin", "list_row", "tin"),
    comment="An incoming list until it takes effect as a whole",
)

TO_TELL = text("message_row IS NULL AND untold IS NULL")
"""A notice no packer has taken; what was heard has a message."""

UNSEEN = text("direction = 'in' AND seen_at IS NULL")
"""A notice heard that no officer has seen."""

notices = Table(
    "notices",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("direction", String(3), nullable=False),
    Column("partner", String(2), nullable=False),
    Column("arrangement", String(80), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("notice_id", String(36), nullable=False),
    Column("act", String(12), nullable=False),
    Column("tin", String(35)),
    Column("content", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("message_row", ForeignKey("messages.id")),
    Column("untold", String(40)),
    Column("measure_id", String(36)),
    Column("seen_at", Moment),
    Column("seen_by", String(40)),
    Column("ground_id", BigInteger),
    Column("adopted_at", Moment),
    Column("adopted_by", String(40)),
    Index("ix_notices_notice", "notice_id", "partner"),
    Index(
        "ix_notices_ground",
        "ground_id",
        sqlite_where=text("ground_id IS NOT NULL"),
        postgresql_where=text("ground_id IS NOT NULL"),
    ),
    Index(
        "ix_notices_waiting",
        "partner",
        "arrangement",
        sqlite_where=TO_TELL,
        postgresql_where=TO_TELL,
    ),
    Index("ix_notices_unseen", "recorded_at", sqlite_where=UNSEEN, postgresql_where=UNSEEN),
    comment="Notices told to partners and heard from them, a row each time",
)

capabilities = Table(
    "capabilities",
    metadata,
    Column("partner", String(2), primary_key=True),
    Column("content", Text, nullable=False),
    Column("told_at", Moment, nullable=False),
    comment="What each partner's last receipt of a Ping said it takes",
)

received_profiles = Table(
    "received_profiles",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("programme", String(40), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("partner", String(2), nullable=False),
    Column("content", Text, nullable=False),
    Column("message_id", String(36), nullable=False),
    Column("signer", String(64), nullable=False),
    Column("signer_name", Text, nullable=False),
    Column("signed_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    UniqueConstraint("programme", "version"),
    comment="Profiles of programmes as their administrations signed them, every version",
)
