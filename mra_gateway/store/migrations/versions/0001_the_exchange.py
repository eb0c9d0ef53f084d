"""Creates the tables of the exchange: register, lanes, messages, facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the step."""
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(length=40), nullable=False),
        sa.Column("requested_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        comment="Acts that wait for a second officer",
    )
    op.create_index(op.f("ix_approvals_state"), "approvals", ["state"], unique=False)
    op.create_table(
        "cards",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("territory", sa.String(length=2), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("pinned_at", Moment(), nullable=False),
        sa.Column("pinned_by", sa.String(length=40), nullable=False),
        sa.Column("second_officer", sa.String(length=40), nullable=False),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
        comment="Partner cards pinned after two officers compared the fingerprints",
    )
    op.create_index(op.f("ix_cards_territory"), "cards", ["territory"], unique=False)
    op.create_table(
        "clients",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.Column("revoked_by", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_clients_key_hash")),
        comment="National systems and their API keys; a key is 256 random bits, kept as SHA-256",
    )
    op.create_table(
        "confirmations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("arrangement", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("legal_act", sa.Text(), nullable=False),
        sa.Column("act_on", sa.Date(), nullable=False),
        sa.Column("requested_by", sa.String(length=40), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=False),
        sa.Column("confirmed_at", Moment(), nullable=False),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
        comment="Which content of an arrangement two officers confirmed, with its legal act",
    )
    op.create_index(
        "ix_confirmations_current",
        "confirmations",
        ["arrangement"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "consents",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("tin", sa.String(length=35), nullable=False),
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("basis", sa.String(length=12), nullable=False),
        sa.Column("letter_number", sa.Text(), nullable=True),
        sa.Column("given_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("superseded_at", Moment(), nullable=True),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        comment="Consent per operator and partner; at most one is current",
    )
    op.create_index(
        "ix_consents_current",
        "consents",
        ["tin", "partner"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "evidence",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("claimed_sender", sa.String(length=2), nullable=True),
        sa.Column("claimed_message_id", sa.String(length=36), nullable=True),
        sa.Column("peer_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        comment="Bytes that were refused or disputed, as they arrived (cut at a limit)",
    )
    op.create_table(
        "journal",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        comment="Who did what; rows are only ever added",
    )
    op.create_table(
        "lanes",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("arrangement", sa.String(length=80), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("next_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_change", sa.BigInteger(), nullable=False),
        sa.Column("list_cut", sa.BigInteger(), nullable=False),
        sa.Column("lease_holder", sa.String(length=36), nullable=True),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lanes")),
        sa.UniqueConstraint(
            "direction",
            "partner",
            "arrangement",
            "epoch",
            name=op.f("uq_lanes_direction_partner_arrangement_epoch"),
        ),
        comment="(sender, recipient, arrangement, epoch); the row is the lane's lock",
    )
    op.create_table(
        "officers",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("disabled_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_officers")),
    )
    op.create_table(
        "properties",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_properties")),
        comment="What this database is: environment, territory, epoch",
    )
    op.create_table(
        "results",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("decided_at", Moment(), nullable=False),
        sa.Column("accepted_at", Moment(), nullable=False),
        sa.Column("known_at", Moment(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("recognised", sa.Boolean(), nullable=False),
        sa.Column("declaration", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        comment="Recognition results with everything they rest on",
    )
    op.create_index(op.f("ix_results_decided_at"), "results", ["decided_at"], unique=False)
    op.create_index("ix_results_reference", "results", ["reference"], unique=False)
    op.create_table(
        "revocations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("territory", sa.String(length=2), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocations")),
    )
    op.create_table(
        "lists",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("lane_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_id", sa.String(length=36), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("as_of", Moment(), nullable=False),
        sa.Column("as_of_change", sa.BigInteger(), nullable=False),
        sa.Column("next_part", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("last_message", sa.String(length=36), nullable=True),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["lane_id"], ["lanes.id"], name=op.f("fk_lists_lane_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        sa.UniqueConstraint("lane_id", "list_id", name=op.f("uq_lists_lane_id_list_id")),
        comment="Full lists, going out and coming in",
    )
    op.create_index("ix_lists_state", "lists", ["state", "lane_id"], unique=False)
    op.create_table(
        "messages",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("arrangement", sa.String(length=80), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lane_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("stored_at", Moment(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("signer_until", Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Moment(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.Column("answers", sa.String(length=36), nullable=True),
        sa.Column("receipt_unsigned", sa.LargeBinary(), nullable=True),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["lane_id"], ["lanes.id"], name=op.f("fk_messages_lane_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "message_id",
            "direction",
            "partner",
            name=op.f("uq_messages_message_id_direction_partner"),
        ),
        comment="Every message with its exact bytes and its receipt",
    )
    unanswered = sa.text(
        "direction = 'in' AND kind = 'StatusEnquiry' AND outcome = 'accepted'"
        " AND settled_at IS NULL"
    )
    op.create_index(
        "ix_messages_unanswered",
        "messages",
        ["direction", "kind"],
        unique=False,
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )
    op.create_index(
        "ix_messages_answers",
        "messages",
        ["answers", "direction", "state"],
        unique=False,
        sqlite_where=sa.text("answers IS NOT NULL"),
        postgresql_where=sa.text("answers IS NOT NULL"),
    )
    op.create_index(
        "ix_messages_due",
        "messages",
        ["direction", "state", "partner", "next_attempt_at"],
        unique=False,
    )
    op.create_index(
        "ix_messages_heard",
        "messages",
        ["direction", "partner", "arrangement", "settled_at"],
        unique=False,
    )
    op.create_index("ix_messages_lane", "messages", ["lane_id", "state", "sequence"], unique=False)
    op.create_table(
        "told",
        sa.Column("lane_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tin", sa.String(length=35), nullable=False),
        sa.Column("programme", sa.String(length=33), nullable=False),
        sa.Column("authorisation", sa.String(length=70), nullable=False),
        sa.Column("episode", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["lane_id"], ["lanes.id"], name=op.f("fk_told_lane_id")),
        sa.PrimaryKeyConstraint(
            "lane_id", "tin", "programme", "authorisation", name=op.f("pk_told")
        ),
        comment="The status each recipient was last told for each of our operators",
    )
    op.create_table(
        "changes",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("lane_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("change_id", sa.String(length=36), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column(
            "message_row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(["lane_id"], ["lanes.id"], name=op.f("fk_changes_lane_id")),
        sa.ForeignKeyConstraint(
            ["message_row"], ["messages.id"], name=op.f("fk_changes_message_row")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.UniqueConstraint(
            "lane_id", "change_number", name=op.f("uq_changes_lane_id_change_number")
        ),
        comment="Outbox: one row per change and recipient, until a packer puts it into a message",
    )
    op.create_index("ix_changes_change", "changes", ["change_id", "lane_id"], unique=False)
    op.create_index(
        "ix_changes_waiting",
        "changes",
        ["lane_id", "change_number"],
        unique=False,
        sqlite_where=sa.text("message_row IS NULL"),
        postgresql_where=sa.text("message_row IS NULL"),
    )
    op.create_table(
        "facts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("issuer", sa.String(length=2), nullable=False),
        sa.Column("arrangement", sa.String(length=80), nullable=False),
        sa.Column("tin", sa.String(length=35), nullable=False),
        sa.Column("programme", sa.String(length=33), nullable=False),
        sa.Column("authorisation", sa.String(length=70), nullable=False),
        sa.Column("episode", sa.Text(), nullable=False),
        sa.Column("record_version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("effective_from", Moment(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("retracted_at", Moment(), nullable=True),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("change_id", sa.String(length=36), nullable=True),
        sa.Column("change_number", sa.BigInteger(), nullable=True),
        sa.Column("legal_reference", sa.Text(), nullable=True),
        sa.Column(
            "message_row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_row"], ["messages.id"], name=op.f("fk_facts_message_row")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
        comment="Bitemporal: effective_from says when it was true, recorded_at when we knew.",
    )
    op.create_index("ix_facts_authorisation", "facts", ["authorisation"], unique=False)
    op.create_index("ix_facts_change", "facts", ["change_id"], unique=False)
    op.create_index("ix_facts_tin", "facts", ["tin"], unique=False)
    op.create_index("ix_facts_operator", "facts", ["issuer", "arrangement", "tin"], unique=False)
    op.create_table(
        "list_parts",
        sa.Column("list_row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["list_row"], ["lists.id"], name=op.f("fk_list_parts_list_row")),
        sa.PrimaryKeyConstraint("list_row", "part", name=op.f("pk_list_parts")),
    )
    op.create_table(
        "list_records",
        sa.Column("list_row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tin", sa.String(length=35), nullable=False),
        sa.Column("programme", sa.String(length=33), nullable=False),
        sa.Column("authorisation", sa.String(length=70), nullable=False),
        sa.Column("episode", sa.Text(), nullable=False),
        sa.Column("record_version", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("effective_from", Moment(), nullable=False),
        sa.Column("change_id", sa.String(length=36), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["list_row"], ["lists.id"], name=op.f("fk_list_records_list_row")),
        sa.PrimaryKeyConstraint("list_row", "position", name=op.f("pk_list_records")),
        comment="An incoming list until it takes effect as a whole",
    )
    op.create_index("ix_list_records_tin", "list_records", ["list_row", "tin"], unique=False)
    op.create_table(
        "list_members",
        sa.Column("list_row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["fact_id"], ["facts.id"], name=op.f("fk_list_members_fact_id")),
        sa.ForeignKeyConstraint(["list_row"], ["lists.id"], name=op.f("fk_list_members_list_row")),
        sa.PrimaryKeyConstraint("list_row", "position", name=op.f("pk_list_members")),
        comment="Which facts an outgoing list names, in order",
    )
