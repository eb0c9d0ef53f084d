"""What a declared text is, and what is advised; advice is given only where there is one."""

from __future__ import annotations

from datetime import date

import pytest

from mra_gateway.errors import Reason, SetupError
from mra_gateway.identifiers.book import GENERAL, compile_rules
from mra_gateway.identifiers.check import check_identification
from mra_gateway.identifiers.check_digits import check_number
from mra_gateway.identifiers.diagnose import diagnose
from mra_gateway.identifiers.diagnosis import Diagnosis, Symptom
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.identifiers.templates import Template
from mra_gateway.model.aliases import AliasRule, Identification
from mra_gateway.model.facts import Basis, Fact
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import OperatorRecord
from tests.support.aliases import TODAY, book_of, operator, shipped


def symptoms(diagnosis: Diagnosis) -> set[Symptom]:
    return {finding.symptom for finding in diagnosis.findings}


def test_an_operator_held_is_advised_the_form_this_territory_takes() -> None:
    record = operator("SG", authorisation="AEOSG123456789012")

    def known(key: str) -> list[OperatorRecord]:
        return [record] if key == normalised(record.authorisation) else []

    found = diagnose("aeosg-123456789012", book=book_of("CN"), on=TODAY, known=known)
    assert symptoms(found) == {Symptom.HELD_NUMBER}
    assert found.correction is not None
    assert "the AEO authorisation number" in found.correction
    assert "SG123456789012" in found.correction


@pytest.mark.parametrize(
    ("text", "in_small_letters", "declared_in", "issuer", "right"),
    [
        ("AEOCN3302462345", "ａｅｏＣＮ３３０２４６２３４５", "CN", "CN", "CN3302462345"),
        ("DEAEOF123456", "de aeof 123456", "GB", "EU", None),
    ],
)
def test_a_wrong_form_is_as_wrong_in_other_letters(
    text: str, in_small_letters: str, declared_in: str, issuer: str, right: str | None
) -> None:
    for typed in (text, in_small_letters):
        found = diagnose(typed, book=book_of(declared_in), on=TODAY, issuer=Territory(issuer))
        assert symptoms(found) == {Symptom.WRONG_FORM}, typed
        assert {finding.write for finding in found.findings} == {right}
    sloppy = diagnose("che 12345678p", book=book_of("CN"), on=TODAY, issuer=Territory("CH"))
    assert symptoms(sloppy) == {Symptom.OTHERWISE_WRITTEN}


def test_a_number_without_its_territory_is_advised_with_it() -> None:
    record = operator("NZ", tin="NZ12345678")

    def known(key: str) -> list[OperatorRecord]:
        return [record] if key == "NZ12345678" else []

    book = book_of("GB")
    found = diagnose("12345678", book=book, on=TODAY, known=known, territory=Territory("NZ"))
    assert found.correction is not None
    assert found.correction.startswith("the declared code lacks the territory prefix NZ")
    without = diagnose("12345678", book=book, on=TODAY, known=known)
    assert without.correction is None


def test_a_code_our_customs_assign_is_asked_for_when_it_is_not_held() -> None:
    record = operator("EU", tin="DE1234567")

    def known(key: str) -> list[OperatorRecord]:
        return [record] if key == "DE1234567" else []

    found = diagnose("DE1234567", book=book_of("JP"), on=TODAY, known=known)
    assert symptoms(found) == {Symptom.CODE_WANTED}
    assert "JP-AEO" in found.findings[0].says
    assert found.correction is None


def test_different_advice_is_no_advice() -> None:
    book = book_of("EU")
    found = diagnose("123456789012", book=book, on=TODAY)
    assert len({each.write for each in found.findings}) > 1
    assert found.correction is None
    assert (
        diagnose("123456789012", book=book, on=TODAY, territory=Territory("GB")).correction
        is not None
    )


