"""Documents of a comparison: complete in every layout, obeyed in none, marked where unconfirmed."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tomllib
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import pytest

from mra_gateway.documents import words as words_module
from mra_gateway.documents.held import Held
from mra_gateway.documents.page import HeatMap, Page, Table, columns, slots
from mra_gateway.documents.page_docx import render_page_docx
from mra_gateway.documents.rendering import Format, render_page
from mra_gateway.documents.speaking import choose_document_languages
from mra_gateway.documents.tones import FINDINGS, PRACTICE
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.print_comparison import Paper, compose_programme_facts, write_page
from mra_gateway.model.comparison import Audience, Finding, InPractice
from mra_gateway.model.identifiers import ProgrammeId
from tests.support.aliases import shipped
from tests.support.comparisons import NASTY, comparison, held, paper, printing
from tests.support.reading_documents import all_text, book_of, tree_of

BOTH = ("en", "ru")


def test_both_languages_have_the_same_texts_with_the_same_names() -> None:
    folder = Path(words_module.__file__).parent / "words" / "programmes"
    english, russian = (
        tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
        for language in BOTH
    )
    assert set(english) == set(russian)
    for key, text in english.items():
        names = re.findall(r"\{\w+\}", text)
        assert sorted(names) == sorted(re.findall(r"\{\w+\}", russian[key])), key


@pytest.mark.parametrize("kind", Paper)
@pytest.mark.parametrize("languages", [("en",), ("ru",), BOTH])
def test_every_document_is_written_in_every_format_and_language(
    kind: Paper, languages: tuple[str, ...]
) -> None:
    page = paper(kind, as_printed=printing(languages=languages))
    for into in Format:
        content = render_page(page, into=into)
        start = {Format.PDF: b"%PDF-", Format.HTML: b"<!doctype"}.get(into, b"PK")
        assert content.startswith(start)
        if into is not Format.PDF:
            text = all_text(content, into)
            assert all(title in text for title in page.title)


def test_a_fact_sheet_shows_what_is_held_with_its_sources() -> None:
    page = compose_programme_facts(
        ProgrammeId("CN-AEO"), registry=shipped(), printing=printing(languages=BOTH)
    )
    text = all_text(render_page(page, into=Format.HTML), Format.HTML)
    assert "GACC Order 282" in text
    assert "Не подтверждено" in text
    with pytest.raises(RequestRefused) as caught:
        compose_programme_facts(ProgrammeId("AQ-AEO"), registry=shipped(), printing=printing())
    assert caught.value.reason is Reason.NOT_FOUND


def test_no_cell_of_a_workbook_can_run() -> None:
    page = paper(Paper.SIDE_BY_SIDE, of=comparison(text=NASTY))
    book = book_of(render_page(page, into=Format.XLSX))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n"}
    told = [cell for cell in cells if isinstance(cell.value, str)]
    assert any(cell.value.startswith(NASTY) for cell in told)
    assert all(cell.quotePrefix for cell in told)


def test_tables_of_a_workbook_are_filtered_frozen_and_marked() -> None:
    book = book_of(render_page(paper(Paper.SIDE_BY_SIDE), into=Format.XLSX))
    assert book.sheetnames == ["Cover", "Heat map", "Table"]
    table = book["Table"]
    assert table.freeze_panes == "C5"
    assert table.auto_filter.ref.startswith("A4:")
    findings = [str(cell.value) for cell in table[next(_finding_column(table))][4:]]
    assert len(findings) == len(FINDINGS)
    assert "● Equivalent" in findings
    for sheet in book:
        shown = [str(cell.value) for line in sheet.iter_rows(max_row=4) for cell in line]
        assert any("UNCONFIRMED" in text for text in shown), sheet.title
        assert "UNCONFIRMED" in (sheet.oddHeader.left.text or "")


def _finding_column(table: Any) -> Any:
    return (cell.column_letter for cell in table[4] if cell.value == "Finding")


def test_a_word_document_has_styles_headers_page_numbers_and_repeated_heads() -> None:
    content = render_page(paper(Paper.SIDE_BY_SIDE), into=Format.DOCX)
    document = docx.Document(io.BytesIO(content))
    styles = [paragraph.style.name for paragraph in document.paragraphs if paragraph.style]
    assert "Title" in styles
    assert styles.count("Heading 1") >= 4
    section = document.sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert section.page_width > section.page_height
    assert "INTERNAL" in section.header.paragraphs[0].text
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = archive.read("word/document.xml").decode()
        parts = "".join(
            archive.read(name).decode() for name in archive.namelist() if "/footer" in name
        )
    assert "<w:tblHeader/>" in body
    assert 'w:instr="PAGE"' in parts
    assert 'w:instr="NUMPAGES"' in parts


def test_a_letterhead_of_the_office_is_kept(tmp_path: Path) -> None:
    own = docx.Document()
    own.sections[0].header.paragraphs[0].text = "State Customs Committee"
    own.add_paragraph("sample text to be thrown away")
    own.save(str(tmp_path / "own.docx"))
    content = render_page_docx(paper(Paper.CONCLUSION), letterhead=tmp_path / "own.docx")
    document = docx.Document(io.BytesIO(content))
    assert document.sections[0].header.paragraphs[0].text == "State Customs Committee"
    assert "thrown away" not in all_text(content, Format.DOCX)
    assert "Conclusion of the comparison" in all_text(content, Format.DOCX)
    (tmp_path / "broken.docx").write_bytes(b"no archive")
    with pytest.raises(RequestRefused) as caught:
        render_page_docx(paper(Paper.CONCLUSION), letterhead=tmp_path / "broken.docx")
    assert caught.value.reason is Reason.FILE_UNREADABLE


def test_a_first_page_with_a_header_of_its_own_is_marked_too(tmp_path: Path) -> None:
    own = docx.Document()
    own.sections[0].different_first_page_header_footer = True
    own.sections[0].first_page_header.paragraphs[0].text = "State Customs Committee"
    own.save(str(tmp_path / "own.docx"))
    content = render_page_docx(paper(Paper.CONCLUSION), letterhead=tmp_path / "own.docx")
    section = docx.Document(io.BytesIO(content)).sections[0]
    for header in (section.header, section.first_page_header):
        assert "UNCONFIRMED" in "".join(paragraph.text for paragraph in header.paragraphs)
    assert section.first_page_header.paragraphs[0].text == "State Customs Committee"


def test_html_needs_nothing_else_and_obeys_no_value() -> None:
    content = render_page(paper(Paper.SIDE_BY_SIDE, of=comparison(text=NASTY)), into=Format.HTML)
    text = content.decode()
    assert "<b>&amp;" not in text
    assert "&lt;b&gt;&amp;amp;" in text
    tree = tree_of(content)
    assert not tree.xpath("//*[@src or @href or @action or @style[contains(., 'url')]]")
    assert "url(" not in text
    assert "@import" not in text
    (script,) = tree.xpath("//script/text()")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = tree.xpath("//meta[@http-equiv]/@content")
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy


def test_every_row_can_be_found_from_its_tile_in_the_heat_map() -> None:
    tree = tree_of(render_page(paper(Paper.SIDE_BY_SIDE), into=Format.HTML))
    tiles = tree.xpath("//button[@data-item]")
    rows = {line.get("data-anchor"): line for line in tree.xpath("//tr[@data-anchor]")}
    assert len(tiles) == len(rows) == len(Finding)
    for tile in tiles:
        line = rows[tile.get("data-item")]
        assert line.get("data-finding") == tile.get("data-finding")
        assert line.get("data-group") == tile.get("data-group")


@pytest.mark.parametrize("into", [Format.XLSX, Format.DOCX, Format.HTML])
@pytest.mark.parametrize("kind", Paper)
def test_what_is_unconfirmed_is_watermarked_in_every_document(kind: Paper, into: Format) -> None:
    marked = render_page(paper(kind), into=into)
    assert "UNCONFIRMED" in all_text(marked, into)
    confirmed = paper(kind, of=comparison(is_confirmed=True))
    assert confirmed.watermark is None
    assert "UNCONFIRMED" not in all_text(render_page(confirmed, into=into), into)


def test_a_pdf_is_the_same_twice_and_differs_by_its_watermark() -> None:
    marked = render_page(paper(Paper.CONCLUSION), into=Format.PDF)
    assert marked == render_page(paper(Paper.CONCLUSION), into=Format.PDF)
    confirmed = paper(Paper.CONCLUSION, of=comparison(is_confirmed=True))
    assert marked != render_page(confirmed, into=Format.PDF)


def test_two_languages_stand_in_two_columns() -> None:
    page = paper(Paper.SIDE_BY_SIDE, as_printed=printing(languages=BOTH))
    (table,) = (block for block in page.blocks if isinstance(block, Table))
    drawn = columns(table, languages=2)
    told = [column for column in table.columns if column.is_told]
    assert len(told) >= 6
    assert len(drawn) == len(table.columns) + len(told)
    for line in table.lines:
        assert sum(slot.span for slot in slots(line, table, languages=2)) == len(drawn)
    assert "Требование 1" in _second_language(page)


def test_blank_columns_are_left_out_only_where_two_languages_need_the_room() -> None:
    def headings(languages: tuple[str, ...], holding: Held | None = None) -> list[str]:
        page = paper(Paper.SIDE_BY_SIDE, as_printed=printing(languages=languages), holding=holding)
        (table,) = (block for block in page.blocks if isinstance(block, Table))
        return [column.heading[0] for column in table.columns]

    assert "Status" in headings(("en",))
    assert "Status" not in headings(BOTH)
    assert "Status" in headings(BOTH, held(audience=Audience.INTERNAL))


def _second_language(page: Page) -> str:
    tree = tree_of(render_page(page, into=Format.HTML))
    return "\n".join(tree.itertext())


def test_marks_differ_in_sign_or_direction_and_read_in_grey() -> None:
    assert set(FINDINGS) == set(Finding)
    assert set(PRACTICE) == set(InPractice)
    assert len({tone.sign for tone in FINDINGS.values()}) == len(Finding)
    lightness = {tone.fill: _luminance(tone.fill) for tone in FINDINGS.values()}
    assert all(value > 0.35 for value in lightness.values()), "black text reads on it"
    steps = sorted(value for fill, value in lightness.items() if fill not in ("FFFFFF", "F2F2F2"))
    assert all(later - earlier > 0.03 for earlier, later in pairwise(steps))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_map_counts_what_the_rows_say() -> None:
    page = paper(Paper.SIDE_BY_SIDE)
    (heat_map,) = (block for block in page.blocks if isinstance(block, HeatMap))
    assert sum(count for _, _, count in heat_map.legend) == len(Finding)
    assert sum(len(line.tiles) for line in heat_map.lines) == len(Finding)


def test_a_file_of_another_ending_and_another_language_are_refused(tmp_path: Path) -> None:
    write_page(paper(Paper.CONCLUSION), tmp_path / "paper.html")
    with pytest.raises(RequestRefused) as caught:
        write_page(paper(Paper.CONCLUSION), tmp_path / "paper.odt")
    assert caught.value.reason is Reason.REQUEST_INVALID
    assert choose_document_languages("en+ru") == BOTH
    for wanted in ("fr", "en+en", ""):
        with pytest.raises(RequestRefused):
            choose_document_languages(wanted)
