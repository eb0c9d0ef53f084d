"""`identifiers` on the command line: explained without a home, printed from one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Home, run

REGISTER = (
    "TIN;Authorisation number;Name;Status;Role;Issued on;Consent partner;Consent basis;"
    "Consent letter;Consent date\n"
    "MN1000001;MNAEO0001;Example Trading LLC;valid;importer;2024-02-01;CN;consent;12/1;2024-02-03\n"
)


@pytest.fixture
def with_operator(mongolia: Home, tmp_path: Path) -> Home:
    file = tmp_path / "register.csv"
    file.write_text(REGISTER, encoding="utf-8")
    mongolia.ok("register", "import", file, "--programme", "MN-AEO", "--json")
    return mongolia


def test_an_identifier_is_explained_without_a_home() -> None:
    ran = run("identifiers", "explain", "MY12345H100001", "--declared-in", "JP")
    assert ran.code == 0, ran
    for said in ("authorisation number of an operator of Malaysia", "A1234510MY00", "JP-MY"):
        assert said in ran.out
    assert "海外仕出人・仕向人コード" in ran.out
    assert "lossy:        yes" in ran.out
    assert "expydoc.com" in ran.out


def test_an_identifier_is_explained_in_russian_but_for_what_others_wrote() -> None:
    told = run(
        "identifiers", "explain", "MY12345H100001", "--declared-in", "JP", "--language", "ru"
    )
    assert told.code == 0, told
    for said in (
        "имеет вид: номер свидетельства УЭО, оператор территории Малайзия (MY)",
        "это номер свидетельства УЭО; графа '海外仕出人・仕向人コード",
        "A1234510MY00; такой вид номера подходит нескольким операторам",
        "правило:              JP-MY, версия 1 (номер в другом виде)",
        "примечание:           [без перевода] The serial number is left out",
    ):
        assert said in told.out
    assert told.out.count("[без перевода]") == 1
    braces = run("identifiers", "explain", "{territory}", "--declared-in", "JP").out
    assert braces.startswith("'{territory}' on a declaration in Japan\n")


def test_what_is_not_known_of_a_form_is_said_and_nothing_is_made_up() -> None:
    ran = run("identifiers", "explain", "AEOCN3302462345", "--declared-in", "JP", "--json")
    assert ran.code == 0, ran
    assert [origin["issuer"] for origin in ran.document["origins"]] == ["CN"]
    (advice,) = ran.document["advice"]
    assert advice["form"] is None
    assert advice["rule"]["kind"] == "not_known"
    assert advice["basis"] == "partial"
    swiss = run("identifiers", "explain", "AEOCN3302462345", "--declared-in", "CH", "--json")
    assert [each["form"]["text"] for each in swiss.document["advice"]] == ["CN3302462345"]


def test_a_form_is_looked_for_where_it_is_declared_and_a_guess_is_said_to_be_one() -> None:
    said = run("identifiers", "explain", "12.345.678/0001-01", "--declared-in", "BR").out
    assert "if this is a number of BR, it lacks the territory prefix BR; write BR123" in said
    assert "Japan" not in said, "its code for Malaysia has fourteen digits too"
    said = run("identifiers", "explain", "12345678000101", "--declared-in", "MY").out
    assert "a code given abroad of an operator of Japan" in said
    said = run("identifiers", "explain", "KRAMAPLA123SEO", "--declared-in", "US").out
    assert said.count("this is the form") == 1
    said = run("identifiers", "explain", "3302462345", "--declared-in", "MN").out
    assert "if this is a number of CN, it lacks AEOCN in front; write AEOCN3302462345" in said
    assert "no form of identifier" not in said


def test_an_identifier_nobody_knows_ends_with_1_and_an_unknown_territory_with_64() -> None:
    assert run("identifiers", "explain", "?!", "--declared-in", "JP").code == 1
    refused = run("identifiers", "explain", "MO123456789", "--declared-in", "QQ")
    assert refused.code == 64
    assert refused.err.startswith("NOT_FOUND")
    assert run("identifiers", "explain", "MO123456789", "--declared-in", "CN").code == 0


def test_rules_are_listed_for_one_territory_or_all() -> None:
    listed = run("identifiers", "rules", "--declared-in", "SG", "--json").document
    assert {each["declared_in"] for each in listed} == {"SG"}
    assert "SG-BN" in run("identifiers", "rules", "--declared-in", "SG").out
    assert len(run("identifiers", "rules", "--json").document) > 60


def test_a_copy_in_the_home_is_what_is_explained(mongolia: Home) -> None:
    (adopted,) = mongolia.ok("partners", "adopt", "identification/MN", "--json").document
    assert {fact["key"]: fact["basis"] for fact in adopted["open"]} == {
        "MN-CN": "partial",
        "MN-ANY": "unverified",
    }
    folder = mongolia.path / "partners" / "identification"
    (folder / "MN.toml").write_text(
        """territory = "MN"
