"""Long files are read piece by piece: what a piece cuts is whole, and memory does not follow."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mra_gateway.errors import MalformedMessage, Reason, RequestRefused
from mra_gateway.flows.export_register import write_export
from mra_gateway.model.register import RegisterFile
from mra_gateway.tables import json_file
from mra_gateway.wire import xml
from mra_gateway.wire.register import NAMESPACE, decode_register
from tests.support.registers import read, read_parsed
from tests.support.simulation import a_row

FEW, MANY = 500, 2_000


def _write(path: Path, count: int) -> Path:
    rows = [
        a_row(
            number,
            tin=f"MN{number:07}",
            authorisation=f"A{number}",
            programme="MN-AEO",
            legal_name=f"Жишээ компани {number}",
        )
        for number in range(1, count + 1)
    ]
    write_export(rows, path)
    return path


def _read(path: Path) -> RegisterFile:
    if path.suffix != ".xml":
        return read(path)
    with path.open("rb") as file:
        return read_parsed(decode_register(file, file=path.name))


def peak_of(work: Callable[[], object]) -> int:
    """Returns the most memory Python objects took while some work was done."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", ["csv", "json", "xml", "xlsx"])
def test_four_times_the_rows_take_nowhere_near_four_times_the_memory(
    tmp_path: Path, form: str
) -> None:
    few = _write(tmp_path / f"few.{form}", FEW)
    many = _write(tmp_path / f"many.{form}", MANY)
    _read(few)  # what is read once for all is there before anything is counted
    small, large = peak_of(partial(_read, few)), peak_of(partial(_read, many))
    found = _read(many)
    assert (len(found.rows), found.problems) == (MANY, ())
    nouns = peak_of(lambda: list(found.rows))
    assert large - small < nouns / 2, (small, large, nouns)


# --- JSON

OPERATOR = {"tin": "1000001", "authorisation": "A1", "episode": "1", "status": "valid"}


def _in_pieces(path: Path, text: str, *, piece: int) -> RegisterFile:
    path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_file, "_PIECE", piece)
        return read(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(piece=st.integers(1, 300), last=st.booleans(), indent=st.sampled_from([None, 1]))
def test_json_reads_alike_wherever_it_is_cut(
    tmp_path: Path, piece: int, *, last: bool, indent: int | None
) -> None:
    operators = [
        {**OPERATOR, "tin": f"{n:07}", "authorisation": f'"\\{{[{n}', "legal_name": "Ө,]}"}
        for n in range(1, 6)
    ]
    ends = {"format": json_file.FORMAT, "version": 1e5, "note": {"operators": [1]}}
    document = {**ends, "operators": operators} if last else {"operators": operators, **ends}
    found = _in_pieces(tmp_path / "r.json", json.dumps(document, indent=indent), piece=piece)
    assert found.is_clean, found.problems
    assert [row.row.authorisation for row in found.rows] == [
        one["authorisation"] for one in operators
    ]
    assert [row.address.row for row in found.rows] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda good: good[:-1], "after operator 2"),
        (lambda good: good + "]", "follows the end"),
        (lambda good: good.replace("}, {", "} {"), "after operator 1"),
        (lambda good: good.replace("}, {", "},, {"), "after operator 1"),
        (lambda good: good[:-1] + ",]", "after operator 2"),
        (lambda good: good.replace("}, {", "}, 12, {"), "operator 2 is not an object"),
        (lambda good: f'{{"format": "{json_file.FORMAT}", "operators": {good}, "operators": []}}',
         "twice"),
        (lambda good: f'{{"format": "other", "operators": {good}}}', "neither a list"),
        (lambda good: '{"operators": 1, "format": "x"}', "neither a list"),
        (lambda good: '"[]"', "neither a list"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("piece", [3, 10_000])
def test_json_that_is_broken_somewhere_is_refused_whole(
    tmp_path: Path, change: Callable[[str], str], text: str, piece: int
) -> None:
    good = json.dumps([OPERATOR, {**OPERATOR, "tin": "1000002", "authorisation": "A2"}])
    assert len(_in_pieces(tmp_path / "r.json", good, piece=piece).rows) == 2
    with pytest.raises(RequestRefused, match=text) as refused:
        _in_pieces(tmp_path / "r.json", change(good), piece=piece)
    assert refused.value.reason is Reason.FILE_UNREADABLE


def test_a_json_value_that_never_ends_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_file, "LONGEST", 700)
    good = json.dumps([{**OPERATOR, "legal_name": "A" * 500}])
    assert _in_pieces(tmp_path / "r.json", good, piece=3).is_clean
    with pytest.raises(RequestRefused, match="more than 700 characters"):
        _in_pieces(tmp_path / "r.json", good.replace("A" * 500, "A" * 900), piece=3)


# --- XML

