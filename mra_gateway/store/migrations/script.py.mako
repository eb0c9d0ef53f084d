"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the step."""
    ${upgrades if upgrades else "pass"}
