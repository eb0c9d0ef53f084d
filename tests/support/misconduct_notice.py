"""Misconduct in notices: of whom they are not told, out of their turn, or what has ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mra_gateway.errors import Reason
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import Tin
from mra_gateway.model.measures import CorrespondenceKind, MeasureId
from mra_gateway.model.messages import (
    CorrespondenceAct,
    DisruptionAct,
    Notice,
    ReceiptOutcome,
    SuspensionAct,
)
from mra_gateway.model.operators import DataElement
from tests.support.messages import a_correspondence, a_disruption, a_suspension, a_uuid
from tests.support.misconduct import Make, Play, Scene, Table, confirm_copy
from tests.support.pki import KZ

TABLE = Table()
ACCEPTED, REFUSED, HELD = ReceiptOutcome.ACCEPTED, ReceiptOutcome.REFUSED, ReceiptOutcome.HELD
CONFLICT, EXPECTED = ReceiptOutcome.CONFLICT, ReceiptOutcome.EXPECTED
SUSPENDED, RESUMED = SuspensionAct.SUSPENDED, SuspensionAct.RESUMED
CONFIRMED, WITHDRAWN = CorrespondenceAct.CONFIRMED, CorrespondenceAct.WITHDRAWN
BEGINS, RESUMES, ENDS = DisruptionAct.BEGINS, DisruptionAct.RESUMES, DisruptionAct.ENDS

# of whom


def _about(tin: str) -> Make:
    def make(scene: Scene) -> Play:
        return Play(
            scene.say(a_suspension(tin=Tin(tin))),
            twin=[scene.say(a_suspension(), sequence=2)],
        )

    return make


for _name, _tin, _description in (
    (
        "suspension-of-third-territory",
        "KZ123456789012",
        "Benefits of a third territory's operator.",
    ),
    ("suspension-of-its-own", "CN3302462345", "Benefits of an operator of the sender's own."),
):
    TABLE.add(
        _name, REFUSED, Reason.OPERATOR_NOT_OURS, f"{_description}, stopped.", _about(_tin),
        consumes=True,
    )  # fmt: skip


@TABLE.row("notice-by-no-party", REFUSED, Reason.NOT_A_PARTY, consumes=True, posted_by=KZ)
def notice_by_no_party(scene: Scene) -> Play:
    """Another partner stops benefits under an arrangement it is no party of."""
    return Play(scene.say(a_suspension(), sender=KZ), twin=[scene.say(a_suspension())])


@TABLE.row(
    "notice-not-confirmed",
    HELD,
    Reason.ARRANGEMENT_NOT_CONFIRMED,
    consumes=False,
    is_confirmed=False,
    mended_by=confirm_copy,
)
def notice_not_confirmed(scene: Scene) -> Play:
    """Benefits stopped under an arrangement we have a draft of; heard once it is confirmed."""
    return Play(scene.say(a_suspension()))


# out of its turn


def _in_turn(*told: Notice, wrong: Notice, right: Notice) -> Make:
    def make(scene: Scene) -> Play:
        first = [scene.say(one, sequence=number) for number, one in enumerate(told, start=1)]
        return Play(
            scene.say(wrong, sequence=len(first) + 1),
            before=first,
            twin=[scene.say(right, sequence=len(first) + 2)],
        )

    return make


def _of_one_id(*, disruption: bool = False) -> Any:
    """Returns what makes notices of one id."""
    id_ = MeasureId(a_uuid())

    def of(act: Any, **fields: Any) -> Notice:
        if disruption:
            return a_disruption(disruption_id=id_, act=act, **fields)
        return a_suspension(suspension_id=id_, act=act, **fields)

    return of


_of = _of_one_id()
TABLE.add(
    "resumed-without-suspended",
    REFUSED,
    Reason.NOTICE_UNKNOWN,
    "Benefits given again that nobody said were stopped.",
    _in_turn(wrong=_of(RESUMED), right=_of(SUSPENDED)),
    consumes=True,
)
_of = _of_one_id()
TABLE.add(
    "suspended-after-resumed",
    REFUSED,
    Reason.NOTICE_ENDED,
    "Benefits stopped anew under the id they were given again under.",
    _in_turn(_of(SUSPENDED), _of(RESUMED), wrong=_of(SUSPENDED), right=a_suspension()),
    consumes=True,
)
_of = _of_one_id()
TABLE.add(
    "resumed-twice",
    ReceiptOutcome.SUPERSEDED,
    Reason.SUPERSEDED,
    "Benefits given again, once more.",
    _in_turn(_of(SUSPENDED), _of(RESUMED), wrong=_of(RESUMED), right=a_suspension()),
    consumes=True,
)
_of = _of_one_id()
TABLE.add(
    "resumed-for-another-operator",
    REFUSED,
    Reason.RECORD_DOUBLED,
    "Benefits given again to another operator than they were taken from.",
    _in_turn(_of(SUSPENDED), wrong=_of(RESUMED, tin=Tin("MN6101234568")), right=_of(RESUMED)),
    consumes=True,
)
_of = _of_one_id()
TABLE.add(
    "disruption-under-the-id-of-a-suspension",
    REFUSED,
    Reason.RECORD_DOUBLED,
    "A disruption under the id of a suspension.",
    _in_turn(
        _of(SUSPENDED),
        wrong=a_disruption(disruption_id=_of(SUSPENDED).suspension_id),
        right=a_disruption(),
    ),
    consumes=True,
)
for _act in (RESUMES, ENDS):
    _of = _of_one_id(disruption=True)
    TABLE.add(
        f"disruption-{_act}-without-begins",
        REFUSED,
        Reason.NOTICE_UNKNOWN,
        f"A disruption that *{_act}*, of which nobody said that it begins.",
        _in_turn(wrong=_of(_act), right=_of(BEGINS)),
        consumes=True,
    )
for _act in (BEGINS, RESUMES):
    _of = _of_one_id(disruption=True)
    TABLE.add(
        f"disruption-{_act}-after-ends",
        REFUSED,
        Reason.NOTICE_ENDED,
        f"A disruption that *{_act}* after it has ended.",
        _in_turn(_of(BEGINS), _of(ENDS), wrong=_of(_act), right=a_disruption()),
        consumes=True,
    )

# correspondences: of whom, under which terms, and in their turn


def _without(*elements: DataElement) -> Any:
    """Returns terms under which some data elements do not travel."""

    def terms(arrangement: Arrangement, at: datetime) -> Arrangement:
        agreed = arrangement.exchange.data_elements
        left = tuple(one for one in agreed.value or () if one not in elements)
        exchange = arrangement.exchange.model_copy(
            update={"data_elements": agreed.model_copy(update={"value": left})}
        )
        return arrangement.model_copy(update={"exchange": exchange})

    return terms


def _stands_for(tin: str) -> Make:
    def make(scene: Scene) -> Play:
        return Play(
            scene.say(a_correspondence(tin=Tin(tin))),
            twin=[scene.say(a_correspondence(), sequence=2)],
        )

    return make


for _name, _tin, _description in (
    (
        "correspondence-of-third-territory",
        "KZ123456789012",
        "A code said to stand for a third territory's operator.",
    ),
    (
        "correspondence-of-its-own",
        "CN3302462345",
        "A code said to stand for an operator of the sender's own.",
    ),
):
    TABLE.add(
        _name, REFUSED, Reason.OPERATOR_NOT_OURS, _description, _stands_for(_tin), consumes=True
    )


@TABLE.row("correspondence-by-no-party", REFUSED, Reason.NOT_A_PARTY, consumes=True, posted_by=KZ)
def correspondence_by_no_party(scene: Scene) -> Play:
    """Another partner tells of a code under an arrangement it is no party of."""
    return Play(scene.say(a_correspondence(), sender=KZ), twin=[scene.say(a_correspondence())])


@TABLE.row(
    "correspondence-that-may-not-travel",
    REFUSED,
    Reason.DATA_ELEMENT_NOT_AGREED,
    consumes=True,
    terms=_without(DataElement.PARTNER_IDENTIFIERS),
)
def correspondence_that_may_not_travel(scene: Scene) -> Play:
    """A code under an arrangement that lets no identifiers in a partner's systems travel."""
    return Play(scene.say(a_correspondence()), twin=[scene.say(a_suspension(), sequence=2)])


