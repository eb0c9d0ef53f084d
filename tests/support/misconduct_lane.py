"""Misconduct in a lane: repeated, contradicted, out of order, from another life, withdrawn."""

from __future__ import annotations

from datetime import timedelta

from mra_gateway.errors import Reason
from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.identifiers import MessageId
from mra_gateway.model.messages import ReceiptOutcome, Void
from tests.support.messages import a_uuid
from tests.support.misconduct import (
    Play,
    Scene,
    Table,
    confirm_copy,
    operator,
    wait_minutes,
)

TABLE = Table()
ACCEPTED, REFUSED, HELD = ReceiptOutcome.ACCEPTED, ReceiptOutcome.REFUSED, ReceiptOutcome.HELD
CONFLICT, EXPECTED = ReceiptOutcome.CONFLICT, ReceiptOutcome.EXPECTED
SUSPENDED, RESUMED, REVOKED = ChangeKind.SUSPENDED, ChangeKind.RESUMED, ChangeKind.REVOKED

# the same again


@TABLE.row("repeated", ACCEPTED, Reason.OK, consumes=False, is_repeat=True)
def repeated(scene: Scene) -> Play:
    """The very bytes of a message that was taken, again."""
    content = scene.sign(scene.tell(scene.grant(1)))
    return Play(
        content,
        before=[content],
        twin=[scene.tell(scene.grant(2), sequence=2)],
        held={1: "valid"},
        after={1: "valid", 2: "valid"},
    )


@TABLE.row("repeated-signed-anew", ACCEPTED, Reason.OK, consumes=False, is_repeat=True)
def repeated_signed_anew(scene: Scene) -> Play:
    """A message that was taken, in other bytes of the same meaning."""
    message = scene.tell(scene.grant(1))
    return Play(
        scene.sign(message),
        before=[scene.sign(message)],
        twin=[scene.tell(scene.grant(2), sequence=2)],
        held={1: "valid"},
        after={1: "valid", 2: "valid"},
    )


@TABLE.row("repeated-later", ACCEPTED, Reason.OK, consumes=False, is_repeat=True)
def repeated_later(scene: Scene) -> Play:
    """A grant again, after the suspension that followed it: nothing comes back to life."""
    grant = scene.sign(scene.tell(scene.grant(1)))
    return Play(
        grant,
        before=[grant, scene.tell(scene.change(SUSPENDED, 2), sequence=2), grant],
        twin=[scene.tell(scene.change(RESUMED, 3), sequence=3)],
        held={1: "suspended"},
        after={1: "valid"},
    )


@TABLE.row(
    "refusal-repeated",
    REFUSED,
    Reason.OPERATOR_OF_THIRD_TERRITORY,
    consumes=False,
    is_repeat=True,
    before=REFUSED,
)
def refusal_repeated(scene: Scene) -> Play:
    """A message that was refused, again: refused once and for all, its number taken once."""
    content = scene.sign(scene.tell(scene.grant(1, operator=operator(tin="KZ123456789012"))))
    return Play(
        content,
        before=[content],
        twin=[scene.tell(scene.grant(2), sequence=2)],
        after={2: "valid"},
    )


# one id, one number, two contents


@TABLE.row("id-with-other-content", CONFLICT, Reason.MESSAGE_ID_CONFLICT, consumes=False)
def id_with_other_content(scene: Scene) -> Play:
    """The id of a message that was taken, with other content."""
    first = scene.tell(scene.grant(1))
    other = scene.tell(scene.grant(2), message_id=first.envelope.message_id)
    return Play(
        other,
        before=[first],
        twin=[scene.tell(scene.grant(2), sequence=2)],
        held={1: "valid", 2: None},
        after={2: "valid"},
    )


@TABLE.row("id-with-other-number", CONFLICT, Reason.MESSAGE_ID_CONFLICT, consumes=False)
def id_with_other_number(scene: Scene) -> Play:
    """A message that was taken, under the lane's next number: the envelope is content too."""
    change = scene.grant(1)
    first = scene.tell(change)
    other = scene.tell(change, sequence=2, message_id=first.envelope.message_id)
    return Play(
        other,
        before=[first],
        twin=[scene.tell(scene.grant(2), sequence=2)],
        held={1: "valid"},
        after={2: "valid"},
    )


@TABLE.row(
    "id-of-held-with-other-content",
    CONFLICT,
    Reason.MESSAGE_ID_CONFLICT,
    consumes=False,
    before=HELD,
    is_confirmed=False,
    mended_by=confirm_copy,
)
def id_of_held_with_other_content(scene: Scene) -> Play:
    """The id of a message that is held, with other content; the held one is then taken."""
    first = scene.tell(scene.grant(1))
    other = scene.tell(scene.grant(2), message_id=first.envelope.message_id)
    return Play(
        other, before=[first], twin=[first], held={1: None, 2: None}, after={1: "valid", 2: None}
    )


@TABLE.row("number-used", CONFLICT, Reason.SEQUENCE_ALREADY_USED, consumes=False)
def number_used(scene: Scene) -> Play:
    """Another message under a number that was used."""
    second = scene.grant(2)
    return Play(
        scene.tell(second),
        before=[scene.tell(scene.grant(1))],
        twin=[scene.tell(second, sequence=2)],
        held={2: None},
        after={2: "valid"},
    )


