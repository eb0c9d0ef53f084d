"""Each inconsistency is found with file, key and reason; the untouched twin is clean."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mra_gateway.errors import Reason
from mra_gateway.flows.check_data import check_data
from mra_gateway.registry.check import check_folders
from mra_gateway.registry.findings import Finding, Level
from tests.support.partner_files import (
    BY,
    BY_AEO,
    CATALOGUE,
    CN,
    CN_AEO,
    CN_BY,
    CN_EU,
    CN_MN,
    KR_CN,
    copy_shipped,
    edit,
)

TODAY = date(2026, 11, 21)
BY_SCOPE = '{ programme = "BY-AEO", tiers = ["3"] }'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_shipped(tmp_path / "partners")


def errors(folder: Path) -> list[Finding]:
    return [finding for finding in check_folders(folder, on=TODAY) if finding.is_error]


@dataclass(frozen=True)
class Spoiled:
    """One edit of one file and the finding it must lead to."""

    sentence: str
    file: str
    old: str
    new: str
    key: str
    code: Reason
    says: str
    level: Level = Level.ERROR


CASES = (
    Spoiled(
        "a value of the wrong form",
        BY,
        'territory = "BY"',
        'territory = "by"',
        "territory",
        Reason.DATA_VALUE_INVALID,
        "'by'",
    ),
    Spoiled(
        "a day that is a moment",
        CN_BY,
        "value = 2019-07-24",
        "value = 2019-07-24T00:00:00Z",
        "in_force_on.value",
        Reason.DATA_VALUE_INVALID,
        "date",
    ),
    Spoiled(
        "an unknown key deep in a list",
        CN_BY,
        BY_SCOPE,
        '{ programme = "BY-AEO", tiers = ["3"], types = ["3"] }',
        "parties[1].scope.value[0].types",
        Reason.DATA_KEY_UNKNOWN,
        "not known",
    ),
    Spoiled(
        "a scope without its tiers",
        CN_BY,
        BY_SCOPE,
        '{ programme = "BY-AEO" }',
        "parties[1].scope.value[0].tiers",
        Reason.DATA_KEY_MISSING,
        "missing",
    ),
    Spoiled(
        "tiers that are neither a list nor all",
        CN_BY,
        'tiers = ["3"]',
        'tiers = "3"',
        "parties[1].scope.value[0].tiers",
        Reason.DATA_VALUE_INVALID,
        " or ",
    ),
    Spoiled(
        "a fact without its basis",
        CN_AEO,
        'basis = "partial"\n',
        "",
        "name.basis",
        Reason.DATA_KEY_MISSING,
        "missing",
    ),
    Spoiled(
        "text that is not in Normalization Form C",
        BY,
        'value = "Belarus"',
        'value = "Be\u0301larus"',
        "display_name.value",
        Reason.DATA_VALUE_INVALID,
        "Normalization Form C",
    ),
    Spoiled(
        "a number that JSON does not have",
        CN_MN,
        'flows = ["import"]',
        'parameters = { multiplier = inf }, flows = ["import"]',
        "",
        Reason.DATA_TOML_INVALID,
        "inf",
    ),
    Spoiled(
        "a file that is not named after its id",
        CN_BY,
        'id = "CN-BY-2019"',
        'id = "CN-BY-2020"',
        "id",
        Reason.DATA_FILE_NAME,
        "CN-BY-2020.toml",
    ),
    Spoiled(
        "a programme of an unknown administration",
        BY_AEO,
        'administration = "BY"',
        'administration = "ZZ"',
        "administration",
        Reason.DATA_REFERENCE_UNKNOWN,
        "'ZZ'",
    ),
    Spoiled(
        "a programme of another territory than its id says",
        BY_AEO,
        'administration = "BY"',
        'administration = "CN"',
        "administration",
        Reason.DATA_TERRITORY_MISMATCH,
        "CN",
    ),
    Spoiled(
        "a party that is no known administration",
        CN_BY,
        'territory = "BY"',
        'territory = "ZZ"',
        "parties[1].territory",
        Reason.DATA_REFERENCE_UNKNOWN,
        "'ZZ'",
    ),
    Spoiled(
        "a programme that does not exist",
        CN_BY,
        BY_SCOPE,
        '{ programme = "BY-OLD", tiers = "all" }',
        "parties[1].scope.value[0].programme",
        Reason.DATA_REFERENCE_UNKNOWN,
        "'BY-OLD'",
    ),
    Spoiled(
        "a side that brings in another territory's programme",
        CN_BY,
        BY_SCOPE,
        '{ programme = "MN-AEO", tiers = "all" }',
        "parties[1].scope.value[0].programme",
        Reason.DATA_TERRITORY_MISMATCH,
        "MN-AEO",
    ),
    Spoiled(
        "a tier the programme does not have",
        CN_BY,
        'tiers = ["3"]',
        'tiers = ["3", "4"]',
        "parties[1].scope.value[0].tiers",
        Reason.DATA_REFERENCE_UNKNOWN,
        "'4'",
    ),
    Spoiled(
        "a role the programme does not admit",
        CN_BY,
        BY_SCOPE,
        '{ programme = "BY-AEO", tiers = ["3"], roles = ["postal_operator"] }',
        "parties[1].scope.value[0].roles",
        Reason.DATA_REFERENCE_UNKNOWN,
        "'postal_operator'",
    ),
    Spoiled(
        "a tier of a programme whose tiers are not known",
        CN_MN,
        '{ programme = "MN-AEO", tiers = "all" }',
        '{ programme = "MN-AEO", tiers = ["gold"] }',
        "parties[1].scope.value[0].tiers",
        Reason.DATA_REFERENCE_UNKNOWN,
        "'gold'",
    ),
    Spoiled(
        "a benefit code that is not in the catalogue",
        CN_BY,
        'code = "liaison"',
        'code = "liaisons"',
        "benefits.value[6].code",
        Reason.DATA_REFERENCE_UNKNOWN,
        "'liaisons'",
    ),
    Spoiled(
        "a local benefit that is not in the catalogue",
        BY_AEO,
        '"own_storage"',
        '"own_cellar"',
        "local_benefits.value[4]",
        Reason.DATA_REFERENCE_UNKNOWN,
        "'own_cellar'",
    ),
    Spoiled(
        "a code both sides use, gone from the catalogue",
        CATALOGUE,
        "[benefits.own_storage]",
        "[benefits.own_store]",
        "local_benefits.value[4]",
        Reason.DATA_REFERENCE_UNKNOWN,
        "'own_storage'",
    ),
    Spoiled(
        "an arrangement in force before it was signed",
        KR_CN,
        "value = 2013-06-27",
        "value = 2014-06-27",
        "in_force_on.value",
        Reason.DATA_DATES_ORDER,
        "signed_on",
    ),
    Spoiled(
        "an arrangement that ended before it was in force",
        CN_BY,
        "[ended_on]\n",
        "[ended_on]\nvalue = 2019-01-01\n",
        "ended_on.value",
        Reason.DATA_DATES_ORDER,
        "in_force_on",
    ),
    Spoiled(
        "a side that started before the arrangement was in force",
        CN_BY,
        "[parties.started_on]\nvalue = 2019-07-24",
        "[parties.started_on]\nvalue = 2019-07-23",
        "parties[0].started_on.value",
        Reason.DATA_DATES_ORDER,
        "in_force_on",
    ),
    Spoiled(
        "a pilot that ends before it begins",
        KR_CN,
        "until_on = 2013-10-31",
        "until_on = 2013-07-31",
        "pilot.value.until_on",
        Reason.DATA_DATES_ORDER,
        "from_on",
    ),
    Spoiled(
        "a pilot that begins after full operation",
        KR_CN,
        "from_on = 2013-08-01, until_on = 2013-10-31",
        "from_on = 2014-08-01, until_on = 2014-10-31",
        "in_force_on.value",
        Reason.DATA_DATES_ORDER,
        "pilot",
    ),
    Spoiled(
        "a benefit granted by a territory that is no party",
        CN_BY,
        'granted_by = "BY"',
        'granted_by = "EU"',
        "benefits.value[10].granted_by",
        Reason.DATA_BENEFIT_GRANTED_BY,
        "EU",
    ),
    Spoiled(
        "a benefit for no flow",
        CN_BY,
        'flows = ["import"]',
        "flows = []",
        "benefits.value[0].flows",
        Reason.DATA_BENEFIT_EMPTY,
        "nobody",
    ),
    Spoiled(
        "a benefit for no function",
        CN_BY,
        'functions = ["exporter", "consignor"]',
        "functions = []",
        "benefits.value[0].functions",
        Reason.DATA_BENEFIT_EMPTY,
        "nobody",
    ),
    Spoiled(
        "a benefit listed twice for one flow and function",
        CN_BY,
        'flows = ["export"], functions = ["importer", "consignee"]',
        'flows = ["import"], functions = ["consignor"]',
        "benefits.value[1]",
        Reason.DATA_BENEFIT_DOUBLED,
        "listed above",
    ),
    Spoiled(
        "an arrangement of a territory with itself",
        CN_BY,
        'territory = "BY"',
        'territory = "CN"',
        "parties",
        Reason.DATA_PARTIES_NOT_DISTINCT,
        "once",
    ),
    Spoiled(
        "a time zone that does not exist",
        BY,
        '"Europe/Minsk"',
        '"Europe/Mensk"',
        "time_zone.value",
        Reason.DATA_TIME_ZONE_UNKNOWN,
        "'Europe/Mensk'",
    ),
    Spoiled(
        "a time zone that is a path",
        BY,
        '"Europe/Minsk"',
        '"../../etc/passwd"',
        "time_zone.value",
        Reason.DATA_TIME_ZONE_UNKNOWN,
        "passwd",
    ),
    Spoiled(
        "a fact consulted tomorrow",
        BY,
        "as_of = 2026-11-21",
        "as_of = 2026-11-22",
        "name.as_of",
        Reason.DATA_AS_OF_FUTURE,
        "2026-11-22",
    ),
    Spoiled(
        "read, but nowhere a person could open",
        BY,
        'basis = "unverified"',
        'basis = "read"',
        "name.source",
        Reason.DATA_SOURCE_NO_ADDRESS,
        "address",
    ),
    Spoiled(
        "one territory's TINs claimed by two administrations",
        BY,
        'value = ["BY"]',
        'value = ["BY", "CN"]',
        "tin_territories.value",
        Reason.DATA_TIN_TERRITORY_SHARED,
        "CN",
    ),
    Spoiled(
        "a tier defined twice",
        BY_AEO,
        '{ code = "2", name = "Certificate of type 2", mra_eligible = false }',
        '{ code = "3", name = "Certificate of type 2", mra_eligible = true }',
        "tiers.value",
        Reason.DATA_ID_DOUBLED,
        "'3'",
    ),
    Spoiled(
        "a tier in scope that the programme keeps at home",
        CN_BY,
        'tiers = ["3"]',
        'tiers = ["2", "3"]',
        "parties[1].scope.value[0].tiers",
        Reason.DATA_SCOPE_NOT_ELIGIBLE,
        "'2'",
        Level.WARNING,
    ),
    Spoiled(
        "a tier in scope of which it is not known whether it is offered",
        CN_EU,
        'tiers = ["advanced"]',
        'tiers = ["advanced", "certified"]',
        "parties[0].scope.value[0].tiers",
        Reason.DATA_SCOPE_NOT_ELIGIBLE,
        "'certified'",
        Level.WARNING,
    ),
    Spoiled(
        "all tiers in scope, one of them kept at home",
        CN_EU,
        'tiers = ["AEOS", "AEOF"]',
        'tiers = "all"',
        "parties[1].scope.value[0].tiers",
        Reason.DATA_SCOPE_NOT_ELIGIBLE,
        "'AEOC'",
        Level.WARNING,
    ),
    Spoiled(
        "a compliance programme in scope",
        BY_AEO,
        'value = "aeo"',
        'value = "compliance"',
        "parties[1].scope.value[0].programme",
        Reason.DATA_SCOPE_NOT_ELIGIBLE,
        "compliance",
        Level.WARNING,
    ),
    Spoiled(
        "a tier in scope that does not travel",
        CN_BY,
        "[exchange.data_elements]\n",
        '[exchange.data_elements]\nvalue = ["legal_name"]\n',
        "exchange.data_elements.value",
        Reason.DATA_SCOPE_NOT_TRAVELLING,
        "tier",
        Level.WARNING,
    ),
)

SEEN_ELSEWHERE = {
    "a code both sides use, gone from the catalogue": BY_AEO,
    "a compliance programme in scope": CN_BY,
    "one territory's TINs claimed by two administrations": CN,
}


@pytest.mark.parametrize("case", CASES, ids=[case.sentence for case in CASES])
def test_an_inconsistency_is_found_and_its_twin_is_clean(folder: Path, case: Spoiled) -> None:
    assert check_folders(folder, on=TODAY) == ()
    edit(folder / case.file, case.old, case.new)
    file = folder / SEEN_ELSEWHERE.get(case.sentence, case.file)
    found = check_folders(folder, on=TODAY)
    matching = [one for one in found if one.code is case.code and one.key == case.key]
    assert matching, [str(one) for one in found]
    assert matching[0].file == file
    assert matching[0].level is case.level
    assert case.says in matching[0].reason
    assert case.level is Level.ERROR or not errors(folder)


def test_broken_toml_is_found_with_its_line(folder: Path) -> None:
    text = (folder / BY).read_text(encoding="utf-8")
    line = text.splitlines().index('territory = "BY"') + 1
    edit(folder / BY, 'territory = "BY"', "territory == BY")
    (found,) = check_folders(folder, on=TODAY)
    assert (found.file, found.code, found.line) == (
        folder / BY,
        Reason.DATA_TOML_INVALID,
        line,
    )


def test_bytes_that_are_no_text_are_found(folder: Path) -> None:
    (folder / BY).write_bytes(b'territory = "BY" # \xff\xfe\n')
    (found,) = check_folders(folder, on=TODAY)
    assert (found.file, found.code) == (folder / BY, Reason.DATA_TOML_INVALID)


def test_a_broken_file_is_not_reported_again_by_those_that_name_it(folder: Path) -> None:
    edit(folder / BY_AEO, 'administration = "BY"', "administration = 1")
    assert [finding.file for finding in check_folders(folder, on=TODAY)] == [folder / BY_AEO]


def test_a_file_that_is_gone_is_reported_by_those_that_name_it(folder: Path) -> None:
    (folder / BY).unlink()
    found = check_folders(folder, on=TODAY)
    assert {(one.file, one.key) for one in found} == {
        (folder / BY_AEO, "administration"),
        (folder / CN_BY, "parties[1].territory"),
    }
    assert {one.code for one in found} == {Reason.DATA_REFERENCE_UNKNOWN}


def test_everything_wrong_is_found_at_once_errors_before_warnings(folder: Path) -> None:
    edit(folder / BY, '"Europe/Minsk"', '"Europe/Mensk"')
    edit(folder / CN_BY, 'tiers = ["3"]', 'tiers = ["2"]')
    edit(folder / CN_BY, 'granted_by = "BY"', 'granted_by = "MN"')
    edit(folder / CN_MN, "value = 2025-06-01", "value = tomorrow")
    edit(folder / CN, 'territory = "CN"', 'territory = "CN"\ncapital = "Beijing"')
    found = check_folders(folder, on=TODAY)
    assert {one.code for one in found} == {
        Reason.DATA_TIME_ZONE_UNKNOWN,
        Reason.DATA_SCOPE_NOT_ELIGIBLE,
        Reason.DATA_BENEFIT_GRANTED_BY,
        Reason.DATA_TOML_INVALID,
        Reason.DATA_KEY_UNKNOWN,
    }
    levels = [one.level for one in found]
    assert levels == sorted(levels, key=lambda level: level is Level.WARNING)


def test_two_mistakes_in_one_file_are_two_findings(folder: Path) -> None:
    edit(folder / BY, 'territory = "BY"', 'territory = "by"')
    edit(folder / BY, "[languages]", "[tongues]")
    found = {(one.key, one.code) for one in errors(folder)}
    assert found == {
        ("territory", Reason.DATA_VALUE_INVALID),
        ("languages", Reason.DATA_KEY_MISSING),
        ("tongues", Reason.DATA_KEY_UNKNOWN),
    }


def test_the_day_of_consultation_is_judged_only_against_a_day_handed_in(folder: Path) -> None:
    edit(folder / BY, "as_of = 2026-11-21", "as_of = 2099-01-01")
    assert check_folders(folder) == ()
    assert [one.code for one in check_folders(folder, on=TODAY)] == [Reason.DATA_AS_OF_FUTURE]


def test_a_day_that_has_begun_in_the_east_is_not_ahead(folder: Path) -> None:
    """In Ulaanbaatar it is tomorrow from 16:00 UTC on, and what is written there says so."""
    evening = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    edit(folder / BY, "as_of = 2026-11-21", "as_of = 2026-11-23")
    assert [one for one in check_data(folder, at=evening) if one.is_error] == []
    edit(folder / BY, "as_of = 2026-11-23", "as_of = 2026-11-24")
    (found,) = [one for one in check_data(folder, at=evening) if one.is_error]
    assert found.code is Reason.DATA_AS_OF_FUTURE


@pytest.mark.parametrize(
    "name", ["CN-MN-2025.toml", "arangements/CN-MN-2025.toml", "programmes/MN-AEO.tml"]
)
def test_a_file_that_nothing_reads_is_pointed_out(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("", encoding="utf-8")
    (found,) = check_folders(folder, on=TODAY)
    assert (found.code, found.level) == (Reason.DATA_PLACE_UNEXPECTED, Level.WARNING)


@pytest.mark.parametrize("name", ["README.md", "mappings/excel.toml", "programmes/README.md"])
def test_other_parts_of_the_product_may_keep_files_beside_ours(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("", encoding="utf-8")
    assert check_folders(folder, on=TODAY) == ()


def test_a_mistake_is_looked_for_in_the_copy_that_is_used(folder: Path, tmp_path: Path) -> None:
    home = copy_shipped(tmp_path / "home")
    edit(folder / BY, '"Europe/Minsk"', '"Europe/Mensk"')
    assert [one.code for one in errors(folder)] == [Reason.DATA_TIME_ZONE_UNKNOWN]
    assert check_folders(folder, home, on=TODAY) == ()
    (found,) = check_folders(home, folder, on=TODAY)
    assert found.file == folder / BY


def test_a_finding_is_shown_with_file_line_key_and_code(folder: Path) -> None:
    edit(folder / BY, '"Europe/Minsk"', '"Europe/Mensk"')
    (found,) = check_folders(folder, on=TODAY)
    assert str(found) == (
        f"error: {folder / BY}: time_zone.value: 'Europe/Mensk' is not a time zone of the IANA "
        "database [DATA_TIME_ZONE_UNKNOWN]"
    )
