"""Tables of declarations, CSV and Parquet: a stream, each bad cell told by row and column."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.as_declared import Moments
from mra_gateway.model.declaration_forms import DeclarationForm, TableForm
from mra_gateway.model.declarations import Declaration, DeclaredMessage
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.tables.declaration_files import DeclaredTable, open_csv, open_parquet
from mra_gateway.tables.declaration_rows import RowFault
from tests.support.declared import shipped

FORMS = tuple(shipped().declaration_forms.values())
ALMATY = ZoneInfo("Asia/Almaty")
HEAD = "Reference,Type,Accepted at,Exporter ID,Exporter name,Exporter country,HS code,Remark\n"
ROW = "A-1,IM,2026-03-02T09:00:00+05:00,AEOCN3302462345,Steel Ltd,cn,7304.59;8510,x\n"


def written(path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding, newline="")
    return path


def rows(table: DeclaredTable) -> list[DeclaredMessage | RowFault]:
    return list(table.rows())


def read(path: Path, text: str, *, zone: ZoneInfo | None = None) -> Declaration:
    (message,) = rows(open_csv(written(path, text), forms=FORMS, zone=zone))
    assert isinstance(message, DeclaredMessage)
    assert message.declaration is not None
    return message.declaration


def form(**changes: Any) -> Sequence[DeclarationForm]:
    """The shipped form with changes to its part about tables."""
    shipped_form = next(one for one in FORMS if one.id == "declaration-table")
    table = shipped_form.reads.value
    assert isinstance(table, TableForm)
    moments = changes.pop("moments", shipped_form.moments)
    reads = shipped_form.reads.model_copy(update={"value": table.model_copy(update=changes)})
    return (shipped_form.model_copy(update={"reads": reads, "moments": moments}),)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "export.csv"


def test_a_row_is_a_declaration(file: Path) -> None:
    declaration = read(file, HEAD + ROW)
    assert declaration.reference == "A-1"
    assert declaration.type is Flow.IMPORT
    assert declaration.accepted_at == datetime(2026, 3, 2, 4, tzinfo=UTC)
    assert declaration.chapters == ("73", "85")
    (party,) = declaration.parties
    assert (party.role, party.identifier) == (PartyFunction.EXPORTER, "AEOCN3302462345")
    assert (party.name, party.territory) == ("Steel Ltd", "CN")


@pytest.mark.parametrize(
    "text",
    [
        (HEAD + ROW).replace(",", "\t"),
        "sep=|\n" + (HEAD + ROW).replace(",", "|"),
        "\ufeff" + HEAD + ROW,
        (HEAD + ROW).replace("\n", "\r\n"),
        HEAD + "\n,,,,,,,\n" + ROW,
        HEAD + ROW.replace("Steel Ltd", '"Steel Ltd"'),
        HEAD.replace("Exporter ID", "exporter.identifier") + ROW,
    ],
    ids=["tabs", "sep=", "mark", "CRLF", "blank rows", "quoted", "name of the field"],
)
def test_however_the_file_is_written_it_says_the_same(text: str, file: Path) -> None:
    assert read(file, text) == read(file, HEAD + ROW)


def test_headings_may_be_russian(file: Path) -> None:
    declaration = read(
        file,
        "Номер ДТ;Тип декларации;Дата и время регистрации;ИНН экспортера;Экспортёр;Перевозчик\n"
        "10702070/1;ЭК;2026-03-02 09:00;7701234567;ООО Сталь;н/д\n",
        zone=ALMATY,
    )
    assert declaration.type is Flow.EXPORT
    assert declaration.accepted_at == datetime(2026, 3, 2, 4, tzinfo=UTC)
    assert [(party.identifier, party.name) for party in declaration.parties] == [
        ("7701234567", "ООО Сталь")
    ]


def test_an_older_encoding_is_taken_when_a_form_names_it_or_headings_are_known_by_it(
    file: Path,
) -> None:
    text = "Номер ДТ;Тип декларации;Экспортер\n1;ЭК;ООО Сталь\n"
    written(file, text, encoding="cp1251")
    for forms in (form(encoding="cp1251"), FORMS):
        (message,) = rows(open_csv(file, forms=forms))
        assert isinstance(message, DeclaredMessage)
        assert message.declaration is not None
        assert message.declaration.parties[0].name == "ООО Сталь"
    with pytest.raises(RequestRefused) as caught:
        open_csv(file, forms=form(encoding="cp866"))
    assert caught.value.reason is Reason.HEADINGS_NOT_FOUND
    written(file, text.replace("Номер ДТ;Тип декларации", "Раз;Два"), encoding="cp1251")
    with pytest.raises(RequestRefused) as caught:
        open_csv(file, forms=FORMS)
    assert caught.value.reason is Reason.HEADINGS_NOT_FOUND


def test_bytes_that_are_no_utf8_further_on_are_told_with_their_row(file: Path) -> None:
    written(file, HEAD + ROW + ROW.replace("Steel", "Стал"), encoding="utf-8")
    file.write_bytes(file.read_bytes() + b"\xff\xfe\n")
    with pytest.raises(RequestRefused) as broken:
        rows(open_csv(file, forms=FORMS))
    assert broken.value.reason is Reason.FILE_UNREADABLE
    assert "is not utf-8" in broken.value.text


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("Reference", "", Reason.VALUE_MISSING),
        ("Type", "sideways", Reason.WORD_UNKNOWN),
        ("Accepted at", "02.03.2026", Reason.VALUE_UNREADABLE),
        ("Accepted at", "2026-03-02", Reason.VALUE_UNREADABLE),
        ("Accepted at", "2026-03-02T09:00", Reason.VALUE_UNREADABLE),
        ("Exporter ID", "3.30246E+11", Reason.NUMBER_FOR_IDENTIFIER),
        ("Exporter ID", "9" * 600, Reason.VALUE_UNREADABLE),
        ("Exporter country", "China", Reason.VALUE_UNREADABLE),
        ("HS code", "steel", Reason.VALUE_UNREADABLE),
    ],
)
def test_a_bad_cell_is_told_by_row_and_column_and_spoils_no_other_row(
    column: str, cell: str, reason: Reason, file: Path
) -> None:
    cells = ROW.strip().split(",")
    cells[HEAD.strip().split(",").index(column)] = cell
    text = HEAD + ROW + ",".join(cells) + "\n" + ROW
    first, fault, last = rows(open_csv(written(file, text), forms=FORMS))
    assert isinstance(first, DeclaredMessage)
    assert first == last
    assert isinstance(fault, RowFault)
    assert (fault.row, fault.column, fault.reason) == (3, column, reason)
    assert len(fault.text) < 300


def test_every_fault_of_a_row_is_told(file: Path) -> None:
    text = HEAD + ROW.replace("IM", "sideways").replace("cn", "China")
    found = rows(open_csv(written(file, text), forms=FORMS))
    assert [fault.column for fault in found if isinstance(fault, RowFault)] == [
        "Exporter country",
        "Type",
    ]


def test_a_row_that_names_nobody_or_is_too_long_is_told(file: Path) -> None:
    nobody = "A-2,IM,,,,,,\n"
    long = ROW.replace("Steel Ltd", "Steel, Ltd")
    found = rows(open_csv(written(file, HEAD + nobody + long), forms=FORMS))
    texts = {(one.row, one.text) for one in found if isinstance(one, RowFault)}
    assert (2, "the row names no party") in texts
    assert any(row == 3 and "9 cells under 8 headings" in text for row, text in texts)


def test_the_row_is_the_line_of_the_file(file: Path) -> None:
    text = HEAD + ROW.replace("Steel Ltd", '"Steel\nLtd"') + ROW.replace("IM", "sideways")
    first, fault = rows(open_csv(written(file, text), forms=FORMS))
    assert isinstance(first, DeclaredMessage)
    assert first.parties[0].name == "Steel Ltd"
    assert isinstance(fault, RowFault)
    assert fault.row == 4


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("Type,Exporter ID", "is the reference"),
        ("Reference,Exporter ID", "is the type"),
        ("Reference,Type,Remark", "names a party"),
        ("Reference,Type,Exporter ID,Exporter code", "two columns are the exporter.identifier"),
        ("just words", "is the reference"),
    ],
)
def test_a_table_that_cannot_be_a_table_of_declarations_is_refused(
    head: str, said: str, file: Path
) -> None:
    with pytest.raises(RequestRefused) as caught:
        open_csv(written(file, head + "\n1,2,3,4\n"), forms=FORMS)
    assert caught.value.reason is Reason.HEADINGS_NOT_FOUND
    assert said in caught.value.text
    assert open_csv(written(file, HEAD + ROW), forms=FORMS).columns.known == 7


def test_columns_that_are_not_read_are_named(file: Path) -> None:
    table = open_csv(written(file, HEAD + ROW), forms=FORMS)
    assert table.remark == "columns not read: 'Remark'"
    assert open_csv(written(file, HEAD.replace(",Remark", "") + ROW), forms=FORMS).remark is None


def test_an_open_quotation_mark_is_told_with_its_row(file: Path) -> None:
    text = HEAD + ROW + ROW.replace("Steel Ltd", '"Steel Ltd') + ROW * 2
    with pytest.raises(RequestRefused) as caught:
        rows(open_csv(written(file, text), forms=FORMS))
    assert caught.value.reason is Reason.FILE_UNREADABLE
    assert "row 3" in caught.value.text
    assert "left open" in caught.value.text


def test_a_form_says_how_its_moments_are_written(file: Path) -> None:
    text = HEAD + ROW.replace("2026-03-02T09:00:00+05:00", "02.03.2026")
    moments = Moments(time_zone="Asia/Almaty", day_alone="09:00", forms=("%d.%m.%Y",))
    (message,) = rows(open_csv(written(file, text), forms=form(moments=moments)))
    assert isinstance(message, DeclaredMessage)
    assert message.declaration is not None
    assert message.declaration.accepted_at == datetime(2026, 3, 2, 4, tzinfo=UTC)


def test_parquet_says_the_same_as_csv(file: Path) -> None:
    names, cells = HEAD.strip().split(","), ROW.strip().split(",")
    columns: dict[str, Any] = {name: [cell] for name, cell in zip(names, cells, strict=True)}
    columns["Accepted at"] = [datetime(2026, 3, 2, 4, tzinfo=UTC)]
    columns["HS code"] = [["7304.59", "8510"]]
    target = file.with_suffix(".parquet")
    parquet.write_table(pa.table(columns), target)
    table = open_parquet(target, forms=FORMS)
    assert table.remark == "columns not read: 'Remark'"
    (message,) = rows(table)
    assert isinstance(message, DeclaredMessage)
    assert message.declaration == read(file, HEAD + ROW)


def test_faults_of_parquet_are_told_by_row_and_column(file: Path) -> None:
    target = file.with_suffix(".parquet")
    columns = {"Reference": ["A", "B"], "Type": ["IM", "up"], "Exporter ID": ["X1", "X2"]}
    parquet.write_table(pa.table(columns), target)
    first, fault = rows(open_parquet(target, forms=FORMS))
    assert isinstance(first, DeclaredMessage)
    assert isinstance(fault, RowFault)
    assert (fault.row, fault.column, fault.reason) == (2, "Type", Reason.WORD_UNKNOWN)


def test_identifiers_kept_as_numbers_are_refused(file: Path) -> None:
    target = file.with_suffix(".parquet")
    parquet.write_table(
        pa.table({"Reference": ["A"], "Type": ["IM"], "Exporter ID": [50123]}), target
    )
    with pytest.raises(RequestRefused) as caught:
        open_parquet(target, forms=FORMS)
    assert caught.value.reason is Reason.NUMBER_FOR_IDENTIFIER


def test_damaged_parquet_is_told(file: Path) -> None:
    file.write_bytes(b"PAR1" + b"\x00" * 50 + b"PAR1")
    with pytest.raises(RequestRefused) as caught:
        open_parquet(file, forms=FORMS)
    assert caught.value.reason is Reason.FILE_UNREADABLE


def test_a_long_file_is_read_in_the_memory_of_a_short_one(file: Path) -> None:
    def peak(count: int) -> int:
        with file.open("w", encoding="utf-8") as out:
            out.write(HEAD)
            for number in range(count):
                out.write(ROW.replace("A-1", f"A-{number}").replace("2345", f"{number:08}"))
        table = open_csv(file, forms=FORMS)
        tracemalloc.start()
        assert sum(1 for _ in table.rows()) == count
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    short = peak(1_000)
    assert peak(8_000) < short + 600_000


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(
        alphabet=st.sampled_from("ReferenceTypeIMExporter ID,;\t|\n\"'\r\x00АЯ=1.-\u202e"),
        max_size=300,
    )
)
def test_no_text_makes_the_reader_stumble(text: str, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_text("Reference,Type,Exporter ID\n" + text, encoding="utf-8", newline="")
    found: list[object] = []
    refused: RequestRefused | None = None
    try:
        found += rows(open_csv(path, forms=FORMS))
    except RequestRefused as error:
        refused = error
    assert refused is None or refused.text.isprintable()
    assert all(isinstance(one, DeclaredMessage) or one.text.isprintable() for one in found)  # type: ignore[attr-defined]
