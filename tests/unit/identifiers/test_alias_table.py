"""One row for each shipped rule: written, read back, and what is typed wrongly diagnosed.

The rows follow the research on how foreign AEOs are declared: first the territories' formats, then
the twenty partners of Korea.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pytest

from mra_gateway.identifiers.diagnose import diagnose
from mra_gateway.identifiers.diagnosis import Symptom
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.identifiers.reading import read
from mra_gateway.model.aliases import AliasKind
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import OperatorRecord
from tests.support.aliases import TODAY, book_of, operator, shipped

S = Symptom


class Row(NamedTuple):
    """A rule, an operator, the form it is declared in, and a wrong form with its diagnosis."""

    rule: str
    record: OperatorRecord
    declared: str
    wrong: str
    symptom: Symptom
    correct: str | None = None
    on: date = TODAY

    @property
    def territory(self) -> str:
        return self.rule[:2]


def auth(issuer: str, number: str) -> OperatorRecord:
    return operator(issuer, authorisation=number)


def tin(issuer: str, number: str) -> OperatorRecord:
    return operator(issuer, tin=number)


def code(issuer: str, kind: str, value: str) -> OperatorRecord:
    return operator(issuer, codes={kind: value})


CAREC = ("AF", "AZ", "CN", "GE", "KZ", "KG", "MN", "PK", "TJ", "TM", "UZ")
SG, CN, KR = "AEOSG123456789012", "AEOCN3302462345", "KR-AEO 12/0042"
MID = "KRAMAPLA123SEO"

ROWS = [
    # China: country code and customs id, in the overseas party's field and in the manifest
    Row("CN-SG", auth("SG", SG), "SG123456789012", SG, S.HELD_NUMBER, "SG123456789012"),
    Row("CN-SG", auth("SG", SG), "SG123456789012", "123456789012", S.TERRITORY_MISSING),
    Row("CN-SG", auth("SG", SG), "SG123456789012", "AEO<SG123456789012>", S.WRONG_FORM),
    Row("CN-SG", auth("SG", SG), "SG123456789012", "UEN+201234567A", S.WRONG_FORM),
    Row("CN-CH", tin("CH", "CHE12345678P"), "CHE12345678P", "AEO<CHE12345678P>", S.WRONG_FORM),
    Row("CN-CH", tin("CH", "CHE12345678P"), "CHE12345678P", "CHE-123.456.78P", S.WRONG_FORM),
    Row(
        "CN-CH-REMARKS",
        tin("CH", "CHE12345678P"),
        "AEO<CHE12345678P>",
        "CHE12345678P",
        S.HELD_NUMBER,
        "AEO<CHE12345678P>",
        date(2018, 1, 1),
    ),
    Row("CN-MO", auth("MO", "MO123456789"), "MO123456789", "AEOMO123456789", S.WRONG_FORM),
    Row("CN-TW", auth("TW", "TW123456789"), "AEO<TW123456789>", "TW123456789", S.WRONG_FORM),
    Row("CN-KR", auth("KR", KR), KR, "krAeo12-0042", S.OTHERWISE_WRITTEN, KR),
    Row("CN-ANY", tin("NZ", "NZ12345678"), "NZ12345678", "AEONZ12345678", S.WRONG_FORM),
    Row("CN-ANY", tin("NZ", "NZ12345678"), "NZ12345678", "9999+12345678", S.WRONG_FORM),
    # Japan: twelve characters
    Row("JP-AU", tin("AU", "AU12345678901"), "A12345678901", "12345678901", S.HELD_NUMBER),
    Row("JP-AU", tin("AU", "AU12345678901"), "A12345678901", "AU12345678901", S.WRONG_FORM),
    Row("JP-MY", auth("MY", "MY12345H100001"), "A1234510MY00", "MY12345H100001", S.HELD_NUMBER),
    Row(
        "JP-GB",
        code("GB", "JP-AEO", "A1B34567GB00"),
        "A1B34567GB00",
        "A-1B34567-GB-00",
        S.OTHERWISE_WRITTEN,
    ),
    Row(
        "JP-EU", code("EU", "JP-AEO", "A1B34567DE00"), "A1B34567DE00", "DEAEOF123456", S.WRONG_FORM
    ),
    Row("JP-KR", auth("KR", "KR1234567890"), "KR1234567890", "kr-1234567890", S.OTHERWISE_WRITTEN),
    # Singapore: territory and number; Brunei without hyphens
    Row(
        "SG-BN",
        auth("BN", "SLMSBN-123456-001"),
        "SLMSBN123456001",
        "SLMSBN-123456-001",
        S.WRONG_FORM,
    ),
    Row("SG-MY", auth("MY", "MY12345H100001"), "MY12345H100001", "AEOMY12345H100001", S.WRONG_FORM),
    Row("SG-CN", auth("CN", CN), "CN3302462345", CN, S.HELD_NUMBER),
    Row("SG-CN", auth("CN", CN), "CN3302462345", "3302462345", S.TERRITORY_MISSING),
    Row("SG-KR", auth("KR", KR), KR, "KRAEO120042", S.OTHERWISE_WRITTEN, KR),
    Row("SG-OWN", auth("SG", SG), "SG123456789012", SG, S.HELD_NUMBER),
    Row("BN-SG", auth("SG", SG), SG, "AEO-SG-123456789012", S.OTHERWISE_WRITTEN),
    Row("MY-SG", auth("SG", SG), SG, "SG123456789012", S.NOT_RECOGNISED),
    Row(
        "MY-JP",
        code("JP", "MY-MRA", "12345678901234"),
        "12345678901234",
        "1234-5678-9012-34",
        S.OTHERWISE_WRITTEN,
    ),
    # by name and address
    Row("HK-ANY", operator("SG"), "", "SG7777777", S.NAME_WANTED),
    Row("HK-KR", operator("KR"), "", "KR7777777", S.NAME_WANTED),
    Row("CA-KR", operator("KR"), "", "KR7777777", S.NAME_WANTED),
    Row("DO-KR", operator("KR"), "", "KR7777777", S.NAME_WANTED),
    # United States: MIDs, several for one operator
    Row(
        "US-MID", code("SG", "US-MID", "SGEXATRA12SIN"), "SGEXATRA12SIN", "SG12345678", S.WRONG_FORM
    ),
    Row("US-KR", code("KR", "US-MID", MID), MID, "KR AMAPLA 123 SEO", S.OTHERWISE_WRITTEN),
    Row(
        "US-EU", code("EU", "US-MID", "DEBERMAS12HAM"), "DEBERMAS12HAM", "DE123456789", S.WRONG_FORM
    ),
    # European Union: third-country id, converted numbers, EORI and authorisation numbers
    Row(
        "EU-TCUI", tin("UY", "UY1234567890"), "UY1234567890", "UY 1234-567890", S.OTHERWISE_WRITTEN
    ),
    Row(
        "EU-CA",
        tin("CA", "CA123456789RM0001"),
        "CA123456789RM0001",
        "123456789RM0001",
        S.TERRITORY_MISSING,
    ),
    Row("EU-CH", tin("CH", "CHE123456789"), "CHE123456789", "CHE-123.456.789", S.OTHERWISE_WRITTEN),
    Row(
        "EU-GB", tin("GB", "GB123456789000"), "GB123456789000", "123456789000", S.TERRITORY_MISSING
    ),
    Row(
        "EU-US", code("US", "EU-MRA", "US12345678"), "US12345678", "us12345678", S.OTHERWISE_WRITTEN
    ),
    Row("EU-CN", code("CN", "EU-MRA", "CN3302462345"), "CN3302462345", CN, S.WRONG_FORM),
    Row(
        "EU-JP",
        code("JP", "EU-MRA", "JP123456789012"),
        "JP123456789012",
        "Y031123456789012",
        S.WRONG_FORM,
    ),
    Row("EU-JP-SAD", tin("JP", "JP1234567890"), "JP1511234567890", "JP1234567890", S.HELD_NUMBER),
    Row("EU-EORI", tin("EU", "DE1234567"), "DE1234567", "DE 1234567", S.OTHERWISE_WRITTEN),
    Row(
        "EU-AUTHORISATION",
        auth("EU", "NLAEOS00048/14"),
        "NLAEOS00048/14",
        "AEOSNL00048/14",
        S.WRONG_FORM,
    ),
    # United Kingdom
    Row("GB-ANY", tin("NZ", "NZ12345678"), "NZ12345678", "NZ-12345678", S.OTHERWISE_WRITTEN),
    Row("GB-EU", tin("EU", "DE1234567"), "DE1234567", "DEAEOF123456", S.WRONG_FORM),
    # Eurasian Economic Union: the marker as keyboards have it
    Row("AM-EAEU", auth("AM", "AM/0007/ТИП 1"), "AM/0007/ТИП 1", "AM/0007/TYPE 1", S.WRONG_FORM),
    Row(
        "BY-EAEU",
        auth("BY", "BY/0042/ТИП 3"),
        "BY/0042/ТИП 3",
        "BY/0042/THP 3",
        S.OTHERWISE_WRITTEN,
    ),
    Row("BY-EAEU", auth("BY", "BY/0042/ТИП 3"), "BY/0042/ТИП 3", "BY/0042", S.WRONG_FORM),
    Row("BY-EAEU", auth("BY", "BY/0042/ТИП 3"), "BY/0042/ТИП 3", "BY/0042/3", S.WRONG_FORM),
    Row(
        "KG-EAEU",
        auth("KG", "KG/0001/ТИП 2"),
        "KG/0001/ТИП 2",
        "KG/0001/TIP 2",
        S.OTHERWISE_WRITTEN,
    ),
    Row(
        "KZ-EAEU",
        auth("KZ", "KZ/0125/ТИП 1"),
        "KZ/0125/ТИП 1",
        "ＫＺ／0125／ТИП 1",
        S.OTHERWISE_WRITTEN,
    ),
    Row("RU-EAEU", auth("RU", "RU/0300/ТИП 3"), "RU/0300/ТИП 3", "RU0300ТIП3", S.OTHERWISE_WRITTEN),
    # China's operators abroad
    Row("BY-CN", auth("CN", CN), CN, "AEO CN 3302462345", S.OTHERWISE_WRITTEN),
    Row("MN-CN", auth("CN", CN), CN, "aeocn3302462345", S.OTHERWISE_WRITTEN),
    Row("MO-CN", auth("CN", CN), CN, "AEO<CN3302462345>", S.OTHERWISE_WRITTEN),
    Row("CH-CN", auth("CN", CN), "CN3302462345", CN, S.HELD_NUMBER),
    # Brazil: the TIN
    Row(
        "BR-ANY",
        tin("UY", "UY123456780012"),
        "UY123456780012",
        "UY 12.345.678-0012",
        S.OTHERWISE_WRITTEN,
    ),
    Row(
        "BR-OWN",
        tin("BR", "BR12345678000101"),
        "BR12345678000101",
        "12.345.678/0001-01",
        S.TERRITORY_MISSING,
    ),
    # Korea: the AEO number, as it is or reshaped
    *(
        Row(f"{partner}-KR", auth("KR", KR), KR, "KRAEO120042", S.OTHERWISE_WRITTEN, KR)
        for partner in ("TW", "MY", "MX", "AE", "ID", "TH", "PE")
    ),
    # Korea: a code of the partner's customs, or of importers and brokers
    Row(
        "GB-KR",
        code("KR", "GB-EORI", "GB123456789000"),
        "GB123456789000",
        "123456789000",
        S.NOT_RECOGNISED,
    ),
    Row(
        "NZ-KR",
        code("KR", "NZ-SUPPLIER", "71234567A"),
        "71234567A",
        "7123 4567a",
        S.OTHERWISE_WRITTEN,
    ),
    Row(
        "NZ-ANY",
        code("SG", "NZ-SUPPLIER", "71234567A"),
        "71234567A",
        "7123 4567a",
        S.OTHERWISE_WRITTEN,
    ),
    Row(
        "AU-KR", code("KR", "AU-SUPPLIER", "CCID1234"), "CCID1234", "ccid-1234", S.OTHERWISE_WRITTEN
    ),
    Row(
        "AU-ANY",
        code("SG", "AU-SUPPLIER", "CCID1234"),
        "CCID1234",
        "ccid-1234",
        S.OTHERWISE_WRITTEN,
    ),
    Row("IN-KR", code("KR", "IN-OBIN", "OBIN0042"), "OBIN0042", "OBIN 0042", S.OTHERWISE_WRITTEN),
    Row("TR-KR", code("KR", "TR-YFKS", "YFKS-77"), "YFKS-77", "YFKS77", S.OTHERWISE_WRITTEN),
    Row("IL-KR", code("KR", "IL-SUPPLIER", "SUP77"), "SUP77", "sup77", S.OTHERWISE_WRITTEN),
]


def test_every_shipped_rule_with_a_form_has_a_row() -> None:
    known = {
        fact.value.id
        for identification in shipped().identification.values()
        for fact in identification.rules
        if fact.value is not None and fact.value.kind is not AliasKind.NOT_KNOWN
    }
    assert known == {row.rule for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule}:{row.wrong}")
def test_an_operator_is_written_in_the_form_of_the_rule(row: Row) -> None:
    forms = book_of(row.territory).written_forms(row.record, on=row.on)
    form = next(form for form in forms if form.rule == row.rule)
    if form.kind is AliasKind.NAME_AND_ADDRESS:
        assert form.keys == ()
        assert form.text == row.record.legal_name
    else:
        assert form.text == row.declared
        assert form.keys[0] == normalised(row.declared)


def numbers_of(record: OperatorRecord) -> set[str]:
    """The normalised numbers an operator is known by, whatever the rules want."""
    numbers = (record.authorisation, record.tin, record.tin.national, record.tin_as_issued or "")
    codes = (each.value for each in record.partner_identifiers)
    return {normalised(text) for text in (*numbers, *codes)} - {""}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule}:{row.wrong}")
def test_the_form_is_read_back_unless_the_rule_loses_a_part(row: Row) -> None:
    readings = [
        reading
        for reading in read(row.declared, book=book_of(row.territory), on=row.on)
        if reading.rule == row.rule
    ]
    compiled = next(each for each in book_of(row.territory).rules if each.rule.id == row.rule)
    if compiled.held is None:
        assert readings == []
        return
    (reading,) = readings
    if compiled.rule.lossy:
        assert reading.held is None
        assert "?" in reading.shown
    else:
        assert normalised(reading.held or "") in numbers_of(row.record)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule}:{row.wrong}")
def test_what_is_typed_instead_is_diagnosed(row: Row) -> None:
    def known(key: str) -> list[OperatorRecord]:
        by_name = row.symptom is S.NAME_WANTED
        shapeless = row.symptom is S.OTHERWISE_WRITTEN
        return [row.record] if (by_name or shapeless) and key in numbers_of(row.record) else []

    diagnosis = diagnose(
        row.wrong,
        book=book_of(row.territory),
        on=row.on,
        known=known,
        territory=row.record.tin.territory,
        issuer=row.record.programme.territory,
    )
    found = {finding.symptom: finding for finding in diagnosis.findings}
    assert row.symptom in found, diagnosis
    if row.correct is not None:
        assert found[row.symptom].write == row.correct
    if found[row.symptom].write is not None:
        assert found[row.symptom].write == row.declared


@pytest.mark.parametrize("territory", CAREC)
def test_every_carec_member_has_a_file_and_what_is_not_known_matches_nothing(
    territory: str,
) -> None:
    rules = [fact.value for fact in shipped().identification[Territory(territory)].rules]
    blank = [rule for rule in rules if rule is not None and rule.kind is AliasKind.NOT_KNOWN]
    assert blank or territory == "CN"
    assert all(rule.held is None and rule.written is None for rule in blank)
