"""Settles an outgoing message on the partner's verified receipt.

The consequence of each outcome, once: accepted, accepted in part and superseded settle the message;
a refusal or conflict parks it for an officer (its number is consumed); held waits, and keeps the
lane only while its number is not consumed; expected sends the lane back to where the partner is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from mra_gateway.errors import PartnerUnreachable, Reason
from mra_gateway.model.messages import Message, MessageKind, Receipt, ReceiptOutcome
from mra_gateway.store import journal, outbox

_STATE = {
    ReceiptOutcome.ACCEPTED: outbox.SETTLED,
    ReceiptOutcome.ACCEPTED_IN_PART: outbox.SETTLED,
    ReceiptOutcome.SUPERSEDED: outbox.SETTLED,
    ReceiptOutcome.REFUSED: outbox.PARKED,
    ReceiptOutcome.CONFLICT: outbox.PARKED,
    ReceiptOutcome.HELD: outbox.HELD,
}


def check_answers(receipt: Message, sent: outbox.OutMessage) -> Receipt:
    """Returns the receipt's body when it answers this very message, content included.

    Raises:
        PartnerUnreachable: It answers another message: nothing is settled on it.
    """
    body = receipt.body
    if (
        not isinstance(body, Receipt)
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
) -> None:
    """Writes what a receipt says about a message.

    Args:
        connection: The transaction.
        sent: The message.
        receipt: Its verified receipt, checked to answer it.
        content: The receipt's exact bytes.
        at: Now.
        ask_again: When to ask again about a message that is held.
    """
    if receipt.outcome is ReceiptOutcome.EXPECTED or _keeps_number(receipt, sent):
        outbox.postpone(
            connection,
            sent.id,
            until=at + ask_again,
            error=f"{receipt.outcome}, expects {receipt.expected}",
            reason=receipt.reason,
        )
        return
    settled = outbox.settle(
        connection,
        sent.id,
        state=_STATE[receipt.outcome],
        outcome=receipt.outcome,
        reason=receipt.reason,
        receipt=content,
        at=at,
        next_attempt_at=at + ask_again if receipt.outcome is ReceiptOutcome.HELD else None,
    )
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
                "records": [result.model_dump(mode="json") for result in receipt.results[:20]],
            },
        )
    if settled and sent.kind is MessageKind.VOID and receipt.reason is Reason.VOID_TOO_LATE:
        _take_back_void(connection, sent, at=at)


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
