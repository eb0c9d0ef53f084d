"""Misconduct in full lists: incomplete, interleaved, inconsistent, old, or ending too much."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mra_gateway.errors import Reason
from mra_gateway.model.changes import NOT_LISTED, ChangeKind, Status
from mra_gateway.model.identifiers import Digest, MessageId
from mra_gateway.model.messages import Message, ReceiptOutcome
from tests.support.messages import a_uuid
from tests.support.misconduct import (
    Make,
    Play,
    Scene,
    Table,
    altered,
    approve,
    numbered,
    operator,
    reject,
)

TABLE = Table()
ACCEPTED, REFUSED, HELD = ReceiptOutcome.ACCEPTED, ReceiptOutcome.REFUSED, ReceiptOutcome.HELD
SUPERSEDED = ReceiptOutcome.SUPERSEDED
REVOKED, RESUMED = ChangeKind.REVOKED, ChangeKind.RESUMED
NEWER = timedelta(hours=1)
"""How long ago a list was made that follows another one, made two hours ago."""


def anew(message: Message, **envelope: Any) -> Message:
    """Returns a message as another one of the same content."""
    fields = {"message_id": MessageId(a_uuid()), **envelope}
    return message.model_copy(update={"envelope": message.envelope.model_copy(update=fields)})


# parts


@TABLE.row("list-part-missing", REFUSED, Reason.LIST_PART_MISSING, consumes=True)
def list_part_missing(scene: Scene) -> Play:
    """The third part of a list after the first."""
    first, _, third = scene.full([1, 2], [3, 4], [5, 6])
    return Play(
        numbered(third, 2),
        before=[first],
        twin=list(scene.full([1, 2], [3, 4], [5, 6], sequence=3)),
        held={1: None, 5: None},
        after={1: "valid", 5: "valid"},
    )


@TABLE.row("list-part-of-nothing", REFUSED, Reason.LIST_PART_MISSING, consumes=True)
def list_part_of_nothing(scene: Scene) -> Play:
    """The last part of a list that never began."""
    _, last = scene.full([1], [2])
    return Play(
        numbered(last, 1),
        twin=list(scene.full([1], [2], sequence=2)),
        held={2: None},
        after={1: "valid", 2: "valid"},
    )


@TABLE.row("list-part-repeated", REFUSED, Reason.LIST_PART_MISSING, consumes=True)
def list_part_repeated(scene: Scene) -> Play:
    """The second part once more, as another message, in place of the third; the list goes on."""
    first, second, third = scene.full([1], [2], [3])
    return Play(
        anew(second, sequence=3),
        before=[first, second],
        twin=[numbered(third, 4)],
        held={1: None, 2: None},
        after={1: "valid", 2: "valid", 3: "valid"},
    )


@TABLE.row("list-begun-again", REFUSED, Reason.LIST_INTERLEAVED, consumes=True)
def list_begun_again(scene: Scene) -> Play:
    """The first part once more, as another message, in place of the second; the list goes on."""
    first, second = scene.full([1], [2])
    return Play(
        anew(first, sequence=2),
        before=[first],
        twin=[numbered(second, 3)],
        held={1: None},
        after={1: "valid", 2: "valid"},
    )


@TABLE.row("list-sent-again-under-its-id", REFUSED, Reason.LIST_INTERLEAVED, consumes=True)
def list_sent_again_under_its_id(scene: Scene) -> Play:
    """A list that took effect, once more under the same list id."""
    (whole,) = scene.full([1])
    return Play(
        anew(whole, sequence=2),
        before=[whole],
        twin=list(scene.full([1], sequence=3, ago=NEWER)),
        held={1: "valid"},
        after={1: "valid"},
    )


@TABLE.row("lists-interleaved", REFUSED, Reason.LIST_INTERLEAVED, consumes=True)
def lists_interleaved(scene: Scene) -> Play:
    """A part of an older list after a newer one has begun; the newer goes on."""
    old = scene.full([1, 2], [3, 4])
    new = scene.full([1, 2], [3, 5], ago=NEWER)
    return Play(
        numbered(old[1], 3),
        before=[old[0], numbered(new[0], 2)],
        twin=[numbered(new[1], 4)],
        held={1: None},
        after={1: "valid", 4: None, 5: "valid"},
    )


# what does not add up


def _one_part(**fields: Any) -> Make:
    def make(scene: Scene) -> Play:
        (whole,) = scene.full([1, 2])
        return Play(
            altered(whole, **fields),
            twin=list(scene.full([1, 2], sequence=2)),
            held={1: None, 2: None},
            after={1: "valid", 2: "valid"},
        )

    return make


def _second_part(**fields: Any) -> Make:
    def make(scene: Scene) -> Play:
        first, second = scene.full([1], [2])
        return Play(
            altered(second, **fields),
            before=[first],
            twin=[anew(second, sequence=3)],
            held={1: None, 2: None},
            after={1: "valid", 2: "valid"},
        )

    return make


for _name, _description, _make in (
    ("list-count-wrong", "A list that names fewer than it says.", _one_part(total=3)),
    ("list-root-wrong", "A root hash of other parts.", _one_part(root=Digest("0" * 64))),
    (
        "list-part-with-other-cut",
        "A second part that says another cut than the first; the list goes on.",
        _second_part(as_of_change=7),
    ),
    (
        "list-part-with-other-root",
        "A second part that says another root than the first; the list goes on.",
        _second_part(root=Digest("0" * 64)),
    ),
    (
        "list-part-with-other-count",
        "A second part that says another count than the first; the list goes on.",
        _second_part(total=1),
    ),
    (
        "list-part-with-other-length",
        "A second part that says the list has three parts; the list goes on.",
        _second_part(parts=3),
    ),
):
    TABLE.add(_name, REFUSED, Reason.LIST_INCONSISTENT, _description, _make, consumes=True)


@TABLE.row("list-part-altered", REFUSED, Reason.LIST_INCONSISTENT, consumes=True)
def list_part_altered(scene: Scene) -> Play:
    """A part that names another operator than the list was made with."""
    first, second = scene.full([1], [2])
    return Play(
        altered(second, operators=(scene.listed(3),)),
        before=[first],
        twin=list(scene.full([1], [2], sequence=3)),
        held={1: None, 3: None},
        after={1: "valid", 2: "valid", 3: None},
    )


@TABLE.row("list-parts-exchanged", REFUSED, Reason.LIST_INCONSISTENT, consumes=True)
def list_parts_exchanged(scene: Scene) -> Play:
    """Two parts whose operators have changed places."""
    first, second = scene.full([1], [2])
    swapped = [
        altered(one, operators=other.body.operators)  # type: ignore[union-attr]
        for one, other in ((first, second), (second, first))
    ]
    return Play(
        swapped[1],
        before=[swapped[0]],
        twin=list(scene.full([1], [2], sequence=3)),
        held={1: None, 2: None},
        after={1: "valid", 2: "valid"},
    )


@TABLE.row("list-names-one-twice", REFUSED, Reason.LIST_INCONSISTENT, consumes=True)
def list_names_one_twice(scene: Scene) -> Play:
    """One authorisation twice, in two parts, valid and suspended."""
    first, second = scene.full([1, 2], [scene.listed(1, status=Status.SUSPENDED)])
    return Play(
        second,
        before=[first],
        twin=list(scene.full([1, 2], sequence=3)),
        held={1: None, 2: None},
        after={1: "valid", 2: "valid"},
    )


# what does not belong in it


def _with_stranger(**fields: Any) -> Make:
    def make(scene: Scene) -> Play:
        stranger = scene.listed(2, operator=operator(2, **fields))
        first, second = scene.full([1], [3, stranger])
        return Play(
            second,
            before=[first],
            twin=list(scene.full([1], [3], sequence=3)),
            held={1: None, 2: None, 3: None},
            after={1: "valid", 2: None, 3: "valid"},
        )

    return make


for _name, _reason, _description, _fields in (
    (
        "list-with-third-territory",
        Reason.OPERATOR_OF_THIRD_TERRITORY,
        "One operator of a third territory in the last part: nothing of the list applies.",
        {"tin": "KZ123456789012"},
    ),
    (
        "list-with-programme-not-brought-in",
        Reason.PROGRAMME_OUT_OF_SCOPE,
        "One programme that was not brought in: nothing of the list applies.",
        {"programme": "CN-OTHER"},
    ),
    (
        "list-with-tier-not-brought-in",
        Reason.TIER_OUT_OF_SCOPE,
        "One tier that was not brought in: nothing of the list applies.",
        {"tier": "general"},
    ),
):
    TABLE.add(_name, REFUSED, _reason, _description, _with_stranger(**_fields), consumes=True)


@TABLE.row("list-older", SUPERSEDED, Reason.SUPERSEDED, consumes=True)
def list_older(scene: Scene) -> Play:
    """A list with an older cut than the one held."""
    (new,) = scene.full([1, 2, 3], cut=9)
    return Play(
        scene.full([1, 2], cut=8, sequence=2, ago=NEWER)[0],
        before=[new],
        twin=list(scene.full([1, 2], cut=9, sequence=3, ago=NEWER)),
        held={3: "valid"},
        after={3: NOT_LISTED},
    )


# what ends too much


TWENTY = range(1, 21)


def _ends_most(scene: Scene) -> tuple[Message, Message]:
    (full,) = scene.full(TWENTY)
    (few,) = scene.full(range(1, 5), cut=1, sequence=2, ago=NEWER)
    return full, few


@TABLE.row("list-ends-most", HELD, Reason.MASS_CHANGE_HELD, consumes=True)
def list_ends_most(scene: Scene) -> Play:
    """A list that no longer names sixteen of twenty; a newer one that does answers it."""
    full, few = _ends_most(scene)
    (whole,) = scene.full(range(1, 20), cut=2, sequence=3, ago=NEWER / 2)
    return Play(
        few,
        before=[full],
        twin=[whole],
        held={4: "valid", 20: "valid"},
        after={4: "valid", 19: "valid", 20: NOT_LISTED},
    )


@TABLE.row("list-names-nobody", HELD, Reason.MASS_CHANGE_HELD, consumes=True)
def list_names_nobody(scene: Scene) -> Play:
    """An empty list where twenty are held."""
    (full,) = scene.full(TWENTY)
    return Play(
        scene.full([], cut=1, sequence=2, ago=NEWER)[0],
        before=[full],
        twin=list(scene.full(TWENTY, cut=2, sequence=3, ago=NEWER / 2)),
        held={1: "valid", 20: "valid"},
        after={1: "valid", 20: "valid"},
    )


@TABLE.row("list-revokes-most", HELD, Reason.MASS_CHANGE_HELD, consumes=True)
def list_revokes_most(scene: Scene) -> Play:
    """A list that names all of twenty, and ten of them as revoked."""
    (full,) = scene.full(TWENTY)
    ended = [scene.listed(one, status=Status.REVOKED) for one in range(1, 11)]
    (list_,) = scene.full([*ended, *range(11, 21)], cut=1, sequence=2, ago=NEWER)
    return Play(
        list_,
        before=[full],
        twin=list(scene.full(TWENTY, cut=2, sequence=3, ago=NEWER / 2)),
        held={1: "valid", 20: "valid"},
        after={1: "valid", 20: "valid"},
    )


@TABLE.row(
    "list-held-repeated", HELD, Reason.MASS_CHANGE_HELD, consumes=False, before=HELD, is_repeat=True
)
def list_held_repeated(scene: Scene) -> Play:
    """As `list-ends-most`, again while the officer has not decided: asked for once."""
    full, few = _ends_most(scene)
    few_signed = scene.sign(few)
    return Play(
        few_signed,
        before=[full, few_signed],
        twin=list(scene.full(TWENTY, cut=2, sequence=3, ago=NEWER / 2)),
        held={4: "valid", 20: "valid"},
        after={20: "valid"},
    )


@TABLE.row(
    "list-ends-most-approved", HELD, Reason.MASS_CHANGE_HELD, consumes=True, mended_by=approve
)
def list_ends_most_approved(scene: Scene) -> Play:
    """As `list-ends-most`, then approved by a second officer: told to the sender when it asks."""
    full, few = _ends_most(scene)
    return Play(
        few,
        before=[full],
        held={4: "valid", 20: "valid"},
        after={4: "valid", 20: NOT_LISTED},
    )


@TABLE.row(
    "list-ends-most-rejected",
    REFUSED,
    Reason.MASS_CHANGE_HELD,
    consumes=False,
    before=HELD,
    meanwhile=reject,
)
def list_ends_most_rejected(scene: Scene) -> Play:
    """As `list-ends-most`, then rejected by a second officer: told to the sender when it asks."""
    full, few = _ends_most(scene)
    few_signed = scene.sign(few)
    return Play(
        few_signed,
        before=[full, few_signed],
        twin=list(scene.full(TWENTY, cut=2, sequence=3, ago=NEWER / 2)),
        held={4: "valid", 20: "valid"},
        after={20: "valid"},
    )


@TABLE.row("list-undoes-a-revocation", HELD, Reason.STATUS_TRANSITION_NOT_ALLOWED, consumes=True)
def list_undoes_a_revocation(scene: Scene) -> Play:
    """A list that names as valid who is revoked."""
    told = scene.tell(scene.grant(1), scene.change(REVOKED, 2, effective_from=scene.at - 2 * NEWER))
    (undoing,) = scene.full([1, 2], cut=2, sequence=2, ago=NEWER)
    revoked = scene.listed(1, status=Status.REVOKED)
    return Play(
        undoing,
        before=[told],
        twin=list(scene.full([revoked, 2], cut=3, sequence=3, ago=NEWER / 2)),
        held={1: "revoked", 2: None},
        after={1: "revoked", 2: "valid"},
    )


@TABLE.row(
    "resumed-while-a-list-waits",
    REFUSED,
    Reason.STATUS_TRANSITION_NOT_ALLOWED,
    consumes=True,
    before=HELD,
)
def resumed_while_a_list_waits(scene: Scene) -> Play:
    """A resumption of who is revoked, sent after a list that undoes it and waits for an officer."""
    told = scene.tell(scene.grant(1), scene.change(REVOKED, 2, effective_from=scene.at - 2 * NEWER))
    (undoing,) = scene.full([1, 2], cut=2, sequence=2, ago=NEWER)
    return Play(
        scene.tell(scene.change(RESUMED, 3, effective_from=scene.at), sequence=3),
        before=[told, undoing],
        twin=[scene.tell(scene.grant(3, counted=4), sequence=4)],
        held={1: "revoked"},
        after={1: "revoked", 3: "valid"},
    )


# a grant and a suspension between the parts: nothing is wrong, and nothing may be lost


def _between(kind: ChangeKind, number: int) -> Make:
    def make(scene: Scene) -> Play:
        first, second = scene.full([1], [2, 3], cut=4)
        between = scene.change(kind, 5, number, effective_from=scene.at - NEWER)
        return Play(
            scene.tell(between, sequence=2),
            before=[first],
            twin=[numbered(second, 3)],
            held={1: None, number: between.status},
            after={1: "valid", 2: "valid", number: between.status},
        )

    return make


TABLE.add(
    "grant-between-the-parts",
    ACCEPTED,
    Reason.OK,
    "A grant between the parts of a list that does not name the operator: the grant stays.",
    _between(ChangeKind.GRANTED, 4),
    consumes=True,
)
TABLE.add(
    "suspension-between-the-parts",
    ACCEPTED,
    Reason.OK,
    "A suspension between the parts of a list that names the operator as valid: it stays.",
    _between(ChangeKind.SUSPENDED, 3),
    consumes=True,
)
