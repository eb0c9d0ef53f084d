"""Makes the views say what the extract says: numbers, local codes, benefits, and until when.

The view of 0003 said what SQL could compute, and so gave no benefits, no number as it is declared
here, and listed whom we had suspended. The views of now show the last extract that was taken into
the database (`mra-gateway extract --into-view`, or `view_minutes` under `[extract]`), and of it
what may still be used: an extract that is not taken anew shows nobody in the end.

Rights granted on the old view have to be granted again, on both.

A later revision that changes a table the views read drops the views first and makes them again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mra_gateway.store.tables import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_VIEWS = """
CREATE VIEW recognised_operators AS
SELECT
    held.partner AS partner,
    held.arrangement AS arrangement,
    held.tin AS tin,
    held.authorisation AS authorisation,
    held.programme AS programme,
    held.tier AS tier,
    held.legal_name AS legal_name,
    {names} AS names,
    held.status AS status,
    {valid_since} AS valid_since,
    held.expires_on AS expires_on,
    held.number AS number,
    {local_codes} AS local_codes,
    {benefits} AS benefits,
    {conditional_benefits} AS conditional_benefits,
    held.note AS note,
    held.score AS score,
    held.score_scale AS score_scale,
    {as_of} AS as_of,
    {holds_until} AS holds_until,
    {use_until} AS use_until,
    state.mark AS mark,
    {taken_at} AS taken_at
FROM extract_operators AS held
JOIN extract_sources AS source
    ON source.partner = held.partner AND source.arrangement = held.arrangement
CROSS JOIN extract_state AS state
WHERE source.use_until > {now} AND (held.holds_until IS NULL OR held.holds_until > {now}){only};

CREATE VIEW recognised_numbers AS
SELECT
    one.compared_as AS compared_as,
    one.number AS number,
    one.kind AS kind,
    (one.use = 'sure') AS settles,
    one.use AS use,
    one.rule AS rule,
    {fields} AS fields,
    one.code_list AS code_list,
    one.told_by AS told_by,
    one.site AS site,
    held.partner AS partner,
    held.arrangement AS arrangement,
    held.tin AS tin,
    held.authorisation AS authorisation,
    held.programme AS programme,
    {as_of} AS as_of,
    {use_until} AS use_until
FROM extract_numbers AS one
JOIN extract_operators AS held
    ON held.partner = one.partner
    AND held.arrangement = one.arrangement
    AND held.tin = one.tin
    AND held.programme = one.programme
    AND held.authorisation = one.authorisation{same}
JOIN extract_sources AS source
    ON source.partner = held.partner AND source.arrangement = held.arrangement
