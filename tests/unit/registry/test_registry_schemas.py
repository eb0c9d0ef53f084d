"""The JSON Schemas an editor uses refuse what the models refuse, and take what they take."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from mra_gateway.model.benefits import TableRow
from mra_gateway.model.indicators import Baseline, Indicator, Kpi
from mra_gateway.model.requirements import Category, Item, RequirementCatalogue
from mra_gateway.registry.files import KINDS, FileKind, read_toml
from mra_gateway.settings import data_folder

FILES = [
    pytest.param(path, kind, id=f"{kind.folder}/{path.stem}")
    for kind in KINDS
    for path in kind.files_in(data_folder("partners"))
]
TABLE = next(kind for kind in KINDS if kind.folder == "decision_tables")
WRONG: tuple[Any, ...] = (
    True,
    7,
    1.5,
    "",
    " x",
    "x\u0007",
    "x" * 513,
    "all",
    [],
    ["?"],
    {},
    {"x": 1},
    "2025-02-30",
)


class Mutation(NamedTuple):
    """A place in a file and what is done there."""

    path: tuple[str | int, ...]
    what: str
    value: Any = None


@cache
def validator(kind: FileKind) -> Draft202012Validator:
    file = data_folder("schemas") / "data" / kind.schema
    schema = json.loads(file.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def fits_schema(values: Any, kind: FileKind) -> bool:
    return bool(validator(kind).is_valid(values))


def fits_model(values: Any, kind: FileKind) -> bool:
    try:
        kind.model.model_validate_json(json.dumps(values), strict=True)
    except ValidationError:
        return False
    return True


def places(values: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(values, dict):
        for key, value in values.items():
            yield from places(value, (*path, key))
    elif isinstance(values, list):
        for index, value in enumerate(values):
            yield from places(value, (*path, index))


def at(values: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        values = values[part]
    return values


def mutate(values: Any, mutation: Mutation) -> Any:
    """Returns a changed copy: a value replaced, a key taken out, or a key nobody knows put in."""
    changed = copy.deepcopy(values)
    if mutation.what == "add":
        target = at(changed, mutation.path)
        if isinstance(target, dict):
            target["unheard_of"] = mutation.value
        return changed
    if not mutation.path:
        return mutation.value if mutation.what == "replace" else changed
    parent = at(changed, mutation.path[:-1])
    if mutation.what == "drop":
        del parent[mutation.path[-1]]
    else:
        parent[mutation.path[-1]] = mutation.value
    return changed


@pytest.mark.parametrize(("path", "kind"), FILES)
def test_every_shipped_file_fits_schema_and_model(path: Path, kind: FileKind) -> None:
    values = read_toml(path)
    assert [error.message for error in validator(kind).iter_errors(values)] == []
    assert fits_model(values, kind)


def test_every_kind_of_file_has_shipped_examples_and_no_schema_is_left_over() -> None:
    assert {kind.folder for kind in KINDS} == {str(one.id).split("/")[0] for one in FILES}
    shipped = {file.name for file in (data_folder("schemas") / "data").glob("*.json")}
    assert shipped >= {kind.schema for kind in KINDS}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (KINDS[0], "administrations/EU.toml"),
        (KINDS[1], "programmes/US-CTPAT.toml"),
        (KINDS[2], "arrangements/EU-US-2012.toml"),
        (KINDS[2], "arrangements/KR-CN-2013.toml"),
        (KINDS[1], "programmes/CN-AEO.toml"),
        (TABLE, "decision_tables/BY-UZ-2024.UZ.toml"),
    ],
    ids=[
        "administration",
        "programme",
        "arrangement",
        "arrangement with pilot",
        "programme with parameters",
        "decision table",
    ],
)
def test_schema_and_model_agree_on_every_key_taken_out_or_put_in(kind: FileKind, name: str) -> None:
    values = read_toml(data_folder("partners") / name)
    refused = 0
    for path in places(values):
        for what in ("drop", "add"):
            mutated = mutate(values, Mutation(path, what, "x"))
            verdict = fits_model(mutated, kind)
            assert fits_schema(mutated, kind) is verdict, (path, what)
            refused += not verdict
    assert refused > 20


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_schema_and_model_agree_on_any_replaced_value(data: st.DataObject) -> None:
    path, kind = data.draw(st.sampled_from([one.values for one in FILES]))
    assert isinstance(kind, FileKind)
    assert isinstance(path, Path)
    values = read_toml(path)
    place = data.draw(st.sampled_from(list(places(values))[1:]))
    mutated = mutate(values, Mutation(place, "replace", data.draw(st.sampled_from(WRONG))))
    assert fits_schema(mutated, kind) is fits_model(mutated, kind), place


def test_a_programme_dated_with_a_moment_fits_neither() -> None:
    values = read_toml(data_folder("partners") / "arrangements" / "CN-MN-2025.toml")
    moment = mutate(values, Mutation(("in_force_on", "value"), "replace", "2025-06-01T00:00:00"))
    assert fits_schema(values, KINDS[2])
    assert fits_model(values, KINDS[2])
    assert not fits_schema(moment, KINDS[2])
    assert not fits_model(moment, KINDS[2])


EVERY_CONDITION = {
    "id": "every",
    "effect": "refuse",
    "benefits": [{"code": "liaison", "parameters": {"a": 1, "b": "x"}, "legal_reference": "§ 1"}],
    "programmes": ["BY-AEO"],
    "tiers": ["3"],
    "roles": ["exporter"],
    "functions": ["representative"],
    "flows": ["transit"],
    "also": ["declarant"],
    "operators": ["BY100000001"],
    "offices": ["A1"],
    "modes": ["3"],
    "procedures": ["40"],
    "chapters_excluded": ["93"],
    "value_categories": [1, 4],
    "ecommerce_roles": ["ecommerce_platform"],
    "direct_delivery": True,
    "counterpart": "local_aeo",
    "valid_from": "2026-03-02",
    "valid_until": "2026-12-31",
    "note": "in words",
}


def test_schema_and_model_agree_on_a_row_with_every_condition() -> None:
    values = read_toml(data_folder("partners") / "decision_tables" / "CN-MN-2025.MN.toml")
    values["mode"] = "shadow"
    values["rows"]["value"] = [EVERY_CONDITION]
    assert set(EVERY_CONDITION) == set(TableRow.model_fields)
    assert fits_schema(values, TABLE)
    assert fits_model(values, TABLE)
    for path in list(places(values))[1:]:
        mutations = [Mutation(path, "drop"), Mutation(path, "add", "x")]
        mutations += [Mutation(path, "replace", wrong) for wrong in WRONG]
        for mutation in mutations:
            mutated = mutate(values, mutation)
            assert fits_schema(mutated, TABLE) is fits_model(mutated, TABLE), mutation


SOURCED = {"source": "read in a book", "basis": "partial", "as_of": "2026-11-21"}
SMALL_CATALOGUE = {
    "id": "small",
    "kind": "customs_duties",
    "title": {"value": {"en": "Duties", "ru": "Обязанности"}, **SOURCED},
    "editions": [{"value": {"name": "2021", "changed": {"en": "more"}}, **SOURCED}],
    "categories": [
        {
            "value": {
                "id": "D.C",
                "name": {"en": "Cooperation"},
                "purpose": {"en": "To work together"},
                "duty_on": "customs",
                "matter": "partnership",
            },
            **SOURCED,
        }
    ],
    "items": [
        {
            "value": {
                "id": "D.C.a",
                "category": "D.C",
                "clause": "D(a)",
                "requirement": {"en": "Customs answers", "ru": "Таможня отвечает"},
                "question": {"en": "Who answers?"},
                "assessed_by": ["file", "remote"],
                "roles": ["importer"],
                "since_edition": "2021",
                "until_edition": "2025",
                "values": {"yes": {"en": "It does"}},
            },
            **SOURCED,
        }
    ],
    "notes": [{"value": "a remark", **SOURCED}],
}


def test_schema_and_model_agree_on_a_catalogue_with_every_key() -> None:
    kind = next(kind for kind in KINDS if kind.folder == "requirements")
    assert set(SMALL_CATALOGUE) == set(RequirementCatalogue.model_fields)
    item = at(SMALL_CATALOGUE, ("items", 0, "value"))
    assert set(item) == set(Item.model_fields)
    assert set(at(SMALL_CATALOGUE, ("categories", 0, "value"))) == set(Category.model_fields)
    assert fits_schema(SMALL_CATALOGUE, kind)
    assert fits_model(SMALL_CATALOGUE, kind)
    refused = 0
    for path in list(places(SMALL_CATALOGUE))[1:]:
        mutations = [Mutation(path, "drop"), Mutation(path, "add", "x")]
        mutations += [
            Mutation(path, "replace", wrong) for wrong in (*WRONG, "D.", "d.C.a", "A.a.b")
        ]
        for mutation in mutations:
            mutated = mutate(SMALL_CATALOGUE, mutation)
            verdict = fits_model(mutated, kind)
            assert fits_schema(mutated, kind) is verdict, mutation
            refused += not verdict
    assert refused > 200


PHRASE = {"en": "In words"}
EVERY_BASELINE = {
    "kind": "scale",
    "value": 2.5,
    "year": 2024,
    "assessment": PHRASE,
    "criteria": [PHRASE],
    "formula": PHRASE,
    "categories": [PHRASE],
}
EVERY_INDICATOR = {
    "id": "mn:uptake.applications",
    "kpi": "uptake",
    "title": {"en": "In words", "ru": "Словами"},
    "of": "declarations",
    "numerator": "_.count()",
    "denominator": "_.value.sum()",
    "scale": 0.01,
    "span": "at_end",
    "counted_on": "lodged_on",
    "about": "aeo",
    "compare": ["non_aeo"],
    "by": ["arrangement"],
    "exclusions": [PHRASE],
    "quantity": "share",
    "unit": PHRASE,
    "data_source": PHRASE,
    "authority": PHRASE,
    "frequency": "quarterly",
    "baseline": EVERY_BASELINE,
    "target": {"value": 10, "year": 2027},
    "direction": "more",
    "sample": {"baseline": 2, "target": 10},
    "value_head": "enablement",
    "pmm_dimension": "revenue_collection",
    "sdg": [16],
    "annotation": PHRASE,
    "notes": [PHRASE],
}


def test_schema_and_model_agree_on_an_indicator_with_every_key() -> None:
    kind = next(kind for kind in KINDS if kind.schema == "indicators.schema.json")
    values = {
        "id": "mn",
        "title": {"value": PHRASE, **SOURCED},
        "kpis": [{"value": {"id": "uptake", "title": PHRASE, "intent": PHRASE}, **SOURCED}],
        "indicators": [{"value": EVERY_INDICATOR, **SOURCED}],
        "notes": [{"value": "a remark", **SOURCED}],
    }
    assert set(EVERY_INDICATOR) == set(Indicator.model_fields)
    assert set(EVERY_BASELINE) == set(Baseline.model_fields)
    assert set(values["kpis"][0]["value"]) == set(Kpi.model_fields)  # type: ignore[index]
    assert fits_schema(values, kind)
    assert fits_model(values, kind)
    for path in list(places(values))[1:]:
        mutations = [Mutation(path, "drop"), Mutation(path, "add", "x")]
        mutations += [
            Mutation(path, "replace", wrong) for wrong in (*WRONG, 0, -1, 18, "mn:A", 1e3)
        ]
        for mutation in mutations:
            mutated = mutate(values, mutation)
            assert fits_schema(mutated, kind) is fits_model(mutated, kind), mutation
