"""The same rule as a national system would run it without us: SQL over PostgreSQL.

One pooled connection; for each declaration acquire, begin, one statement, commit, release. The
statement is the fair one: a single round trip over indexed tables, prepared once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import asyncpg
from sqlalchemy import make_url

from mra_gateway.model.declarations import Declaration
from mra_gateway.model.facts import Arrangement
from tests.benchmarks.deciding import SINCE
from tests.benchmarks.operators import CN_AEO, record

_TABLES = """
CREATE TABLE numbers (normalised text, tin text, authorisation text);
CREATE TABLE statuses (authorisation text, programme text, tier text, status text,
    effective_from timestamptz, expires_on date);
CREATE TABLE arrangements (id text, in_force_on date, ended_on date, confirmed boolean);
CREATE TABLE scopes (arrangement text, programme text, tier text);
CREATE TABLE benefits (arrangement text, flow text, function text, code text, at_home boolean);
"""
_INDEXES = """
CREATE INDEX ON numbers (normalised);
CREATE INDEX ON statuses (authorisation, effective_from DESC);
CREATE INDEX ON scopes (programme, tier);
CREATE INDEX ON benefits (arrangement, flow, function);
ANALYZE;
"""
_RULE = """
SELECT n.tin, n.authorisation, a.id,
    (SELECT array_agg(b.code ORDER BY b.code) FROM benefits b WHERE b.arrangement = a.id
        AND b.flow = $3 AND b.function = $4 AND b.at_home)
FROM numbers n
CROSS JOIN LATERAL (
    SELECT * FROM statuses s WHERE s.authorisation = n.authorisation AND s.effective_from <= $2
    ORDER BY s.effective_from DESC LIMIT 1
) s
JOIN scopes c ON c.programme = s.programme AND c.tier = s.tier
JOIN arrangements a ON a.id = c.arrangement AND a.confirmed AND a.in_force_on <= $5
    AND (a.ended_on IS NULL OR a.ended_on > $5)
WHERE n.normalised = upper(regexp_replace($1, '[^A-Za-z0-9]', '', 'g'))
    AND s.status = 'valid' AND (s.expires_on IS NULL OR s.expires_on >= $5)
"""


class Given(NamedTuple):
    """What a declaration gets: recognised operators, and the benefits granted."""

    tins: frozenset[str]
    benefits: frozenset[str]


class NationalSql:
    """The rule in SQL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: asyncpg.Pool | None = None

    async def open(
        self, numbers: Iterable[int], *, arrangement: Arrangement, at_home: Iterable[str], us: str
    ) -> None:
        """Fills the tables with what the gateway holds too."""
        place = make_url(self._url)
        pool = await asyncpg.create_pool(
            user=place.username,
            database=place.database,
            host=place.query["host"],
            min_size=1,
            max_size=1,
        )
        self._pool = pool
        async with pool.acquire() as connection:
            await connection.execute(_TABLES)
            await self._fill(connection, numbers)
            await connection.execute(
                "INSERT INTO arrangements VALUES ($1, $2, $3, true)",
                arrangement.id,
                arrangement.in_force_on.value,
                arrangement.ended_on.value,
            )
            await connection.execute(
                "INSERT INTO scopes VALUES ($1, $2, 'advanced')", arrangement.id, CN_AEO
            )
            offered = set(at_home)
            await connection.executemany(
                "INSERT INTO benefits VALUES ($1, $2, $3, $4, $5)",
                [
                    (arrangement.id, flow, function, one.code, one.code in offered)
                    for one in arrangement.benefits.value or ()
                    if one.granted_by == us
                    for flow in one.flows
                    for function in one.functions
                ],
            )
            await connection.execute(_INDEXES)

    async def _fill(self, connection: asyncpg.Connection, numbers: Iterable[int]) -> None:
        known, statuses = [], []
        for number in numbers:
            one = record(number)
            known += [
                (one.authorisation, one.tin, one.authorisation),
                (one.tin, one.tin, one.authorisation),
            ]
            statuses.append(
                (one.authorisation, one.programme, one.tier, "valid", SINCE, one.expires_on)
            )
        await connection.copy_records_to_table("numbers", records=known)
        await connection.copy_records_to_table("statuses", records=statuses)

    async def decide(self, declaration: Declaration, *, on: date) -> Given:
        """Decides one declaration."""
        assert self._pool is not None
        assert declaration.accepted_at is not None
        tins: set[str] = set()
        benefits: set[str] = set()
        async with self._pool.acquire() as connection, connection.transaction():
            for party in declaration.parties:
                if party.identifier is not None:
                    rows = await connection.fetch(
                        _RULE,
                        party.identifier,
                        declaration.accepted_at,
                        declaration.type.value,
                        party.role.value,
                        on,
                    )
                    for row in rows:
                        tins.add(row[0])
                        benefits.update(row[3] or ())
        return Given(frozenset(tins), frozenset(benefits))

    async def decide_all(self, asked: Iterable[tuple[Declaration, date]]) -> list[Given]:
        """Decides declarations one after the other."""
        return [await self.decide(one, on=on) for one, on in asked]

    async def close(self) -> None:
        """Releases the connection."""
        if self._pool is not None:
            await asyncio.wait_for(self._pool.close(), 10)
