"""What is internal enters no document for the partner, and no such document judges the partner."""

from __future__ import annotations

import re

import pytest

from mra_gateway.documents.held import for_reader
from mra_gateway.documents.rendering import Format, render_page
from mra_gateway.errors import RequestRefused
from mra_gateway.flows.print_comparison import Paper
from mra_gateway.model.comparison import Audience
from tests.support.comparisons import SECRET, comparison, held, paper, printing
from tests.support.reading_documents import all_text

PARTNER, INTERNAL = Audience.PARTNER, Audience.INTERNAL
JUDGING = re.compile(r"\bgaps?\b|verdict|пробел|вердикт|недостат", re.IGNORECASE)


@pytest.mark.parametrize("kind", Paper)
def test_nothing_internal_enters_a_document_for_the_partner(kind: Paper) -> None:
    of = comparison(audience=PARTNER)
    to_partner = printing(audience=PARTNER, languages=("en", "ru"))
    for entries in (held(audience=INTERNAL), held(audience=PARTNER)):
        page = paper(kind, of=of, as_printed=to_partner, holding=entries)
        assert not any(SECRET in text for text in page.texts())
        for into in (Format.XLSX, Format.DOCX, Format.HTML):
            assert SECRET not in all_text(render_page(page, into=into), into)


@pytest.mark.parametrize(
    "kind", [Paper.SIDE_BY_SIDE, Paper.VALIDATION_REPORT, Paper.OPERATING_PROCEDURE]
)
def test_our_own_document_says_what_is_internal(kind: Paper) -> None:
    page = paper(kind, holding=held(audience=INTERNAL))
    assert any(SECRET in text for text in page.texts())
    shared = paper(
        kind,
        of=comparison(audience=PARTNER),
        as_printed=printing(audience=PARTNER),
        holding=held(audience=PARTNER),
    )
    assert any("for all to read" in text for text in shared.texts())


def test_internal_parts_of_shared_entries_are_cut_out() -> None:
    shown = for_reader(held(audience=PARTNER), printing(audience=PARTNER))
    assert [len(each) for each in shown] == [2, 1, 1, 1, 1]
    assert SECRET not in repr(shown)
    assert SECRET in repr(for_reader(held(audience=PARTNER), printing(audience=INTERNAL)))


@pytest.mark.parametrize("kind", Paper)
def test_an_internal_comparison_is_not_written_to_the_partner(kind: Paper) -> None:
    with pytest.raises(RequestRefused, match="internal"):
        paper(kind, of=comparison(), as_printed=printing(audience=PARTNER))
    assert paper(kind, of=comparison(audience=PARTNER), as_printed=printing(audience=PARTNER))


@pytest.mark.parametrize("kind", Paper)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_document_for_the_partner_says_not_seen_and_never_gap(kind: Paper, language: str) -> None:
    to_partner = printing(audience=PARTNER, languages=(language,))
    page = paper(kind, of=comparison(audience=PARTNER), as_printed=to_partner)
    texts = list(page.texts())
    assert not [text for text in texts if JUDGING.search(text)]
    if kind in (Paper.SIDE_BY_SIDE, Paper.DIFFERENCES):
        said = "not seen in the text provided" if language == "en" else "в представленном тексте"
        assert any(said in text.casefold() for text in texts)
    ours = paper(Paper.SIDE_BY_SIDE, as_printed=printing(languages=(language,)))
    assert any(JUDGING.search(text) for text in ours.texts())
