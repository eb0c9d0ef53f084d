"""Drops the index by which a partner's last word was found: nothing asks for it any more."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the step."""
    op.drop_index("ix_messages_heard", "messages")
