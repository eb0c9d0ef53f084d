"""Misconduct in single records: not the sender's, not brought in, not possible, not new."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mra_gateway.errors import Reason
from mra_gateway.model.changes import ChangeKind, Status
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.messages import ReceiptOutcome
from mra_gateway.model.operators import Role
from tests.support.messages import a_uuid
from tests.support.misconduct import Make, Play, Scene, Table, operator
from tests.support.pki import CN

TABLE = Table()
IN_PART, REFUSED = ReceiptOutcome.ACCEPTED_IN_PART, ReceiptOutcome.REFUSED
SUPERSEDED = ReceiptOutcome.SUPERSEDED
GRANTED, AMENDED, SUSPENDED = ChangeKind.GRANTED, ChangeKind.AMENDED, ChangeKind.SUSPENDED
RESUMED, REVOKED, RENEWED = ChangeKind.RESUMED, ChangeKind.REVOKED, ChangeKind.RENEWED
EXPIRED, WITHDRAWN = ChangeKind.EXPIRED, ChangeKind.WITHDRAWN
CORRECTED, ANNULLED = ChangeKind.CORRECTED, ChangeKind.ANNULLED

# not the sender's, not brought in


def _strange(**fields: Any) -> Make:
    def make(scene: Scene) -> Play:
        return Play(
            scene.tell(scene.grant(1, operator=operator(1, **fields))),
            twin=[scene.tell(scene.grant(1, counted=2), sequence=2)],
            held={1: None},
            after={1: "valid"},
        )

    return make


def _exporters_only(arrangement: Arrangement, at: datetime) -> Arrangement:
    def narrowed(party: Any) -> Any:
        items = tuple(
            item.model_copy(update={"roles": (Role.EXPORTER,)}) for item in party.scope.value or ()
        )
        return party.model_copy(update={"scope": party.scope.model_copy(update={"value": items})})

    parties = tuple(
        narrowed(party) if party.territory == CN else party for party in arrangement.parties
    )
    return arrangement.model_copy(update={"parties": parties})


for _name, _reason, _description, _fields in (
    (
        "operator-of-third-territory",
        Reason.OPERATOR_OF_THIRD_TERRITORY,
        "An operator of a third territory.",
        {"tin": "KZ123456789012"},
    ),
    (
        "operator-of-ours",
        Reason.OPERATOR_OF_THIRD_TERRITORY,
        "An operator of the recipient's own territory.",
        {"tin": "MN6101234567"},
    ),
    (
        "programme-of-another",
        Reason.OPERATOR_OF_THIRD_TERRITORY,
        "The sender's operator under a programme of the recipient.",
        {"programme": "MN-AEO"},
    ),
    (
        "programme-not-brought-in",
        Reason.PROGRAMME_OUT_OF_SCOPE,
        "A programme the sender has not brought in.",
        {"programme": "CN-OTHER"},
    ),
    (
        "tier-not-brought-in",
        Reason.TIER_OUT_OF_SCOPE,
        "A tier the sender has not brought in.",
        {"tier": "general"},
    ),
    (
        "tier-not-said",
        Reason.TIER_OUT_OF_SCOPE,
        "No tier where only one tier was brought in: unknown grants nothing.",
        {"tier": None},
    ),
):
    TABLE.add(_name, REFUSED, _reason, _description, _strange(**_fields), consumes=True)

TABLE.add(
    "role-not-brought-in",
    REFUSED,
    Reason.TIER_OUT_OF_SCOPE,
    "An importer, where exporters only were brought in.",
    _strange(roles=(Role.IMPORTER,)),
    consumes=True,
    terms=_exporters_only,
)


@TABLE.row("neighbour-out-of-scope", IN_PART, Reason.OPERATOR_OF_THIRD_TERRITORY, consumes=True)
def neighbour_out_of_scope(scene: Scene) -> Play:
    """One record of a third territory's operator among others: the others are taken."""
    stranger = scene.grant(2, operator=operator(2, tin="KZ123456789012"))
    return Play(
        scene.tell(scene.grant(1), stranger, scene.grant(3)),
        twin=[scene.tell(scene.grant(2, counted=4), sequence=2)],
        held={1: "valid", 2: None, 3: "valid"},
        after={2: "valid"},
    )


# a status that cannot follow


def _cannot_follow(before: tuple[ChangeKind, ...], wrong: ChangeKind, right: ChangeKind) -> Make:
    def make(scene: Scene) -> Play:
        told = [scene.change(kind, counted) for counted, kind in enumerate(before, start=1)]
        count, status = len(told), told[-1].status if told else None
        # a revoked number comes back as a new episode only
        anew: dict[str, Any] = (
            {"operator": operator(1, episode="2")} if status is Status.REVOKED else {}
        )
        twin = scene.change(right, count + 2, **anew)
        first = [scene.tell(*told)] if told else []
        return Play(
            scene.tell(scene.change(wrong, count + 1), sequence=len(first) + 1),
            before=first,
            twin=[scene.tell(twin, sequence=len(first) + 2)],
            held={1: status},
            after={1: twin.status},
        )

    return make


