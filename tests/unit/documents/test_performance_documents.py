"""The report on performance in every format: what a reader finds there, and what must not be."""

from __future__ import annotations

import io
import json
import re
import tomllib
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from lxml import etree
from prometheus_client.parser import text_string_to_metric_families

import mra_gateway.documents
from mra_gateway.documents.page import Curve
from mra_gateway.documents.page_curves import HEIGHT, WIDTH, draw
from mra_gateway.documents.performance_report import compose_performance_report
from mra_gateway.documents.performance_sheet import compose_joint_sheet
from mra_gateway.documents.rendering import Format, render_page
from mra_gateway.documents.speaking import Printing
from mra_gateway.errors import RequestRefused
from mra_gateway.flows.print_performance import read_report, write_report
from mra_gateway.flows.report_jointly import join_theirs
from mra_gateway.model.arrangement_effect import ToldRow
from mra_gateway.model.comparison import Audience
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.impact import Interval
from mra_gateway.model.indicators import (
    Breakdown,
    FigureStatus,
    IndicatorId,
    Note,
    Quantity,
    Target,
)
from mra_gateway.model.performance import (
    ArrangementPage,
    ArrangementRow,
    Finding,
    IndicatorRow,
    Judged,
    KpiTable,
    Light,
    Origin,
    Part,
    PerformanceReport,
    Shown,
    TrendPoint,
)
from mra_gateway.model.periods import Period
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.model.requirements import Phrase
from mra_gateway.settings import data_folder
from tests.support.performance import NUMERICAL, a_figure, an_indicator
from tests.support.performance_schema import text as schema_text
from tests.support.reading_documents import all_text, book_of, tree_of

PUBLISHED = data_folder("schemas") / "performance.schema.json"
WORDS = Path(mra_gateway.documents.__file__).parent / "words" / "performance"
TODAY = date(2025, 8, 4)
NASTY = '=cmd|"x"!A1 <script>alert(1)</script> & "quoted"\\'
PERIODS = [Period(f"2025-{month:02}") for month in range(1, 8)]


def shown(value: float | None, **changes: Any) -> Shown:
    return Shown(**{"value": value, "status": FigureStatus.PUBLISHED, **changes})


def a_row(number: str, light: Light = Light.REACHED, **changes: Any) -> IndicatorRow:
    described = an_indicator("carec:uptake.applications")
    names = ("title", "quantity", "unit", "data_source", "authority", "frequency", "direction")
    told: dict[str, Any] = {
        **{name: getattr(described, name) for name in names},
        "number": number,
        "indicator": described.id,
        "baseline": NUMERICAL.model_copy(update={"value": 2, "year": 2024}),
        "target": Target(value=10, year=2025),
        "actual": shown(7, cases=7),
        "judged": Judged(light=light, expected=10, way=0.625),
        "trend": tuple(TrendPoint(period=one, value=n) for n, one in enumerate(PERIODS, 1)),
    }
    return IndicatorRow(**{**told, **changes})


def a_report(*rows: IndicatorRow, **changes: Any) -> PerformanceReport:
    figure = a_figure("carec:uptake.applications", "2025-07", 7)
    told: dict[str, Any] = {
        "territory": Territory("MN"),
        "name": "Customs",
        "audience": Audience.INTERNAL,
        "period": Period("2025-07"),
        "printed_on": TODAY,
        "draft": False,
        "partial": False,
        "half_way": 0.5,
        "kpis": (
            KpiTable(
                number="1",
                catalogue="carec",
                kpi="uptake",
                title=Phrase(en="Optimising the uptake", ru="Рост участия"),
                intent=Phrase(en="Trust"),
                rows=rows or (a_row("1.1"),),
            ),
        ),
        "origins": tuple(
            Origin(
                number=row.number,
                indicator=row.indicator,
                numerator="_.value.sum()",
                event_table="entries",
                lineage=figure.lineage,
            )
            for row in rows
            if row.actual is not None
        ),
    }
    return PerformanceReport(**{**told, **changes})