def test_a_form_of_another_day_is_named_as_such() -> None:
    held = diagnose("AEO<CHE12345678P>", book=book_of("CN"), on=date(2018, 3, 1))
    assert Symptom.RIGHT_FORM in symptoms(held)
    later = diagnose("AEO<CHE12345678P>", book=book_of("CN"), on=date(2017, 1, 1))
    assert Symptom.FORMER_FORM in symptoms(later)


def test_a_form_of_elsewhere_is_named_as_such() -> None:
    books = {territory: book_of(territory) for territory in shipped().identification}
    found = diagnose("AEOCN3302462345", book=books[Territory("JP")], on=TODAY, elsewhere=books)
    assert symptoms(found) == {Symptom.FORM_OF_ELSEWHERE}
    assert any("authorisation number of an operator of CN" in one.says for one in found.findings)
    alone = diagnose("AEOCN3302462345", book=books[Territory("JP")], on=TODAY)
    assert symptoms(alone) == {Symptom.NOT_RECOGNISED}


def test_letters_that_look_alike_are_shown_and_never_folded() -> None:
    found = diagnose("АЕОSG123456789012", book=book_of("CN"), on=TODAY)
    assert Symptom.LOOK_ALIKES in symptoms(found)
    assert "CYRILLIC" in next(iter(found.findings)).says
    right = diagnose("BY/0042/ТИП 3", book=book_of("BY"), on=TODAY)
    assert symptoms(right) == {Symptom.RIGHT_FORM}


@pytest.mark.parametrize("text", ["", " ", "-", "<>", "\u200b"])
def test_nothing_declared_is_nothing(text: str) -> None:
    assert symptoms(diagnose(text, book=book_of("CN"), on=TODAY)) == {Symptom.EMPTY}


def test_without_rules_the_tin_and_the_authorisation_number_identify() -> None:
    book = compile_rules((), declared_in=Territory("UZ"))
    record = operator("BY", tin="BY100000001", authorisation="BY/0042/ТИП 3")
    forms = book.written_forms(record, on=TODAY)
    assert {form.text for form in forms} == {record.tin, record.authorisation}
    assert {form.rule for form in forms} == {fact.value.id for fact in GENERAL if fact.value}


def test_a_rule_that_has_ended_gives_way() -> None:
    book = book_of("CN")
    record = operator("CH", tin="CHE12345678P")
    before = book.written_forms(record, on=date(2018, 10, 31))
    after = book.written_forms(record, on=date(2018, 11, 1))
    assert [form.rule for form in before] == ["CN-CH-REMARKS"]
    assert [form.rule for form in after] == ["CN-CH"]


def test_singapore_takes_a_pair() -> None:
    record = operator("BN", authorisation="SLMSBN-123456-001")
    (form,) = book_of("SG").written_forms(record, on=TODAY)
    assert dict(form.fields)["PC1 (processing code 1)"] == "BN"
    assert dict(form.fields)["PC2 (processing code 2)"] == "SLMSBN123456001"
    assert "BN123456001" in form.keys


def test_every_mid_of_an_operator_is_a_form_of_its_own() -> None:
    record = operator("KR").model_copy(
        update={
            "partner_identifiers": tuple(
                operator("KR", codes={"US-MID": mid}).partner_identifiers[0]
                for mid in ("KRAMAPLA123SEO", "KRAMAPLA45BUS")
            )
        }
    )
    forms = book_of("US").written_forms(record, on=TODAY)
    assert {form.text for form in forms} == {"KRAMAPLA123SEO", "KRAMAPLA45BUS"}


@pytest.mark.parametrize(
    ("territory", "right", "wrong"),
    [
        ("CN", "91110000600037341L", "91110000600037342L"),
        ("AU", "51824753556", "51824753557"),
        ("RU", "7707083893", "7707083894"),
        ("BY", "200988541", "200988542"),
    ],
)
def test_check_digits_are_said_where_they_are_known(territory: str, right: str, wrong: str) -> None:
    good = check_number(right, territory=Territory(territory))
    bad = check_number(wrong, territory=Territory(territory))
    assert good is not None
    assert good.valid
    assert bad is not None
    assert not bad.valid


