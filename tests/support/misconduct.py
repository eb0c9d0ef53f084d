"""The table of misconduct: messages that verify and still may not have their effect, or not now.

A row is a scene (an arrangement of its own, hence a lane and a register of its own) made into a
play: what was sent before, what is sent now, the receipt it must get, what is held then, what puts
it right, and the untouched twin that is accepted. The same rows are played on a running service and
printed as documentation; the first line of a function's docstring is the row's description.

The rows stand in `misconduct_lane.py`, `misconduct_terms.py`, `misconduct_record.py`,
`misconduct_list.py` and `misconduct_notice.py`; `all_misconduct` gathers them. What does not verify
is in `attacks.py`; what does not queue (questions, answers, receipts) in `misconduct_unqueued.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import Reason
from mra_gateway.gateway import Gateway
from mra_gateway.model.changes import ChangeKind, ListedOperator, StatusChange
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, OfficerName, Territory
from mra_gateway.model.messages import Body, Message, ReceiptOutcome
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.store import approvals
from mra_gateway.store import partners as decided
from tests.support.messages import (
    a_change,
    a_listed_operator,
    a_message,
    a_notification,
    a_record,
    list_messages,
)
from tests.support.pki import CN, Side
from tests.support.simulation import CN_MN, confirm

Act = Callable[[Gateway, HandMovedClock, ArrangementId], Awaitable[None]]
"""What an officer, or time, does to a gateway and one arrangement."""

Terms = Callable[[Arrangement, datetime], Arrangement]
"""How an arrangement stands, other than completed and in force."""

Held = Mapping[int, str | None]
"""The status held of numbered operators; None of who is not held."""

SECOND = Actor(name=OfficerName("pavel"), display_name="Pavel", roles=frozenset(OfficerRole))


def tin(number: int) -> str:
    """Returns the TIN of a numbered operator."""
    return f"CN33024{number:05d}"


def operator(number: int = 1, **fields: Any) -> OperatorRecord:
    """Returns the record of a numbered operator."""
    return a_record(**{"tin": tin(number), "authorisation": f"AEO{tin(number)}", **fields})


@dataclass(frozen=True)
class Scene:
    """What a row is given to make its messages with.

    Attributes:
        sender: The partner whose lane it is, with its keys.
        arrangement: The row's own.
        at: The moment of the play.
    """

    sender: Side
    arrangement: ArrangementId
    at: datetime

    def change(
        self, kind: ChangeKind, counted: int, number: int = 1, **fields: Any
    ) -> StatusChange:
        """Returns a change of a numbered operator; the later counted takes effect later."""
        values = {
            "operator": operator(number),
            "effective_from": self.at - timedelta(days=10) + timedelta(hours=counted),
            **fields,
        }
        return a_change(kind=kind, change_number=counted, **values)

    def grant(self, number: int = 1, *, counted: int | None = None, **fields: Any) -> StatusChange:
        """Returns the grant of a numbered operator, counted as its number unless told."""
        return self.change(ChangeKind.GRANTED, counted or number, number, **fields)

    def tell(self, *changes: StatusChange, **envelope: Any) -> Message:
        """Returns a notification."""
        return a_notification(*changes, **self._envelope(envelope))

    def say(self, body: Body, **envelope: Any) -> Message:
        """Returns any other message."""
        return a_message(body, **self._envelope(envelope))

    def listed(self, number: int, **fields: Any) -> ListedOperator:
        """Returns a numbered operator as a list names it."""
        since = self.at - timedelta(days=20)
        return a_listed_operator(
            **{"operator": operator(number), "effective_from": since, **fields}
        )

    def full(
        self,
        *parts: Iterable[int | ListedOperator],
        cut: int = 0,
        ago: timedelta = timedelta(hours=2),
        **envelope: Any,
    ) -> tuple[Message, ...]:
        """Returns the parts of a full list; operators are numbers, or as they shall be listed."""
        named = [
            [self.listed(one) if isinstance(one, int) else one for one in part] for part in parts
        ]
        made = list_messages(*named, as_of_change=cut, **self._envelope(envelope))
        return tuple(altered(message, as_of=self.at - ago) for message in made)

    def sign(self, message: Message) -> bytes:
        """Returns a message as its sender signs it, to be sent twice as the same bytes."""
        from tests.support.live import signed

        return signed(self.sender, message)

    def _envelope(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {"arrangement": self.arrangement, "created_at": self.at, **fields}


def altered(message: Message, **fields: Any) -> Message:
    """Returns a message whose body says something else."""
    return message.model_copy(update={"body": message.body.model_copy(update=fields)})


def numbered(message: Message, sequence: int) -> Message:
    """Returns a message with another number of the lane."""
    envelope = message.envelope.model_copy(update={"sequence": sequence})
    return message.model_copy(update={"envelope": envelope})


@dataclass(frozen=True)
class Play:
    """What is sent in a row, and what is held then.

    Attributes:
        sent: What the row is about.
        before: Sent before it, in order.
        twin: Sent after it, in order, all accepted; nothing: what was sent is sent again.
        held: After what was sent.
        after: After the twin.
    """

    sent: Message | bytes
    before: Sequence[Message | bytes] = ()
    twin: Sequence[Message | bytes] = ()
    held: Held = field(default_factory=dict)
    after: Held = field(default_factory=dict)


Make = Callable[[Scene], Play]


@dataclass(frozen=True)
class Misconduct:
    """One row of the table.

    Attributes:
        name: Short, unique, for test ids and the arrangement's own id.
        description: One line.
        outcome: What the signed receipt says.
        reason: The code it gives.
        consumes: Whether the lane goes on after it.
        make: Makes the messages.
        before: What becomes of what was sent before.
        posted_by: Whose message it is, signed and brought by its gateway.
        terms: How the arrangement stands; None: completed and in force.
        is_confirmed: Whether two officers have confirmed our copy of it when the play begins.
        meanwhile: Done before the message is sent.
        mended_by: Done before the twin is sent.
        is_repeat: The receipt is the very one the last message before it got.
    """

    name: str
    description: str
    outcome: ReceiptOutcome
    reason: Reason
    consumes: bool
    make: Make
    before: ReceiptOutcome = ReceiptOutcome.ACCEPTED
    posted_by: Territory = CN
    terms: Terms | None = None
    is_confirmed: bool = True
    meanwhile: Act | None = None
    mended_by: Act | None = None
    is_repeat: bool = False

    @property
    def arrangement(self) -> ArrangementId:
        """The row's own arrangement: a lane and a register of its own."""
        return ArrangementId(f"{CN_MN}-{self.name.upper()}")


