"""What is measured, on the command line; an administration's own indicators, without code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Home, run

OWN = """
id = "mn"

[title]
value = { en = "Our own" }
source = "order of the administration"
basis = "partial"
as_of = 2026-11-22

[[kpis]]
source = "order of the administration"
basis = "partial"
as_of = 2026-11-22

[kpis.value]
id = "refused"
title = { en = "Refusals" }

[[indicators]]
source = "order of the administration"
basis = "partial"
as_of = 2026-11-22

[indicators.value]
id = "mn:refused.share"
kpi = "refused"
title = { en = "Declarations of the red lane at one office" }
of = "declarations"
numerator = '_.count(where=(_.lane == "red") & (_.office == "0210"))'
denominator = '_.count(where=_.office == "0210")'
quantity = "share"
unit = { en = "share of declarations" }
data_source = { en = "declarations" }
authority = { en = "Risk Management" }
direction = "less"
baseline = { kind = "numerical", formula = { en = "the same of last year" } }
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An administration's own file of indicators, in its home."""
    file = tmp_path / "partners" / "indicators" / "mn.toml"
    file.parent.mkdir(parents=True)
    file.write_text(OWN, encoding="utf-8")
    return file


def test_indicators_are_listed_with_kpi_source_and_the_version_of_their_definition() -> None:
    listed = {one["id"]: one for one in run("kpi", "list", "--json").document}
    applications = listed["carec:uptake.applications"]
    assert applications["kpi"]["intent"]["en"].startswith("Increased trust")
    assert applications["sample"] == {"baseline": 2.0, "target": 10.0}
    assert len(applications["definition"]) == 64
    assert {one["id"].split(":")[0] for one in listed.values()} == {"carec", "gateway"}
    assert "Время оформления импорта" in run("kpi", "list", "carec", "--language", "ru").out
    assert run("kpi", "list", "unheard-of").err.startswith("NOT_FOUND")
    shown = run("kpi", "show", "carec:lanes.green").out
    assert "it tells no time" in " ".join(shown.split())
    assert run("kpi", "show", "carec:nothing").err.startswith("NOT_FOUND")


def test_event_tables_are_documented_column_by_column() -> None:
    tables = {one["name"]: one for one in run("kpi", "tables", "--json").document}
    for table in tables.values():
        assert all(column["meaning"] for column in table["columns"])
        assert table["counted_on"] in {column["name"] for column in table["columns"]}
    assert "clearance_hours" in run("kpi", "tables", "declarations").out
    assert run("kpi", "tables", "nothing").err.startswith("NOT_FOUND")


def test_an_administration_adds_an_indicator_without_code(own: Path, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path))
    checked = run("kpi", "check", *home)
    assert (checked.code, checked.out) == (0, "0 error(s), 0 warning(s)\n")
    assert "mn:refused.share" in run("kpi", "list", "mn", *home).out
    assert run("partners", "check", *home).code == 0

    text = OWN.replace('_.lane == "red"', '_.lane == "pink"').replace(
        '.office == "0210")\'\nq', ".ofice)'\nq"
    )
    own.write_text(text, encoding="utf-8")
    for command in (("kpi", "check"), ("partners", "check")):
        found = run(*command, *home)
        assert found.code == 1
        key = f"{own}: indicators[0].value.numerator: mn:refused.share: character 27: 'pink' is"
        assert key in found.out
        assert (
            "indicators[0].value.denominator: mn:refused.share: character 15: 'ofice'" in found.out
        )


def test_a_file_is_checked_wherever_it_lies_and_needs_no_home(tmp_path: Path) -> None:
    file = tmp_path / "mn.toml"
    file.write_text(OWN, encoding="utf-8")
    assert run("kpi", "check", str(file)).code == 0

    file.write_text(OWN.replace('kpi = "refused"', 'kpi = "other"'), encoding="utf-8")
    wrong = run("kpi", "check", str(file), "--json")
    assert wrong.code == 1
    assert [(one["key"], one["code"]) for one in wrong.document["findings"]] == [
        ("indicators[0].value.kpi", "DATA_REFERENCE_UNKNOWN"),
        ("kpis[0].value", "DATA_INDICATOR_INCOMPLETE"),
    ]
    file.write_text("id = \n", encoding="utf-8")
    assert f"{file}:1: not valid TOML" in run("kpi", "check", str(file)).out


def test_regions_and_lanes_are_the_administrations_to_change(mongolia: Home) -> None:
    adopted = mongolia.run("partners", "adopt", "indicators/regions", "indicators/lanes")
    assert adopted.code == 0, adopted.err
    regions = mongolia.path / "partners" / "indicators" / "regions.toml"
    text = regions.read_text(encoding="utf-8")
    assert mongolia.run("kpi", "check").code == 0

    regions.write_text(text.replace('"MN", ', '"MN", "QQ", "UZ", '), encoding="utf-8")
    found = mongolia.run("kpi", "check").out
    assert "'QQ' is no known territory" in found
    assert "UZ stands in central_asia already" in found

    regions.write_text(text.replace('id = "east_asia"', 'id = "near"'), encoding="utf-8")
    found = mongolia.run("kpi", "check").out
    assert "carec:trade.east_asia: character 77: 'east_asia' is no known region" in found
