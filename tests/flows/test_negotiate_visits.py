"""Joint validations, the action plan, phases, questions and documents of a negotiation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.negotiate import Negotiator
from mra_gateway.flows.negotiate_actions import NewAction
from mra_gateway.model.comparison import Audience, Finding, InPractice
from mra_gateway.model.dossier import Dossier
from mra_gateway.model.joint_validation import Firm, Visit
from mra_gateway.store.database import Database
from tests.support.negotiating import (
    BEGIN,
    CN,
    KIM,
    KR,
    KR_CN,
    PARK,
    a_comparison,
    a_negotiator,
    a_visit,
    open_one,
    what_was_seen,
)

FIRST_DAY = BEGIN.date()


@pytest.fixture
def clock() -> HandMovedClock:
    return HandMovedClock(BEGIN)


@pytest.fixture
async def negotiator(database: Database, clock: HandMovedClock) -> Negotiator:
    made = a_negotiator(clock)
    await database.write(lambda c: open_one(c, made))
    return made


async def refusal(work: Any) -> RequestRefused:
    with pytest.raises(RequestRefused) as refused:
        await work
    return refused.value


async def shown(
    database: Database, negotiator: Negotiator, *, audience: Audience = Audience.INTERNAL
) -> Dossier:
    return await database.read(lambda c: negotiator.viewer.dossier(c, KR_CN, audience=audience))


async def plan(database: Database, negotiator: Negotiator, **changes: Any) -> Visit:
    return await database.write(
        lambda c: negotiator.visits.plan(c, KR_CN, a_visit(**changes), by=KIM)
    )


async def record(
    database: Database, negotiator: Negotiator, visit: str, item: str, **changes: Any
) -> Visit:
    over = changes.pop("over", None)
    seen = what_was_seen(item, **changes)
    return await database.write(
        lambda c: negotiator.visits.record(c, KR_CN, visit, seen=seen, over=over, by=KIM)
    )


async def marks(database: Database, negotiator: Negotiator, item: str) -> tuple[str, str, str]:
    row = next(one for one in (await shown(database, negotiator)).rows if one.key == item)
    assert row.compared is not None
    return row.in_practice_ours, row.in_practice_theirs, row.compared.in_practice


async def test_the_checklist_are_the_rows_assessed_on_site_that_nobody_has_confirmed(
    database: Database, negotiator: Negotiator
) -> None:
    first = await plan(database, negotiator)
    # A.a and C.a are assessed on documents
    assert first.checklist == ("F.f", "G.c", "I.a.5")
    await record(database, negotiator, first.key, "G.c")
    await record(database, negotiator, first.key, "F.f", result=InPractice.CONFIRMED_WITH_REMARKS)
    second = await plan(database, negotiator)
    assert (second.key, second.checklist) == ("V2", ("F.f", "I.a.5"))
    ours = await plan(database, negotiator, host="ours")
    assert ours.checklist == first.checklist


async def test_a_row_is_confirmed_in_practice_when_both_sides_were_seen(
    database: Database, negotiator: Negotiator
) -> None:
    await plan(database, negotiator)
    await plan(database, negotiator, host="ours")
    assert await marks(database, negotiator, "G.c") == ("not_visited",) * 3
    await record(database, negotiator, "V1", "G.c")
    assert await marks(database, negotiator, "G.c") == (
        "not_visited", "confirmed", "not_visited",
    )  # fmt: skip
    await record(database, negotiator, "V2", "G.c", result=InPractice.CONFIRMED_WITH_REMARKS)
    assert (await marks(database, negotiator, "G.c"))[2] == "confirmed_with_remarks"


async def test_of_several_firms_the_worst_counts_and_of_visits_to_one_the_last(
    database: Database, negotiator: Negotiator
) -> None:
    two = (a_visit().firms[0], Firm(name="Second (fictitious)", is_authorised=False))
    await plan(database, negotiator, firms=two)
    await record(database, negotiator, "V1", "G.c")
    await record(
        database, negotiator, "V1", "G.c", firm="Second (fictitious)",
        result=InPractice.NOT_CONFIRMED,
    )  # fmt: skip
    assert (await marks(database, negotiator, "G.c"))[1:] == ("not_confirmed", "not_confirmed")
    later = {"from_on": date(2012, 10, 22), "until_on": date(2012, 10, 26)}
    await plan(database, negotiator, firms=two, **later)
    await record(database, negotiator, "V2", "G.c", firm="Second (fictitious)")
    assert (await marks(database, negotiator, "G.c"))[1] == "confirmed"


async def test_what_one_side_does_not_have_is_not_looked_for_there(database: Database) -> None:
    negotiator = a_negotiator(HandMovedClock(BEGIN))
    findings = {"G.c": Finding.ONLY_THEIRS, "G.g": Finding.NOT_APPLICABLE}
    await database.write(lambda c: open_one(c, negotiator, a_comparison(findings)))

    visit = await plan(database, negotiator)
    assert visit.checklist == ("G.c",)
    ours = await database.read(lambda c: negotiator.visits.rows_to_visit(c, KR_CN, host="ours"))
    assert ours == ()
    await record(database, negotiator, "V1", "G.c")
    assert await marks(database, negotiator, "G.c") == ("not_visited", "confirmed", "confirmed")


async def test_a_finding_is_added_beside_others_and_replaced_only_over_the_version_seen(
    database: Database, negotiator: Negotiator
) -> None:
    await plan(database, negotiator)
    await record(database, negotiator, "V1", "G.c")
    await record(database, negotiator, "V1", "I.a.5")
    again: dict[str, Any] = {"result": InPractice.NOT_CONFIRMED, "text": "the seals were others"}
    late = await refusal(record(database, negotiator, "V1", "G.c", **again))
    assert late.reason is Reason.ROW_CHANGED
    stale = await refusal(record(database, negotiator, "V1", "G.c", over=2, **again))
    assert stale.reason is Reason.ROW_CHANGED
    visit = await record(database, negotiator, "V1", "G.c", over=3, **again)
    assert [(one.item, one.text) for one in visit.findings] == [
        ("I.a.5", "I.a.5 as described"),
        ("G.c", "the seals were others"),
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"visit": "V9"}, Reason.NOT_FOUND),
        ({"item": "Z.z"}, Reason.NOT_FOUND),
        ({"firm": "Nobody"}, Reason.NOT_FOUND),
    ],
)
async def test_what_was_not_visited_cannot_be_recorded(
    database: Database, negotiator: Negotiator, changes: dict[str, str], reason: Reason
) -> None:
    await plan(database, negotiator)
    wanted = {"visit": "V1", "item": "G.c", **changes}
    visit, item = wanted.pop("visit"), wanted.pop("item")
    refused = await refusal(record(database, negotiator, visit, item, **wanted))
    assert refused.reason is reason
    assert (await record(database, negotiator, "V1", "G.c")).version == 2


async def test_a_reported_visit_takes_nothing_more(
    database: Database, negotiator: Negotiator
) -> None:
    await plan(database, negotiator)

    def report(over: int) -> Any:
        return lambda c: negotiator.visits.report(
            c, KR_CN, "V1", text="same level", over=over, by=KIM
        )

    assert (await refusal(database.write(report(1)))).reason is Reason.STATE_NOT_SUITABLE
    await record(database, negotiator, "V1", "G.c")
    assert (await refusal(database.write(report(1)))).reason is Reason.ROW_CHANGED
    assert (await database.write(report(2))).report == "same level"
    late = await refusal(record(database, negotiator, "V1", "I.a.5"))
    assert late.reason is Reason.STATE_NOT_SUITABLE
    progress = (await shown(database, negotiator)).progress
    assert (progress.visits, progress.reported) == ({"theirs": 1}, {"theirs": 1})


async def test_an_action_is_due_after_days_on_which_both_sides_work(
    database: Database, negotiator: Negotiator, clock: HandMovedClock
) -> None:
    keeper = negotiator.actions
    for territory, on in ((KR, date(2012, 3, 7)), (CN, date(2012, 3, 8))):
        await database.write(
            lambda c, t=territory, d=on: keeper.add_holiday(c, KR_CN, t, on=d, by=KIM)  # type: ignore[misc]
        )

    def add(**stated: Any) -> Any:
        values: dict[str, Any] = {
            "side": "theirs", "owner": "GACC", "text": "send the manual", **stated,
        }  # fmt: skip
        return lambda c: keeper.add(c, KR_CN, NewAction(**values), by=PARK)

    # Monday 5 March 2012: Tuesday, Friday and Monday are worked by both
    action = await database.write(add(working_days=3))
    assert (action.key, action.due_on) == ("A1", date(2012, 3, 12))
    (due,) = await database.read(lambda c: keeper.listed(c, KR_CN))
    assert (due.ours, due.theirs, due.common, due.is_overdue) == (4, 4, 3, False)

    for stated, reason in (
        ({}, Reason.REQUEST_INVALID),
        ({"working_days": 3, "due_on": date(2012, 3, 9)}, Reason.REQUEST_INVALID),
        ({"due_on": date(2012, 3, 10)}, Reason.REQUEST_INVALID),  # a Saturday
        ({"due_on": date(2012, 3, 8)}, Reason.REQUEST_INVALID),  # their holiday
        ({"due_on": date(2012, 3, 9), "row": "Z.z"}, Reason.NOT_FOUND),
        ({"due_on": date(2012, 3, 9), "visit": "V1"}, Reason.NOT_FOUND),
    ):
        assert (await refusal(database.write(add(**stated)))).reason is reason
    assert (await database.write(add(due_on=date(2012, 3, 9), row="F.f"))).due_on.day == 9

    clock.move_to(BEGIN + timedelta(days=8))
    assert (await shown(database, negotiator)).progress.overdue == 2
    await database.write(
        lambda c: keeper.done(c, KR_CN, "A1", on=date(2012, 3, 13), result="received", by=PARK)
    )
    progress = (await shown(database, negotiator)).progress
    assert (progress.actions, progress.done, progress.overdue) == (2, 1, 1)
    assert [one.action.key for one in await database.read(lambda c: keeper.listed(c, KR_CN))] == [
        "A2"
    ]


async def test_phases_begin_in_the_order_of_the_model_or_it_is_said_why(
    database: Database, negotiator: Negotiator
) -> None:
    keeper = negotiator.phases

    def begin(phase: str, *, on: date = FIRST_DAY, note: str | None = None) -> Any:
        return lambda c: keeper.begin(c, KR_CN, phase, on=on, note=note, by=KIM)

    def end(phase: str, *, on: date = FIRST_DAY) -> Any:
        return lambda c: keeper.end(c, KR_CN, phase, on=on, by=KIM)

    wrong: list[tuple[Any, Reason]] = [
        (begin("dance"), Reason.NOT_FOUND),
        (begin("comparison", on=date(2012, 3, 6)), Reason.REQUEST_INVALID),
        (begin("signature"), Reason.STATE_NOT_SUITABLE),
        (end("comparison"), Reason.STATE_NOT_SUITABLE),
    ]
    for work, reason in wrong:
        assert (await refusal(database.write(work))).reason is reason
    await database.write(begin("comparison"))
    assert (await refusal(database.write(begin("comparison")))).reason is Reason.STATE_NOT_SUITABLE
    early = await refusal(database.write(end("comparison", on=date(2012, 3, 4))))
    assert early.reason is Reason.REQUEST_INVALID
    await database.write(end("comparison"))
    await database.write(begin("signature", note="heads of state asked for it"))
    progress = (await shown(database, negotiator)).progress
    assert (progress.phases, progress.phases_ended, progress.phase) == (6, 1, "signature")


async def test_a_question_is_answered_once_unless_the_answer_was_seen(
    database: Database, negotiator: Negotiator
) -> None:
    clerk = negotiator.clerk
    asked = await database.write(
        lambda c: clerk.ask(c, KR_CN, "How long?", asked_by="ours", row="F.f", by=PARK)
    )

    def answer(text: str, over: int = 1) -> Any:
        return lambda c: clerk.answer(c, KR_CN, asked.key, text=text, over=over, by=KIM)

    assert (await shown(database, negotiator)).progress.answered == 0
    await database.write(answer("three years"))
    assert (await refusal(database.write(answer("five")))).reason is Reason.ROW_CHANGED
    assert (await database.write(answer("five", 2))).answer == "five"
    progress = (await shown(database, negotiator)).progress
    assert (progress.questions, progress.answered) == (1, 1)


@pytest.mark.parametrize("name", ["../x", "a/b", "", " x", "x\n", ".x"])
async def test_a_document_has_a_plain_name_and_its_bytes_come_back(
    database: Database, negotiator: Negotiator, name: str
) -> None:
    def attach(called: str, content: bytes = b"\x00report") -> Any:
        return lambda c: negotiator.clerk.attach(
            c, KR_CN, called, content=content, media_type="text/plain",
            audience=Audience.PARTNER, by=KIM,
        )  # fmt: skip

    assert (await refusal(database.write(attach(name)))).reason is Reason.REQUEST_INVALID
    assert (await refusal(database.write(attach("x", b"")))).reason is Reason.TOO_LARGE
    await database.write(attach("报告 1.txt"))
    files = await database.read(
        lambda c: negotiator.exporter.files(c, KR_CN, audience=Audience.PARTNER)
    )
    assert files["documents/D1-报告 1.txt"] == b"\x00report"
