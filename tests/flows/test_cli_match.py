"""A declared name is matched with the operators held, on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Home

HEAD = "TIN;Authorisation number;Name;Name (English);Address;City;Postcode;Status;Issued on\n"
ROWS = (
    "MN1000001;MNAEO0001;Алтан Тариа ХХК;Altan Taria LLC;Энхтайваны өргөн чөлөө 17;Улаанбаатар;"
    "14200;valid;2024-02-01\n"
    "MN1000002;MNAEO0002;Хангай Зам 1 ХХК;;Их тойруу 3;Улаанбаатар;14201;valid;2024-02-01\n"
    "MN1000003;MNAEO0003;Хангай Зам 11 ХХК;;Их тойруу 4;Улаанбаатар;14201;suspended;2024-02-01\n"
    "MN1000004;MNAEO0004;Дельта ХХК;;;;;valid;2024-02-01\n"
    "MN1000005;MNAEO0005;Delta LLC;;;;;valid;2024-02-01\n"
)


@pytest.fixture
def holding(mongolia: Home, tmp_path: Path) -> Home:
    """Mongolia's home with five operators."""
    file = tmp_path / "register.csv"
    file.write_text(HEAD + ROWS, encoding="utf-8")
    mongolia.ok("register", "import", file, "--programme", "MN-AEO")
    return mongolia


def test_a_romanised_name_with_its_address_finds_the_operator(holding: Home) -> None:
    (found,) = holding.ok(
        "match", "ALTAN TARIA CO., LTD", "--address", "Peace Ave 17", "--city", "Ulan Bator",
        "--postcode", "14200", "--territory", "MN", "--json",
    ).document  # fmt: skip
    assert (found["tin"], found["ambiguous"]) == ("MN1000001", False)
    assert found["score"] >= 95
    assert found["held"][0]["authorisation"] == "MNAEO0001"
    assert found["held"][0]["status"] == "valid"
    assert "same postcode: 14200" in [part["reason"] for part in found["parts"]]


def test_a_person_reads_scores_reasons_and_who_is_ambiguous(holding: Home) -> None:
    shown = holding.ok("match", "Delta LLC").out
    assert shown.count("AMBIGUOUS") == 2
    assert "city not declared" in shown
    assert "MNAEO0004 (MN-AEO, our own register): valid" in shown
    other = holding.ok("match", "Khangai Zam 11").out
    assert other.index("MN1000003") < other.index("MN1000002")
    assert "MNAEO0003 (MN-AEO, our own register): suspended" in other
    assert "the numbers differ: 1 / 11" in other


def test_reasons_and_rivals_are_told_in_russian(holding: Home) -> None:
    told = holding.ok("match", "Delta LLC", "--language", "ru").out
    assert told.count("НЕОДНОЗНАЧНО: другой оператор подходит примерно так же") == 2
    assert "MNAEO0004 (MN-AEO, наш реестр): действует" in told
    assert "город не заявлен" in told
    other = holding.ok("match", "Khangai Zam 11", "--language", "ru").out
    assert "MNAEO0003 (MN-AEO, наш реестр): действие приостановлено" in other
    assert "числа различаются: 1 / 11" in other
    assert "[без перевода]" not in told + other
    nobody = holding.run("match", "Shenzhen Huaxing Electronics", "--language", "ru")
    assert (nobody.code, nobody.out.count("\n")) == (1, 1)


def test_nobody_is_proposed_for_a_name_like_nobodys(holding: Home) -> None:
    ran = holding.run("match", "Shenzhen Huaxing Electronics")
    assert (ran.code, ran.out) == (1, "nobody held has a name like this\n")
    assert holding.run("match", "Altan", "--territory", "Mongolia").code == 64
    assert holding.run("match", " ").code == 64
