"""Adds the view of recognised operators, evidence of purges, and requests for correction.

The view is for administrations that read the database themselves. It says what SQL can say: the
authorisations partners stated that are valid now and have not passed their last day, while the
partner's word is not older than the limit, under arrangements that are confirmed.

What it cannot say, and the extract (`mra-gateway extract`) does: whether our copy of the
arrangement is still the one confirmed and in force today, whether programme, tier and role are in
its scope, under which numbers the operator may be declared here, which benefits it gets, and
whether we suspended them. Its days are those of UTC, where the rule goes by the partner's.

Revision 0011 drops this view: it is made anew there, and says what the extract says.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_VIEW = """
CREATE VIEW recognised_operators AS
SELECT
    held.issuer AS partner,
    held.arrangement AS arrangement,
    held.tin AS tin,
    held.authorisation AS authorisation,
    held.programme AS programme,
    {tier} AS tier,
    {legal_name} AS legal_name,
    held.status AS status,
    {since} AS valid_since,
    {expires_on} AS expires_on,
    {as_of} AS as_of,
    {use_until} AS use_until,
    held.record AS record
FROM (
    SELECT facts.*, row_number() OVER (
        PARTITION BY issuer, arrangement, tin, programme, authorisation
        ORDER BY effective_from DESC, id DESC
    ) AS latest
    FROM facts
    WHERE retracted_at IS NULL AND arrangement <> '' AND effective_from <= {now}
) AS held
JOIN (
    SELECT issuer, arrangement, max(at) AS at
    FROM feed WHERE issuer IS NOT NULL GROUP BY issuer, arrangement
) AS heard ON heard.issuer = held.issuer AND heard.arrangement = held.arrangement
WHERE held.latest = 1
    AND held.status = 'valid'
    AND ({expires_on} IS NULL OR {expires_on} >= {today})
    AND heard.at + {limit} >= {now}
    AND EXISTS (
        SELECT 1 FROM confirmations
        WHERE confirmations.arrangement = held.arrangement AND confirmations.withdrawn_at IS NULL
    )
"""
_LIMIT = 45 * 24 * 60 * 60 * 1_000_000
"""Forty-five days without the partner's word, in microseconds."""

_SQLITE = {
    "now": "CAST(strftime('%s', 'now') AS INTEGER) * 1000000",
    "today": "date('now')",
    "tier": "json_extract(held.record, '$.tier')",
    "legal_name": "json_extract(held.record, '$.legal_name')",
    "expires_on": "json_extract(held.record, '$.expires_on')",
    "since": "strftime('%Y-%m-%dT%H:%M:%SZ', held.effective_from / 1000000, 'unixepoch')",
    "as_of": "strftime('%Y-%m-%dT%H:%M:%SZ', heard.at / 1000000, 'unixepoch')",
    "use_until": (f"strftime('%Y-%m-%dT%H:%M:%SZ', (heard.at + {_LIMIT}) / 1000000, 'unixepoch')"),
}
_POSTGRESQL = {
    "now": "CAST(floor(extract(epoch FROM now())) AS BIGINT) * 1000000",
    "today": "CAST(now() AT TIME ZONE 'UTC' AS DATE)",
    "tier": "CAST(held.record AS JSONB) ->> 'tier'",
    "legal_name": "CAST(held.record AS JSONB) ->> 'legal_name'",
    "expires_on": "CAST(CAST(held.record AS JSONB) ->> 'expires_on' AS DATE)",
    "since": "to_timestamp(held.effective_from / 1000000)",
    "as_of": "to_timestamp(heard.at / 1000000)",
    "use_until": f"to_timestamp((heard.at + {_LIMIT}) / 1000000)",
}
_COLUMNS = {
    "partner": "Administration that states the authorisation",
    "arrangement": "Arrangement under which it told us",
    "tin": "Trader Identification Number",
    "authorisation": "Authorisation number exactly as issued",
    "programme": "Programme, as in partners/programmes",
    "tier": "Tier or type; null when not told",
    "legal_name": "Name in the register; null when it does not travel",
    "status": "valid",
    "valid_since": "Since when it has this status",
    "expires_on": "Last day, in the time zone of the partner; null when it has none",
    "as_of": "When the last word of the partner took effect here",
    "use_until": "Not to be used after this moment without a newer word",
    "record": "Everything the partner told of it, as JSON",
}


def upgrade() -> None:
    """Applies the step."""
    op.create_table(
        "purges",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("purged_at", Moment(), nullable=False),
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("arrangement", sa.String(length=80), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("ended_before", Moment(), nullable=False),
        sa.Column("operators", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=40), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purges")),
        comment="What a retention had removed: how many of each kind, and the digest of it",
    )
    op.create_table(
        "corrections",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tin", sa.String(length=35), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("opened_by", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("closed_by", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        comment="What operators asked to have corrected, and what became of it",
    )
    op.create_index(op.f("ix_corrections_tin"), "corrections", ["tin"], unique=False)
    _create_view()


def _create_view() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    words = _POSTGRESQL if postgresql else _SQLITE
    op.execute(sa.text(_VIEW.format(limit=_LIMIT, **words).replace(":", "\\:")))
    if postgresql:
        for name, meaning in _COLUMNS.items():
            op.execute(sa.text(f"COMMENT ON COLUMN recognised_operators.{name} IS '{meaning}'"))
