"""The sheet for an operator: complete in every layout, obeyed in none, and never with boxes."""

from __future__ import annotations

import io
import tomllib
import zipfile
from pathlib import Path

import docx
import pytest
from fontTools.ttLib import TTFont

from mra_gateway.documents import words as words_module
from mra_gateway.documents.fonts import SHIPPED, check_printable, choose_fonts
from mra_gateway.documents.sheet import Sheet
from mra_gateway.documents.sheet_docx import render_docx
from mra_gateway.documents.sheet_html import render_html
from mra_gateway.documents.sheet_pdf import render_pdf
from mra_gateway.documents.words import choose_words, languages
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.print_sheet import compose_sheet, write_sheet
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Address, OperatorRecord
from tests.support.aliases import TODAY, operator, shipped

NASTY = "Ningbo <b>&amp;</b> #set page(width: 1pt) *Co* {{ 7 }} [x] \\ $y$ Ltd"


def sheet(
    partner: str, record: OperatorRecord | None = None, *, language: str | None = None
) -> Sheet:
    record = record or operator("CN", authorisation="AEOCN3302462345")
    return compose_sheet(
        record, partner=Territory(partner), registry=shipped(), on=TODAY, language=language
    )


def docx_text(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


def test_every_language_has_the_same_texts_with_the_same_names() -> None:
    folder = Path(words_module.__file__).parent / "words"
    read = {
        file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.toml")
    }
    assert {"en", "ru", "zh-Hans", "mn", "ja", "ko"} < set(read) == set(languages())
    for texts in read.values():
        texts.pop("territories", None)
        assert set(texts) == set(read["en"])
        for key, text in texts.items():
            for name in ("partner", "code", "languages"):
                assert (f"{{{name}}}" in text) is (f"{{{name}}}" in read["en"][key]), key


@pytest.mark.parametrize(
    ("wanted", "language", "instead_of"),
    [
        (("be", "ru"), "ru", ()),
        (("zh-Hans",), "zh-Hans", ()),
        (("zh",), "zh-Hans", ()),
        (("ru-BY",), "ru", ()),
        (("zh-Hant",), "zh-Hant", ()),
        (("zh-Latn",), "en", ("zh-Latn",)),
        (("kk", "ru"), "ru", ()),
        (("ka",), "en", ("ka",)),
        ((), "en", ()),
    ],
)
def test_the_first_language_with_words_is_taken_and_english_says_so(
    wanted: tuple[str, ...], language: str, instead_of: tuple[str, ...]
) -> None:
    chosen = choose_words(wanted)
    assert (chosen.language, chosen.instead_of) == (language, instead_of)


def test_a_sheet_speaks_the_language_of_the_partner() -> None:
    assert "Беларусь" in sheet("BY").title
    assert "中国" in sheet("CN", operator("SG", authorisation="AEOSG123456789012")).title
    assert "AEO дугаар" in sheet("MN").title
    assert "日本での" in sheet("JP").title
    georgian = sheet("GE")
    assert georgian.words.language == "en"
    assert any("ka" in remark for remark in georgian.remarks)
    assert georgian.forms
    assert "is not known to us" in georgian.wanted[0], "the forms are the general ones"
    assert sheet("MN").wanted == ()
    assert sheet("BY", language="en").words.language == "en"


def test_html_holds_number_field_and_form_and_obeys_no_value() -> None:
    record = operator("MY", authorisation="MY12345H100001", name=NASTY)
    page = render_html(sheet("JP", record, language="en")).decode()
    assert "A1234510MY00" in page
    assert "海外仕出人・仕向人コード" in page
    assert "fits several operators" in page
    assert "Ningbo &lt;b&gt;&amp;amp;&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "{{ 7 }}" in page
    assert "http" not in page.split("</style>")[0]


def test_docx_holds_the_same_and_names_a_chinese_font() -> None:
    record = operator("SG", authorisation="AEOSG123456789012", name=NASTY)
    made = render_docx(sheet("CN", record))
    text = docx_text(made)
    assert "SG123456789012" in text
    assert "境外收发货人代码" in text
    assert NASTY in text
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert 'w:eastAsia="SimSun"' in archive.read("word/styles.xml").decode()


def test_pdf_is_made_with_the_shipped_font_alone_and_is_the_same_twice() -> None:
    record = operator("CN", authorisation="AEOCN3302462345", name=NASTY)
    made = render_pdf(sheet("BY", record))
    assert made.startswith(b"%PDF-")
    assert b"NotoSans" in made
    assert made == render_pdf(sheet("BY", record))


def test_a_pdf_without_a_font_for_a_character_is_refused_and_the_character_named() -> None:
    with pytest.raises(RequestRefused) as caught:
        render_pdf(thai_sheet())
    assert caught.value.reason is Reason.CHARACTERS_NOT_PRINTABLE
    assert "THAI" in caught.value.text
    assert "--font" in caught.value.text
    chinese = sheet("CN", operator("SG", authorisation="AEOSG123456789012"))
    assert render_pdf(chinese).startswith(b"%PDF-")


def test_every_script_the_product_prints_in_itself_is_in_the_shipped_font() -> None:
    for language in languages():
        texts = choose_words((language,)).texts.values()
        check_printable(texts, fonts=choose_fonts(texts))
    names = ["Өргөө ХХК, Қазақстан, Ҳалқа, Ərazi, საქართველო, Հայաստան"]
    check_printable(names, fonts=choose_fonts(names))


def test_a_further_font_is_used_and_a_broken_one_refused(tmp_path: Path) -> None:
    renamed = tmp_path / "further.ttf"
    font = TTFont(io.BytesIO(SHIPPED.read_bytes()))
    cmap = font.getBestCmap()
    for letter in {text for part in thai_sheet().characters() for text in part}:
        for table in font["cmap"].tables:
            if table.isUnicode() and ord(letter) not in cmap and ord(letter) < 0x10000:
                table.cmap[ord(letter)] = "A"
    font.save(str(renamed))
    assert render_pdf(thai_sheet(), fonts=[renamed]).startswith(b"%PDF-")
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"not a font")
    with pytest.raises(RequestRefused) as caught:
        render_pdf(thai_sheet(), fonts=[broken])
    assert caught.value.reason is Reason.FILE_UNREADABLE


