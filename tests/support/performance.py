"""Indicators and figures for reports, as the data files and the computation make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from mra_gateway.indicators.definitions import definition_digest
from mra_gateway.model.facts import Basis, Fact
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.indicators import (
    Baseline,
    BaselineKind,
    Breakdown,
    Direction,
    Figure,
    Indicator,
    IndicatorCatalogue,
    IndicatorId,
    Kpi,
    Lineage,
    LineageInput,
    Quantity,
)
from mra_gateway.model.periods import Period
from mra_gateway.model.requirements import Phrase

AT = datetime(2025, 8, 4, 3, 0, tzinfo=UTC)
NUMERICAL = Baseline(kind=BaselineKind.NUMERICAL, formula=Phrase(en="count", ru="число"))


def an_indicator(name: str, **changes: Any) -> Indicator:
    """An indicator that counts entries, unless told otherwise."""
    told = {
        "id": IndicatorId(name),
        "kpi": name.partition(":")[2].partition(".")[0],
        "title": Phrase(en=f"Number of {name}", ru=f"Число {name}"),
        "of": "entries",
        "numerator": "_.value.sum()",
        "quantity": Quantity.COUNT,
        "unit": Phrase(en="applications", ru="заявления"),
        "data_source": Phrase(en="Register", ru="Реестр"),
        "authority": Phrase(en="Risk Management", ru="Управление рисками"),
        "baseline": NUMERICAL,
        "direction": Direction.MORE,
    }
    return Indicator(**{**told, **changes})


def a_catalogue(name: str, indicators: Sequence[Indicator]) -> IndicatorCatalogue:
    """A catalogue of indicators, its KPIs named after them."""
    kpis = dict.fromkeys(one.kpi for one in indicators)
    return IndicatorCatalogue(
        id=name,
        title=fact(Phrase(en=f"Catalogue {name}", ru=f"Перечень {name}")),
        kpis=tuple(
            fact(Kpi(id=kpi, title=Phrase(en=f"KPI {kpi}", ru=f"КПЭ {kpi}"))) for kpi in kpis
        ),
        indicators=tuple(fact(one) for one in indicators),
    )


def a_figure(
    indicator: str,
    period: str,
    value: float | None,
    *,
    breakdown: Breakdown = Breakdown.ALL,
    group: Mapping[str, str] | None = None,
    inputs: str = "first",
    defined: Indicator | None = None,
    **changes: Any,
) -> Figure:
    """A figure computed from one load; other inputs give another digest."""
    definition = Digest(sha256(indicator.encode()).hexdigest())
    if defined is not None:
        definition = definition_digest(defined)
    digest = Digest(sha256(f"{indicator} {inputs}".encode()).hexdigest())
    load = LineageInput(kind="load", id=inputs, digest=digest, rows=1200)
    told: dict[str, Any] = {
        "indicator": IndicatorId(indicator),
        "period": Period(period),
        "breakdown": breakdown,
        "group": dict(group or {}),
        "value": value,
        "lineage": Lineage(definition=definition, inputs=(load,), digest=digest, engine="duckdb"),
        "computed_at": AT,
    }
    return Figure(**{**told, **changes})


def fact(value: Any) -> Any:
    """A fact of the tests."""
    return Fact(value=value, source="test", basis=Basis.READ, as_of=date(2025, 1, 1))
