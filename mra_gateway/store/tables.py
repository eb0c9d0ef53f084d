"""The tables: what must survive a crash, and nothing that can be derived.

Moments are microseconds since 1970 UTC on both databases, so that they compare and index alike;
models are kept as the JSON pydantic writes; messages as the exact bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored as microseconds since 1970 UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Turns a moment into its number; a naive moment is a programming error."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turns a number back into a moment."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


BigKey = BigInteger().with_variant(Integer, "sqlite")
"""A growing key: SQLite counts rows only in a column declared INTEGER."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

properties = Table(
    "properties",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
    comment="What this database is: environment, territory, epoch",
)

# --- people, and systems of this administration

officers = Table(
    "officers",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("failed_attempts", Integer, nullable=False, default=0),
    Column("locked_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(40), nullable=False),
    Column("disabled_at", Moment),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("summary", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("requested_by", String(40), nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("decided_by", String(40)),
    Column("decided_at", Moment),
    Column("note", Text),
    comment="Acts that wait for a second officer",
)

clients = Table(
    "clients",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(40), nullable=False),
    Column("revoked_at", Moment),
    Column("revoked_by", String(40)),
    comment="National systems and their API keys; a key is 256 random bits, kept as SHA-256",
)

journal = Table(
    "journal",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(60), nullable=False),
    Column("act", String(60), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    comment="Who did what; rows are only ever added",
)

# --- trust, and the arrangements confirmed

cards = Table(
    "cards",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("territory", String(2), nullable=False, index=True),
    Column("card", Text, nullable=False),
    Column("pinned_at", Moment, nullable=False),
    Column("pinned_by", String(40), nullable=False),
    Column("second_officer", String(40), nullable=False),
    Column("withdrawn_at", Moment),
    comment="Partner cards pinned after two officers compared the fingerprints",
)

revocations = Table(
    "revocations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("territory", String(2), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("since", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("recorded_by", String(40), nullable=False),
    Column("note", Text, nullable=False),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("arrangement", String(80), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("legal_act", Text, nullable=False),
    Column("act_on", Date, nullable=False),
    Column("requested_by", String(40), nullable=False),
    Column("approved_by", String(40), nullable=False),
    Column("confirmed_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Index(
        "ix_confirmations_current",
        "arrangement",
        unique=True,
        sqlite_where=text("withdrawn_at IS NULL"),
        postgresql_where=text("withdrawn_at IS NULL"),
    ),
    comment="Which content of an arrangement two officers confirmed, with its legal act",
)

# --- the exchange

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

list_members = Table(
    "list_members",
    metadata,
    Column("list_row", ForeignKey("lists.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("fact_id", ForeignKey("facts.id"), nullable=False),
    comment="Which facts an outgoing list names, in order",
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

# --- programmes as partners describe them

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

# --- what is held

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
    Column("message_row", ForeignKey("messages.id")),
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
    Column("lane_id", ForeignKey("lanes.id"), primary_key=True),
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

# --- what decisions rest on, and what was decided

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
    Column("declarations", LargeBinary, nullable=False),
    Column("results", LargeBinary, nullable=False),
    comment="Recognition results as given and the declarations they answer, one a line",
)

result_index = Table(
    "result_index",
    metadata,
    Column("reference", Text, nullable=False),
    Column("tin", String(35)),
    Column("accepted_at", Moment, nullable=False),
    Column("batch_row", ForeignKey("result_batches.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Index("ix_result_index_reference", "reference"),
    Index("ix_result_index_tin", "tin", "accepted_at"),
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

# --- data protection

purges = Table(
    "purges",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("purged_at", Moment, nullable=False),
    Column("partner", String(2), nullable=False),
    Column("arrangement", String(80), nullable=False),
    Column("retention_days", Integer, nullable=False),
    Column("ended_before", Moment, nullable=False),
    Column("operators", Integer, nullable=False),
    Column("removed", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("requested_by", String(40), nullable=False),
    Column("approved_by", String(40), nullable=False),
    comment="What a retention had removed: how many of each kind, and the digest of it",
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tin", String(35), nullable=False, index=True),
    Column("asked_by", Text, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", String(40), nullable=False),
    Column("outcome", String(20)),
    Column("answer", Text),
    Column("closed_at", Moment),
    Column("closed_by", String(40)),
    comment="What operators asked to have corrected, and what became of it",
)

# --- negotiations

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
