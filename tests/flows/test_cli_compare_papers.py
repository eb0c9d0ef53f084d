"""`compare` writes documents: every format, two languages, an office's letterhead."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest

from mra_gateway.documents.rendering import Format
from tests.support.cli import run
from tests.support.reading_documents import all_text


@pytest.mark.parametrize("into", Format)
@pytest.mark.parametrize(
    "asked", [("UZ", "CN"), ("--against", "safe", "MN"), ("--matrix", "CAREC")]
)
def test_a_comparison_is_written_in_every_format(
    tmp_path: Path, into: Format, asked: tuple[str, ...]
) -> None:
    made = tmp_path / f"made.{into.value}"
    done = run("compare", *asked, "--format", into.value, "-o", str(made))
    assert done.code == 0, done.err
    content = made.read_bytes()
    start = {Format.PDF: b"%PDF-", Format.HTML: b"<!doctype"}.get(into, b"PK")
    assert content.startswith(start)
    if into is not Format.PDF:
        assert "UNCONFIRMED" in all_text(content, into)


def test_the_text_of_a_catalogue_has_its_name_and_no_territory(tmp_path: Path) -> None:
    made = tmp_path / "made.docx"
    done = run("compare", "--against", "safe", "MN", "--format", "docx", "-o", str(made))
    assert done.code == 0, done.err
    text = all_text(made.read_bytes(), Format.DOCX)
    assert "Mongolia – SAFE" in text
    assert "The programme" in text  # nothing is told of the text as of a programme
    assert "The two programmes" not in text


def test_a_document_in_russian_names_benefits_in_russian(tmp_path: Path) -> None:
    made = tmp_path / "made.docx"
    options = ("--format", "docx", "--language", "ru", "-o", str(made))
    assert run("compare", "GE", "EU", *options).code == 0
    text = all_text(made.read_bytes(), Format.DOCX)
    assert "Меньше его товарных партий отбирается для досмотра" in text
    assert "г.." not in text


def test_a_document_takes_two_languages_and_the_letterhead_of_the_office(tmp_path: Path) -> None:
    own = docx.Document()
    own.sections[0].header.paragraphs[0].text = "State Customs Committee"
    own.save(str(tmp_path / "own.docx"))
    made = tmp_path / "made.docx"
    done = run(
        "compare", "UZ", "CN", "--format", "docx", "-o", str(made), "--paper", "differences",
        "--language", "en", "--language", "ru", "--audience", "partner",
        "--letterhead-file", str(tmp_path / "own.docx"), "--letterhead", "Department 1",
    )  # fmt: skip
    assert done.code == 0, done.err
    document = docx.Document(io.BytesIO(made.read_bytes()))
    assert document.sections[0].header.paragraphs[0].text == "State Customs Committee"
    text = all_text(made.read_bytes(), Format.DOCX)
    assert "Differences and questions" in text
    assert "Различия и вопросы" in text
    assert "Department 1" in text
    assert "INTERNAL" not in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "pdf"), "-o"),
        (("--format", "pdf", "-o", "x.pdf", "--paper", "novel"), "side-by-side"),
        (("--language", "en", "--language", "ru"), "one language"),
    ],
)
def test_what_cannot_be_written_is_said(options: tuple[str, ...], said: str) -> None:
    done = run("compare", "UZ", "CN", *options)
    assert done.code != 0
    assert said in done.err
    assert run("compare", "UZ", "CN").code == 0


def test_a_fact_sheet_is_that_of_the_first_programme(tmp_path: Path) -> None:
    made = tmp_path / "sheet.html"
    done = run("compare", "MN", "CN", "--format", "html", "--paper", "fact-sheet", "-o", str(made))
    assert done.code == 0, done.err
    assert "Mongolia · MN-AEO" in all_text(made.read_bytes(), Format.HTML)