# out of order


@TABLE.row("gap", EXPECTED, Reason.SEQUENCE_GAP, consumes=False)
def gap(scene: Scene) -> Play:
    """A number ahead of the lane: the receipt names the one expected."""
    first, second = scene.tell(scene.grant(1)), scene.tell(scene.grant(2), sequence=2)
    return Play(second, twin=[first, second], held={2: None}, after={1: "valid", 2: "valid"})


@TABLE.row("gap-in-the-middle", EXPECTED, Reason.SEQUENCE_GAP, consumes=False)
def gap_in_the_middle(scene: Scene) -> Play:
    """A revocation that overtakes the grant before it."""
    revoked = scene.tell(scene.change(REVOKED, 3, 2), sequence=3)
    return Play(
        revoked,
        before=[scene.tell(scene.grant(1))],
        twin=[scene.tell(scene.grant(2), sequence=2), revoked],
        held={2: None},
        after={1: "valid", 2: "revoked"},
    )


@TABLE.row("older-epoch", REFUSED, Reason.EPOCH_NOT_CURRENT, consumes=True)
def older_epoch(scene: Scene) -> Play:
    """A message of a life of the sender's database that has ended; it moves its own lane only."""
    return Play(
        scene.tell(scene.grant(1, counted=1), epoch=1),
        before=[scene.tell(scene.grant(2, counted=1), epoch=2)],
        twin=[scene.tell(scene.grant(3, counted=2), epoch=2, sequence=2)],
        held={1: None, 2: "valid"},
        after={1: None, 3: "valid"},
    )


@TABLE.row("gap-in-newer-epoch", EXPECTED, Reason.SEQUENCE_GAP, consumes=False)
def gap_in_newer_epoch(scene: Scene) -> Play:
    """A number of a new life that does not begin with 1."""
    second = scene.tell(scene.grant(2, counted=1), epoch=2, sequence=2)
    return Play(
        second,
        before=[scene.tell(scene.grant(1))],
        twin=[scene.tell(scene.grant(3, counted=1), epoch=2)],
        held={2: None},
        after={1: "valid", 2: None, 3: "valid"},
    )


@TABLE.row(
    "created-ahead-of-its-time",
    HELD,
    Reason.CREATED_IN_FUTURE,
    consumes=False,
    mended_by=wait_minutes,
)
def created_ahead_of_its_time(scene: Scene) -> Play:
    """Created ten minutes ahead of our clock; taken, unchanged, when its time has come."""
    ahead = scene.at + timedelta(minutes=10)
    return Play(scene.tell(scene.grant(1), created_at=ahead), held={1: None}, after={1: "valid"})


# withdrawn


def _void(of: MessageId) -> Void:
    return Void(message_id=of, why="Sent by mistake")


@TABLE.row("void-of-a-taken-message", REFUSED, Reason.VOID_TOO_LATE, consumes=False)
def void_of_a_taken_message(scene: Scene) -> Play:
    """A Void under the number of a message that was taken."""
    taken = scene.tell(scene.grant(1))
    never = scene.say(_void(MessageId(a_uuid())), sequence=2)
    return Play(
        scene.say(_void(taken.envelope.message_id), sequence=1),
        before=[taken],
        twin=[never, scene.tell(scene.grant(2), sequence=3)],
        held={1: "valid"},
        after={1: "valid", 2: "valid"},
    )


@TABLE.row(
    "void-of-a-taken-message-under-a-new-number", REFUSED, Reason.VOID_TOO_LATE, consumes=True
)
def void_of_a_taken_message_under_a_new_number(scene: Scene) -> Play:
    """A Void under the lane's next number that names a message that was taken."""
    taken = scene.tell(scene.grant(1))
    return Play(
        scene.say(_void(taken.envelope.message_id), sequence=2),
        before=[taken],
        twin=[scene.say(_void(MessageId(a_uuid())), sequence=3)],
        held={1: "valid"},
        after={1: "valid"},
    )


@TABLE.row("void-under-anothers-number", CONFLICT, Reason.SEQUENCE_ALREADY_USED, consumes=False)
def void_under_anothers_number(scene: Scene) -> Play:
    """A Void of a message that never came, under the number another one took."""
    void = _void(MessageId(a_uuid()))
    return Play(
        scene.say(void, sequence=1),
        before=[scene.tell(scene.grant(1))],
        twin=[scene.say(void, sequence=2)],
        held={1: "valid"},
    )


@TABLE.row("voided-message-comes-after-all", CONFLICT, Reason.SEQUENCE_ALREADY_USED, consumes=False)
def voided_message_comes_after_all(scene: Scene) -> Play:
    """A message whose number a Void has taken."""
    late = scene.tell(scene.grant(1))
    return Play(
        late,
        before=[scene.say(_void(late.envelope.message_id), sequence=1)],
        twin=[scene.tell(scene.grant(1, counted=1), sequence=2)],
        held={1: None},
        after={1: "valid"},
    )
