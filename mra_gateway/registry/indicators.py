"""What must hold in catalogues of indicators and in the lists of lanes and regions, by themselves.

Whether expressions can be read, and whether baseline and target make sense, is judged in
`indicators/check.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from mra_gateway.errors import Reason
from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Fact
from mra_gateway.model.indicators import IndicatorCatalogue, LaneList, RegionList
from mra_gateway.registry.findings import Finding, Level

T = TypeVar("T")


def check_measures(path: Path, noun: Noun, *, known: Iterable[str]) -> Iterator[Finding]:
    """Yields what is wrong with a catalogue of indicators, or a list of lanes or regions.

    Args:
        path: The file.
        noun: What it holds; of anything else there is nothing to say.
        known: Codes of territories.
    """
    if isinstance(noun, IndicatorCatalogue):
        yield from _check_indicators(path, noun)
    elif isinstance(noun, LaneList):
        yield from _check_lanes(path, noun)
    elif isinstance(noun, RegionList):
        yield from _check_regions(path, noun, known=set(known))


def _check_indicators(path: Path, catalogue: IndicatorCatalogue) -> Iterator[Finding]:
    """Yields ids that stand twice or are of another catalogue, and KPIs that are not there."""
    kpis = [kpi.id for _, kpi in _values("kpis", catalogue.kpis)]
    yield from _doubled(path, "kpis", kpis)
    listed = _values("indicators", catalogue.indicators)
    yield from _doubled(path, "indicators", [one.id for _, one in listed])
    for key, one in listed:
        if one.id.catalogue != catalogue.id:
            reason = f"{one.id} stands in the catalogue {catalogue.id}: {catalogue.id}:…"
            yield Finding(path, f"{key}.id", reason, Reason.DATA_REFERENCE_UNKNOWN)
        if one.kpi not in kpis:
            yield Finding(
                path,
                f"{key}.kpi",
                f"{one.id}: {one.kpi!r} is no KPI of this file ({', '.join(kpis)})",
                Reason.DATA_REFERENCE_UNKNOWN,
            )
    for key, kpi in _values("kpis", catalogue.kpis):
        if kpi.id not in {one.kpi for _, one in listed}:
            reason = f"no indicator tells anything of {kpi.id!r}"
            yield Finding(path, key, reason, Reason.DATA_INDICATOR_INCOMPLETE, Level.WARNING)


def _check_lanes(path: Path, lanes: LaneList) -> Iterator[Finding]:
    """Yields lanes, and words for lanes, that stand twice: none could tell which is meant."""
    listed = _values("lanes", lanes.lanes)
    yield from _doubled(path, "lanes", [lane.id for _, lane in listed])
    words = [
        word for _, lane in listed for word in {lane.id, *(name.casefold() for name in lane.names)}
    ]
    yield from _doubled(path, "lanes", [word for word in words if word not in _ids(listed)])
    for key, lane in listed:
        for word in {name.casefold() for name in lane.names} - {lane.id}:
            if word in _ids(listed):
                reason = f"{word!r} is the id of another lane"
                yield Finding(path, f"{key}.names", reason, Reason.DATA_ID_DOUBLED)


def _check_regions(path: Path, regions: RegionList, *, known: set[str]) -> Iterator[Finding]:
    """Yields codes that are no territory or stand twice, and a second region for the rest."""
    listed = _values("regions", regions.regions)
    yield from _doubled(path, "regions", [region.id for _, region in listed])
    places: dict[str, str] = {}
    for key, region in listed:
        for territory in region.territories:
            if territory not in known:
                reason = f"{territory!r} is no known territory"
                yield Finding(path, f"{key}.territories", reason, Reason.DATA_REFERENCE_UNKNOWN)
            if territory in places:
                reason = f"{territory} stands in {places[territory]} already: it would count there"
                yield Finding(path, f"{key}.territories", reason, Reason.DATA_ID_DOUBLED)
            places.setdefault(territory, region.id)
    rest = [key for key, region in listed if not region.territories]
    for key in rest[1:]:
        reason = "another region has no territories either, and takes all that is left"
        yield Finding(path, key, reason, Reason.DATA_ID_DOUBLED)
    if not rest:
        yield Finding(
            path,
            "regions",
            "no region takes the territories that stand in none: their trade counts in no region",
            Reason.DATA_INDICATOR_INCOMPLETE,
            Level.WARNING,
        )


def _values(name: str, facts: Iterable[Fact[T]]) -> list[tuple[str, T]]:
    """Returns what facts say, each with its place."""
    return [
        (f"{name}[{index}].value", fact.value)
        for index, fact in enumerate(facts)
        if fact.value is not None
    ]


def _ids(listed: Iterable[tuple[str, object]]) -> set[str]:
    return {str(getattr(value, "id", "")) for _, value in listed}


def _doubled(path: Path, key: str, ids: list[str]) -> Iterator[Finding]:
    for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        yield Finding(path, key, f"{id_!r} stands here twice", Reason.DATA_ID_DOUBLED)
