"""Every character a document prints is in the fonts that print it: boxes come without a warning."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from mra_gateway.documents import fonts as fonts_module
from mra_gateway.documents.fonts import check_printable, choose_fonts, shipped_fonts
from mra_gateway.documents.rendering import Format, render_page
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.print_comparison import Paper, compose_programme_facts
from mra_gateway.model.identifiers import ProgrammeId
from tests.support.aliases import shipped
from tests.support.comparisons import comparison, paper, printing
from tests.support.reading_documents import tree_of

NAMES = {
    "Latin": "Ərazi MMC, Çağrı A.Ş., Đại Việt, Łódź",
    "Cyrillic": "Ромашка, Өргөө ХХК, Үндэсний, Қазақстан, Ғылым, Ұлттық, Ӣ, Ҳалқа, Ҷумҳурӣ",
    "Georgian": "საქართველოს შემოსავლების სამსახური",
    "Armenian": "Հայաստանի մաքսային ծառայություն",
    "Chinese": "中华人民共和国海关总署，宁波示例进出口有限公司",
    "traditional Chinese": "財政部關務署，臺灣範例股份有限公司，香港海關",
    "Korean": "관세청 한국예시물산 주식회사",
    "Japanese": "財務省関税局 サンプル商事株式会社 やまと",
    "Arabic": "الهيئة العامة للجمارك",
    "Persian": "گمرک جمهوری اسلامی ایران",
    "Urdu": "پاکستان کسٹمز، ٹیکس ڈپو",
}


@pytest.mark.parametrize("script", NAMES)
def test_names_in_every_script_of_the_region_are_printed(script: str) -> None:
    name = unicodedata.normalize("NFC", NAMES[script])
    check_printable([name], fonts=choose_fonts([name]))
    page = paper(Paper.CONCLUSION)._replace(letterhead=(name,))
    assert render_page(page, into=Format.PDF).startswith(b"%PDF-")


def test_a_character_no_font_has_is_refused_and_named() -> None:
    page = paper(Paper.CONCLUSION)
    assert render_page(page, into=Format.PDF).startswith(b"%PDF-")
    with pytest.raises(RequestRefused) as caught:
        render_page(page._replace(letterhead=("ᠮᠣᠩᠭᠣᠯ",)), into=Format.PDF)
    assert caught.value.reason is Reason.CHARACTERS_NOT_PRINTABLE
    assert "MONGOLIAN" in caught.value.text


@pytest.mark.parametrize("kind", Paper)
@pytest.mark.parametrize("languages", [("en",), ("ru",), ("en", "ru")])
def test_every_printed_character_is_in_a_font(kind: Paper, languages: tuple[str, ...]) -> None:
    page = paper(kind, as_printed=printing(languages=languages))
    texts = tuple(page.texts())
    check_printable(texts, fonts=choose_fonts(texts))


def test_every_fact_sheet_shipped_is_printable() -> None:
    registry = shipped()
    for programme in registry.profiles:
        page = compose_programme_facts(
            ProgrammeId(programme), registry=registry, printing=printing(languages=("en", "ru"))
        )
        texts = tuple(page.texts())
        check_printable(texts, fonts=choose_fonts(texts))


@pytest.mark.parametrize("kind", Paper)
def test_what_is_checked_is_all_that_is_printed(kind: Paper) -> None:
    page = paper(kind, of=comparison(rows=18))
    checked = {letter for text in page.texts() for letter in text}
    tree = tree_of(render_page(page, into=Format.HTML))
    for element in tree.xpath("//script | //style"):
        element.drop_tree()
    printed = {letter for text in tree.itertext() for letter in text if not letter.isspace()}
    assert printed - checked <= set("0123456789.:")


def test_every_font_travels_with_its_licence_and_is_not_larger_than_needed() -> None:
    folder = Path(fonts_module.__file__).parent / "fonts"
    files = {file.name for file in folder.iterdir() if file.suffix in (".ttf", ".otf")}
    assert files == {font.name for font in shipped_fonts()}
    licence = (folder / "OFL.txt").read_text(encoding="utf-8")
    for name in files - {"DejaVuSans.ttf"}:
        assert name in licence, name
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "DejaVuSans.ttf" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert sum((folder / name).stat().st_size for name in files) < 9_000_000


def test_bold_and_regular_of_a_family_have_the_same_characters() -> None:
    fonts = {font.name: font for font in shipped_fonts()}
    for name, bold in fonts.items():
        if "-Bold" in name:
            regular = fonts[name.replace("-Bold", "-Regular")]
            assert set(TTFont(bold).getBestCmap()) == set(TTFont(regular).getBestCmap())