class Table:
    """Collects the rows of one file."""

    def __init__(self) -> None:
        self.rows: list[Misconduct] = []

    def row(
        self, name: str, outcome: ReceiptOutcome, reason: Reason, *, consumes: bool, **how: Any
    ) -> Callable[[Make], Make]:
        """Adds the decorated function as a row; its docstring describes it."""

        def add(make: Make) -> Make:
            description = (make.__doc__ or "").strip().splitlines()[0]
            self.rows.append(Misconduct(name, description, outcome, reason, consumes, make, **how))
            return make

        return add

    def add(
        self,
        name: str,
        outcome: ReceiptOutcome,
        reason: Reason,
        description: str,
        make: Make,
        *,
        consumes: bool,
        **how: Any,
    ) -> None:
        """Adds a row of a family that differs in an argument only."""
        self.rows.append(Misconduct(name, description, outcome, reason, consumes, make, **how))


# what officers and time do


async def confirm_copy(gateway: Gateway, clock: HandMovedClock, arrangement: ArrangementId) -> None:
    """Two officers confirm our copy as it is."""
    await confirm(gateway, gateway.registry.get_arrangement(arrangement))


async def confirm_another_copy(
    gateway: Gateway, clock: HandMovedClock, arrangement: ArrangementId
) -> None:
    """Two officers confirmed a copy of another content: a date was changed since, say."""
    await confirm(gateway, gateway.registry.get_arrangement(arrangement), digest="0" * 64)


async def withdraw_copy(
    gateway: Gateway, clock: HandMovedClock, arrangement: ArrangementId
) -> None:
    """An officer withdraws the confirmation."""
    await gateway.database.write(
        lambda c: decided.withdraw_confirmation(c, arrangement, at=clock.now())
    )
    await gateway.book.refresh(gateway.database)


async def wait_minutes(gateway: Gateway, clock: HandMovedClock, arrangement: ArrangementId) -> None:
    """Ten minutes go by."""
    clock.move_to(clock.now() + timedelta(minutes=10))


async def wait_days(gateway: Gateway, clock: HandMovedClock, arrangement: ArrangementId) -> None:
    """Two days go by."""
    clock.move_to(clock.now() + timedelta(days=2))


async def approve(gateway: Gateway, clock: HandMovedClock, arrangement: ArrangementId) -> None:
    """A second officer lets what is held take effect."""
    asked = await _asked(gateway, arrangement)
    await gateway.database.write(lambda c: gateway.approver.approve(c, asked, by=SECOND))


async def reject(gateway: Gateway, clock: HandMovedClock, arrangement: ArrangementId) -> None:
    """A second officer refuses what is held."""
    asked = await _asked(gateway, arrangement)
    await gateway.database.write(lambda c: gateway.approver.reject(c, asked, by=SECOND))


async def _asked(gateway: Gateway, arrangement: ArrangementId) -> str:
    listed = await gateway.database.read(approvals.listed)
    (asked,) = [one.id for one in listed if f" {arrangement}," in one.summary]
    return asked


def all_misconduct() -> dict[str, Misconduct]:
    """Returns every row by its name."""
    from tests.support import (
        misconduct_lane,
        misconduct_list,
        misconduct_notice,
        misconduct_record,
        misconduct_terms,
    )

    modules = (
        misconduct_lane,
        misconduct_terms,
        misconduct_record,
        misconduct_list,
        misconduct_notice,
    )
    rows = [row for module in modules for row in module.TABLE.rows]
    named = {row.name: row for row in rows}
    assert len(named) == len(rows), "two rows have one name"
    return named