def joint(*rows: ArrangementRow, us: str = "MN", partner: str = "CN") -> PerformanceReport:
    page = ArrangementPage(
        arrangement=ArrangementId("CN-MN-2026"),
        title="China – Mongolia",
        partners=(Territory(partner),),
        rows=rows,
    )
    return a_report(
        territory=Territory(us),
        audience=Audience.PARTNER,
        partner=Territory(partner),
        kpis=(),
        origins=(),
        arrangements=(page,),
    )


def counted(value: float | None, **changes: Any) -> ArrangementRow:
    described = an_indicator("gateway:operators.recognised")
    told: dict[str, Any] = {
        "indicator": described.id,
        "title": described.title,
        "quantity": Quantity.COUNT,
        "unit": described.unit,
        "actual": shown(value),
    }
    return ArrangementRow(**{**told, **changes})


def written(report: PerformanceReport, into: Format, *, languages: tuple[str, ...]) -> bytes:
    printing = Printing(TODAY, languages)
    return render_page(compose_performance_report(report, printing=printing), into=into)


ALL = (
    a_row("1.1"),
    a_row("1.2", Light.ON_THE_WAY, actual=shown(6, corrects=shown(5), partial=True)),
    a_row(
        "1.3",
        Light.BEHIND,
        indicator=IndicatorId("carec:trade.asia"),
        quantity=Quantity.SHARE,
        actual=shown(
            0.1234,
            numerator=1234,
            denominator=10000,
            cases=10000,
            interval=Interval(low=0.11, high=0.14, level=0.95, method="Wilson score"),
            notes=(Note(code="never_heard_of", values={"a": 1}),),
        ),
        findings=(Finding(note=Note(code="share_above_one", values={"value": 1.2}),
                          is_impossible=True),),
    ),
    a_row("1.4", Light.NOT_JUDGED, actual=None, target=None, trend=(),
          judged=Judged(light=Light.NOT_JUDGED, why=Note(code="no_figure"))),
)  # fmt: skip


SAID = {
    "en": (
        "Trust", "corrects 5", "partial", "1,234 / 10,000", "95 % interval 11.0 % – 14.0 %",
        "Cannot be so: a share above 1 (120.0 %)", "never_heard_of: a 1", "Wilson score",
    ),
    "ru": (
        "Рост участия", "исправляет", "неполно", "95 %-й интервал 11,0 % – 14,0 %",
        "Невозможно: доля больше 1 (120,0 %)", "отстаёт", "заявления", "ежемесячно",
    ),
}  # fmt: skip


@pytest.mark.parametrize("into", [Format.HTML, Format.XLSX, Format.DOCX])
@pytest.mark.parametrize("languages", [("en",), ("ru",)])
def test_the_workshops_columns_and_all_that_is_needed_to_judge_a_row_are_there(
    into: Format, languages: tuple[str, ...]
) -> None:
    text = all_text(written(a_report(*ALL), into, languages=languages), into)
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    assert [one for one in SAID[languages[0]] if one not in text] == []
    if into is not Format.XLSX:  # there these are numbers, shown so by their formats
        assert [one for one in ("2 (2024)", "10 (2025)") if one not in text] == []
    signs = ("●", "◐", "○", "–")
    assert all(sign in text for sign in signs), "a light reads in grey"


def test_html_stands_alone_and_can_be_filtered_sorted_and_its_trends_opened() -> None:
    content = written(a_report(*ALL), Format.HTML, languages=("en",))
    tree = tree_of(content)
    assert re.findall(rb"https?://", content) == []
    assert "default-src 'none'" in content.decode()
    (table,) = tree.xpath("//table[@class='sortable'][.//tr[@data-anchor]]")
    lines = table.xpath(".//tr[@data-finding]")
    assert [line.get("data-finding") for line in lines] == [
        "light_reached", "light_on_the_way", "light_behind", "light_not_judged",
    ]  # fmt: skip
    assert lines[2].xpath("./td[@data-number='0.1234']")
    drawn = tree.xpath("//details/summary/svg[@role='img']")
    assert len(drawn) == 6, "in the table, and beside its numbers"
    assert "2025-01 to 2025-07: 1 · 2 · 3" in drawn[0].get("aria-label")
    assert tree.xpath("//input[@type='search']")