[[rules]]
source = "a.example/order-12"
basis = "read"
as_of = 2026-03-01
[rules.value]
id = "MN-CN"
version = 2
issued_by = ["CN"]
kind = "reshaped"
source_identifier = "authorisation"
parts = { number = "[0-9]{10}" }
held = "AEOCN{number}"
written = "CN-{number}"
examples = [{ held = "AEOCN3302462345", declared = "CN-3302462345" }]
""",
        encoding="utf-8",
    )
    ran = mongolia.ok("identifiers", "explain", "AEOCN3302462345", "--declared-in", "MN", "--json")
    assert [each["form"]["text"] for each in ran.document["advice"]] == ["CN-3302462345"]
    (folder / "MN.toml").write_text(
        (folder / "MN.toml").read_text(encoding="utf-8").replace('"CN-3302', '"CN-3303'),
        encoding="utf-8",
    )
    checked = mongolia.run("partners", "check")
    assert checked.code == 1
    assert "DATA_ALIAS_RULE" in checked.out


def test_a_sheet_is_printed_for_an_operator_and_a_partner(
    with_operator: Home, tmp_path: Path
) -> None:
    for ending in ("html", "docx", "pdf"):
        file = tmp_path / f"sheet.{ending}"
        ran = with_operator.ok(
            "identifiers", "sheet", "MNAEO0001", "--partner", "GB", "-o", file, "--json"
        )
        assert ran.document["forms"] == ["MN1000001"]
        assert ran.document["language"] == "en"
        assert len(file.read_bytes()) > 1000


def test_a_sheet_in_chinese_is_written_with_the_shipped_fonts(
    with_operator: Home, tmp_path: Path
) -> None:
    asked = ("identifiers", "sheet", "MN1000001", "--partner", "CN", "-o")
    said = with_operator.ok(*asked, tmp_path / "sheet.pdf").out
    assert "in zh-Hans" in said
    assert b"NotoSansCJK" in (tmp_path / "sheet.pdf").read_bytes()
    with_operator.ok(*asked, tmp_path / "sheet.html")
    assert "境外收发货人代码" in (tmp_path / "sheet.html").read_text(encoding="utf-8")


def test_a_sheet_for_nobody_is_refused(with_operator: Home, tmp_path: Path) -> None:
    ran = with_operator.run(
        "identifiers", "sheet", "MN9999999", "--partner", "CN", "-o", tmp_path / "sheet.html"
    )
    assert ran.err.startswith("NOT_FOUND")
    with_operator.ok(
        "identifiers", "sheet", "MN1000001", "--partner", "CN", "-o", tmp_path / "sheet.html"
    )


@pytest.mark.parametrize("status", ["suspended", "revoked"])
def test_no_sheet_is_printed_for_an_operator_that_is_not_in_good_standing(
    with_operator: Home, tmp_path: Path, status: str
) -> None:
    sheet = tmp_path / "sheet.html"
    asked = ("identifiers", "sheet", "MN1000001", "--partner", "CN", "-o", sheet)
    with_operator.ok(*asked)
    sheet.unlink()
    file = tmp_path / "later.csv"
    file.write_text(REGISTER.replace(";valid;", f";{status};"), encoding="utf-8")
    with_operator.ok("register", "import", file, "--programme", "MN-AEO", "--json")
    assert with_operator.run(*asked).err.startswith("STATE_NOT_SUITABLE")
    assert not sheet.exists()


def test_of_a_text_no_identifier_is_as_long_as_only_the_beginning_is_shown() -> None:
    assert len(run("identifiers", "explain", "A" * 5000, "--declared-in", "JP").out) < 1000
