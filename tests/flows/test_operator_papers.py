"""Papers for firms and validators: every item asked once, in both languages, nothing judged."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import docx
import pytest

from mra_gateway.documents.operator_papers import OperatorPaper
from mra_gateway.documents.page import Heading, Page, Table
from mra_gateway.documents.rendering import Format, render_page
from mra_gateway.documents.speaking import Printing
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.compare import Comparer
from mra_gateway.flows.print_operator_papers import compose_for_operators
from mra_gateway.model.operators import Role
from mra_gateway.registry.load import load_registry
from tests.support.cli import run

BOTH = ("en", "ru")


def page_of(
    paper: OperatorPaper,
    *,
    languages: tuple[str, ...] = BOTH,
    programme: str | None = None,
    role: Role | None = None,
    catalogue: str = "safe",
) -> Page:
    return compose_for_operators(
        paper,
        comparer=Comparer(load_registry()),
        printing=Printing(printed_on=date(2026, 11, 22), languages=languages),
        catalogue=catalogue,
        programme=programme,
        role=role,
    )


def items_in(page: Page) -> list[str]:
    rows = [
        line.cells[0].lines[0][0]
        for block in page.blocks
        if isinstance(block, Table)
        for line in block.lines
    ]
    heads = [
        block.text[0].split()[0]
        for block in page.blocks
        if isinstance(block, Heading) and block.level == 3
    ]
    return rows or heads


@pytest.mark.parametrize("paper", OperatorPaper)
def test_every_item_stands_there_once_in_two_languages(paper: OperatorPaper) -> None:
    page = page_of(paper)
    found = items_in(page)
    assert (len(found), len(set(found))) == (72, 72)
    assert page.watermark is None
    texts = " ".join(page.texts())
    assert re.search("[а-я]", texts)
    assert not re.search(r"\b(gap|verdict)\b|служебного", texts)


@pytest.mark.parametrize("paper", OperatorPaper)
def test_a_paper_is_a_word_document_with_real_headings(
    paper: OperatorPaper, tmp_path: Path
) -> None:
    file = tmp_path / "paper.docx"
    file.write_bytes(render_page(page_of(paper, languages=("ru",)), into=Format.DOCX))
    styles = {one.style.name for one in docx.Document(str(file)).paragraphs if one.style}
    assert any(str(name).startswith("Heading") for name in styles)


def test_what_a_programme_says_stands_beside_and_an_unconfirmed_one_marks_the_paper() -> None:
    page = page_of(OperatorPaper.CHECKLIST, languages=("en",), programme="CN")
    assert page.watermark == ("UNCONFIRMED",)
    bare = page_of(OperatorPaper.CHECKLIST, languages=("en",))
    assert len(list(page.texts())) > len(list(bare.texts()))


def test_a_role_is_asked_only_what_binds_it() -> None:
    everything = set(items_in(page_of(OperatorPaper.SELF_ASSESSMENT, catalogue="tfa")))
    narrowed = set(items_in(page_of(OperatorPaper.SELF_ASSESSMENT, role=Role.CARRIER)))
    assert narrowed <= set(items_in(page_of(OperatorPaper.SELF_ASSESSMENT)))
    assert everything.isdisjoint(narrowed)
    with pytest.raises(RequestRefused) as caught:
        page_of(OperatorPaper.MANUAL, catalogue="safe@1999")
    assert caught.value.reason is Reason.NOT_FOUND


def test_papers_are_written_from_the_command_line(tmp_path: Path) -> None:
    for paper in ("self-assessment", "manual", "checklist"):
        file = tmp_path / f"{paper}.docx"
        ran = run("programmes", paper, "-o", file, "--language", "ru", "--role", "carrier")
        assert (ran.code, file.read_bytes()[:2]) == (0, b"PK")
    assert run("programmes", "manual", "-o", tmp_path / "m.txt").code == 64
    assert run("programmes", "manual", "-o", tmp_path / "m.docx", "--role", "king").code == 64