def test_a_workbook_has_numbers_to_reckon_with_and_no_formula() -> None:
    nasty = a_row("1.1", title=Phrase(en=NASTY), unit=Phrase(en="=1+1"))
    book = book_of(written(a_report(nasty, *ALL[1:]), Format.XLSX, languages=("en",)))
    sheet = book["carec"]
    cells = [cell for line in sheet.iter_rows() for cell in line]
    assert {cell.value for cell in cells if cell.data_type == "n"} >= {7, 6, 0.1234}
    assert {cell.number_format for cell in cells if cell.value == 2} == {
        '#,##0" (2024)"',
        '0.0%" (2024)"',
    }
    assert [cell.number_format for cell in cells if cell.value == 0.1234] == ["0.0%"]
    assert not [cell for one in book for line in one.iter_rows() for cell in line
                if cell.data_type == "f"]  # fmt: skip
    trend = book["Trend"]
    assert [cell.value for cell in trend[4]][4:] == [1, 2, 3, 4, 5, 6, 7]
    assert (trend["C4"].value, trend["D4"].value) == ("=1+1", None)


def test_a_workbook_draws_trends_from_the_numbers_in_its_cells() -> None:
    gap = (TrendPoint(period=PERIODS[0], value=1), TrendPoint(period=PERIODS[1], value=None),
           *(TrendPoint(period=one, value=3, partial=True) for one in PERIODS[2:]))  # fmt: skip
    content = written(a_report(a_row("1.1"), a_row("1.2", trend=gap)), Format.XLSX,
                      languages=("ru",))  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = [etree.fromstring(book.read(name)) for name in book.namelist()
                  if name.startswith("xl/worksheets/sheet")]  # fmt: skip
        charts = [etree.fromstring(book.read(name)) for name in book.namelist()
                  if name.startswith("xl/charts/chart")]  # fmt: skip
    lines = [
        (line.findtext("{*}f"), line.findtext("{*}sqref"))
        for sheet in sheets
        for line in sheet.iterfind(".//{*}sparkline")
    ]
    ranges = ["'Динамика'!E4:K4", "'Динамика'!E5:K5"]
    assert [numbers for numbers, _ in lines] == ranges * 2
    assert [cell for _, cell in lines] == ["L4", "L5", "D4", "D5"], "beside lights and numbers"
    assert [one.findtext(".//{*}ser/{*}val//{*}f") for one in charts] == [
        "'Динамика'!$E$4:$K$4", "'Динамика'!$E$5:$K$5",
    ]  # fmt: skip
    trend = book_of(content)["Динамика"]
    assert [cell.value for cell in trend[5]][4:7] == [1, None, 3], "a text would be drawn as nought"
    assert trend["G5"].number_format.endswith('"*"'), "what is partial is marked"


def test_a_paper_draws_trends_beside_their_words() -> None:
    document = written(a_report(*ALL), Format.DOCX, languages=("en",))
    with zipfile.ZipFile(io.BytesIO(document)) as parts:
        body = etree.fromstring(parts.read("word/document.xml"))
    pictures = body.findall(".//{*}docPr")
    assert len(pictures) == 6, "in the table, and beside its numbers"
    assert len({one.get("id") for one in pictures}) == 6
    assert pictures[0].get("descr") == "2025-01 to 2025-07: 1 · 2 · 3 · 4 · 5 · 6 · 7"
    assert body.findall(".//{*}custGeom//{*}lnTo")


