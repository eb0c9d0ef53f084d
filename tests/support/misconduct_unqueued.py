"""Misconduct in what does not queue in a lane: questions, answers, profiles, receipts as messages.

A row gets a running gateway's desk (`desk.py`) and prepares what it is about: a question asked, a
message on its way. A receipt gets no receipt: it is answered with nothing, and kept as evidence
where it settles nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from mra_gateway.errors import Reason
from mra_gateway.flows.take_sheet import GIVEN
from mra_gateway.indicators.definitions import definition_digest
from mra_gateway.model.identifiers import ArrangementId, Digest, MessageId, Territory
from mra_gateway.model.joint_sheets import JointCell
from mra_gateway.model.messages import (
    Message,
    PerformanceSheet,
    ProgrammeProfile,
    Receipt,
    ReceiptOutcome,
    StatusAnswer,
    StatusEnquiry,
)
from mra_gateway.model.periods import Period
from mra_gateway.store import joint_sheets, outbox, profiles_received
from tests.support.counterpart import receipt_of
from tests.support.desk import CN_MN_DRAFT, CN_MN_OTHER, KZ_MN, Desk, ours
from tests.support.live import CN, KZ, signed
from tests.support.messages import a_joint_cell, a_programme_profile, a_uuid, header_facts
from tests.support.simulation import CN_MN, confirm, shipped

Sent = Message | bytes


@dataclass(frozen=True)
class Paper:
    """What is sent in a row, and what it changes.

    Attributes:
        sent: What the row is about.
        twin: The untouched twin, brought by China and taken.
        look: Looks at what they are about.
        then: What is seen after what was sent.
        after: What is seen after the twin.
    """

    sent: Sent
    twin: Sent
    look: Callable[[], Awaitable[object]]
    then: object
    after: object


Prepare = Callable[[Desk], Awaitable[Paper]]


@dataclass(frozen=True)
class Unqueued:
    """One row of the table.

    Attributes:
        name: Short, unique.
        description: One line.
        outcome: What the signed receipt says; None: answered with nothing, as a receipt is.
        reason: The code it gives, or with which it is kept as evidence; None: it is not kept.
        prepare: Prepares the row on a running gateway.
        posted_by: Whose message it is.
        mended_by: Done before the twin is sent.
    """

    name: str
    description: str
    outcome: ReceiptOutcome | None
    reason: Reason | None
    prepare: Prepare
    posted_by: Territory = CN
    mended_by: Callable[[Desk], Awaitable[None]] | None = None


ROWS: list[Unqueued] = []
ACCEPTED, REFUSED, HELD = ReceiptOutcome.ACCEPTED, ReceiptOutcome.REFUSED, ReceiptOutcome.HELD
CONFLICT = ReceiptOutcome.CONFLICT
WAITING, SETTLED = (outbox.WAITING, None), (outbox.SETTLED, "accepted")


def _row(
    name: str, outcome: ReceiptOutcome | None, reason: Reason | None, **how: Any
) -> Callable[[Prepare], Prepare]:
    def add(prepare: Prepare) -> Prepare:
        description = (prepare.__doc__ or "").strip().splitlines()[0]
        ROWS.append(Unqueued(name, description, outcome, reason, prepare, **how))
        return prepare

    return add


# questions to us


def _question(desk: Desk, identifier: str = ours(1).tin, **fields: Any) -> Message:
    values = {"arrangement": CN_MN, **fields}
    return desk.message(StatusEnquiry(identifier=identifier, at=desk.clock.now()), **values)


def _asking(desk: Desk, wrong: Message, right: Message, *, then: list[bool]) -> Paper:
    """Nothing, or no hit, is answered to the one; the other is a hit."""

    async def look() -> list[list[bool]]:
        return [
            await desk.answers(each.envelope.message_id) for each in dict.fromkeys((wrong, right))
        ]

    before, after = [then, []], [then, [True]]
    if wrong is right:
        before, after = [then], [[True]]
    return Paper(wrong, right, look, before, after)


@_row("question-about-nobody", ACCEPTED, Reason.OK)
async def question_about_nobody(desk: Desk) -> Paper:
    """A question about an identifier nobody has: no hit."""
    return _asking(desk, _question(desk, "MN9999999"), _question(desk), then=[False])


@_row("question-about-who-is-not-shown", ACCEPTED, Reason.OK)
async def question_about_who_is_not_shown(desk: Desk) -> Paper:
    """A question about an operator that gave no consent: answered like one about nobody."""
    return _asking(desk, _question(desk, ours(2).tin), _question(desk), then=[False])


@_row("question-about-another-territory", ACCEPTED, Reason.OK)
async def question_about_another_territory(desk: Desk) -> Paper:
    """A question about an operator of the asker's own territory: no hit."""
    return _asking(desk, _question(desk, "CN3302462345"), _question(desk), then=[False])


