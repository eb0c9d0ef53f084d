"""Judges one verified message before the store: what becomes of it, and the receipt that says so.

Inside one transaction, under the lane's lock, in this order:

1. known before: the outcome given then; other content under the same id is a conflict
2. not decidable now, or the arrangement not confirmed or not started: held, nothing consumed
3. out of its place in the lane: `expected n`, or a conflict over a number already used
4. no arrangement covers it: refused, which consumes its number
5. applied (`apply_changes.py`, `apply_list.py`, `hear_notice.py`, `take_profile.py`,
   `take_sheet.py`), the lane moved on, a list that is held asked about (`hold_list.py`), the
   receipt frozen unsigned
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason
from mra_gateway.flows.apply_changes import Applied, Covers, apply_changes
from mra_gateway.flows.apply_list import take_part
from mra_gateway.flows.compose import Answered, Composer
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.hear_notice import Listener
from mra_gateway.flows.hold_list import HeldLists
from mra_gateway.flows.take_profile import take_profile
from mra_gateway.flows.take_sheet import came_of, hear_sheet
from mra_gateway.model.messages import (
    SEQUENCED,
    Capabilities,
    CorrespondenceNotice,
    DisruptionNotice,
    MessageKind,
    PerformanceSheet,
    Ping,
    ProgrammeProfile,
    ReceiptOutcome,
    StatusAnswer,
    StatusEnquiry,
    StatusListPart,
    StatusNotification,
    SuspensionNotice,
    Void,
)
from mra_gateway.model.trust import RawMessage, VerdictOutcome, VerifiedMessage
from mra_gateway.settings import GuardSettings
from mra_gateway.store import facts, inbox, journal, lanes, message_log, outbox
from mra_gateway.store.profiles_received import Signed
from mra_gateway.wire.codec import Decoded


class Bench(NamedTuple):
    """What every judgement needs."""

    book: PartnerBook
    composer: Composer
    clock: Clock
    guard: GuardSettings
    listener: Listener
    held_lists: HeldLists
    capabilities: Capabilities


class Judged(NamedTuple):
    """An outcome and its receipt: stored and signed before, or frozen and still unsigned.

    Attributes:
        row: The stored message; None where nothing was stored and the receipt is not kept.
    """

    outcome: ReceiptOutcome
    reason: Reason
    unsigned: bytes | None
    row: int | None = None
    signed: bytes | None = None


class Case:
    """One verified message before the store: the steps of the judgement in their order."""

    def __init__(
        self,
        bench: Bench,
        connection: Connection,
        raw: RawMessage,
        verified: VerifiedMessage,
        decoded: Decoded,
    ) -> None:
        self._bench = bench
        self._book = bench.book
        self._connection = connection
        self._raw = raw
        self._verified = verified
        self._digest = verified.digest
        self._message = decoded.message
        self._part_digest = decoded.part_digest
        self._envelope = decoded.message.envelope
        self._at = bench.clock.now()
        self._lane: lanes.Lane | None = None

    def judge(self) -> Judged:
        """Returns the outcome, with the receipt that says so."""
        known = self._lock_and_find()
        # only now: on one lane what takes effect later is also recorded later
        self._at = self._bench.clock.now()
        reason = self._check_arrangement()
        if known is not None and known.digest != self._digest:
            return self._conflict(Reason.MESSAGE_ID_CONFLICT)
        if known is not None and (known.state == inbox.DONE or known.sequence is not None):
            return self._repeat(known)
        if self._verified.verdict.outcome is VerdictOutcome.INDETERMINATE:
            return self._hold(self._verified.verdict.reason, known)
        if self._may_come(reason):
            return self._hold(reason, known)
        if self._envelope.kind in SEQUENCED:
            return self._take_in_turn(reason, known)
        if reason is not Reason.OK:
            return self._refuse(reason, known)
        return self._take_at_once(known)

    def _may_come(self, reason: Reason) -> bool:
        """Says whether an arrangement that does not cover this now may do so later."""
        arrangement = self._envelope.arrangement
        if reason is Reason.ARRANGEMENT_NOT_IN_FORCE and arrangement is not None:
            return not self._book.has_ended(arrangement, at=self._at)
        return reason is Reason.ARRANGEMENT_NOT_CONFIRMED

    def _check_arrangement(self) -> Reason:
        envelope = self._envelope
        if envelope.arrangement is None:
            return Reason.OK
        return self._book.check_exchange(envelope.arrangement, partner=envelope.sender, at=self._at)

    def _lock_and_find(self) -> inbox.InMessage | None:
        """Locks first, the lane or the message: a twin of it may be under way in another process.

        Also where the arrangement is not known to us: a refusal consumes the number, or the lane
        would stand still once we know it.
        """
        envelope = self._envelope
        arrangement = envelope.arrangement
        if envelope.kind in SEQUENCED and arrangement is not None:
            self._lane = lanes.lock(
                self._connection,
                "in",
                partner=envelope.sender,
                arrangement=arrangement,
                epoch=envelope.epoch,
            )
        else:
            inbox.lock(self._connection, envelope.sender, envelope.message_id)
        return inbox.find(self._connection, envelope.sender, envelope.message_id)

    # --- in a lane

    def _take_in_turn(self, reason: Reason, known: inbox.InMessage | None) -> Judged:
        lane, sequence = self._lane, self._envelope.sequence
        assert lane is not None
        assert sequence is not None
        standing = lanes.standing(self._connection, lane)
        if lane.epoch < standing.latest_epoch:
            return self._refuse(Reason.EPOCH_NOT_CURRENT, known)
        if sequence > lane.next_sequence:
            return Judged(
                ReceiptOutcome.EXPECTED,
                Reason.SEQUENCE_GAP,
                self._receipt(ReceiptOutcome.EXPECTED, Reason.SEQUENCE_GAP),
            )
        if sequence < lane.next_sequence:
            return self._number_used(lane, sequence)
        if sequence == 1 and lane.epoch > 1:
            self._hear_of_restored(lane)
        if reason is not Reason.OK:
            return self._refuse(reason, known)
        row = self._store(known)
        applied = self._apply(lane, row, list_waits=standing.list_waits)
        self._lane = lanes.advance(
            self._connection,
            lane,
            sequence=sequence,
            last_change=applied.last_change,
            list_cut=applied.list_cut,
        )
        self._see_to_lists(self._lane, row, applied)
        return self._answer(row, applied, state=inbox.HELD if applied.waits else inbox.DONE)

    def _hear_of_restored(self, lane: lanes.Lane) -> None:
        """A partner that restored a backup may have lost what we sent: its last message asks it.

        Were we to wait until we have something to say, a suspension could stay lost for weeks.
        """
        facts.forget_numbers(self._connection, facts.Register(lane.partner, lane.arrangement))
        outbox.ask_again_about_last(self._connection, lane.partner, lane.arrangement, at=self._at)
        self._alarm("partner restored a backup")

    def _apply(self, lane: lanes.Lane, row: int, *, list_waits: bool) -> Applied:
        register = facts.Register(lane.partner, lane.arrangement)
        covers = self._covers()
        body = self._message.body
        if isinstance(body, StatusNotification):
            return apply_changes(
                self._connection,
                body.changes,
                register=register,
                lane=lane,
                covers=covers,
                at=self._at,
                message_row=row,
                list_waits=list_waits,
            )
        if isinstance(body, StatusListPart):
            assert self._part_digest is not None
            return take_part(
                self._connection,
                body,
                digest=self._part_digest,
                register=register,
                lane=lane,
                covers=covers,
                guard=self._bench.guard,
                at=self._at,
                message_id=self._envelope.message_id,
                message_row=row,
            )
        if isinstance(body, SuspensionNotice | DisruptionNotice | CorrespondenceNotice):
            return self._bench.listener.hear(
                self._connection, body, lane=lane, at=self._at, message_row=row
            )
        assert isinstance(body, Void)
        return self._void(body)

    def _see_to_lists(self, lane: lanes.Lane, row: int, applied: Applied) -> None:
        """Ends the wait of a list that a newer one replaced, and begins that of one now held."""
        held_lists, body = self._bench.held_lists, self._message.body
        if applied.replaced is not None:
            held_lists.end_wait(self._connection, applied.replaced, lane=lane, at=self._at)
        if applied.waits:
            assert isinstance(body, StatusListPart)
            held_lists.ask(
                self._connection,
                body,
                lane=lane,
                message_row=row,
                reason=applied.reason,
                at=self._at,
            )

    def _void(self, body: Void) -> Applied:
        named = inbox.find(self._connection, self._envelope.sender, body.message_id)
        if named is not None and named.sequence is not None:
            # it took a number of its own: what became of it stands, whatever number this one has
            return Applied(ReceiptOutcome.REFUSED, Reason.VOID_TOO_LATE)
        if named is not None and named.state == inbox.HELD:
            inbox.drop_held(self._connection, named.id)
        return Applied(ReceiptOutcome.ACCEPTED)

    def _number_used(self, lane: lanes.Lane, sequence: int) -> Judged:
        body = self._message.body
        taken = inbox.at_sequence(self._connection, lane.id, sequence)
        if isinstance(body, Void) and taken is not None and taken.message_id == body.message_id:
            return self._refuse(Reason.VOID_TOO_LATE, None)
        return self._conflict(Reason.SEQUENCE_ALREADY_USED)

    def _covers(self) -> Covers:
        arrangement = self._envelope.arrangement
        assert arrangement is not None
        cover = self._book.get_cover(arrangement, partner=self._envelope.sender)
        return lambda record: cover.arrangement.check_covered(record, issuer=cover.partner)

    # --- without a lane

    def _take_at_once(self, known: inbox.InMessage | None) -> Judged:
        body = self._message.body
        if isinstance(body, StatusAnswer) and not self._is_asked_for(body):
            return self._refuse(Reason.ANSWER_NOT_ASKED_FOR, known)
        if isinstance(body, ProgrammeProfile):
            reason = take_profile(self._connection, body, signed=self._signed(), at=self._at)
            if reason is not Reason.OK:
                return self._refuse(reason, known)
        if isinstance(body, PerformanceSheet):
            came = came_of(self._verified, self._envelope)
            reason = hear_sheet(self._connection, body, came=came, book=self._book, at=self._at)
            if reason is not Reason.OK:
                return self._refuse(reason, known)
        row = self._store(known)
        capabilities = self._bench.capabilities if isinstance(body, Ping) else None
        return self._answer(row, Applied(ReceiptOutcome.ACCEPTED), capabilities=capabilities)

    def _signed(self) -> Signed:
        verified = self._verified
        return Signed(
            verified.sender,
            self._envelope.message_id,
            verified.signer.fingerprint,
            verified.signer.subject,
            verified.signed_at,
        )

    def _is_asked_for(self, body: StatusAnswer) -> bool:
        """Says whether a question of ours to this very partner is still open."""
        envelope = self._envelope
        asked = outbox.find(self._connection, body.enquiry_id)
        if asked is None or asked.kind is not MessageKind.STATUS_ENQUIRY:
            return False
        if (asked.partner, asked.arrangement) != (envelope.sender, envelope.arrangement):
            return False
        answered = message_log.find_answer(
            self._connection, body.enquiry_id, partner=envelope.sender
        )
        return answered is None

    # --- outcomes

    def _repeat(self, known: inbox.InMessage) -> Judged:
        if known.receipt_unsigned is None:
            return self._conflict(Reason.SEQUENCE_ALREADY_USED)
        return Judged(
            ReceiptOutcome(known.outcome or ReceiptOutcome.ACCEPTED),
            Reason(known.reason or Reason.OK),
            known.receipt_unsigned,
            known.id,
            known.receipt,
        )

    def _conflict(self, reason: Reason) -> Judged:
        inbox.keep_evidence(
            self._connection,
            self._raw.content,
            at=self._at,
            reason=reason,
            claimed_sender=self._envelope.sender,
            claimed_message_id=self._envelope.message_id,
        )
        self._alarm(f"message conflict: {reason}")
        return Judged(
            ReceiptOutcome.CONFLICT, reason, self._receipt(ReceiptOutcome.CONFLICT, reason)
        )

    def _hold(self, reason: Reason, known: inbox.InMessage | None) -> Judged:
        if known is None:
            inbox.add(
                self._connection,
                self._incoming(),
                at=self._at,
                state=inbox.HELD,
                outcome=ReceiptOutcome.HELD,
                reason=reason,
            )
            self._alarm(f"message held: {reason}")
        return Judged(ReceiptOutcome.HELD, reason, self._receipt(ReceiptOutcome.HELD, reason))

    def _refuse(self, reason: Reason, known: inbox.InMessage | None) -> Judged:
        """A signed refusal is final: in its turn it consumes its number."""
        lane, sequence = self._lane, self._envelope.sequence
        row = self._store(known)
        if lane is not None and sequence == lane.next_sequence:
            self._lane = lanes.advance(self._connection, lane, sequence=sequence)
        self._alarm(f"message refused: {reason}")
        return self._answer(row, Applied(ReceiptOutcome.REFUSED, reason))

    def _store(self, known: inbox.InMessage | None) -> int:
        if known is not None:
            return known.id
        return inbox.add(self._connection, self._incoming(), at=self._at)

    def _incoming(self) -> inbox.Incoming:
        envelope, body = self._envelope, self._message.body
        return inbox.Incoming(
            partner=envelope.sender,
            message_id=envelope.message_id,
            kind=envelope.kind,
            arrangement=envelope.arrangement,
            epoch=envelope.epoch,
            lane_id=None,
            sequence=None,
            digest=self._digest,
            content=self._raw.content,
            created_at=envelope.created_at,
            records=len(getattr(body, "changes", getattr(body, "operators", ()))),
            answers=body.enquiry_id if isinstance(body, StatusAnswer) else None,
        )

    def _answer(
        self,
        row: int,
        applied: Applied,
        *,
        state: str = inbox.DONE,
        capabilities: Capabilities | None = None,
    ) -> Judged:
        unsigned = self._receipt(
            applied.outcome, applied.reason, applied=applied, capabilities=capabilities
        )
        unanswered = isinstance(self._message.body, StatusEnquiry) and applied.reason is Reason.OK
        waits = state == inbox.HELD or unanswered
        inbox.answer(
            self._connection,
            row,
            state=state,
            outcome=applied.outcome,
            reason=applied.reason,
            receipt_unsigned=unsigned,
            lane_id=None if self._lane is None else self._lane.id,
            sequence=self._envelope.sequence,
            settled_at=None if waits else self._at,
        )
        return Judged(applied.outcome, applied.reason, unsigned, row)

    def _receipt(
        self,
        outcome: ReceiptOutcome,
        reason: Reason,
        *,
        applied: Applied | None = None,
        capabilities: Capabilities | None = None,
    ) -> bytes:
        envelope = self._envelope
        return self._bench.composer.receipt(
            Answered(
                envelope.sender,
                envelope.message_id,
                self._digest,
                envelope.arrangement,
                self._raw.arrived_at,
            ),
            outcome=outcome,
            reason=reason,
            epoch=envelope.epoch,
            expected=None if self._lane is None else self._lane.next_sequence,
            results=() if applied is None else applied.results,
            capabilities=capabilities,
        )

    def _alarm(self, act: str) -> None:
        journal.record(
            self._connection,
            at=self._at,
            actor=journal.SYSTEM,
            act=act,
            subject=self._envelope.message_id,
            detail={
                "partner": self._envelope.sender,
                "kind": self._envelope.kind,
                "arrangement": self._envelope.arrangement,
                "sequence": self._envelope.sequence,
            },
        )