def test_nothing_in_a_russian_report_is_called_by_a_code_there_are_words_for() -> None:
    reasons = {f"group_reason_{one.value}" for one in RecognitionReason}
    assert reasons <= tomllib.loads((WORDS / "ru.toml").read_text("utf-8")).keys()
    parts = tuple(
        Part(breakdown=Breakdown.ALL, group=group, actual=shown(7))
        for group in (
            {"reason": "IDENTIFIER_NOT_FOUND"}, {"country": "CN"}, {"act": "stuffing"},
            {"benefit": "inspection_lower"}, {"kind": "classification"},
        )
    )  # fmt: skip
    labels = {"benefit:inspection_lower": Phrase(en="Fewer", ru="Реже досмотр")}
    report = a_report(a_row("1.1", parts=parts), labels=labels)
    text = all_text(written(report, Format.HTML, languages=("ru",)), Format.HTML)
    assert [one for group in parts for one in group.group.values() if f": {one}" in text] == []
    assert [
        one
        for one in ("идентификатора нет в списке", "страна: Китай", "загрузка", "Реже досмотр")
        if one not in text
    ] == []


def test_what_an_indicator_says_is_never_markup() -> None:
    nasty = a_row("1.1", title=Phrase(en=NASTY), annotation=Phrase(en=NASTY))
    content = written(a_report(nasty), Format.HTML, languages=("en",)).decode()
    assert "<script>alert" not in content
    assert "&lt;script&gt;alert" in content


def test_the_same_report_gives_the_same_pdf_and_a_draft_is_marked() -> None:
    made = [written(a_report(*ALL), Format.PDF, languages=("ru",)) for _ in range(2)]
    assert made[0] == made[1]
    draft = a_report(a_row("1.1", actual=shown(7, status=FigureStatus.DRAFT)), draft=True)
    text = all_text(written(draft, Format.HTML, languages=("en",)), Format.HTML)
    assert "DRAFT" in text
    assert "1 of the 1 figures are not published" in text