@TABLE.row(
    "name-that-may-not-travel",
    REFUSED,
    Reason.DATA_ELEMENT_NOT_AGREED,
    consumes=True,
    terms=_without(DataElement.NAMES),
)
def name_that_may_not_travel(scene: Scene) -> Play:
    """A name variant under an arrangement that lets codes travel and no names."""
    name = a_correspondence(matter=CorrespondenceKind.NAME, list=None, text="Darkhan Wool Co.")
    return Play(scene.say(name), twin=[scene.say(a_correspondence(), sequence=2)])


def _of_one_correspondence() -> Any:
    id_ = MeasureId(a_uuid())
    return lambda act, **fields: a_correspondence(correspondence_id=id_, act=act, **fields)


_of = _of_one_correspondence()
TABLE.add(
    "withdrawn-without-confirmed",
    REFUSED,
    Reason.NOTICE_UNKNOWN,
    "A correspondence withdrawn that nobody told of.",
    _in_turn(wrong=_of(WITHDRAWN), right=_of(CONFIRMED)),
    consumes=True,
)
_of = _of_one_correspondence()
TABLE.add(
    "confirmed-after-withdrawn",
    REFUSED,
    Reason.NOTICE_ENDED,
    "A correspondence told anew under the id it was withdrawn under.",
    _in_turn(_of(CONFIRMED), _of(WITHDRAWN), wrong=_of(CONFIRMED), right=a_correspondence()),
    consumes=True,
)
_of = _of_one_correspondence()
TABLE.add(
    "correspondence-for-another-operator",
    REFUSED,
    Reason.RECORD_DOUBLED,
    "A correspondence under the id of another: the same code, another operator.",
    _in_turn(_of(CONFIRMED), wrong=_of(CONFIRMED, tin=Tin("MN6101234568")), right=_of(WITHDRAWN)),
    consumes=True,
)
_of = _of_one_correspondence()
TABLE.add(
    "correspondence-of-another-code",
    REFUSED,
    Reason.RECORD_DOUBLED,
    "A correspondence under the id of another: another code, the same operator.",
    _in_turn(_of(CONFIRMED), wrong=_of(CONFIRMED, text="MN-SUP-0043"), right=_of(WITHDRAWN)),
    consumes=True,
)