def test_nothing_is_said_of_check_digits_nobody_published() -> None:
    korean = check_number("1168119948", territory=Territory("KR"))
    assert korean is not None
    assert korean.valid is None


def test_an_eori_is_not_blamed_for_being_no_vat_number() -> None:
    valid = check_number("136695976", territory=Territory("DE"))
    assert valid is not None
    assert valid.valid
    assert check_number("136695977", territory=Territory("DE")) is None
    assert check_number("1", territory=Territory("KZ")) is None


# rules that do not work


def rule(**changes: object) -> AliasRule:
    values: dict[str, object] = {
        "id": "R",
        "version": 1,
        "issued_by": ["CN"],
        "kind": "reshaped",
        "source_identifier": "authorisation",
        "parts": {"number": "[0-9]{4}", "year": "[0-9]{2}"},
        "held": "A{number}/{year}",
        "written": "B{number}{year}",
        "examples": [{"held": "A1234/26", "declared": "B123426"}],
    }
    return AliasRule.model_validate({**values, **changes})


def problems(checked: AliasRule) -> str:
    fact = Fact[AliasRule](value=checked, source="a.example", basis=Basis.READ, as_of=TODAY)
    found = check_identification(Identification(territory=Territory("JP"), rules=(fact,)))
    return "; ".join(problem.reason for problem in found)


def test_a_rule_that_works_has_no_problem() -> None:
    assert problems(rule()) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"examples": [{"held": "A1234/26", "declared": "B123427"}]}, "the rule writes 'B123426'"),
        ({"examples": [{"held": "A12/26", "declared": "B1226"}]}, "cannot be written"),
        ({"examples": []}, "at least one worked example"),
        ({"longest": 5}, "cannot be written"),
        (
            {"written": "B{number}", "examples": [{"held": "A1234/26", "declared": "B1234"}]},
            "the rule is lossy",
        ),
        ({"written": "B{serial}"}, "no part of this rule"),
        ({"written": "B{number}{number}"}, "stands twice"),
        ({"written": "B{number"}, "expected '}'"),
        ({"written": "B{number.real}"}, "no part of this rule"),
        ({"written": "B{number!r}"}, "no part of this rule"),
        ({"parts": {"number": "[0-9]{1,4}", "year": "[0-9]{1,2}"}}, "no fixed length"),
        ({"parts": {"number": "[9-0]", "year": "[0-9]{2}"}}, "cannot be read"),
        ({"written": None}, "needs the form"),
        ({"kind": "name_and_address"}, "does not tell every operator apart"),
    ],
)
def test_a_rule_that_does_not_work_is_found(changes: dict[str, object], said: str) -> None:
    assert problems(rule()) == ""
    assert said in problems(rule(**changes))


@pytest.mark.parametrize("part", ["(a+)+", "[0-9]+", ".*", "a|b*", "[0-9]{1000}", "(?:x)", ""])
def test_a_part_that_could_take_long_to_compare_is_no_part(part: str) -> None:
    with pytest.raises(ValueError, match="parts"):
        rule(parts={"number": part, "year": "[0-9]{2}"})


def test_a_broken_rule_stops_the_start_and_names_its_file() -> None:
    broken = rule(written="B{serial}")
    fact = Fact[AliasRule](value=broken, source="a.example", basis=Basis.READ, as_of=TODAY)
    with pytest.raises(SetupError) as caught:
        compile_rules([fact], declared_in=Territory("JP"))
    assert caught.value.reason is Reason.DATA_FILE_INVALID
    assert caught.value.where == "identification/JP.toml: R"


def test_a_text_of_the_right_form_is_read_whole_or_not_at_all() -> None:
    template = Template("A{x}", parts={"x": "[0-9]{2}"})
    assert template.read("A12") == {"x": "12"}
    assert [template.read(text) for text in ("A12\n", "xA12", "A123", "a12")] == [None] * 4