def test_json_follows_the_published_schema_and_is_read_back(tmp_path: Path) -> None:
    command = "python -m tests.support.performance_schema > schemas/performance.schema.json"
    assert PUBLISHED.read_text("utf-8") == schema_text(), command
    schema = json.loads(PUBLISHED.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    made = a_report(*ALL)
    content = write_report(made, form="json", printing=Printing(TODAY))
    assert list(Draft202012Validator(schema).iter_errors(json.loads(content))) == []
    (tmp_path / "sent.json").write_bytes(content)
    assert read_report(tmp_path / "sent.json") == made
    (tmp_path / "other.json").write_bytes(content.replace(b'"kpis"', b'"\\u202e"'))
    with pytest.raises(RequestRefused) as refused:
        read_report(tmp_path / "other.json")
    assert "\u202e" not in refused.value.text


def test_prometheus_reads_every_figure_whatever_stands_in_a_label() -> None:
    rows = (*ALL, a_row("1.5", unit=Phrase(en='back\\slash "quote"'), actual=shown(3)))
    content = write_report(a_report(*rows), form="prometheus", printing=Printing(TODAY)).decode()
    families = {one.name: one for one in text_string_to_metric_families(content)}
    found = families["mra_gateway_indicator"].samples
    assert 'back\\slash "quote"' in {one.labels["unit"] for one in found}
    assert {one.value for one in found} >= {3, 7}
    assert {one.value for one in families["mra_gateway_indicator_light"].samples} <= {0, 1, 2}
    (low,) = families["mra_gateway_indicator_interval_low"].samples
    assert low.value == 0.11


def test_a_curve_has_a_gap_where_a_period_has_no_figure_and_stays_in_its_frame() -> None:
    drawn = draw(Curve((1.0, 2.0, None, 5.0, 3.0), 10.0, ("told",)))
    assert [len(stroke) for stroke in drawn.strokes] == [2, 2]
    points = [point for stroke in drawn.strokes for point in stroke]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert drawn.level == min(3.0, *(y for _, y in points)), "a target above all is the highest"
    assert draw(Curve((None, None), None, ("told",))).last is None
    assert draw(Curve((4.0, 4.0), None, ("told",))).last == (WIDTH - 3, HEIGHT / 2)


def test_an_arrangement_has_a_page_beside_all_others_with_what_its_effect_is_told_to_be() -> None:
    rate = counted(
        0.04,
        quantity=Quantity.SHARE,
        group={"direction": "in", "lane": "green"},
        others=shown(0.14, numerator=14, denominator=100),
    )
    told = ToldRow(
        label=Phrase(en="verdict", ru="вывод"),
        text=Phrase(en="the data cannot carry it", ru="данных недостаточно"),
    )
    (page,) = joint(rate).arrangements
    report = a_report(
        arrangements=(page.model_copy(update={"effect": (told,)}),),
        labels={"lane:green": Phrase(en="Green lane", ru="Зелёный коридор")},
    )
    for language, wanted in (
        ("en", ("4.0 %", "14.0 %", "direction: to us, lane: Green lane", "cannot carry it")),
        ("ru", ("4,0 %", "14,0 %", "направление: к нам, коридор: Зелёный", "недостаточно")),
    ):
        text = all_text(written(report, Format.HTML, languages=(language,)), Format.HTML)
        text = text.replace("\N{NO-BREAK SPACE}", " ")
        assert [one for one in wanted if one not in text] == []


def test_a_joint_sheet_has_room_for_the_partner_or_what_it_sent() -> None:
    printing = Printing(TODAY, audience=Audience.PARTNER)
    tier = {"tier": "advanced"}
    ours = joint(counted(200, group=tier), counted(None, actual=shown(None, suppressed=True)))
    page = compose_joint_sheet(ours, printing=printing)
    text = all_text(render_page(page, into=Format.HTML), Format.HTML)
    assert "(to be filled in)" in text
    assert "suppressed" in text
    assert "INTERNAL" not in text

    sent = joint(counted(180, group=tier), us="CN", partner="MN")
    both = join_theirs(ours, sent)
    assert [row.theirs and row.theirs.value for row in both.arrangements[0].rows] == [180, None]
    text = all_text(
        render_page(compose_joint_sheet(both, printing=printing), into=Format.HTML), Format.HTML
    )
    assert "180" in text
    assert "(to be filled in)" not in text

    with pytest.raises(RequestRefused):
        join_theirs(ours, joint(counted(1), us="KZ", partner="MN"))
    with pytest.raises(RequestRefused):
        join_theirs(ours, sent.model_copy(update={"period": Period("2025-06")}))
    with pytest.raises(RequestRefused):
        compose_joint_sheet(a_report(), printing=printing)
    with pytest.raises(RequestRefused):
        write_report(a_report(), form="json", printing=printing)


def test_every_word_is_there_in_both_languages_with_the_same_names_in_it() -> None:
    english, russian = (
        tomllib.loads((WORDS / f"{one}.toml").read_text("utf-8")) for one in ("en", "ru")
    )
    assert english.keys() == russian.keys()
    names = re.compile(r"\{(\w+)\}")
    assert [
        k for k in english if {*names.findall(english[k])} != {*names.findall(russian[k])}
    ] == []


def test_the_name_of_a_group_stays_with_its_first_line_on_paper() -> None:
    document = written(a_report(*ALL), Format.DOCX, languages=("en",))
    with zipfile.ZipFile(io.BytesIO(document)) as parts:
        body = etree.fromstring(parts.read("word/document.xml"))
    kept = {
        str(one.xpath("string()"))
        for one in body.iterfind(".//{*}p")
        if one.find("{*}pPr/{*}keepNext") is not None
    }
    assert {"1. Optimising the uptake", "Intent: Trust", "Performance indicator"} <= kept
    assert "Number of carec:uptake.applications" not in kept