@TABLE.row("correspondence-repeated", ACCEPTED, Reason.OK, consumes=False, is_repeat=True)
def correspondence_repeated(scene: Scene) -> Play:
    """The very bytes of a correspondence that was heard, again, after it was withdrawn."""
    of = _of_one_correspondence()
    content = scene.sign(scene.say(of(CONFIRMED)))
    return Play(
        content,
        before=[content, scene.say(of(WITHDRAWN), sequence=2), content],
        twin=[scene.say(a_correspondence(), sequence=3)],
    )


# in a lane, as any message that changes something


@TABLE.row("notice-repeated", ACCEPTED, Reason.OK, consumes=False, is_repeat=True)
def notice_repeated(scene: Scene) -> Play:
    """The very bytes of a notice that was heard, again, after the notice that ended it."""
    of = _of_one_id()
    content = scene.sign(scene.say(of(SUSPENDED)))
    return Play(
        content,
        before=[content, scene.say(of(RESUMED), sequence=2), content],
        twin=[scene.say(a_suspension(), sequence=3)],
    )


@TABLE.row("notice-with-other-content", CONFLICT, Reason.MESSAGE_ID_CONFLICT, consumes=False)
def notice_with_other_content(scene: Scene) -> Play:
    """The id of a message that was heard, giving benefits again that it stopped."""
    of = _of_one_id()
    first = scene.say(of(SUSPENDED))
    return Play(
        scene.say(of(RESUMED), message_id=first.envelope.message_id),
        before=[first],
        twin=[scene.say(of(RESUMED), sequence=2)],
    )


@TABLE.row("notice-under-a-number-used", CONFLICT, Reason.SEQUENCE_ALREADY_USED, consumes=False)
def notice_under_a_number_used(scene: Scene) -> Play:
    """A notice under the number of a notification that was taken."""
    return Play(
        scene.say(a_suspension()),
        before=[scene.tell(scene.grant(1))],
        twin=[scene.say(a_suspension(), sequence=2)],
        held={1: "valid"},
        after={1: "valid"},
    )


@TABLE.row("notice-ahead-of-its-lane", EXPECTED, Reason.SEQUENCE_GAP, consumes=False)
def notice_ahead_of_its_lane(scene: Scene) -> Play:
    """Benefits given again before the message that stops them has come."""
    of = _of_one_id()
    return Play(
        scene.say(of(RESUMED), sequence=2),
        twin=[scene.say(of(SUSPENDED)), scene.say(of(RESUMED), sequence=2)],
    )
