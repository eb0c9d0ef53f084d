"""Every indicator of both catalogues once more: SQL written by hand, and nothing of the product.

The period of a declaration is told from its moment of release in the zone of the administration,
its region from its country: neither from the columns the product wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from tests.support.measured_year import ZONE

Key = tuple[str, str, tuple[str, ...]]
"""Indicator, whose, and the group."""


class Query(NamedTuple):
    """One indicator.

    Attributes:
        value: SQL of the figure, or of its numerator.
        whole: SQL of the denominator.
        whose: For whom it is computed.
        by: Columns of its groups.
        at_end: What stands at the period's end counts, and not what happened within it.
    """

    table: str
    value: str
    whole: str | None = None
    whose: tuple[str, ...] = ("all",)
    by: tuple[str, ...] = ()
    at_end: bool = False


DAYS = {
    "declarations": f"(released_at at time zone '{ZONE}')::date",
    "samples": "taken_on",
    "entries": '"on"',
    "ratings": '"on"',
    "rulings": "issued_on",
    "supervisions": '"on"',
    "pledges": "published_on",
    "legal_orders": "approved_on",
    "feedback": "received_on",
    "quotations": "decided_on",
    "grants": '"on"',
    "effects": "applied_on",
    "messages": '"on"',
    "lists": "closed_on",
    "operators": "recognised_on",
    "suspensions": "ordered_on",
    "reported_benefits": '"on"',
}
SPANS = {
    "pledges": ("published_on", "withdrawn_on"),
    "legal_orders": ("approved_on", "repealed_on"),
    "lists": ("opened_on", "closed_on"),
    "operators": ("recognised_on", "ended_on"),
    "suspensions": ("from_on", "ended_on"),
}
WHOSE = {
    "all": "true",
    "aeo": "aeo is true",
    "non_aeo": "aeo is false",
    "foreign_aeo": "foreign_aeo is true",
    "not_foreign_aeo": "foreign_aeo is false",
}
REGION = """case when country is null then region
    when country in ('KZ', 'KG', 'TJ', 'TM', 'UZ') then 'central_asia'
    when country in ('CN', 'HK', 'JP', 'KP', 'KR', 'MN', 'MO', 'TW') then 'east_asia'
    when country in ('US', 'DE', 'FR', 'IT', 'PL', 'EU') then 'eu_us' else 'other' end"""
GOODS = "flow in ('import', 'export')"
TWO = ("aeo", "all", "non_aeo")
FIVE = (*TWO, "foreign_aeo", "not_foreign_aeo")


def _count(condition: str) -> str:
    return f"count(*) filter (where {condition})"


def _sum(column: str, condition: str = "true") -> str:
    return f"coalesce(sum({column}) filter (where {condition}), 0)"


def _study(kind: str, flow: str, stage: str) -> Query:
    chosen = f"kind = '{kind}' and flow = '{flow}' and stage = '{stage}'"
    return Query("samples", f"avg(measured) filter (where {chosen})", None, TWO)


QUERIES = {
    "carec:uptake.applications": Query(
        "entries", _sum("value", "indicator = 'carec:uptake.applications'")
    ),
    "carec:uptake.approved": Query("entries", _sum("value", "indicator = 'carec:uptake.approved'")),
    "carec:uptake.acceptance": Query(
        "ratings",
        "avg(score) filter (where survey = 'acceptance' and scale_from = 1 and scale_to = 10)",
    ),
    **{
        f"carec:trade.{region}": Query(
            "declarations",
            _sum("value", f"aeo and {GOODS} and {REGION} = '{region}'"),
            _sum("value", GOODS),
        )
        for region in ("central_asia", "eu_us", "east_asia", "other")
    },
    **{
        f"carec:time.{flow}": _study("time", flow, "lodging_to_release")
        for flow in ("import", "export", "transit")
    },
    **{
        f"carec:cost.{flow}": _study("cost", flow, "whole")
        for flow in ("import", "export", "transit")
    },
    "carec:commitments.published": Query("pledges", "count(reference)", at_end=True),
    "carec:commitments.benefits": Query("legal_orders", "count(*)", at_end=True),
    **{
        f"carec:paperless.category_{at}": Query(
            "declarations", _count(f"digital and category={at}")
        )
        for at in (1, 2, 3, 4)
    },
    **{
        f"carec:lanes.{lane}": Query("declarations", _count(f"lane = '{lane}'"), None, TWO)
        for lane in ("green", "yellow", "red")
    },
    "carec:drawback.trusted": Query("declarations", _count("drawback"), None, ("aeo",)),
    "carec:drawback.non_trusted": Query("declarations", _count("drawback"), None, ("non_aeo",)),
    "carec:other.supervision": Query("supervisions", "count(*)"),
    "carec:other.advance_ruling": Query("declarations", _count("ruling"), None, ("non_aeo",)),
    "gateway:operators.recognised": Query(
        "operators", "count(distinct operator)", by=("arrangement", "tier"), at_end=True
    ),
    "gateway:operators.admitted": Query(
        "operators", "count(distinct operator)", by=("arrangement",)
    ),
    "gateway:quotations.declarations": Query(
        "quotations", "count(distinct declaration)", by=("arrangement",)
    ),
    "gateway:quotations.matched": Query(
        "quotations", _count("outcome = 'matched'"), "count(outcome)", by=("arrangement",)
    ),
    "gateway:quotations.unmatched": Query(
        "quotations", _count("outcome = 'unmatched'"), by=("reason",)
    ),
    "gateway:quotations.recognised": Query(
        "quotations", _count("recognised"), "count(recognised)", by=("arrangement", "tier")
    ),
    "gateway:use.declarations": Query(
        "declarations", _count("foreign_aeo"), by=("arrangement", "tier")
    ),
    "gateway:use.rate": Query("declarations", _count("foreign_aeo"), "count(foreign_aeo)"),
    "gateway:use.rate_by_country": Query(
        "declarations", _count("foreign_aeo"), "count(foreign_aeo)", by=("country",)
    ),
    "gateway:benefits.granted": Query(
        "grants", _count("granted and not shadow"), by=("arrangement", "benefit")
    ),
    "gateway:benefits.lost": Query(
        "grants", _count("granted is false and shadow is false"), by=("reason",)
    ),
    "gateway:latency.median": Query("effects", "median(hours)", by=("arrangement",)),
    "gateway:latency.p95": Query("effects", "quantile_cont(hours, 0.95)", by=("arrangement",)),
    "gateway:suspensions.ordered": Query("suspensions", "count(*)", by=("partner", "scope")),
    "gateway:suspensions.standing": Query("suspensions", "count(*)", by=("partner",), at_end=True),
    "gateway:suspensions.in_time": Query(
        "suspensions",
        _count("confirmed and not escalated"),
        _count("confirmed or escalated"),
        by=("partner",),
    ),
    "gateway:suspensions.hours": Query("suspensions", "median(hours)", by=("partner",)),
    "gateway:inspection.rate": Query(
        "declarations", _count("inspected"), "count(inspected)", FIVE, ("arrangement",)
    ),
    **{
        f"gateway:release.{name}_{how}": Query("declarations", sql, None, FIVE, ("flow",))
        for name, start in (("lodging", "lodged_at"), ("arrival", "arrived_at"))
        for how, sql in (
            ("mean", f"avg((epoch(released_at) - epoch({start})) / 3600)"),
            ("median", f"median((epoch(released_at) - epoch({start})) / 3600)"),
            ("p95", f"quantile_cont((epoch(released_at) - epoch({start})) / 3600, 0.95)"),
        )
    },
    **{
        f"gateway:release.recognised_{how}": Query(
            "declarations", sql, None, ("foreign_aeo", "all", "not_foreign_aeo"), ("arrangement",)
        )
        for how, sql in (
            ("median", "median(release_hours)"),
            ("p95", "quantile_cont(release_hours, 0.95)"),
        )
    },
    "gateway:release.lane_median": Query(
        "declarations", "median(release_hours)", None, TWO, ("lane",)
    ),
    "gateway:lanes.blue": Query("declarations", _count("lane = 'blue'"), None, TWO),
    "gateway:lanes.share": Query(
        "declarations", _count("lane = 'green' or lane = 'blue'"), "count(lane)", TWO
    ),
    "gateway:exchange.lists_outstanding": Query(
        "lists", "count(*)", by=("partner", "direction"), at_end=True
    ),
    "gateway:exchange.messages_rejected": Query(
        "messages", _count("outcome in ('refused', 'conflict')"), by=("partner", "direction")
    ),
    "gateway:exchange.reconciliations_failed": Query(
        "lists", _count("failed"), by=("partner", "direction")
    ),
    "gateway:reciprocity.ratio": Query(
        "reported_benefits",
        _sum("number", "direction = 'given'"),
        _sum("number", "direction = 'received'"),
        by=("arrangement",),
    ),
    **{
        f"gateway:reciprocity.{direction}": Query(
            "reported_benefits", _sum("number", f"direction = '{direction}'"), by=("arrangement",)
        )
        for direction in ("given", "received")
    },
    "gateway:trade.aeo_share": Query(
        "declarations", _sum("value", f"aeo and {GOODS}"), _sum("value", GOODS)
    ),
    "gateway:trade.region_share": Query(
        "declarations", _sum("value", f"aeo and {GOODS}"), _sum("value", GOODS), by=("region",)
    ),
    "gateway:paperless.share": Query(
        "declarations", _count("digital"), "count(digital)", by=("category",)
    ),
    "gateway:commitments.new": Query("pledges", "count(reference)"),
    "gateway:commitments.benefits": Query("legal_orders", _sum("benefits"), at_end=True),
    "gateway:rulings.issued": Query(
        "rulings", "count(*)", None, ("all", "aeo", "non_aeo"), ("kind",)
    ),
    "gateway:rulings.days": Query(
        "rulings", "median(days)", None, ("all", "aeo", "non_aeo"), ("kind",)
    ),
    "gateway:supervision.officers": Query(
        "supervisions", _sum("officers"), None, ("all", "aeo", "non_aeo"), ("act",)
    ),
    "gateway:feedback.received": Query("feedback", "count(*)", by=("side", "category")),
    "gateway:feedback.answered": Query(
        "feedback", _count("answered_on is not null"), "count(*)", by=("side",)
    ),
    "gateway:feedback.days": Query("feedback", "median(days)", by=("side",)),
}


class Computed(NamedTuple):
    """What SQL says of a figure; a value of nothing is None."""

    value: float | None
    numerator: float | None
    denominator: float | None


def compute(
    files: dict[str, Path], *, first: date, last: date, only: frozenset[str] = frozenset()
) -> dict[Key, Computed]:
    """Returns every figure of a period.

    Args:
        files: Event table → its Parquet file.
        first: The first day.
        last: The last day.
        only: Some indicators; all of them when empty.
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return {
            key: computed
            for name, query in QUERIES.items()
            if not only or name in only
            for key, computed in _figures(connection, name, query, files[query.table], first, last)
        }


