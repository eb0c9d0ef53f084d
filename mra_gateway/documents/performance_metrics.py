"""A report on performance in Prometheus' text format, for dashboards that are there already.

The library escapes what stands in a label. A figure that is not there or suppressed has no sample.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from mra_gateway.model.indicators import Breakdown
from mra_gateway.model.performance import Light, PerformanceReport, Shown

_LABELS = ("indicator", "period", "breakdown", "group", "unit", "status")
_LIGHTS = {Light.REACHED: 2.0, Light.ON_THE_WAY: 1.0, Light.BEHIND: 0.0}


def render_performance_metrics(report: PerformanceReport) -> bytes:
    """Returns the figures of a report as gauges."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(report))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, report: PerformanceReport) -> None:
        self._report = report
        self._seen: set[tuple[str, ...]] = set()
        self._values = GaugeMetricFamily(
            "mra_gateway_indicator", "Figure of an indicator in a period.", labels=_LABELS
        )
        self._partial = GaugeMetricFamily(
            "mra_gateway_indicator_partial",
            "1 where only a part of the period's data was there.",
            labels=_LABELS,
        )
        self._bounds = {
            end: GaugeMetricFamily(
                f"mra_gateway_indicator_interval_{end}",
                f"The {end} end of its confidence interval.",
                labels=_LABELS,
            )
            for end in ("low", "high")
        }

    def collect(self) -> Iterator[Metric]:
        """Yields every gauge."""
        report = self._report
        named = ("indicator", "period")
        aims = {
            name: GaugeMetricFamily(f"mra_gateway_indicator_{name}", text, labels=named)
            for name, text in (
                ("baseline", "Where the indicator stood before."),
                ("target", "Where it should stand at the end of the target's year."),
                ("expected", "What is expected of the period."),
                ("light", "2 reached, 1 on the way, 0 behind; not judged has no sample."),
            )
        }
        for kpi in report.kpis:
            for row in kpi.rows:
                unit = row.unit.en
                self._add(row.indicator, row.actual, row.breakdown, {}, unit)
                for part in row.parts:
                    self._add(row.indicator, part.actual, part.breakdown, part.group, unit)
                values = {
                    "baseline": row.baseline.value,
                    "target": None if row.target is None else row.target.value,
                    "expected": row.judged.expected,
                    "light": _LIGHTS.get(row.judged.light),
                }
                for name, value in values.items():
                    if value is not None:
                        aims[name].add_metric((row.indicator, report.period), value)
        for page in report.arrangements:
            for line in page.rows:
                # what is about a partner is about all arrangements with it, and stands on each page
                about = {} if "partner" in line.group else {"arrangement": page.arrangement}
                group = {**about, **line.group}
                self._add(line.indicator, line.actual, line.breakdown, group, line.unit.en)
        yield from (self._values, self._partial, *self._bounds.values(), *aims.values())

    def _add(
        self,
        indicator: str,
        shown: Shown | None,
        breakdown: Breakdown,
        group: dict[str, str],
        unit: str,
    ) -> None:
        if shown is None or shown.value is None or shown.suppressed:
            return
        told = ",".join(f"{name}={value}" for name, value in group.items())
        labels = (indicator, self._report.period, breakdown, told, unit, shown.status)
        if labels in self._seen:
            return
        self._seen.add(labels)
        self._values.add_metric(labels, shown.value)
        self._partial.add_metric(labels, float(shown.partial))
        if shown.interval is not None:
            self._bounds["low"].add_metric(labels, shown.interval.low)
            self._bounds["high"].add_metric(labels, shown.interval.high)
