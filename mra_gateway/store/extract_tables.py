"""The tables behind the views `recognised_operators` and `recognised_numbers`.

They hold the last extract taken into the database, for administrations that read it themselves; the
views show of it what may still be used. Moments that hold for all rows of a partner stand with the
partner, so that its new word that changes nobody changes one row.

A take writes under a generation of its own, in as many transactions as it needs; the views show
another generation from one moment to the next. So a row says from which generation on it is shown,
and one that was replaced in which it is no more.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Float, Index, Integer, String, Table, Text

from mra_gateway.store.tables import Moment, metadata


def _names(*more: Column[int]) -> tuple[Column[str] | Column[int], ...]:
    return (
        Column("partner", String(2), primary_key=True),
        Column("arrangement", String(80), primary_key=True),
        Column("tin", String(35), primary_key=True),
        Column("programme", String(33), primary_key=True),
        Column("authorisation", String(70), primary_key=True),
        Column("generation", BigInteger, primary_key=True, autoincrement=False, server_default="0"),
        *more,
    )


extract_state = Table(
    "extract_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("generation", BigInteger, nullable=False),
    Column("shown", BigInteger, nullable=False, server_default="0"),
    Column("mark", Text),
    Column("position", BigInteger),
    Column("taken_at", Moment),
    Column("confirmed_at", Moment),
    Column("operators", Integer),
    Column("claimed_by", String(36)),
    Column("claimed_until", Moment),
    comment="Which extract was taken into the database; the generation grows with every change",
)

extract_sources = Table(
    "extract_sources",
    metadata,
    Column("partner", String(2), primary_key=True),
    Column("arrangement", String(80), primary_key=True),
    Column("as_of", Moment),
    Column("use_until", Moment),
    comment="How old the word of each partner was in the extract taken into the database",
)

extract_operators = Table(
    "extract_operators",
    metadata,
    *_names(),
    Column("tier", Text),
    Column("legal_name", Text),
    Column("names", Text, nullable=False),
    Column("status", String(12), nullable=False),
    Column("valid_since", Moment, nullable=False),
    Column("expires_on", Date),
    Column("number", Text),
    Column("local_codes", Text, nullable=False),
    Column("benefits", Text, nullable=False),
    Column("conditional_benefits", Text, nullable=False),
    Column("note", Text),
    Column("score", Float),
    Column("score_scale", Text),
    Column("holds_until", Moment),
    Column("digest", String(64), nullable=False),
    Column("gone_in", BigInteger),
    Index("ix_extract_operators_tin", "tin"),
    comment="The operators of the extract taken into the database",
)

extract_numbers = Table(
    "extract_numbers",
    metadata,
    *_names(Column("ordinal", Integer, primary_key=True, autoincrement=False)),
    Column("kind", String(12), nullable=False),
    Column("number", Text, nullable=False),
    Column("compared_as", Text, nullable=False),
    Column("use", String(12), nullable=False),
    Column("rule", Text),
    Column("fields", Text, nullable=False),
    Column("code_list", Text),
    Column("told_by", Text),
    Column("site", Text),
    Index("ix_extract_numbers_compared_as", "compared_as"),
    comment="Under which numbers and local codes those operators may be declared here",
)
