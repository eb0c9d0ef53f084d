"""Misconduct in notices: of whom they are not told, out of their turn, or what has ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
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
ANOTHER = Tin("MN6101234568")
STRANGERS = (
    ("of-third-territory", "KZ123456789012", "a third territory's operator"),
    ("of-its-own", "CN3302462345", "an operator of the sender's own"),
)

Told = Callable[..., Notice]
NoticeAct = SuspensionAct | DisruptionAct | CorrespondenceAct
ID_OF: dict[Told, str] = {
    a_suspension: "suspension_id",
    a_disruption: "disruption_id",
    a_correspondence: "correspondence_id",
}

# of whom


def _about(told: Told, tin: str) -> Make:
    def make(scene: Scene) -> Play:
        return Play(scene.say(told(tin=Tin(tin))), twin=[scene.say(told(), sequence=2)])

    return make


for _name, _tin, _whose in STRANGERS:
    TABLE.add(
        f"suspension-{_name}", REFUSED, Reason.OPERATOR_NOT_OURS, f"Benefits of {_whose}, stopped.",
        _about(a_suspension, _tin), consumes=True,
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


def _of_one_id(told: Told) -> Told:
    """Returns what makes notices of one id."""
    return partial(told, **{ID_OF[told]: MeasureId(a_uuid())})


def _in_turn(
    told: Told, *before: NoticeAct, wrong: Mapping[str, Any], right: NoticeAct | None = None
) -> Make:
    """Makes notices of one id, one of them wrong; the twin is of another id, or what is right."""
    of = _of_one_id(told)

    def make(scene: Scene) -> Play:
        first = [scene.say(of(act=act), sequence=turn) for turn, act in enumerate(before, start=1)]
        return Play(
            scene.say(of(**wrong), sequence=len(first) + 1),
            before=first,
            twin=[scene.say(of(act=right) if right else told(), sequence=len(first) + 2)],
        )

    return make


def _add(name: str, reason: Reason, description: str, make: Make) -> None:
    outcome = ReceiptOutcome.SUPERSEDED if reason is Reason.SUPERSEDED else REFUSED
    TABLE.add(name, outcome, reason, description, make, consumes=True)


_add(
    "resumed-without-suspended",
    Reason.NOTICE_UNKNOWN,
    "Benefits given again that nobody said were stopped.",
    _in_turn(a_suspension, wrong={"act": RESUMED}, right=SUSPENDED),
)
_add(
    "suspended-after-resumed",
    Reason.NOTICE_ENDED,
    "Benefits stopped anew under the id they were given again under.",
    _in_turn(a_suspension, SUSPENDED, RESUMED, wrong={"act": SUSPENDED}),
)
_add(
    "resumed-twice",
    Reason.SUPERSEDED,
    "Benefits given again, once more.",
    _in_turn(a_suspension, SUSPENDED, RESUMED, wrong={"act": RESUMED}),
)
_add(
    "resumed-for-another-operator",
    Reason.RECORD_DOUBLED,
    "Benefits given again to another operator than they were taken from.",
    _in_turn(a_suspension, SUSPENDED, wrong={"act": RESUMED, "tin": ANOTHER}, right=RESUMED),
)


@TABLE.row("disruption-under-the-id-of-a-suspension", REFUSED, Reason.RECORD_DOUBLED, consumes=True)
def disruption_under_the_id_of_a_suspension(scene: Scene) -> Play:
    """A disruption under the id of a suspension."""
    suspended = a_suspension()
    doubled = a_disruption(disruption_id=suspended.suspension_id)
    return Play(
        scene.say(doubled, sequence=2),
        before=[scene.say(suspended)],
        twin=[scene.say(a_disruption(), sequence=3)],
    )


for _act in (RESUMES, ENDS):
    _add(
        f"disruption-{_act}-without-begins",
        Reason.NOTICE_UNKNOWN,
        f"A disruption that *{_act}*, of which nobody said that it begins.",
        _in_turn(a_disruption, wrong={"act": _act}, right=BEGINS),
    )
for _act in (BEGINS, RESUMES):
    _add(
        f"disruption-{_act}-after-ends",
        Reason.NOTICE_ENDED,
        f"A disruption that *{_act}* after it has ended.",
        _in_turn(a_disruption, BEGINS, ENDS, wrong={"act": _act}),
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


for _name, _tin, _whose in STRANGERS:
    TABLE.add(
        f"correspondence-{_name}", REFUSED, Reason.OPERATOR_NOT_OURS,
        f"A code said to stand for {_whose}.", _about(a_correspondence, _tin), consumes=True,
    )  # fmt: skip


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


_add(
    "withdrawn-without-confirmed",
    Reason.NOTICE_UNKNOWN,
    "A correspondence withdrawn that nobody told of.",
    _in_turn(a_correspondence, wrong={"act": WITHDRAWN}, right=CONFIRMED),
)
_add(
    "confirmed-after-withdrawn",
    Reason.NOTICE_ENDED,
    "A correspondence told anew under the id it was withdrawn under.",
    _in_turn(a_correspondence, CONFIRMED, WITHDRAWN, wrong={"act": CONFIRMED}),
)
for _name, _other, _description in (
    ("for-another-operator", {"tin": ANOTHER}, "the same code, another operator"),
    ("of-another-code", {"text": "MN-SUP-0043"}, "another code, the same operator"),
):
    _add(
        f"correspondence-{_name}",
        Reason.RECORD_DOUBLED,
        f"A correspondence under the id of another: {_description}.",
        _in_turn(a_correspondence, CONFIRMED, wrong={"act": CONFIRMED, **_other}, right=WITHDRAWN),
    )


def _repeated(scene: Scene, told: Told, said: NoticeAct, ended: NoticeAct) -> Play:
    of = _of_one_id(told)
    content = scene.sign(scene.say(of(act=said)))
    return Play(
        content,
        before=[content, scene.say(of(act=ended), sequence=2), content],
        twin=[scene.say(told(), sequence=3)],
    )


@TABLE.row("correspondence-repeated", ACCEPTED, Reason.OK, consumes=False, is_repeat=True)
def correspondence_repeated(scene: Scene) -> Play:
    """The very bytes of a correspondence that was heard, again, after it was withdrawn."""
    return _repeated(scene, a_correspondence, CONFIRMED, WITHDRAWN)


# in a lane, as any message that changes something


@TABLE.row("notice-repeated", ACCEPTED, Reason.OK, consumes=False, is_repeat=True)
def notice_repeated(scene: Scene) -> Play:
    """The very bytes of a notice that was heard, again, after the notice that ended it."""
    return _repeated(scene, a_suspension, SUSPENDED, RESUMED)


@TABLE.row("notice-with-other-content", CONFLICT, Reason.MESSAGE_ID_CONFLICT, consumes=False)
def notice_with_other_content(scene: Scene) -> Play:
    """The id of a message that was heard, giving benefits again that it stopped."""
    of = _of_one_id(a_suspension)
    first = scene.say(of(act=SUSPENDED))
    return Play(
        scene.say(of(act=RESUMED), message_id=first.envelope.message_id),
        before=[first],
        twin=[scene.say(of(act=RESUMED), sequence=2)],
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
    of = _of_one_id(a_suspension)
    return Play(
        scene.say(of(act=RESUMED), sequence=2),
        twin=[scene.say(of(act=SUSPENDED)), scene.say(of(act=RESUMED), sequence=2)],
    )