def thai_sheet() -> Sheet:
    return sheet("TH", operator("KR", authorisation="KR-AEO 12/0042", name="ชื่อ Ltd"))


def test_where_name_and_address_are_declared_they_stand_in_place_of_a_number() -> None:
    record = operator("KR", name="Hankook Example Co., Ltd.").model_copy(
        update={
            "addresses": (
                Address(lines=("12 Sejong-daero",), city="Seoul", territory=Territory("KR")),
            )
        }
    )
    page = render_html(sheet("CA", record)).decode()
    assert "Hankook Example Co., Ltd.<br>12 Sejong-daero<br>Seoul<br>KR" in page
    assert "Copy it character by character" not in page


@pytest.mark.parametrize(
    ("partner", "record", "said"),
    [
        ("US", operator("CN"), "US-MID"),
        ("JP", operator("CN", authorisation="AEOCN3302462345"), "is not known to us"),
        ("CH", operator("CN", authorisation="X-1"), "does not have the form"),
    ],
)
def test_what_is_missing_is_said_in_place_of_a_number(
    partner: str, record: OperatorRecord, said: str
) -> None:
    made = sheet(partner, record, language="en")
    assert made.forms == ()
    assert any(said in sentence for sentence in made.wanted)
    for content in (render_html(made).decode(), docx_text(render_docx(made))):
        assert said in content


def test_another_ending_is_refused(tmp_path: Path) -> None:
    write_sheet(sheet("BY"), tmp_path / "sheet.html")
    with pytest.raises(RequestRefused) as caught:
        write_sheet(sheet("BY"), tmp_path / "sheet.odt")
    assert caught.value.reason is Reason.REQUEST_INVALID
