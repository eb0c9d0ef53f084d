"""Comparisons and negotiations made by hand, with every finding and with texts that mean harm."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from mra_gateway.documents.held import Held
from mra_gateway.documents.page import Page
from mra_gateway.documents.speaking import Printing
from mra_gateway.flows.print_comparison import Paper, compose_paper
from mra_gateway.model.comparison import (
    Audience,
    CategoryResult,
    Comparison,
    Conclusion,
    Condition,
    Evidence,
    Finding,
    InPractice,
    Outcome,
    Row,
    Side,
)
from mra_gateway.model.facts import Basis
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.joint_validation import Firm, Observer, Seen, Visit
from mra_gateway.model.negotiation import Action, Position, Question, Remark, RowState
from mra_gateway.model.profiles import Cell, Instrument, Measure, Quantity, Stated, Strength
from mra_gateway.model.requirements import Method, Phrase
from tests.support.aliases import shipped

ON = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
NASTY = '=HYPERLINK("http://x") <b>&amp;</b> #set page(width: 1pt) {{ 7 }} [x] \\ $y$ &P'
SECRET = "Zwischenzeug"
"""A word that stands in everything internal, and in nothing else."""
FINDINGS = tuple(Finding)


def evidence(item: str, *, text: str, source: str = "example.org/law") -> Evidence:
    """Evidence with every part filled in."""
    return Evidence(
        cell=Cell(
            item=f"safe:{item}",
            stated=Stated.REQUIRED,
            text=Phrase(en=text, ru=f"{text} (по-русски)"),
            clause="Art. 39(a)",
            strength=Strength.MUST,
            instrument=Instrument.PROCEDURE,
            methods=(Method.FILE, Method.SITE),
            tiers=("A",),
            thresholds=(
                (
                    Quantity(measure=Measure.LOOK_BACK, value=3, unit="year"),
                    Quantity(measure=Measure.TRADE_VALUE, value=2_000_000, unit="USD"),
                ),
                (Quantity(measure=Measure.DECLARATIONS, value=100, unit="count"),),
            ),
        ),
        source=source,
        basis=Basis.READ,
        as_of=date(2026, 11, 21),
    )


def row(number: int, finding: Finding, *, text: str = "what is asked") -> Row:
    """A row of category A or B with a finding."""
    category = "A" if number % 2 else "B"
    item = f"{category}.{number}"
    told = (evidence(item, text=text),)
    return Row(
        item=item,
        category=category,
        clause=f"AEO conditions, {item}",
        requirement=Phrase(en=f"Requirement {number}", ru=f"Требование {number}"),
        finding=finding,
        in_practice=InPractice.CONFIRMED if finding is Finding.EQUIVALENT else _NOT_VISITED,
        basis=None if finding is Finding.NOT_ESTABLISHED else Basis.PARTIAL,
        contested=("theirs",) if finding is Finding.PARTIAL else (),
        why=Phrase(en="Both ask it.", ru="Требуют обе."),
        question=Phrase(en="How is it shown?", ru="Как это показывают?"),
        ours=() if finding is Finding.NOT_ESTABLISHED else told,
        theirs=told if finding is Finding.EQUIVALENT else (),
    )


_NOT_VISITED = InPractice.NOT_VISITED


def comparison(
    *,
    audience: Audience = Audience.INTERNAL,
    is_confirmed: bool = False,
    text: str = "what is asked",
    rows: int = len(FINDINGS),
) -> Comparison:
    """A comparison of Uzbekistan and China with every finding in turn."""
    made = tuple(row(n, FINDINGS[(n - 1) % len(FINDINGS)], text=text) for n in range(1, rows + 1))
    return Comparison(
        ours=_side("UZ", is_confirmed=is_confirmed),
        theirs=_side("CN", is_confirmed=is_confirmed),
        catalogue="safe",
        edition="2021",
        at=ON,
        rates="2026-11-20",
        audience=audience,
        rows=made,
        categories=tuple(_category(name, made) for name in ("A", "B")),
        conclusion=Conclusion(
            outcome=Outcome.COMPATIBLE_WITH_CONDITIONS,
            conditions=(
                Condition(
                    text=Phrase(en="Recognise type 3 only.", ru="Признавать только тип 3."),
                    items=("A.1",),
                    sources=("GACC notice 101/2019",),
                    basis=Basis.READ,
                ),
            ),
            eligible_ours=(),
            eligible_theirs=("advanced",),
        ),
    )


def printing(
    *, languages: tuple[str, ...] = ("en",), audience: Audience = Audience.INTERNAL
) -> Printing:
    """How a document is written."""
    return Printing(
        ON, languages, audience, {Territory("UZ"): "Uzbekistan"}, ("Customs, 1st dept.",)
    )


def held(*, audience: Audience) -> Held:
    """A negotiation in which everything is for one audience; what is internal says the secret."""
    said = "for all to read" if audience is Audience.PARTNER else f"{SECRET} for us"
    entry: dict[str, Any] = {"at": AT, "by": None, "audience": audience}
    seen = Seen(
        item="A.1", firm="Өргөө ХХК", method=Method.SITE, result=InPractice.CONFIRMED,
        text=said, conclusion=said, opinion=f"{SECRET} opinion", audience=audience, at=AT, by=None,
    )  # fmt: skip
    return Held(
        positions=(
            Position(
                key="A.1",
                state=RowState.RESERVED,
                text=said,
                justification=f"{SECRET} because",
                **entry,
            ),
            Position(key="exchange.frequency", state=RowState.AGREED, value=said, **entry),
        ),
        remarks=(Remark(key="R1", row="A.1", text=said, **entry),),
        questions=(
            Question(key="Q1", row="A.1", asked_by="ours", text=said, answer=f"{SECRET}!", **entry),
        ),
        actions=(
            Action(
                key="T1",
                side="ours",
                owner=said,
                text=said,
                due_on=ON,
                row="A.1",
                visit="V1",
                result=f"{SECRET} came",
                **entry,
            ),
        ),
        visits=(
            Visit(
                key="V1",
                host="theirs",
                from_on=ON,
                until_on=ON,
                place="Shenzhen",
                languages=("en",),
                methods=(Method.SITE,),
                observers=(Observer(name=said, side="ours"),),
                firms=(Firm(name="Өргөө ХХК", is_authorised=True),),
                findings=(seen,),
                report=f"{SECRET} report",
                **entry,
            ),
        ),
    )


def paper(
    kind: Paper,
    *,
    of: Comparison | None = None,
    as_printed: Printing | None = None,
    holding: Held | None = None,
) -> Page:
    """A document of the comparison made by hand, on what the product ships."""
    return compose_paper(
        of or comparison(),
        paper=kind,
        registry=shipped(),
        printing=as_printed or printing(),
        held=holding or Held(),
    )


def _side(territory: str, *, is_confirmed: bool) -> Side:
    return Side(
        programme=ProgrammeId(f"{territory}-AEO"),
        territory=Territory(territory),
        name=f"AEO programme of {territory}",
        version=1,
        is_confirmed=is_confirmed,
    )


def _category(name: str, rows: tuple[Row, ...]) -> CategoryResult:
    counts = Counter(each.finding for each in rows if each.category == name)
    return CategoryResult(
        category=name,
        name=Phrase(en=f"Category {name}", ru=f"Раздел {name}"),
        counts=dict(counts),
        established=sum(counts.values()) - counts[Finding.NOT_ESTABLISHED],
        finding=Finding.PARTIAL,
    )