@_row("question-under-unknown-arrangement", REFUSED, Reason.ARRANGEMENT_UNKNOWN)
async def question_under_unknown_arrangement(desk: Desk) -> Paper:
    """A question under an arrangement nobody knows."""
    wrong = _question(desk, arrangement=ArrangementId("CN-MN-1999"))
    return _asking(desk, wrong, _question(desk), then=[])


@_row("question-by-no-party", REFUSED, Reason.NOT_A_PARTY, posted_by=KZ)
async def question_by_no_party(desk: Desk) -> Paper:
    """A question of another partner under an arrangement it is no party of."""
    return _asking(desk, _question(desk, by=KZ), _question(desk), then=[])


@_row("question-under-an-arrangement-that-shows-nobody", ACCEPTED, Reason.OK)
async def question_under_an_arrangement_that_shows_nobody(desk: Desk) -> Paper:
    """A question under an arrangement into which nobody of ours was brought: no hit."""
    wrong = _question(desk, arrangement=CN_MN_OTHER)
    return _asking(desk, wrong, _question(desk), then=[False])


async def _confirm_draft(desk: Desk) -> None:
    gateway = desk.mn.gateway
    await confirm(gateway, gateway.registry.get_arrangement(CN_MN_DRAFT))


@_row(
    "question-under-unconfirmed-arrangement",
    HELD,
    Reason.ARRANGEMENT_NOT_CONFIRMED,
    mended_by=_confirm_draft,
)
async def question_under_unconfirmed_arrangement(desk: Desk) -> Paper:
    """A question under an arrangement we have a draft of; answered once it is confirmed."""
    asked = _question(desk, arrangement=CN_MN_DRAFT)
    return _asking(desk, asked, asked, then=[])


@_row("question-repeated", ACCEPTED, Reason.OK)
async def question_repeated(desk: Desk) -> Paper:
    """A question that was answered, again: one answer."""
    asked = _question(desk)
    await desk.post(asked)
    await desk.answers(asked.envelope.message_id)
    return _asking(desk, asked, _question(desk), then=[True])


@_row("question-id-with-other-content", CONFLICT, Reason.MESSAGE_ID_CONFLICT)
async def question_id_with_other_content(desk: Desk) -> Paper:
    """The id of a question that was asked, about another operator: the first answer stands."""
    asked = _question(desk, "MN9999999")
    await desk.post(asked)
    await desk.answers(asked.envelope.message_id)
    wrong = _question(desk, message_id=asked.envelope.message_id)
    return _asking(desk, wrong, _question(desk), then=[False])


# answers to us


def _answer(desk: Desk, enquiry: MessageId, *, hit: bool = True, **fields: Any) -> Message:
    body = StatusAnswer(
        enquiry_id=enquiry, identifier="AEOCN3302462345", at=desk.clock.now(), hit=hit
    )
    return desk.message(body, **{"arrangement": CN_MN, **fields})


async def _answering(desk: Desk, wrong: Callable[[MessageId], Message], **seen: Any) -> Paper:
    enquiry = await desk.ask()
    values = {"then": None, "after": True, **seen}
    return Paper(wrong(enquiry), _answer(desk, enquiry), lambda: desk.found(enquiry), **values)


@_row("answer-nobody-asked-for", REFUSED, Reason.ANSWER_NOT_ASKED_FOR)
async def answer_nobody_asked_for(desk: Desk) -> Paper:
    """An answer to a question that was never asked."""
    return await _answering(desk, lambda _: _answer(desk, MessageId(a_uuid()), hit=False))


@_row("answer-to-another-message", REFUSED, Reason.ANSWER_NOT_ASKED_FOR)
async def answer_to_another_message(desk: Desk) -> Paper:
    """An answer that names a message of ours that is no question."""
    pinged = await desk.mn.gateway.enquirer.ping(CN)
    return await _answering(desk, lambda _: _answer(desk, pinged, hit=False))


