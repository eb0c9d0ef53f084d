"""Settles an outgoing message on the partner's verified receipt.

The consequence of each outcome, once: accepted, accepted in part and superseded settle the message;
a refusal or conflict parks it for an officer (its number is consumed); held waits, and keeps the
lane only while its number is not consumed; expected sends the lane back to where the partner is.
A partner that could not follow a change is sent a full list. What the receipt of a Ping says the
partner takes is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mra_gateway.errors import PartnerUnreachable, Reason
from mra_gateway.model.messages import Message, MessageKind, Receipt, ReceiptOutcome
from mra_gateway.store import capabilities, journal, outbox

_STATE = {
    ReceiptOutcome.ACCEPTED: outbox.SETTLED,
    ReceiptOutcome.ACCEPTED_IN_PART: outbox.SETTLED,
    ReceiptOutcome.SUPERSEDED: outbox.SETTLED,
    ReceiptOutcome.REFUSED: outbox.PARKED,
    ReceiptOutcome.CONFLICT: outbox.PARKED,
    ReceiptOutcome.HELD: outbox.HELD,
}

_OUT_OF_STEP = frozenset({Reason.STATUS_TRANSITION_NOT_ALLOWED, Reason.ORIGINAL_CHANGE_UNKNOWN})
"""The partner holds something else than we think it does."""

Heal = Callable[[Connection, outbox.OutMessage], bool]
"""Has a full list follow a message the partner could not follow; False when it does not help."""


def check_answers(receipt: Message, sent: outbox.OutMessage | None) -> Receipt:
    """Returns the receipt's body when it answers this very message, content included.

    Raises:
        PartnerUnreachable: It answers another message, or none: nothing is settled on it.
    """
    body = receipt.body
    if (
        not isinstance(body, Receipt)
        or sent is None
        or receipt.envelope.sender != sent.partner
        or body.message_id != sent.message_id
        or body.digest != sent.digest
    ):
        raise PartnerUnreachable(
            "the receipt answers another message", reason=Reason.RECEIPT_NOT_FOR_THIS_MESSAGE
        )
    return body


def settle(
    connection: Connection,
    sent: outbox.OutMessage,
    *,
    receipt: Receipt,
    content: bytes,
    at: datetime,
    ask_again: timedelta,
    heal: Heal,
) -> None:
    """Writes what a receipt says about a message.

    Args:
        connection: The transaction.
        sent: The message.
        receipt: Its verified receipt, checked to answer it.
        content: The receipt's exact bytes.
        at: Now.
        ask_again: When to ask again about a message that is held.
        heal: Announces a full list to the partner.
    """
    if receipt.outcome is ReceiptOutcome.EXPECTED:
        _go_back(connection, sent, receipt, at=at)
    if receipt.outcome is ReceiptOutcome.EXPECTED or _keeps_number(receipt, sent):
        outbox.postpone(
            connection,
            sent.id,
            until=at + ask_again,
            error=f"{receipt.outcome}, expects {receipt.expected}",
            reason=receipt.reason,
        )
        return
    too_late = sent.kind is MessageKind.VOID and receipt.reason is Reason.VOID_TOO_LATE
    healed = _is_out_of_step(receipt) and _is_open(sent) and heal(connection, sent)
    state = outbox.SETTLED if too_late or healed else _STATE[receipt.outcome]
    settled = outbox.settle(
        connection,
        sent.id,
        state=state,
        outcome=receipt.outcome,
        reason=receipt.reason,
        receipt=content,
        at=at,
        next_attempt_at=at + ask_again if receipt.outcome is ReceiptOutcome.HELD else None,
    )
    if settled and sent.kind is MessageKind.PING and receipt.capabilities is not None:
        capabilities.put(connection, sent.partner, receipt.capabilities, at=at)
    if settled and receipt.outcome is not ReceiptOutcome.ACCEPTED:
        journal.record(
            connection,
            at=at,
            actor=journal.SYSTEM,
            act=f"message {receipt.outcome}",
            subject=sent.message_id,
            detail={
                "partner": sent.partner,
                "kind": sent.kind,
                "reason": receipt.reason,
                "healed": healed,
                "records": [result.model_dump(mode="json") for result in receipt.results[:20]],
            },
        )
    if settled and too_late:
        _take_back_void(connection, sent, at=at)


def _is_out_of_step(receipt: Receipt) -> bool:
    return any(result.reason in _OUT_OF_STEP for result in receipt.results)


def _is_open(sent: outbox.OutMessage) -> bool:
    return sent.state in {outbox.WAITING, outbox.HELD}


def _go_back(
    connection: Connection, sent: outbox.OutMessage, receipt: Receipt, *, at: datetime
) -> None:
    """A partner that expects an earlier number has lost what it took: it gets it again."""
    expected = receipt.expected
    if sent.lane_id is None or sent.sequence is None or expected is None:
        return
    again = outbox.send_again(connection, sent.lane_id, first=expected, before=sent.sequence, at=at)
    if again:
        journal.record(
            connection,
            at=at,
            actor=journal.SYSTEM,
            act="messages sent again",
            subject=sent.message_id,
            detail={"partner": sent.partner, "expected": expected, "messages": again},
        )


def _keeps_number(receipt: Receipt, sent: outbox.OutMessage) -> bool:
    """A held message whose number is not consumed keeps its place in the lane."""
    if receipt.outcome is not ReceiptOutcome.HELD:
        return False
    consumed = sent.sequence is None or (
        receipt.expected is not None and receipt.expected > sent.sequence
    )
    return not consumed


def _take_back_void(connection: Connection, void: outbox.OutMessage, *, at: datetime) -> None:
    """The partner had taken the message we withdrew: ask for its stored receipt."""
    original = outbox.find_replaced(connection, void.message_id)
    if original is not None:
        outbox.set_state(
            connection, original.id, state=outbox.HELD, only_from=(outbox.VOIDED,), due_at=at
        )