WHERE source.use_until > {now} AND (held.holds_until IS NULL OR held.holds_until > {now}){only}
"""
_JSON = (
    "held.names",
    "held.local_codes",
    "held.benefits",
    "held.conditional_benefits",
    "one.fields",
)
_MOMENTS = {
    "valid_since": "held.valid_since",
    "as_of": "source.as_of",
    "holds_until": "held.holds_until",
    "taken_at": "state.taken_at",
}
_COLUMNS = {
    "recognised_operators": {
        "partner": "Administration that states the authorisation",
        "arrangement": "Arrangement under which it told us",
        "tin": "Trader Identification Number",
        "authorisation": "Authorisation number exactly as issued",
        "programme": "Programme, as in partners/programmes",
        "tier": "Tier or type; null when not told",
        "legal_name": "Name in the register; null when it does not travel",
        "names": "Other names, as a list",
        "status": "valid: who is not recognised is not shown",
        "valid_since": "Since when it has this status",
        "expires_on": "Last day, in the time zone of the partner; null when it has none",
        "number": "Number to declare; null when none settles who is meant (recognised_numbers)",
        "local_codes": "Codes of ours that stand for it, as a list",
        "benefits": "Given whatever else is declared, with flow, functions and parameters",
        "conditional_benefits": "Given by the gateway only, which has to be asked",
        "note": "Why benefits are missing that the table would give",
        "score": "Our own score of the operator",
        "score_scale": "Scale of the score",
        "as_of": "When the last word of the partner took effect here",
        "holds_until": "What is known now ends then; null when no end is known",
        "use_until": "Not shown any more from this moment on without a newer extract",
        "mark": "Which extract it is",
        "taken_at": "When the extract was taken into the database",
    },
    "recognised_numbers": {
        "compared_as": "To look up by: capitals, without spaces, hyphens and other punctuation",
        "number": "As it is to be written",
        "kind": "number, or local code",
        "settles": "Whether it names this authorisation and no other; else it matches nothing",
        "use": "sure, lossy or ambiguous",
        "rule": "By which alias rule, or which number of the operator it is",
        "fields": "Field of the declaration and what stands in it",
        "code_list": "The list a local code belongs to",
        "told_by": "The partner that told us a local code, or the officer who confirmed it",
        "site": "The site a local code stands for, when it is one of several",
        "partner": "Administration that states the authorisation",
        "arrangement": "Arrangement under which it told us",
        "tin": "Trader Identification Number",
        "authorisation": "Authorisation number exactly as issued",
        "programme": "Programme, as in partners/programmes",
        "as_of": "When the last word of the partner took effect here",
        "use_until": "Not shown any more from this moment on without a newer extract",
    },
}


def view_statements(dialect: str, *, only: str = "", same: str = "") -> list[str]:
    """Returns what makes the views on a database.

    Args:
        dialect: Of the database.
        only: On what conditions a later revision shows a row; `{now}` is the moment in them, and
            `{later}` the function that returns the later of two.
        same: By what it tells numbers of an operator's rows apart.
    """
    is_postgres = dialect == "postgresql"
    words = {place.partition(".")[2]: _json(place, is_postgres) for place in _JSON}
    words |= {name: _moment(place, is_postgres) for name, place in _MOMENTS.items()}
    earlier, later = ("least", "greatest") if is_postgres else ("min", "max")
    until = f"{earlier}(source.use_until, coalesce(held.holds_until, source.use_until))"
    words["use_until"] = _moment(until, is_postgres)
    # SQLite's clock has seconds: rounded up, so that nothing is shown too long
    words["now"] = (
        "CAST(floor(extract(epoch FROM statement_timestamp()) * 1000000) AS BIGINT)"
        if is_postgres
        else "(CAST(strftime('%s', 'now') AS INTEGER) + 1) * 1000000"
    )
    words |= {"only": only.format(now=words["now"], later=later), "same": same}
    statements = _VIEWS.format(**words).split(";")
    if is_postgres:
        statements += [
            f"COMMENT ON COLUMN {view}.{name} IS '{meaning}'"
            for view, columns in _COLUMNS.items()
            for name, meaning in columns.items()
        ]
    return statements


def _json(place: str, is_postgres: bool) -> str:  # noqa: FBT001 - of this file only
    return f"CAST({place} AS JSONB)" if is_postgres else place


def _moment(place: str, is_postgres: bool) -> str:  # noqa: FBT001 - of this file only
    """Exactly the moment: what a floating-point number keeps of it is not enough."""
    seconds, rest = f"{place} / 1000000", f"{place} % 1000000"
    if is_postgres:
        return (
            f"(TIMESTAMPTZ 'epoch' + ({seconds}) * INTERVAL '1 second'"
            f" + ({rest}) * INTERVAL '1 microsecond')"
        )
    return (
        f"(strftime('%Y-%m-%dT%H:%M:%S', {seconds}, 'unixepoch')"
        f" || CASE {rest} WHEN 0 THEN 'Z' ELSE printf('.%06dZ', {rest}) END)"
    )


def _names() -> list[sa.Column[str]]:
    return [
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("arrangement", sa.String(length=80), nullable=False),
        sa.Column("tin", sa.String(length=35), nullable=False),
        sa.Column("programme", sa.String(length=33), nullable=False),
        sa.Column("authorisation", sa.String(length=70), nullable=False),
    ]


def upgrade() -> None:
    """Applies the step."""
    op.create_table(
        "extract_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("taken_at", Moment(), nullable=True),
        sa.Column("operators", sa.Integer(), nullable=True),
        sa.Column("claimed_by", sa.String(length=36), nullable=True),
        sa.Column("claimed_until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extract_state")),
        comment=(
            "Which extract was taken into the database; the generation grows with every change"
        ),
    )
    op.create_table(
        "extract_sources",
        sa.Column("partner", sa.String(length=2), nullable=False),
        sa.Column("arrangement", sa.String(length=80), nullable=False),
        sa.Column("as_of", Moment(), nullable=True),
        sa.Column("use_until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("partner", "arrangement", name=op.f("pk_extract_sources")),
        comment="How old the word of each partner was in the extract taken into the database",
    )
    key = ("partner", "arrangement", "tin", "programme", "authorisation")
    op.create_table(
        "extract_operators",
        *_names(),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("legal_name", sa.Text(), nullable=True),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("valid_since", Moment(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("local_codes", sa.Text(), nullable=False),
        sa.Column("benefits", sa.Text(), nullable=False),
        sa.Column("conditional_benefits", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("score_scale", sa.Text(), nullable=True),
        sa.Column("holds_until", Moment(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_extract_operators")),
        comment="The operators of the extract taken into the database",
    )
    op.create_index(op.f("ix_extract_operators_tin"), "extract_operators", ["tin"], unique=False)
    op.create_table(
        "extract_numbers",
        *_names(),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("compared_as", sa.Text(), nullable=False),
        sa.Column("use", sa.String(length=12), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("code_list", sa.Text(), nullable=True),
        sa.Column("told_by", sa.Text(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(*key, "ordinal", name=op.f("pk_extract_numbers")),
        comment="Under which numbers and local codes those operators may be declared here",
    )
    op.create_index(
        op.f("ix_extract_numbers_compared_as"), "extract_numbers", ["compared_as"], unique=False
    )
    op.execute("DROP VIEW recognised_operators")
    for statement in view_statements(op.get_bind().dialect.name):
        op.execute(sa.text(statement.replace(":", "\\:")))
