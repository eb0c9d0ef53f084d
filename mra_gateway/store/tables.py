"""What tables are made of; and those of officers, systems, trust and data protection.

Tables hold what must survive a crash, and nothing that can be derived. The others stand in modules
of their own, by concern; `every_table.py` names them all.

Moments are microseconds since 1970 UTC on both databases, so that they compare and index alike;
models are kept as the JSON pydantic writes; messages as the exact bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
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
