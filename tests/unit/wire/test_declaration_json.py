"""JSON files of declarations: every form read, every fault told with its place."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.model.declarations import Declaration
from mra_gateway.wire.declaration_json import JsonFault, find_doubled, stream_json


def declaration(reference: str = "A", **changes: Any) -> dict[str, Any]:
    return {
        "reference": reference,
        "type": "import",
        "parties": [{"role": "exporter", "identifier": "X1"}],
        **changes,
    }


def read(content: bytes) -> list[Declaration | JsonFault]:
    return list(stream_json(io.BytesIO(content)))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(declaration()),
        json.dumps(declaration(), indent=2),
        json.dumps([declaration()]),
        json.dumps({"declarations": [declaration()]}, indent=1),
        json.dumps({"declarations": [declaration()]}),
        "\ufeff" + json.dumps(declaration()) + "\n\n",
    ],
    ids=["one", "on several lines", "list", "object", "object on a line", "line with a mark"],
)
def test_every_form_says_the_same(text: str) -> None:
    (found,) = read(text.encode())
    assert isinstance(found, Declaration)
    assert found.reference == "A"


def test_lines_are_read_one_by_one_and_a_bad_one_spoils_no_other() -> None:
    lines = [declaration("A"), declaration("B", type="up"), declaration("C")]
    text = "\n".join(map(json.dumps, lines)) + "\n{broken\n\n" + json.dumps(declaration("D"))
    found = read(text.encode())
    assert [one.reference for one in found if isinstance(one, Declaration)] == ["A", "C", "D"]
    faults = [one for one in found if isinstance(one, JsonFault)]
    assert [fault.where for fault in faults] == ["line 2, field type", "line 4"]


@pytest.mark.parametrize(
    ("content", "where", "said"),
    [
        (b'{"reference": ', "line 1", "not JSON"),
        (b"[1]", "declaration 1", "should be an object"),
        (b'[{"reference": "A"}]', "declaration 1, field type", "is missing"),
        (b'{"reference": "A", "type": "import", "type": "export"}', None, "'type' stands twice"),
        (b'["\xff"]', "line 1", "not UTF-8"),
        (b"[" * 100_000, None, "nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    content: bytes, where: str | None, said: str
) -> None:
    fault = read(content)[0]
    assert isinstance(fault, JsonFault)
    assert fault.where == where
    assert said in fault.text
    assert isinstance(read(json.dumps(declaration()).encode())[0], Declaration)


@given(st.binary(max_size=120))
def test_no_bytes_make_the_reader_stumble(content: bytes) -> None:
    assert all(isinstance(one, JsonFault) for one in read(b"{" + content))


FULL = declaration(
    accepted_at="2026-11-22T10:00:00+08:00",
    parties=[
        {
            "role": "exporter",
            "name": 'said ":" and : once',
            "address": {"city": "A", "lines": ["b"]},
            "declared_as": {"list": "CL704", "code": "CS"},
        }
    ],
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"reference": "B", "reference": "A"', "reference"),
        ('"reference" : "B", "reference": "A"', "reference"),
        ('"refer\\u0065nce":"B","reference":"A"', "reference"),
        ('"reference":"A","parties":[],"parties"\r:[{"role":"carrier"}]', "parties"),
        ('"reference":"A","parties":[{"role":"exporter","role"\n:"carrier"}]', "role"),
        (
            '"reference":"A","parties":[{"role":"carrier","address":{"city":"A","city":"B"}}]',
            "city",
        ),
    ],
)
def test_a_request_that_names_a_field_twice_is_told_apart_however_it_is_written(
    text: str, name: str
) -> None:
    parties = "" if "parties" in text else ',"parties":[{"role":"carrier"}]'
    content = f'{{"type":"import",{text}{parties}}}'.encode()
    one = Declaration.model_validate_json(content)  # takes it without a word
    doubled = find_doubled(content, declarations=[one])
    assert doubled is not None
    assert doubled.startswith(f"{name!r} stands twice")
    listed = b'{"declarations":[' + content + b"]}"
    assert find_doubled(listed, declarations=[one], names=1) == doubled


@pytest.mark.parametrize("form", [{}, {"indent": 1}, {"separators": (",", " :")}])
@pytest.mark.parametrize("given", [declaration(), FULL])
def test_a_request_that_names_every_field_once_is_taken(
    given: dict[str, Any], form: dict[str, Any]
) -> None:
    content = json.dumps(given, **form).encode()
    one = Declaration.model_validate_json(content)
    assert find_doubled(content, declarations=[one]) is None
    many = json.dumps({"declarations": [given, given]}, **form).encode()
    assert find_doubled(many, declarations=[one, one], names=1) is None
