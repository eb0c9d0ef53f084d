"""The words of names: a word of two meanings is found, homes add theirs to those shipped."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mra_gateway.errors import Reason
from mra_gateway.model.facts import Basis
from mra_gateway.registry.check import check_folders
from mra_gateway.registry.load import load_registry
from mra_gateway.settings import data_folder

TODAY = date(2026, 11, 21)
OWN = """id = "ours"
[[words]]
value = { written = ["caravan", "керуен"], sense = "caravan", weight = 0.4 }
source = "our own registry of firms"
basis = "unverified"
as_of = 2026-11-21
"""


def own_file(folder: Path, text: str = OWN) -> Path:
    (folder / "names").mkdir()
    (folder / "names" / "ours.toml").write_text(text, encoding="utf-8")
    return folder


def errors(folder: Path) -> list[tuple[str, Reason]]:
    findings = check_folders(data_folder("partners"), folder, on=TODAY)
    return [(one.key, one.code) for one in findings if one.is_error and "names" in one.file.parts]


def test_a_home_adds_words_to_those_shipped(tmp_path: Path) -> None:
    shipped, together = (
        load_registry().names,
        load_registry(data_folder("partners"), own_file(tmp_path)).names,
    )
    assert len(together.words) == len(shipped.words) + 1
    assert together.forms == shipped.forms
    assert together.han_variants == shipped.han_variants
    assert errors(tmp_path) == []


def test_a_word_that_means_two_things_is_found(tmp_path: Path) -> None:
    own_file(tmp_path, OWN.replace('"caravan", "керуен"', '"caravan", "TRA-DING"'))
    (found,) = errors(tmp_path)
    assert found[1] is Reason.DATA_ID_DOUBLED
    assert found[0].startswith("words[")


def test_the_forms_cover_the_languages_of_the_region() -> None:
    forms = [fact.value for fact in load_registry().names.forms if fact.value is not None]
    languages = {language for form in forms for language in form.languages}
    wanted = "ru kk uz ky tg tk mn az ka zh ja ko en de fr es pt it ms tr be hy ur"
    assert languages >= set(wanted.split())


def test_no_entry_claims_to_be_read_that_was_not() -> None:
    names = load_registry().names
    held = (names.forms, names.words, names.places, names.address_words)
    assert {fact.basis for facts in held for fact in facts} == {Basis.PARTIAL, Basis.UNVERIFIED}
