"""What profiles and catalogues name and is not there is found, with file, key and reason."""

import shutil
from pathlib import Path

import pytest

from mra_gateway.errors import Reason
from mra_gateway.registry.check import check_folders
from mra_gateway.registry.findings import Finding, Level
from mra_gateway.settings import data_folder
from tests.support.partner_files import copy_shipped, edit

SOURCED = 'source = "read in a book"\nbasis = "partial"\nas_of = 2026-11-21\n'
UNION = f"""programme = "XE-UNION"
version = 1

[title]
value = {{ en = "Law of a union" }}
{SOURCED}
[[cells]]
{SOURCED}
[cells.value]
item = "safe:A.a"
stated = "required"
text = {{ en = "No serious offence" }}
tiers = ["3"]
"""
MEMBER = f"""programme = "BY-AEO"
version = 1
extends = "XE-UNION"

[[cells]]
{SOURCED}
[cells.value]
item = "safe:G"
stated = "required"
text = {{ en = "Cargo is secured" }}
tiers = ["3"]

[[cells]]
{SOURCED}
[cells.value]
item = "dimensions:D15"
stated = "described"
text = {{ en = "Five years" }}
values = ["fixed_time", "5_years"]
"""
MEMBER_FILE, UNION_FILE = "profiles/BY-AEO.toml", "profiles/XE-UNION.toml"
SAFE = "requirements/safe.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    partners = copy_shipped(tmp_path / "partners")
    for name in (SAFE, "requirements/dimensions.toml"):
        (partners / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(data_folder("partners") / name, partners / name)
    (partners / "profiles").mkdir()
    (partners / MEMBER_FILE).write_text(MEMBER, encoding="utf-8")
    (partners / UNION_FILE).write_text(UNION, encoding="utf-8")
    return partners


def found_in(folder: Path, *files: str) -> list[Finding]:
    names = {Path(file).name for file in files or (MEMBER_FILE, UNION_FILE, SAFE)}
    parents = {"profiles", "requirements"}
    return [
        finding
        for finding in check_folders(folder)
        if finding.file.name in names and finding.file.parent.name in parents
    ]


def test_profiles_that_name_only_what_is_there_are_without_a_finding(folder: Path) -> None:
    assert found_in(folder) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "says"),
    [
        (MEMBER_FILE, "safe:G", "safe:Z", "cells[0].value.item", "'safe:Z' is no known item"),
        (MEMBER_FILE, "safe:G", "sage:G", "cells[0].value.item", "'sage:G' is no known item"),
        (MEMBER_FILE, '["3"]', '["4"]', "cells[0].value.tiers", "'4' is no known tier"),
        (UNION_FILE, '["3"]', '["4"]', "cells[0].value.tiers", "'4' is no known tier"),
        (MEMBER_FILE, "XE-UNION", "XE-LEAGUE", "extends", "'XE-LEAGUE' is no known profile"),
        (
            SAFE,
            'category = "A"',
            'category = "Z"',
            "items[0].value.category",
            "'Z' is no known category",
        ),
        (
            SAFE,
            'since_edition = "2007"',
            'since_edition = "2008"',
            "items[0].value.since_edition",
            "'2008' is no known edition",
        ),
    ],
    ids=["item", "catalogue", "tier", "tier of no member", "union", "category", "edition"],
)
def test_an_unknown_name_is_found_where_it_stands(
    folder: Path, *, file: str, old: str, new: str, key: str, says: str
) -> None:
    edit(folder / file, old, new)
    [finding] = found_in(folder, file)
    assert (finding.key, finding.code) == (key, Reason.DATA_REFERENCE_UNKNOWN)
    assert finding.is_error
    assert says in finding.reason


def test_a_profile_without_header_facts_needs_a_title(folder: Path) -> None:
    text = UNION.replace("[title]", "[[notes]]").replace('{ en = "Law of a union" }', '"Law"')
    (folder / UNION_FILE).write_text(text, encoding="utf-8")
    [finding] = found_in(folder, UNION_FILE)
    assert finding.key == "programme"
    assert "has no title" in finding.reason


def test_profiles_that_extend_each_other_in_a_ring_are_found(folder: Path) -> None:
    edit(folder / UNION_FILE, "version = 1", 'version = 1\nextends = "BY-AEO"')
    assert {finding.key for finding in found_in(folder)} == {"extends"}
    assert all("extend itself" in finding.reason for finding in found_in(folder))


def test_a_code_the_dimension_does_not_list_is_warned_of_and_a_figure_is_not(folder: Path) -> None:
    edit(folder / MEMBER_FILE, '"fixed_time", "5_years"', '"for_some_time", "5_years"')
    [finding] = found_in(folder)
    assert finding.level is Level.WARNING
    assert finding.key == "cells[1].value.values"
    assert "'for_some_time' is not among the codes of dimensions:D15" in finding.reason


def test_an_item_that_stands_twice_is_found(folder: Path) -> None:
    edit(folder / SAFE, 'id = "A.b"', 'id = "A.a"')
    [finding] = found_in(folder)
    assert (finding.key, finding.code) == ("items", Reason.DATA_ID_DOUBLED)


def test_an_item_that_ends_before_it_begins_is_found(folder: Path) -> None:
    since = 'since_edition = "2007"'
    edit(folder / SAFE, since, f'{since}\nuntil_edition = "2005"')
    [finding] = found_in(folder)
    assert finding.code is Reason.DATA_DATES_ORDER


def test_a_broken_catalogue_is_reported_once_and_not_cell_by_cell(folder: Path) -> None:
    edit(folder / SAFE, 'kind = "requirements"', 'kind = "wishes"')
    assert [finding.key for finding in found_in(folder)] == ["kind"]
