"""The shipped indicators: the workshop's rows as they stand, all computable, in two languages."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pytest

from mra_gateway.errors import Reason
from mra_gateway.flows.check_indicators import check_indicator_files
from mra_gateway.indicators.check import check_definitions
from mra_gateway.indicators.definitions import definition_digest
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.indicators.expression import parse
from mra_gateway.model.facts import Basis, Fact
from mra_gateway.model.indicators import (
    ColumnKind,
    EventTable,
    Indicator,
    IndicatorCatalogue,
    Kpi,
)
from mra_gateway.model.requirements import Phrase
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.settings import data_folder

RISK = "Risk Management"
TABLE = """
uptake | Number of AEO applications received | applications submitted | RM | 2 10
uptake | Number of AEO applications approved (trusted partners) | applications approved | RM | 2 3
uptake | Acceptance of the programme's authorisation process and benefits | rating 1-10 | RM | 2 10
trade | AEO trade with Central Asia | AEO trade / annual total trade | RM |
trade | AEO trade with EU and US | AEO trade / annual total trade | RM |
trade | AEO trade with East Asia | AEO trade / annual total trade | RM |
trade | AEO trade with other countries | AEO trade / annual total trade | RM |
time | Time to import | time measurement study | RM |
time | Time to export | time measurement study | RM |
time | Time to transit | time measurement study | RM |
cost | Cost to import | cost measurement study | RM |
cost | Cost to export | cost measurement study | RM |
cost | Cost to transit | cost measurement study | RM |
commitments | Number of service commitments published | service pledges published | RM | 10 15
commitments | Number of additional benefits provided | legal orders approved \
as AEO trade benefits | RM | 10 15
paperless | Category 4 (high value) | declarations digitised | RM |
paperless | Category 3 (low value, dutiable) | declarations digitised | RM |
paperless | Category 2 (low value, non-dutiable) | declarations digitised | RM |
paperless | Category 1 (postal documents) | declarations digitised | RM |
lanes | Green lane entries | green-lane declarations | RM |
lanes | Yellow lane entries (documentary check) | yellow-lane declarations | RM |
lanes | Red lane entries (physical inspection) | red-lane declarations | RM |
drawback | Trusted partners | AEO-filed drawback | Revenue |
drawback | Non-trusted partners | declarations filed by non-AEOs | RM and Revenue |
other | Deployment of officers to supervise stuffing and unstuffing of containers \
at licensed warehouses | inspection report | Intelligence |
other | Advance ruling: pre-entry classification | declarations filed by non-AEOs | RM and Revenue |
"""
ARROW = {
    ColumnKind.TEXT: "string",
    ColumnKind.BOOLEAN: "boolean",
    ColumnKind.INTEGER: "int64",
    ColumnKind.NUMBER: "float64",
    ColumnKind.DAY: "date",
    ColumnKind.MOMENT: "timestamp('UTC')",
}
ID = re.compile(r"\b(?:carec|gateway):[a-z0-9_]+(?:\.[a-z0-9_]+)*[a-z0-9_]")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def indicators(registry: Registry) -> Mapping[str, Indicator]:
    return {
        fact.value.id: fact.value
        for catalogue in registry.indicators.values()
        for fact in catalogue.indicators
        if fact.value is not None
    }


def empty(table: EventTable) -> Any:
    return ibis.memtable(
        [], schema=ibis.schema({one.name: ARROW[one.kind] for one in table.columns})
    )


def test_the_workshops_table_is_reproduced_row_by_row(registry: Registry) -> None:
    expected = []
    for line in TABLE.strip().splitlines():
        kpi, title, unit, authority, sample = (part.strip() for part in line.split("|"))
        figures = tuple(map(float, sample.split())) or None
        expected.append((kpi, title, unit, authority.replace("RM", RISK), figures))
    found = [
        (
            one.kpi,
            one.title.en,
            one.unit.en,
            one.authority.en,
            None if one.sample is None else (one.sample.baseline, one.sample.target),
        )
        for fact in registry.indicators["carec"].indicators
        if (one := fact.value) is not None
    ]
    assert found == expected
    carec = [fact.value for fact in registry.indicators["carec"].indicators if fact.value]
    assert {one.frequency for one in carec} == {"monthly"}
    assert all(one.baseline.value is None and one.target is None for one in carec)


def test_where_the_source_is_odd_the_row_says_so_and_points_to_what_is_there(
    indicators: Mapping[str, Indicator],
) -> None:
    odd = {id_ for id_, one in indicators.items() if one.annotation is not None}
    assert {f"carec:lanes.{lane}" for lane in ("green", "yellow", "red")} <= odd
    assert {"carec:drawback.non_trusted", "carec:other.advance_ruling"} <= odd
    for one in indicators.values():
        for phrase in (one.annotation, *one.notes):
            named = set(ID.findall("" if phrase is None else f"{phrase.en} {phrase.ru}"))
            assert named <= set(indicators), one.id


def test_lodging_and_arrival_to_release_are_two_indicators(
    indicators: Mapping[str, Indicator],
) -> None:
    for name in ("mean", "median", "p95"):
        lodging, arrival = (
            indicators[f"gateway:release.{start}_{name}"] for start in ("lodging", "arrival")
        )
        assert "_.release_hours." in lodging.numerator
        assert arrival.numerator == lodging.numerator.replace("release_hours", "clearance_hours")


def test_everything_that_is_read_stands_in_english_and_in_russian(registry: Registry) -> None:
    def phrases(value: object) -> list[Phrase]:
        if isinstance(value, Phrase):
            return [value]
        if isinstance(value, tuple):
            return [one for item in value for one in phrases(item)]
        fields = getattr(type(value), "model_fields", {})
        return [one for name in fields for one in phrases(getattr(value, name))]

    for noun in (*registry.indicators.values(), registry.lanes, registry.regions):
        found = phrases(noun)
        assert found
        for phrase in found:
            assert phrase.ru is not None, phrase
            assert re.search("[а-яё]", phrase.ru), phrase
            assert not re.search("[а-яё]", phrase.en), phrase


def test_all_indicators_of_a_table_are_computed_in_one_pass_over_it(
    indicators: Mapping[str, Indicator],
) -> None:
    for name, table in EVENT_TABLES.items():
        rows = empty(table)
        figures: dict[str, Any] = {}
        for one in indicators.values():
            for part in (one.numerator, one.denominator):
                if one.of == name and part is not None:
                    parsed = parse(part, table=table)
                    figures[f"f{len(figures)}"] = parsed.apply(rows)
        if figures:
            (found,) = rows.aggregate(**figures).to_pyarrow().to_pylist()
            assert set(found.values()) <= {0, None}, name
    assert {one.of for one in indicators.values()} <= set(EVENT_TABLES)


def test_a_definition_is_another_one_when_its_figures_would_be(
    indicators: Mapping[str, Indicator],
) -> None:
    one = indicators["gateway:inspection.rate"]
    words = {"title": Phrase(en="x"), "compare": (), "by": (), "notes": ()}
    spaced = {"numerator": one.numerator.replace("(", "( ")}
    assert definition_digest(one) == definition_digest(one.model_copy(update=words))
    for change in (
        spaced,
        {"denominator": "_.count()"},
        {"scale": 100.0},
        {"span": "at_end"},
        {"counted_on": "lodged_on"},
    ):
        assert definition_digest(one) != definition_digest(one.model_copy(update=change)), change
    assert len({definition_digest(each) for each in indicators.values()}) == len(indicators)


KNOWN = {"lane": {"green", "red"}, "region": {"other"}, "indicator": {"mn:a"}}


def problems(one: Indicator, **update: Any) -> set[tuple[str, Reason]]:
    changed = Indicator.model_validate({**one.model_dump(mode="json"), **update})
    said: dict[str, Any] = {"source": "a test", "basis": Basis.PARTIAL, "as_of": date(2026, 11, 22)}
    catalogue = IndicatorCatalogue(
        id="gateway",
        title=Fact(value=one.title, **said),
        kpis=(Fact(value=Kpi(id=one.kpi, title=one.title), **said),),
        indicators=(Fact(value=changed, **said),),
    )
    return {
        (problem.key.removeprefix("indicators[0].value."), problem.code)
        for problem in check_definitions(catalogue, known=KNOWN)
    }


INCOMPLETE, UNKNOWN = Reason.DATA_INDICATOR_INCOMPLETE, Reason.DATA_REFERENCE_UNKNOWN
NUMERICAL = {"kind": "numerical", "formula": {"en": "so many"}, "value": 5, "year": 2024}


@pytest.mark.parametrize(
    ("update", "key", "code"),
    [
        ({"of": "declaration"}, "of", UNKNOWN),
        ({"numerator": "_.count(where=_.nope)"}, "numerator", Reason.DATA_EXPRESSION_INVALID),
        ({"denominator": "_.value"}, "denominator", Reason.DATA_EXPRESSION_INVALID),
        ({"numerator": "_.count(where=_.lane == 'purple')"}, "numerator", UNKNOWN),
        ({"numerator": "_.count(where=_.region != 'mars')"}, "numerator", UNKNOWN),
        ({"numerator": "_.count(where=_.aeo)", "about": "aeo"}, "numerator", INCOMPLETE),
        (
            {"of": "pledges", "numerator": "_.count()", "compare": ["aeo"], "by": []},
            "compare",
            INCOMPLETE,
        ),
        ({"about": "aeo", "compare": ["aeo"]}, "compare", INCOMPLETE),
        ({"span": "at_end"}, "span", INCOMPLETE),
        ({"counted_on": "lodged_at"}, "counted_on", INCOMPLETE),
        ({"by": ["value"]}, "by[0]", INCOMPLETE),
        ({"by": ["lane", "lane"]}, "by", INCOMPLETE),
        ({"quantity": "share"}, "denominator", INCOMPLETE),
        ({"baseline": {"kind": "numerical"}}, "baseline.formula", INCOMPLETE),
        ({"baseline": {"kind": "qualitative"}}, "baseline.criteria", INCOMPLETE),
        ({"baseline": {"kind": "scale"}}, "baseline.categories", INCOMPLETE),
        ({"baseline": {**NUMERICAL, "year": None}}, "baseline.year", INCOMPLETE),
        (
            {"baseline": {"kind": "scale", "categories": [{"en": "x"}], "value": 2, "year": 2024}},
            "baseline.value",
            INCOMPLETE,
        ),
        (
            {"baseline": NUMERICAL, "target": {"value": 4, "year": 2027}},
            "target.value",
            INCOMPLETE,
        ),
        (
            {"baseline": NUMERICAL, "target": {"value": 6, "year": 2023}},
            "target.year",
            Reason.DATA_DATES_ORDER,
        ),
        (
            {"direction": "neither", "target": {"value": 6, "year": 2027}},
            "direction",
            INCOMPLETE,
        ),
        ({"sample": {"baseline": 10, "target": 2}}, "sample.target", INCOMPLETE),
    ],
)
def test_a_fault_of_a_definition_is_named_with_its_place_and_its_twin_is_clean(
    indicators: Mapping[str, Indicator], update: dict[str, Any], key: str, code: Reason
) -> None:
    one = indicators["gateway:use.declarations"]
    assert problems(one) == set()
    assert problems(one, **update) == {(key, code)}


def test_territories_have_one_region_and_the_rest_has_one_too(registry: Registry) -> None:
    regions = registry.regions
    assert [fact.value.id for fact in regions.regions if fact.value] == [
        "central_asia",
        "eu_us",
        "east_asia",
        "other",
    ]
    places = {code: regions.region_of(code) for code in ("UZ", "EU", "DE", "US", "HK", "RU", "BD")}
    assert places == {
        "UZ": "central_asia",
        "EU": "eu_us",
        "DE": "eu_us",
        "US": "eu_us",
        "HK": "east_asia",
        "RU": "other",
        "BD": "other",
    }


def test_lanes_have_a_blue_one_and_words_by_which_they_are_known(registry: Registry) -> None:
    lanes = {fact.value.id: fact.value for fact in registry.lanes.lanes if fact.value is not None}
    assert list(lanes) == ["green", "yellow", "red", "blue"]
    assert [id_ for id_, lane in lanes.items() if lane.inspected] == ["red"]
    assert all("коридор" in " ".join(lane.names) for lane in lanes.values())


def test_the_example_in_the_readme_is_an_indicator_without_a_fault() -> None:
    text = (data_folder("partners") / "README.md").read_text(encoding="utf-8")
    example = text.partition("## Indicators")[2].partition("```toml")[2].partition("```")[0]
    (values,) = tomllib.loads(example)["indicators"].values()
    assert problems(Indicator.model_validate_json(json.dumps(values), strict=True)) == set()


def test_a_fault_of_form_names_the_item_it_is_in_and_a_mark_of_byte_order_is_none(
    tmp_path: Path,
) -> None:
    text = (data_folder("partners") / "indicators/carec.toml").read_text(encoding="utf-8")
    marked = tmp_path / "carec.toml"
    marked.write_text(text, encoding="utf-8-sig")
    assert check_indicator_files([marked], folders=[data_folder("partners")]) == ()
    spoilt = text.replace('span = "at_end"', 'span = "for_ever"', 1)
    marked.write_text(spoilt, encoding="utf-8")
    (found,) = check_indicator_files([marked], folders=[data_folder("partners")])
    assert found.key.endswith(".value.span")
    assert found.reason.startswith("carec:commitments.published: ")
