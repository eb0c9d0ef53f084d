"""What is entered by hand counts as last corrected; a survey becomes ratings; feedback."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.gather_entered import GATHERERS
from mra_gateway.flows.gather_events import Content, Days
from mra_gateway.flows.gather_impact import InputRefused
from mra_gateway.flows.measure_enter import Enterer, Said
from mra_gateway.flows.measure_survey import hand_in, take_survey
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.model.identifiers import OfficerName, Territory
from mra_gateway.model.measured_entries import Entry, Feedback, FeedbackCategory, Side
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.store import measure_entries
from mra_gateway.store.database import Database
from mra_gateway.tables.survey_form import ANSWERS_SHEET, Survey, write_survey
from tests.support.measured_month import shipped

OLGA = Actor(name=OfficerName("olga"), display_name="O", roles=frozenset({OfficerRole.AEO}))
AUDITOR = Actor(name=OfficerName("aud"), display_name="A", roles=frozenset({OfficerRole.AUDITOR}))
ENTERER = Enterer(registry=shipped(), clock=HandMovedClock(datetime(2025, 8, 20, tzinfo=UTC)))
JULY = Days(date(2025, 7, 1), date(2025, 7, 31))
APPLICATIONS = {"indicator": "carec:uptake.applications", "on": "2025-07-31", "value": "2"}
RULING = {"ruling": "AR-1", "kind": "classification", "issued_on": "2025-07-10", "aeo": "yes"}


async def enter(database: Database, kind: str, by: Actor = OLGA, **said: object) -> Entry:
    fields = said.pop("fields")
    given = Said(kind, fields, "letter 12", **said)  # type: ignore[arg-type]
    return await database.write(lambda c: ENTERER.enter(c, given, by=by))


async def gathered(database: Database, table: str, days: Days = JULY) -> Content | None:
    return await database.read(lambda c: GATHERERS[table](c, EVENT_TABLES[table], days))


async def rows(database: Database, table: str, days: Days = JULY) -> list[dict[str, object]]:
    found = await gathered(database, table, days)
    assert found is not None
    listed: list[dict[str, object]] = found.rows.to_pylist()  # type: ignore[union-attr]
    return listed


async def test_a_corrected_value_counts_once_and_the_wrong_one_is_kept(database: Database) -> None:
    assert await gathered(database, "entries") is None
    first = await enter(database, "value", fields=APPLICATIONS)
    before = await gathered(database, "entries")
    second = await enter(
        database, "value", fields={**APPLICATIONS, "value": "10"}, corrects=first.id
    )
    assert await rows(database, "entries") == [
        {"indicator": "carec:uptake.applications", "value": 10.0, "on": date(2025, 7, 31)}
    ]
    after = await gathered(database, "entries")
    assert before is not None
    assert after is not None
    assert before.inputs[0].digest != after.inputs[0].digest
    history = await database.read(measure_entries.history)
    assert [(one.id, one.corrected_by, one.evidence, one.by) for one in history] == [
        (first.id, second.id, "letter 12", "olga"),
        (second.id, None, "letter 12", "olga"),
    ]

    with pytest.raises(RequestRefused) as refused:
        await enter(database, "value", fields=APPLICATIONS, corrects=first.id)
    assert refused.value.reason is Reason.STATE_NOT_SUITABLE
    await database.write(lambda c: ENTERER.take_back(c, second.id, evidence="minute 3", by=OLGA))
    assert await rows(database, "entries") == []


@pytest.mark.parametrize(
    ("kind", "changed", "reason"),
    [
        ("value", {"indicator": "carec:no.such"}, Reason.NOT_FOUND),
        ("value", {"value": "many"}, Reason.VALUE_UNREADABLE),
        ("value", {"value": "-1"}, Reason.VALUE_UNREADABLE),
        ("value", {"on": "31.07.2025"}, Reason.VALUE_UNREADABLE),
        ("value", {"colour": "red"}, Reason.NOT_FOUND),
        ("value", {"indicator": "carec:trade.eu_us"}, Reason.VALUE_NOT_ALLOWED),
        ("value", {"value": "2.5"}, Reason.VALUE_NOT_ALLOWED),
        ("value", {"on": "2025-08-22"}, Reason.VALUE_NOT_ALLOWED),
        ("value", {"on": "1066-10-14"}, Reason.VALUE_NOT_ALLOWED),
        ("ruling", {"kind": "divination"}, Reason.VALUE_UNREADABLE),
        ("ruling", {"ruling": ""}, Reason.VALUE_UNREADABLE),
        ("ruling", {"requested_on": "2025-07-11"}, Reason.REQUEST_INVALID),
        ("ruling", {"days": "3"}, Reason.NOT_FOUND),
        ("opinion", {}, Reason.NOT_FOUND),
    ],
)
async def test_an_entry_that_makes_no_sense_is_refused(
    database: Database, kind: str, changed: dict[str, str], reason: Reason
) -> None:
    twin = APPLICATIONS if kind == "value" else RULING
    with pytest.raises(RequestRefused) as refused:
        await enter(database, kind, fields={**twin, **changed})
    assert refused.value.reason is reason
    if kind in {"value", "ruling"}:
        await enter(database, kind, fields=twin)


async def test_the_same_on_the_same_evidence_is_refused_and_on_other_evidence_it_adds(
    database: Database,
) -> None:
    await enter(database, "value", fields=APPLICATIONS)
    with pytest.raises(RequestRefused, match="entry 1 says the same") as refused:
        await enter(database, "value", fields=APPLICATIONS)
    assert refused.value.reason is Reason.ALREADY_EXISTS
    said = Said("value", APPLICATIONS, "letter 13")
    await database.write(lambda c: ENTERER.enter(c, said, by=OLGA))
    assert len(await rows(database, "entries")) == 2
    rating = {"survey": "acceptance", "score": "7", "scale_from": "1", "scale_to": "10"}
    for _ in range(2):  # two who answer may agree
        await enter(database, "rating", fields={**rating, "side": "operator", "on": "2025-07-31"})


async def test_a_ruling_stands_once_and_says_how_long_it_took(database: Database) -> None:
    fields = {**RULING, "requested_on": "2025-07-01"}
    first = await enter(database, "ruling", fields=fields)
    with pytest.raises(RequestRefused) as refused:
        await enter(database, "ruling", fields=fields)
    assert refused.value.reason is Reason.ALREADY_EXISTS
    with pytest.raises(RequestRefused) as refused:
        await enter(database, "ruling", by=AUDITOR, fields={**fields, "ruling": "AR-2"})
    assert refused.value.reason is Reason.NOT_PERMITTED
    await enter(database, "ruling", fields={**fields, "aeo": "no"}, corrects=first.id)
    assert await rows(database, "rulings") == [
        {
            "ruling": "AR-1",
            "kind": "classification",
            "aeo": False,
            "requested_on": date(2025, 7, 1),
            "issued_on": date(2025, 7, 10),
            "days": 9.0,
        }
    ]


def filled_in(path: Path, *answers: tuple[object, ...]) -> Path:
    """Fills a form as somebody with a spreadsheet program does."""
    path.write_bytes(write_survey(Survey("acceptance", "How do you rate it?", 1, 10)))
    book = load_workbook(path)
    sheet: Any = book[ANSWERS_SHEET]
    for number, answer in enumerate(answers, 3):
        for column, value in enumerate(answer, 1):
            sheet.cell(number, column).value = value
    book.save(path)
    return path


GOOD = (datetime(2025, 7, 3), "operator", "benefits", 9, "more lanes, please")  # noqa: DTZ001


async def test_a_survey_becomes_ratings_and_its_comments_feedback_once(
    database: Database, tmp_path: Path
) -> None:
    path = filled_in(
        tmp_path / "form.xlsx",
        GOOD,
        ("2025-07-04", "оператор", "процедура присвоения статуса", "7,5", None),
        ("2025-07-05", "partner", "data", 4, None),
    )
    form = hand_in(path)
    await database.write(lambda c: take_survey(c, form, enterer=ENTERER, by=OLGA))
    assert [
        (row["survey"], row["score"], row["scale_from"], row["scale_to"], row["on"], row["side"])
        for row in await rows(database, "ratings")
    ] == [
        ("acceptance", 9.0, 1.0, 10.0, date(2025, 7, 3), "operator"),
        ("acceptance", 7.5, 1.0, 10.0, date(2025, 7, 4), "operator"),
        ("acceptance", 4.0, 1.0, 10.0, date(2025, 7, 5), "partner"),
    ]
    (said,) = await rows(database, "feedback")
    assert (said["side"], said["category"], said["answered_on"]) == ("operator", "benefits", None)
    with pytest.raises(RequestRefused) as refused:
        await database.write(lambda c: take_survey(c, form, enterer=ENTERER, by=OLGA))
    assert refused.value.reason is Reason.ALREADY_LOADED
    assert len(await rows(database, "ratings")) == 3


async def test_a_form_saved_anew_is_known_again_by_what_it_says(
    database: Database, tmp_path: Path
) -> None:
    other = ("2025-07-04", "operator", "data", 4, None)
    path = filled_in(tmp_path / "form.xlsx", GOOD, other)
    await database.write(lambda c: take_survey(c, hand_in(path), enterer=ENTERER, by=OLGA))
    # sorted by somebody, a word in the other language, other bytes
    anew = filled_in(tmp_path / "anew.xlsx", (*other[:1], "оператор", *other[2:]), GOOD)
    assert anew.read_bytes() != path.read_bytes()
    with pytest.raises(RequestRefused) as refused:
        await database.write(lambda c: take_survey(c, hand_in(anew), enterer=ENTERER, by=OLGA))
    assert refused.value.reason is Reason.ALREADY_LOADED
    assert "form.xlsx, row 3 as entry 1" in refused.value.text
    assert len(await rows(database, "ratings")) == 2
    # its twins: other answers; the same, of which an officer says that others gave them
    differs = filled_in(tmp_path / "differs.xlsx", GOOD, (*other[:3], 5, None))
    await database.write(lambda c: take_survey(c, hand_in(differs), enterer=ENTERER, by=OLGA))
    await database.write(
        lambda c: take_survey(c, hand_in(anew), enterer=ENTERER, by=OLGA, is_another=True)
    )
    assert len(await rows(database, "ratings")) == 6


def test_an_answer_that_cannot_be_read_refuses_the_form_and_is_named(tmp_path: Path) -> None:
    assert len(hand_in(filled_in(tmp_path / "twin.xlsx", GOOD)).content.answers) == 1
    path = filled_in(
        tmp_path / "form.xlsx",
        GOOD,
        (*GOOD[:3], 11, None),
        (*GOOD[:3], "good", None),
        (GOOD[0], "neighbour", *GOOD[2:]),
        (None, *GOOD[1:]),
    )
    with pytest.raises(InputRefused) as refused:
        hand_in(path)
    assert [(one.where.rsplit(", ", 2)[1], one.reason) for one in refused.value.problems] == [
        ("row 4", Reason.VALUE_NOT_ALLOWED),
        ("row 5", Reason.VALUE_UNREADABLE),
        ("row 6", Reason.WORD_UNKNOWN),
        ("row 7", Reason.VALUE_MISSING),
    ]


async def test_feedback_is_answered_and_counted_as_last_corrected(database: Database) -> None:
    async def receive(side: Side, corrects: int | None = None, **said: object) -> Feedback:
        return await database.write(
            lambda c: ENTERER.receive(
                c,
                side=side,
                category=FeedbackCategory.RECOGNITION,
                text="our operators are stopped",
                received_on=date(2025, 7, 3),
                by=OLGA,
                corrects=corrects,
                **said,  # type: ignore[arg-type]
            )
        )

    with pytest.raises(RequestRefused, match="which partner"):
        await receive(Side.PARTNER)
    first = await receive(Side.PARTNER, partner=Territory("CN"))
    await database.write(
        lambda c: ENTERER.answer(c, first.id, text="seen", answered_on=date(2025, 7, 8), by=OLGA)
    )
    with pytest.raises(RequestRefused, match="it came on"):
        await database.write(
            lambda c: ENTERER.answer(c, first.id, text="x", answered_on=date(2025, 7, 2), by=OLGA)
        )
    # the answer was to the remark, whoever wrote it down wrongly first
    await receive(Side.PARTNER, partner=Territory("KR"), corrects=first.id)
    (row,) = await rows(database, "feedback")
    assert (row["partner"], row["answered_on"], row["days"]) == ("KR", date(2025, 7, 8), 5.0)
