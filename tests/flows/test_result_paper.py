"""The statement of reasons: all of what was given, in Russian too, and for each reader his part."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mra_gateway.documents.page import Page, Table
from mra_gateway.documents.rendering import Format, render_page
from mra_gateway.documents.result_party import Reader
from mra_gateway.documents.speaking import Printing
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.print_comparison import names_of
from mra_gateway.flows.print_result import print_result
from mra_gateway.model.declarations import Declaration, DeclaredParty, Override
from mra_gateway.model.facts import PartyFunction
from mra_gateway.model.recognition import PartyResult
from tests.support.cli import Home
from tests.support.deciding import AnAdministration, Deciding, an_operator, goods
from tests.support.reading_documents import all_text

BOTH = ("en", "ru")
TYPE_3 = an_operator(
    "BY100000003", "BY/0003/ТИП 3", "BY-AEO", tier="3", legal_name="Минский тракторный завод"
)
TWIN = an_operator("BY100000004", "BY/0004/ТИП 3", "BY-AEO", tier="3")
ENGLISH_LEFT = re.compile(r"\b(the|is|are|of|not|and|for)\b")


async def paper_of(
    china: Deciding,
    result_id: str,
    *,
    languages: tuple[str, ...] = BOTH,
    reader: Reader = Reader.INTERNAL,
) -> Page:
    gateway = china.gateway
    made = await print_result(
        result_id,
        decider=gateway.decider,
        book=gateway.book,
        printing=Printing(
            printed_on=date(2026, 3, 2), languages=languages, names=names_of(gateway.registry)
        ),
        reader=reader,
    )
    return made.page


def as_declared_by_another(**facts: Any) -> Declaration:
    """Another firm quotes the number; the importer at our end is declared without one."""
    importer = DeclaredParty(role=PartyFunction.IMPORTER, name="Ningbo Trading")
    declared = goods(TYPE_3.authorisation, importer, **facts)
    first = declared.parties[0].model_copy(update={"name": "Hamburg Wurst GmbH"})
    return declared.model_copy(update={"parties": (first, *declared.parties[1:])})


def tables_of(page: Page) -> dict[str, Table]:
    return {block.sheet: block for block in page.blocks if isinstance(block, Table)}


async def test_everything_that_was_given_stands_on_the_paper_in_both_languages(
    an_administration: AnAdministration,
) -> None:
    china = await an_administration("CN", "CN-BY-2019")
    await china.is_told_of(TYPE_3)
    result = await china.decide(as_declared_by_another())
    page = await paper_of(china, result.id)
    texts = set(page.texts())
    party: PartyResult = result.results[0]
    assert {step.text for step in party.steps} <= texts, "English as it is stored"
    assert {one.text for one in party.benefits} <= texts
    assert party.flags
    assert any(party.flags[0].text in text for text in texts)
    assert {result.id, result.rule, str(result.position), result.book} <= texts
    assert f"legal reference: {party.benefits[0].legal_reference}" in texts
    assert any("the same in every word" in text for text in texts)
    tables = tables_of(page)
    assert [line.cells[0].lines[0][1][:2] for line in tables["Steps 1"].lines] == [
        f"{number}." for number in range(1, 8)
    ]
    assert len(tables["Parties"].lines) == 2
    russian = await paper_of(china, result.id, languages=("ru",))
    said = [text for text in russian.texts() if ENGLISH_LEFT.search(text)]
    kept = {one.title for one in (*party.benefits, *party.holder_benefits)}
    kept |= {china.arrangement.title, str(china.gateway.book.our_administration.name.value)}
    assert [text for text in said if not any(one in text for one in kept)] == []
    assert "свидетельство действует с" in " ".join(russian.texts())
    for into in (Format.DOCX, Format.HTML):
        assert "Обоснование результата" in all_text(render_page(page, into=into), into)
    assert render_page(page, into=Format.PDF).startswith(b"%PDF")


async def test_the_trader_reads_neither_flags_nor_risk_management_nor_numbers_of_others(
    an_administration: AnAdministration,
) -> None:
    china = await an_administration("CN", "CN-BY-2019")
    await china.is_listed("BY", TYPE_3, TWIN)
    controlled = await china.decide(
        as_declared_by_another(overrides=(Override.TARGETED_ALERT, Override.OTHER_AUTHORITY))
    )
    secret = ("hamburg wurst /", "OVERRIDDEN", "risk system", "other_authority", "requested")
    ours = " ".join((await paper_of(china, controlled.id)).texts())
    theirs = await paper_of(china, controlled.id, reader=Reader.TRADER)
    told = " ".join(theirs.texts())
    assert "hamburg wurst /" in ours
    assert "OVERRIDDEN" in ours
    assert not [one for one in secret if one in told]
    assert "customs control takes precedence on this consignment" in told
    assert "преимущество имеют меры таможенного контроля" in told
    assert theirs.marking == (
        "For the trader", "Для участника внешнеэкономической деятельности"
    )  # fmt: skip

    doubtful = await china.decide(goods("100000004"))
    assert TWIN.authorisation in " ".join((await paper_of(china, doubtful.id)).texts())
    told = " ".join((await paper_of(china, doubtful.id, reader=Reader.TRADER)).texts())
    assert TWIN.authorisation not in told
    assert TWIN.tin not in told
    assert "as the operator itself states it" in told
    with pytest.raises(RequestRefused) as refused:
        await paper_of(china, "none")
    assert refused.value.reason is Reason.NOT_FOUND


def test_an_officer_writes_the_paper_and_reads_decisions_in_russian(
    mongolia: Home, tmp_path: Path
) -> None:
    file, paper = tmp_path / "one.json", tmp_path / "paper.docx"
    party = {"role": "exporter", "identifier": "AEOCN3302462345"}
    declared = {"reference": "A", "type": "import", "parties": [party]}
    file.write_text(json.dumps(declared), encoding="utf-8")
    result = json.loads(mongolia.ok("decide", file, "--json", "--language", "ru").out)
    russian = mongolia.ok("decide", file, "--language", "ru").out
    assert "экспортёр AEOCN3302462345: УЭО не признан" in russian
    assert "ни одна администрация-партнёр" in russian
    again = mongolia.ok("decide", "--recompute", result["id"], "--language", "ru").out
    assert again.endswith("совпадает с тем, что было выдано\n")
    ran = mongolia.ok(
        "decisions", "paper", result["id"], "--language", "ru", "--language", "en",
        "--letterhead", "Монголын гааль", "-o", paper,
    )  # fmt: skip
    assert ran.out == f"{paper} written; computed again: same\n"
    text = all_text(paper.read_bytes(), Format.DOCX)
    assert "Монголын гааль" in text
    assert "Statement of reasons" in text
    assert mongolia.run("decisions", "paper", "none", "-o", paper).err.startswith("NOT_FOUND")