for _before, _wrong, _right in (
    ((), AMENDED, GRANTED),
    ((), SUSPENDED, GRANTED),
    ((), RESUMED, GRANTED),
    ((), REVOKED, GRANTED),
    ((), RENEWED, GRANTED),
    ((GRANTED,), GRANTED, SUSPENDED),
    ((GRANTED,), RESUMED, SUSPENDED),
    ((GRANTED, SUSPENDED), GRANTED, RESUMED),
    ((GRANTED, SUSPENDED), RENEWED, RESUMED),
    ((GRANTED, SUSPENDED), SUSPENDED, RESUMED),
    ((GRANTED, EXPIRED), GRANTED, RENEWED),
    ((GRANTED, EXPIRED), RESUMED, RENEWED),
    ((GRANTED, EXPIRED), SUSPENDED, RENEWED),
    ((GRANTED, WITHDRAWN), RESUMED, GRANTED),
    ((GRANTED, WITHDRAWN), SUSPENDED, GRANTED),
    ((GRANTED, WITHDRAWN), REVOKED, GRANTED),
    ((GRANTED, REVOKED), GRANTED, GRANTED),
    ((GRANTED, REVOKED), AMENDED, GRANTED),
    ((GRANTED, REVOKED), SUSPENDED, GRANTED),
    ((GRANTED, REVOKED), RESUMED, GRANTED),
    ((GRANTED, REVOKED), RENEWED, GRANTED),
    ((GRANTED, REVOKED), EXPIRED, GRANTED),
    ((GRANTED, REVOKED), WITHDRAWN, GRANTED),
):
    _from = _before[-1] if _before else "nothing"
    TABLE.add(
        f"{_wrong}-after-{_from}",
        REFUSED,
        Reason.STATUS_TRANSITION_NOT_ALLOWED,
        f"A change *{_wrong}* of who " + (f"was *{_from}* last." if _before else "is not held."),
        _cannot_follow(_before, _wrong, _right),
        consumes=True,
    )


@TABLE.row("backwards-in-one-message", IN_PART, Reason.STATUS_TRANSITION_NOT_ALLOWED, consumes=True)
def backwards_in_one_message(scene: Scene) -> Play:
    """A revocation and a resumption of the same number in one message."""
    return Play(
        scene.tell(scene.grant(1), scene.change(REVOKED, 2), scene.change(RESUMED, 3)),
        twin=[scene.tell(scene.grant(2, counted=4), sequence=2)],
        held={1: "revoked"},
        after={1: "revoked", 2: "valid"},
    )


@TABLE.row("amendment-that-resumes", REFUSED, Reason.STATUS_TRANSITION_NOT_ALLOWED, consumes=True)
def amendment_that_resumes(scene: Scene) -> Play:
    """An amendment that says *valid* of who is suspended."""
    return Play(
        scene.tell(scene.change(AMENDED, 3, status=Status.VALID), sequence=2),
        before=[scene.tell(scene.grant(1), scene.change(SUSPENDED, 2))],
        twin=[scene.tell(scene.change(AMENDED, 4, status=Status.SUSPENDED), sequence=3)],
        held={1: "suspended"},
        after={1: "suspended"},
    )


@TABLE.row(
    "other-episode-of-a-live-number", REFUSED, Reason.STATUS_TRANSITION_NOT_ALLOWED, consumes=True
)
def other_episode_of_a_live_number(scene: Scene) -> Play:
    """A second grant of a valid number under another decision."""
    again = {"operator": operator(1, episode="2")}
    return Play(
        scene.tell(scene.grant(1, counted=2, **again), sequence=2),
        before=[scene.tell(scene.grant(1))],
        twin=[scene.tell(scene.change(REVOKED, 3), scene.grant(1, counted=4, **again), sequence=3)],
        held={1: "valid"},
        after={1: "valid"},
    )


@TABLE.row(
    "resumed-as-of-before-the-revocation",
    REFUSED,
    Reason.STATUS_TRANSITION_NOT_ALLOWED,
    consumes=True,
)
def resumed_as_of_before_the_revocation(scene: Scene) -> Play:
    """A resumption dated before the revocation that ended the number."""
    back = scene.change(RESUMED, 3, effective_from=scene.at - timedelta(days=10, hours=-1.5))
    return Play(
        scene.tell(back, sequence=2),
        before=[scene.tell(scene.grant(1), scene.change(REVOKED, 2))],
        twin=[scene.tell(scene.grant(2, counted=4), sequence=3)],
        held={1: "revoked"},
        after={1: "revoked", 2: "valid"},
    )


# corrections of what is not there


def _correction(scene: Scene, counted: int, of: str, number: int = 1, **fields: Any) -> Any:
    values = {"status": Status.VALID, "corrects": of, **fields}
    return scene.change(values.pop("kind", CORRECTED), counted, number, **values)