def _figures(
    connection: Any, name: str, query: Query, file: Path, first: date, last: date
) -> Iterator[tuple[Key, Computed]]:
    within = f"{DAYS[query.table]} between '{first}' and '{last}'"
    if query.at_end:
        begins, ends = SPANS[query.table]
        within = f"{begins} <= '{last}' and ({ends} is null or {ends} > '{last}')"
    for whose in query.whose:
        rows = f"from read_parquet('{file}') where {within} and {WHOSE[whose]}"
        yield from _rows(connection, (name, whose), query, rows, by=())
        if query.by:
            yield from _rows(connection, (name, whose), query, rows, by=query.by)


def _rows(
    connection: Any, key: tuple[str, str], query: Query, rows: str, *, by: tuple[str, ...]
) -> Iterator[tuple[Key, Computed]]:
    groups = [REGION if column == "region" else column for column in by]
    chosen = ", ".join([*groups, query.value, query.whole or "1"])
    grouped = f"group by {', '.join(str(at + 1) for at in range(len(by)))}" if by else ""
    for *group, value, whole in connection.execute(f"select {chosen} {rows} {grouped}").fetchall():
        named = tuple("not_stated" if one is None else str(one) for one in group)
        if query.whole is None:
            yield (*key, named), Computed(value, value, None)
        else:
            yield (*key, named), Computed(value / whole if whole else None, value, whole)