OPERATORS = "".join(
    f"<Operator><Tin>{n:07}</Tin><Authorisation>A{n}</Authorisation><Episode>1</Episode>\n"
    f"<Status>valid</Status><LegalName>Ө é {n}</LegalName></Operator>\n"
    for n in range(1, 6)
)
PLAIN = f'<?xml version="1.0"?>\n<Register xmlns="{NAMESPACE}">\n{OPERATORS}</Register>\n'
FOREIGN = (
    "<a:R xmlns:a='urn:a'><a:Of y='1'><a:Row n='1'><a:T>x</a:T><a:Row n='2'>y</a:Row></a:Row>\n"
    "</a:Of>\n<a:Row n='3'/><a:Other/>\n<a:Row n='4'><a:T>z</a:T></a:Row></a:R>"
)
pieces = st.integers(1, 700)


def _decode(text: str | bytes, *, piece: int, **options: Any) -> list[tuple[int | None, Any]]:
    content = text.encode() if isinstance(text, str) else text
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(xml, "_PIECE", piece)
        records = decode_register(io.BytesIO(content), file="r.xml", **options).records
    return [(one.address.row, one.values) for one in records]


@given(piece=pieces)
def test_xml_reads_alike_wherever_it_is_cut(piece: int) -> None:
    found = _decode(PLAIN, piece=piece)
    assert found == _decode(PLAIN, piece=1_000_000)
    assert [(row, values["authorisation"]) for row, values in found] == [
        (3, "A1"), (5, "A2"), (7, "A3"), (9, "A4"), (11, "A5")
    ]  # fmt: skip
    rows = _decode(FOREIGN, piece=piece, row_element="Row")
    assert rows == [
        (1, {"@n": "1", "T": "x", "Row/@n": "2", "Row": "y"}),
        (1, {"@n": "2"}),
        (3, {"@n": "3"}),
        (4, {"@n": "4", "T": "z"}),
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("</Register>", "<!-- x --></Register>", Reason.COMMENT_PRESENT),
        ("</Register>", "</Register><!-- x -->", Reason.COMMENT_PRESENT),
        ("<Tin>0000003", "<Tin><?x y?>0000003", Reason.PROCESSING_INSTRUCTION_PRESENT),
        ("<Register", '<!DOCTYPE Register [<!ENTITY a "b">]><Register', Reason.DOCTYPE_PRESENT),
        ("é 4", "e\u0301 4", Reason.TEXT_NOT_NFC),
        ("é 4", "e&#x301; 4", Reason.TEXT_NOT_NFC),
        ("é 4", "e<![CDATA[\u0301]]> 4", Reason.TEXT_NOT_NFC),
        ("</Register>", "", Reason.NOT_WELL_FORMED),
        ("</Register>", "</Register><Register/>", Reason.NOT_WELL_FORMED),
        ("<Status>valid</Status><LegalName>Ө é 4", "<LegalName>Ө é 4", Reason.SCHEMA_VIOLATION),
        ("<Operator><Tin>0000004", "text<Operator><Tin>0000004", Reason.SCHEMA_VIOLATION),
        ("</Register>", "<Other/></Register>", Reason.SCHEMA_VIOLATION),
        (OPERATORS, f"<Other>{OPERATORS}</Other>", Reason.SCHEMA_VIOLATION),
        ("1.0", "1.1", Reason.UNKNOWN_ROOT),
        ("0000004", "<x>" * 30 + "</x>" * 30, Reason.TOO_DEEP),
        ('"1.0"?', '"1.0" encoding="latin-1"?', Reason.ENCODING_NOT_UTF8),
    ],
)
@pytest.mark.parametrize("piece", [90, 200, 1_000_000])
def test_xml_that_is_wrong_anywhere_is_refused_whole(
    old: str, new: str, reason: Reason, piece: int
) -> None:
    assert len(_decode(PLAIN, piece=piece)) == 5
    where = NAMESPACE if reason is Reason.UNKNOWN_ROOT else old
    broken = PLAIN.replace(where, where.replace(old, new), 1)
    assert broken != PLAIN
    with pytest.raises(MalformedMessage) as refused:
        _decode(broken, piece=piece)
    assert refused.value.reason is reason


@given(piece=pieces)
def test_a_wrong_byte_is_named_by_its_place_and_a_long_document_by_its_limit(piece: int) -> None:
    content = PLAIN.encode()
    place = content.index("é 4".encode())
    with pytest.raises(MalformedMessage) as refused:
        _decode(content[:place] + b"\xff" + content[place:], piece=piece)
    assert (refused.value.reason, refused.value.where) == (
        Reason.ENCODING_NOT_UTF8,
        f"byte {place}",
    )
    assert len(_decode(content, piece=piece, max_bytes=len(content))) == 5
    with pytest.raises(MalformedMessage) as refused:
        _decode(content, piece=piece, max_bytes=len(content) - 1)
    assert refused.value.reason is Reason.TOO_LARGE