@TABLE.row(
    "correction-of-something-unknown", REFUSED, Reason.ORIGINAL_CHANGE_UNKNOWN, consumes=True
)
def correction_of_something_unknown(scene: Scene) -> Play:
    """A correction that names a change nobody sent."""
    granted = scene.grant(1)
    right = _correction(
        scene, 3, granted.change_id, status=Status.SUSPENDED, effective_from=granted.effective_from
    )
    return Play(
        scene.tell(_correction(scene, 2, a_uuid(), status=Status.SUSPENDED), sequence=2),
        before=[scene.tell(granted)],
        twin=[scene.tell(right, sequence=3)],
        held={1: "valid"},
        after={1: "suspended"},
    )


@TABLE.row("annulment-of-anothers-change", REFUSED, Reason.ORIGINAL_CHANGE_UNKNOWN, consumes=True)
def annulment_of_anothers_change(scene: Scene) -> Play:
    """An annulment for one operator that names the revocation of another."""
    revoked = scene.change(REVOKED, 3, 1)
    wrong = _correction(scene, 4, revoked.change_id, 2, kind=ANNULLED)
    right = _correction(
        scene, 5, revoked.change_id, 1, kind=ANNULLED, effective_from=revoked.effective_from
    )
    return Play(
        scene.tell(wrong, sequence=2),
        before=[scene.tell(scene.grant(1), scene.grant(2), revoked)],
        twin=[scene.tell(right, sequence=3)],
        held={1: "revoked", 2: "valid"},
        after={1: "valid", 2: "valid"},
    )


@TABLE.row("annulment-twice", REFUSED, Reason.ORIGINAL_CHANGE_UNKNOWN, consumes=True)
def annulment_twice(scene: Scene) -> Play:
    """A second annulment of a revocation that was annulled."""
    revoked = scene.change(REVOKED, 2)
    first, second = (
        _correction(
            scene, counted, revoked.change_id, kind=ANNULLED, effective_from=revoked.effective_from
        )
        for counted in (3, 5)
    )
    return Play(
        scene.tell(second, sequence=3),
        before=[
            scene.tell(scene.grant(1), revoked),
            scene.tell(first, scene.change(SUSPENDED, 4), sequence=2),
        ],
        twin=[scene.tell(scene.change(RESUMED, 6), sequence=4)],
        held={1: "suspended"},
        after={1: "valid"},
    )


# what is not new


@TABLE.row("change-a-list-included", SUPERSEDED, Reason.SUPERSEDED, consumes=True)
def change_a_list_included(scene: Scene) -> Play:
    """A suspension numbered no higher than the cut of a list that was applied."""
    since = scene.at - timedelta(hours=1)
    return Play(
        scene.tell(scene.change(SUSPENDED, 5, effective_from=since), sequence=2),
        before=list(scene.full([1], cut=5)),
        twin=[scene.tell(scene.change(SUSPENDED, 6, effective_from=since), sequence=3)],
        held={1: "valid"},
        after={1: "suspended"},
    )


@TABLE.row("change-number-used", SUPERSEDED, Reason.SUPERSEDED, consumes=True)
def change_number_used(scene: Scene) -> Play:
    """Another change under a change number that was applied."""
    return Play(
        scene.tell(scene.change(SUSPENDED, 1), sequence=2),
        before=[scene.tell(scene.grant(1))],
        twin=[scene.tell(scene.change(SUSPENDED, 2), sequence=3)],
        held={1: "valid"},
        after={1: "suspended"},
    )


@TABLE.row("one-new-change-among-old", IN_PART, Reason.SUPERSEDED, consumes=True)
def one_new_change_among_old(scene: Scene) -> Play:
    """A change number that was applied, and a new one beside it: the new one is taken."""
    return Play(
        scene.tell(scene.change(SUSPENDED, 1), scene.grant(2), sequence=2),
        before=[scene.tell(scene.grant(1))],
        twin=[scene.tell(scene.change(SUSPENDED, 3), sequence=3)],
        held={1: "valid", 2: "valid"},
        after={1: "suspended"},
    )


@TABLE.row("change-id-with-other-status", REFUSED, Reason.RECORD_DOUBLED, consumes=True)
def change_id_with_other_status(scene: Scene) -> Play:
    """A suspension under the id of the grant: neither taken nor mistaken for the grant again."""
    granted = scene.grant(1)
    return Play(
        scene.tell(scene.change(SUSPENDED, 2, change_id=granted.change_id), sequence=2),
        before=[scene.tell(granted)],
        twin=[scene.tell(scene.change(SUSPENDED, 3), sequence=3)],
        held={1: "valid"},
        after={1: "suspended"},
    )


@TABLE.row("change-told-again", ReceiptOutcome.ACCEPTED, Reason.OK, consumes=True)
def change_told_again(scene: Scene) -> Play:
    """A change that was applied, once more in another message: applied once."""
    granted = scene.grant(1)
    return Play(
        scene.tell(granted, sequence=2),
        before=[scene.tell(granted)],
        twin=[scene.tell(scene.change(SUSPENDED, 2), sequence=3)],
        held={1: "valid"},
        after={1: "suspended"},
    )