@_row("answer-by-another-partner", REFUSED, Reason.ANSWER_NOT_ASKED_FOR, posted_by=KZ)
async def answer_by_another_partner(desk: Desk) -> Paper:
    """Another partner answers the question, under an arrangement of its own with us."""
    return await _answering(
        desk, lambda enquiry: _answer(desk, enquiry, hit=False, by=KZ, arrangement=KZ_MN)
    )


@_row("answer-by-no-party", REFUSED, Reason.NOT_A_PARTY, posted_by=KZ)
async def answer_by_no_party(desk: Desk) -> Paper:
    """Another partner answers the question under the arrangement it was asked under."""
    return await _answering(desk, lambda enquiry: _answer(desk, enquiry, hit=False, by=KZ))


@_row("answer-under-other-arrangement", REFUSED, Reason.ANSWER_NOT_ASKED_FOR)
async def answer_under_other_arrangement(desk: Desk) -> Paper:
    """The partner asked answers under another arrangement than it was asked under."""
    return await _answering(
        desk, lambda enquiry: _answer(desk, enquiry, hit=False, arrangement=CN_MN_OTHER)
    )


@_row("answer-under-unknown-arrangement", REFUSED, Reason.ARRANGEMENT_UNKNOWN)
async def answer_under_unknown_arrangement(desk: Desk) -> Paper:
    """The partner asked answers under an arrangement nobody knows."""
    unknown = ArrangementId("CN-MN-1999")
    return await _answering(
        desk, lambda enquiry: _answer(desk, enquiry, hit=False, arrangement=unknown)
    )


@_row("answer-twice", REFUSED, Reason.ANSWER_NOT_ASKED_FOR)
async def answer_twice(desk: Desk) -> Paper:
    """A second answer, of another content, to a question that has one: the first stands."""
    enquiry, other = await desk.ask(), await desk.ask()
    await desk.post(_answer(desk, enquiry))

    async def look() -> list[bool | None]:
        return [await desk.found(enquiry), await desk.found(other)]

    return Paper(
        _answer(desk, enquiry, hit=False),
        _answer(desk, other, hit=False),
        look,
        [True, None],
        [True, False],
    )


# profiles of programmes to us


async def _profiling(
    desk: Desk,
    wrong: ProgrammeProfile | Message | bytes,
    right: ProgrammeProfile,
    *,
    by: Territory = CN,
    then: object = None,
) -> Paper:
    """What is held of the programme after the one, and after the other, which is taken."""
    programme = right.profile.programme

    async def look() -> tuple[int, str] | None:
        held = await desk.mn.gateway.database.read(lambda c: profiles_received.newest(c, programme))
        return None if held is None else (held.profile.version, held.signed.partner)

    sent = desk.message(wrong, by=by) if isinstance(wrong, ProgrammeProfile) else wrong
    return Paper(sent, desk.message(right), look, then, (right.profile.version, CN))


_NUMBERS = count(1)


def _numbered(version: int = 1) -> ProgrammeProfile:
    """A programme no other row is about: a profile that was taken stays."""
    return a_programme_profile(f"CN-ROW-{next(_NUMBERS)}", version=version)


def _as_version(body: ProgrammeProfile, version: int) -> ProgrammeProfile:
    return body.model_copy(update={"profile": body.profile.model_copy(update={"version": version})})


@_row("profile-of-another-administration", REFUSED, Reason.PROFILE_NOT_OF_SENDER, posted_by=KZ)
async def profile_of_another_administration(desk: Desk) -> Paper:
    """Another partner signs and brings a profile of the programme."""
    body = _numbered()
    return await _profiling(desk, body, body, by=KZ)


@_row("profile-of-our-own", REFUSED, Reason.PROFILE_NOT_OF_SENDER)
async def profile_of_our_own(desk: Desk) -> Paper:
    """A partner describes a programme of the recipient's own."""
    return await _profiling(desk, a_programme_profile("MN-AEO"), _numbered())


@_row("profile-with-header-of-third-territory", REFUSED, Reason.PROFILE_INCONSISTENT)
async def profile_with_header_of_third_territory(desk: Desk) -> Paper:
    """The header facts name another administration than the one that signs."""
    body = _numbered()
    wrong = body.model_copy(
        update={"programme": header_facts(body.profile.programme, administration=KZ)}
    )
    return await _profiling(desk, wrong, body)


