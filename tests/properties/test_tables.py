"""Whatever a register holds, what is exported comes back; whatever a cell holds, nothing runs."""

from __future__ import annotations

import csv
import io
import tempfile
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mra_gateway.errors import RequestRefused
from mra_gateway.identifiers.canonical import canonical_tin
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import AuthorisationNumber, Territory, Tin
from mra_gateway.model.operators import (
    Address,
    OperatorName,
    PartnerIdentifier,
    ProgrammeKind,
    Role,
)
from mra_gateway.model.register import ConsentBasis, ConsentEntry, RegisterRow
from mra_gateway.tables.csv_file import read_csv
from mra_gateway.tables.escaping import escape, is_dangerous, unescape
from mra_gateway.tables.register import open_source
from mra_gateway.tables.writer import write_register, write_table
from mra_gateway.wire.register import decode_register, encode_register
from tests.support.registers import PROGRAMME, read, read_parsed

ALPHABET = st.sampled_from("=+-@'\";,|aZ9 éЖяӨүҳ中国한ქ\u0301.&<>")
# begins as a formula might, and holds a word: a lone dash stands for an empty cell in a register
NAME = st.tuples(
    st.sampled_from(["", "=", "+", "-", "@", "'=", "''@", "''"]), st.text(ALPHABET)
).map(lambda parts: unicodedata.normalize("NFC", f"{parts[0]}Nя{parts[1][:20]}").strip())
DAY = st.dates(date(1990, 1, 1), date(2090, 1, 1))
LATIN_ID = st.from_regex(r"MN/[A-Z0-9/ -]{0,10}[A-Z0-9]", fullmatch=True)
PARTNERS = st.sampled_from([Territory(code) for code in ("CN", "KR", "EU", "HK")])
LANGUAGE = st.none() | st.sampled_from(["en", "mn", "zh-Hans"])
ADDRESS = st.builds(
    Address,
    lines=st.lists(NAME, min_size=1, max_size=3).map(tuple),
    city=st.none() | NAME,
    postcode=st.none() | st.from_regex(r"[0-9]{5}", fullmatch=True),
    territory=PARTNERS,
    language=LANGUAGE,
)
CONSENT = st.builds(
    ConsentEntry,
    partner=PARTNERS,
    basis=st.sampled_from(ConsentBasis),
    letter_number=NAME,
    given_on=st.just(date(2020, 1, 1)),
    withdrawn_on=st.none() | st.dates(date(2021, 1, 1), date(2030, 1, 1)),
)
ROW = st.builds(
    RegisterRow,
    tin=st.from_regex(r"MN[0-9][A-Z0-9]{4,10}", fullmatch=True).map(Tin),
    authorisation=LATIN_ID.map(AuthorisationNumber),
    episode=NAME,
    programme=st.just(PROGRAMME),
    kind=st.sampled_from(ProgrammeKind),
    tier=st.none() | st.sampled_from(["1", "AEOS", "advanced"]),
    roles=st.lists(st.sampled_from(Role), unique=True, max_size=3).map(tuple),
    legal_name=st.none() | NAME,
    names=st.lists(st.builds(OperatorName, text=NAME, language=LANGUAGE), max_size=3).map(tuple),
    addresses=st.lists(ADDRESS, max_size=2).map(tuple),
    granted_on=st.none() | DAY.filter(lambda day: day.year < 2030),
    expires_on=st.none() | st.dates(date(2031, 1, 1), date(2090, 1, 1)),
    decision_reference=st.none() | NAME,
    issuing_authority=st.none() | NAME,
    partner_identifiers=st.lists(
        st.builds(
            PartnerIdentifier,
            kind=st.just("US-MID"),
            value=LATIN_ID,
            site=st.none() | ADDRESS,
        ),
        max_size=2,
    ).map(tuple),
    status=st.sampled_from(Status),
    effective_from=st.none() | DAY | st.just(datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)),
    consents=st.lists(CONSENT, unique_by=lambda entry: entry.partner, max_size=2).map(tuple),
)
ROWS = st.lists(
    ROW, min_size=1, max_size=4, unique_by=(lambda row: row.tin, lambda row: row.authorisation)
)
SLOW = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@given(st.text(st.sampled_from("'=+-@\t\r\n＝＋－＠aя "), max_size=6) | st.text(max_size=20))
def test_escaping_is_undone_exactly_and_leaves_nothing_that_runs(text: str) -> None:
    assert unescape(escape(text)) == text
    assert escape(text)[:1] not in set("=+-@\t\r\n＝＋－＠") - {""}
    assert is_dangerous(text) or escape(text) == text


@SLOW
@given(ROWS, st.sampled_from([".csv", ".xlsx", ".json"]))
def test_an_exported_register_reads_back_the_same(rows: list[RegisterRow], ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"register{ending}"
        write_register(rows, path)
        found = read(path, programme=None)
    assert found.problems == ()
    assert [row.row for row in found.rows] == rows


@SLOW
@given(ROWS)
def test_an_encoded_xml_register_reads_back_the_same(rows: list[RegisterRow]) -> None:
    found = read_parsed(decode_register(encode_register(rows), file="r.xml"))
    assert found.problems == ()
    assert [row.row for row in found.rows] == rows


CELL = st.tuples(
    st.sampled_from(["", "'", "=", "+", "''-", "@"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Cn"]), max_size=20),
    st.sampled_from(["x", "\ny", "=", "'"]),
).map("".join)


@SLOW
@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=5))
def test_any_text_survives_a_table_and_no_cell_of_it_runs(cells: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for ending in (".csv", ".xlsx"):
            path = Path(folder) / f"t{ending}"
            write_table(["a", "b"], cells, path, title="t")
            rows = open_source(path).sheets[0].rows[1:]
            assert [list(row.values) for row in rows] == cells
            if ending == ".csv":
                for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")):
                    assert not any(cell[:1] in set("=+-@＝＋－＠") for cell in row)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_the_csv_reader_fail_otherwise_than_by_refusing(content: bytes) -> None:
    said = ""
    try:
        read_csv(content, file="x.csv", knows=lambda text: text == "TIN")
    except RequestRefused as refused:
        said = refused.text
    assert said.isprintable()


@given(st.text(max_size=40))
def test_any_text_is_a_canonical_tin_or_refused_and_canonising_twice_changes_nothing(
    text: str,
) -> None:
    mongolia = Territory("MN")
    said, tin = "", "MN1"
    try:
        tin = canonical_tin(text, territory=mongolia)
    except RequestRefused as refused:
        said = refused.text
    assert said.isprintable()
    assert canonical_tin(tin, territory=mongolia) == tin