@_row("profile-with-header-of-another-programme", REFUSED, Reason.PROFILE_INCONSISTENT)
async def profile_with_header_of_another_programme(desk: Desk) -> Paper:
    """The header facts are of another programme than the cells."""
    body = _numbered()
    wrong = body.model_copy(update={"programme": header_facts("CN-AEO")})
    return await _profiling(desk, wrong, body)


@_row("profile-version-going-backwards", REFUSED, Reason.PROFILE_VERSION_OLDER)
async def profile_version_going_backwards(desk: Desk) -> Paper:
    """The first version after the second: the second stays."""
    held = _numbered(2)
    await desk.post(desk.message(held))
    return await _profiling(desk, _as_version(held, 1), _as_version(held, 3), then=(2, CN))


@_row("profile-version-with-other-content", REFUSED, Reason.PROFILE_VERSION_CONFLICT)
async def profile_version_with_other_content(desk: Desk) -> Paper:
    """The version that is held, with a cell left out: what was signed first stays."""
    held = _numbered()
    await desk.post(desk.message(held))
    wrong = held.model_copy(update={"profile": held.profile.model_copy(update={"cells": ()})})
    return await _profiling(desk, wrong, _as_version(held, 2), then=(1, CN))


@_row("profile-repeated", ACCEPTED, Reason.OK)
async def profile_repeated(desk: Desk) -> Paper:
    """The very bytes of a profile that was taken, again, after its next version: nothing moves."""
    first = _numbered()
    content = signed(desk.cn.side, desk.message(first))
    await desk.post(content)
    await desk.post(desk.message(_as_version(first, 2)))
    return await _profiling(desk, content, _as_version(first, 3), then=(2, CN))


@_row("profile-id-with-other-content", CONFLICT, Reason.MESSAGE_ID_CONFLICT)
async def profile_id_with_other_content(desk: Desk) -> Paper:
    """The id of a message that brought a profile, bringing its next version."""
    first = _numbered()
    message = desk.message(first)
    await desk.post(message)
    next_ = _as_version(first, 2)
    wrong = desk.message(next_, message_id=message.envelope.message_id)
    return await _profiling(desk, wrong, next_, then=(1, CN))


# joint monitoring sheets to us


def _sheet(*others: JointCell, period: Period | None = None, **changes: Any) -> PerformanceSheet:
    """A sheet of a month no other row is about: a sheet that was taken stays."""
    number = next(_NUMBERS)
    month = Period(f"{1990 + number // 12}-{number % 12 + 1:02}") if period is None else period
    definition = definition_digest(shipped().get_indicator(GIVEN))
    own = a_joint_cell(GIVEN, **{"definition": definition, **changes})
    return PerformanceSheet(period=month, cells=(own, *others))


def _sheeting(desk: Desk, wrong: Message, right: Message, *, then: object = None) -> Paper:
    """What the partner's sheet says that counts, after the one, and after the other."""
    assert isinstance(right.body, PerformanceSheet)
    period = right.body.period

    async def look() -> float | None:
        held = await desk.mn.gateway.database.read(lambda c: joint_sheets.newest(c, CN, period))
        return None if held is None else held.body.cells[0].value

    return Paper(wrong, right, look, then, right.body.cells[0].value)


@_row("sheet-of-others-arrangement", REFUSED, Reason.NOT_A_PARTY)
async def sheet_of_others_arrangement(desk: Desk) -> Paper:
    """Figures of an arrangement the recipient is no party of."""
    right = _sheet()
    wrong = _sheet(period=right.period, arrangement=ArrangementId("CN-BY-2019"))
    return _sheeting(desk, desk.message(wrong), desk.message(right))


@_row("sheet-with-cell-twice", REFUSED, Reason.SHEET_INCONSISTENT)
async def sheet_with_cell_twice(desk: Desk) -> Paper:
    """One figure stands twice, with two values."""
    right = _sheet()
    wrong = _sheet(a_joint_cell(definition=right.cells[0].definition), period=right.period, value=9)
    return _sheeting(desk, desk.message(wrong), desk.message(right))


@_row("sheet-of-unknown-indicator", REFUSED, Reason.INDICATOR_UNKNOWN)
async def sheet_of_unknown_indicator(desk: Desk) -> Paper:
    """A figure of an indicator the recipient does not have."""
    right = _sheet()
    wrong = _sheet(a_joint_cell("gateway:own.only"), period=right.period)
    return _sheeting(desk, desk.message(wrong), desk.message(right))


@_row("sheet-by-another-definition", REFUSED, Reason.DEFINITION_DIFFERS)
async def sheet_by_another_definition(desk: Desk) -> Paper:
    """A figure counted by another version of its definition."""
    right = _sheet()
    wrong = _sheet(period=right.period, definition=Digest("2" * 64))
    return _sheeting(desk, desk.message(wrong), desk.message(right))


@_row("sheet-of-earlier", REFUSED, Reason.SHEET_OLDER)
async def sheet_of_earlier(desk: Desk) -> Paper:
    """A sheet made before the one that is held: the later one stays."""
    held, now = _sheet(), desk.clock.now()
    await desk.post(desk.message(held))
    wrong = desk.message(_sheet(period=held.period, value=8), created_at=now - timedelta(minutes=1))
    right = desk.message(
        _sheet(period=held.period, value=50), created_at=now + timedelta(minutes=1)
    )
    return _sheeting(desk, wrong, right, then=held.cells[0].value)


# receipts to us, as messages


async def _on_its_way(desk: Desk) -> tuple[MessageId, Message]:
    """A message China has not answered yet, and the receipt it will give."""
    desk.be_down()
    message_id = await desk.tell()
    return message_id, receipt_of((await desk.sent(message_id)).content, at=desk.clock.now())


async def _receipting(desk: Desk, *, body: dict[str, Any] | None = None, **envelope: Any) -> Paper:
    message_id, right = await _on_its_way(desk)
    wrong = right.model_copy(
        update={
            "envelope": right.envelope.model_copy(update={"message_id": a_uuid(), **envelope}),
            "body": right.body.model_copy(update=body or {}),
        }
    )
    return Paper(wrong, right, lambda: desk.state(message_id), WAITING, SETTLED)


@_row("receipt-nobody-asked-for", None, Reason.RECEIPT_NOT_FOR_THIS_MESSAGE)
async def receipt_nobody_asked_for(desk: Desk) -> Paper:
    """A receipt of a message that was never sent."""
    return await _receipting(desk, body={"message_id": MessageId(a_uuid())})


@_row("receipt-with-other-digest", None, Reason.RECEIPT_NOT_FOR_THIS_MESSAGE)
async def receipt_with_other_digest(desk: Desk) -> Paper:
    """A receipt of the message with the digest of another content."""
    return await _receipting(desk, body={"digest": Digest("0" * 64)})


@_row("receipt-by-another-partner", None, Reason.RECEIPT_NOT_FOR_THIS_MESSAGE, posted_by=KZ)
async def receipt_by_another_partner(desk: Desk) -> Paper:
    """Another partner signs and brings a receipt of a message that was not sent to it."""
    return await _receipting(desk, sender=KZ)


@_row("receipt-ahead-of-its-time", None, None)
async def receipt_ahead_of_its_time(desk: Desk) -> Paper:
    """A receipt created ten minutes ahead of our clock: what it answers is asked for again."""
    return await _receipting(desk, created_at=desk.clock.now() + timedelta(minutes=10))


@_row("receipt-that-takes-back", None, None)
async def receipt_that_takes_back(desk: Desk) -> Paper:
    """A refusal of a message that was accepted: what was settled stays settled."""
    message_id, right = await _on_its_way(desk)
    await desk.post(right)
    assert isinstance(right.body, Receipt)
    refused = right.model_copy(
        update={
            "envelope": right.envelope.model_copy(update={"message_id": a_uuid()}),
            "body": right.body.model_copy(update={"outcome": REFUSED}),
        }
    )
    return Paper(refused, right, lambda: desk.state(message_id), SETTLED, SETTLED)


@_row("receipt-repeated", None, None)
async def receipt_repeated(desk: Desk) -> Paper:
    """The very bytes of a receipt that was taken, again: twice does no harm."""
    message_id, right = await _on_its_way(desk)
    content = signed(desk.cn.side, right)
    await desk.post(content)
    return Paper(content, right, lambda: desk.state(message_id), SETTLED, SETTLED)


def all_unqueued() -> dict[str, Unqueued]:
    """Returns every row by its name."""
    named = {row.name: row for row in ROWS}
    assert len(named) == len(ROWS), "two rows have one name"
    return named
