"""Plans an import of our own register: every row against what is held, and nothing changed.

What is new, changed or gone becomes a change; what cannot be becomes a problem that names its row.
Carrying a plan out is in `import_register.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.follow import in_effect, may_follow, overtaken_by
from mra_gateway.flows.show import Given
from mra_gateway.flows.tell import OwnChange
from mra_gateway.model.changes import ChangeKind, Status, is_allowed
from mra_gateway.model.identifiers import ChangeId
from mra_gateway.model.packed import Packed, as_json
from mra_gateway.model.register import AddressedRow, RegisterRow, RowProblem
from mra_gateway.store import consents, facts
from mra_gateway.store.chunks import chunked

LIVE = frozenset({Status.VALID, Status.SUSPENDED, Status.EXPIRED})

_INTO: dict[Status, ChangeKind] = {
    Status.VALID: ChangeKind.GRANTED,
    Status.SUSPENDED: ChangeKind.SUSPENDED,
    Status.REVOKED: ChangeKind.REVOKED,
    Status.EXPIRED: ChangeKind.EXPIRED,
    Status.WITHDRAWN: ChangeKind.WITHDRAWN,
}
_BACK_TO_VALID: dict[str, ChangeKind] = {
    Status.SUSPENDED: ChangeKind.RESUMED,
    Status.EXPIRED: ChangeKind.RENEWED,
}


_GONE = frozenset({Status.REVOKED, Status.WITHDRAWN})


class ImportMode(StrEnum):
    """Whether a file is the whole register or only what changed."""

    FULL = "full"
    """What is absent from the file is withdrawn."""

    CHANGES = "changes"
    """What is absent stays as it is."""


class Plan(NamedTuple):
    """What an import would do.

    Changes, consents and problems are packed: they are gone through, not kept as nouns.

    Attributes:
        kinds: How many changes of each kind there are.
        retracted: Facts of ours that a change reaching back overtakes.
        live: How many authorisations are alive before; None where nothing depended on it, for
            counting them reads the whole register.
        ended: How many of them the import ends.
    """

    changes: Packed[OwnChange]
    consents: Packed[consents.Consent]
    problems: Packed[RowProblem]
    kinds: dict[str, int]
    retracted: list[int]
    unchanged: int = 0
    live: int | None = None
    ended: int = 0

    @classmethod
    def empty(cls) -> Plan:
        """Returns the plan to change nothing."""
        return cls(
            Packed(as_json(OwnChange)),
            Packed(as_json(consents.Consent)),
            Packed(as_json(RowProblem)),
            {},
            [],
        )

    def add(self, change: OwnChange) -> None:
        """Takes another change."""
        assert change.kind is not None
        self.changes.append(change)
        self.kinds[change.kind] = self.kinds.get(change.kind, 0) + 1

    def by_kind(self) -> dict[str, int]:
        """Returns how many changes of each kind there are."""
        return dict(self.kinds)


class Names:
    """Authorisations by name alone: as keys, those of a large register would fill the memory."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add(self, key: facts.Key) -> None:
        """Takes an authorisation; no part of its name holds a line break."""
        self._texts.add("\n".join(key))

    def update(self, keys: Iterable[facts.Key]) -> None:
        """Takes several."""
        self._texts.update(map("\n".join, keys))

    def __contains__(self, key: object) -> bool:
        assert isinstance(key, facts.Key)
        return "\n".join(key) in self._texts


class Planner:
    """Holds rows of a file against our own register."""

    def __init__(self, *, book: PartnerBook, clock: Clock, count_above: int) -> None:
        """Takes what is the same for every plan.

        Args:
            book: Whose register it is, and its legal days.
            clock: Makes change ids.
            count_above: With more authorisations ended than this, those alive are counted.
        """
        self._book = book
        self._clock = clock
        self._count_above = count_above

    def plan(
        self,
        connection: Connection,
        rows: Iterable[AddressedRow],
        *,
        mode: ImportMode,
        at: datetime,
    ) -> Plan:
        """Returns what importing some rows would do now.

        Args:
            connection: The transaction, with the register locked where the plan is to be applied.
            rows: As read.
            mode: Whether what is absent is withdrawn.
            at: Now.
        """
        register = facts.Register(self._book.us, facts.OWN)
        plan = Plan.empty()
        unchanged = ended = 0
        named = Names()
        for slice_ in chunked(rows):
            held = facts.believed(connection, register, (row.row.tin for row in slice_))
            given = consents.held(connection, (row.row.tin for row in slice_))
            for row in slice_:
                key = facts.Key(row.row.tin, row.row.programme, row.row.authorisation)
                if key in named:
                    plan.problems.append(_doubled(row))
                    continue
                named.add(key)
                change = self._plan_row(row, held.get(key, []), plan, at=at)
                unchanged += change is None
                if change is not None and change.status in _GONE:
                    ended += _is_alive(facts.at_moment(held.get(key, ()), valid_at=at))
                self._plan_consents(row.row, given, plan)
        live = None
        if mode is ImportMode.FULL:
            live, gone = self._withdraw_absent(connection, register, named, plan, at=at)
            ended += gone
        elif ended > self._count_above:
            in_force = facts.keys_in_force(connection, register, at=at)
            live = sum(_is_alive(fact) for fact in in_force)
        return plan._replace(unchanged=unchanged, live=live, ended=ended)

    def _plan_row(
        self, row: AddressedRow, held: list[facts.Fact], plan: Plan, *, at: datetime
    ) -> OwnChange | None:
        starts = self._effective_from(row.row, held, at=at)
        current = facts.at_moment(held, valid_at=max(at, starts))
        if current is not None and current.status == Status.EXPIRED:
            row = self._still_expired(row, at=at)
        stated = row.row
        version = max((fact.record_version for fact in held), default=0)
        kind = self._kind(row, current, held, plan)
        if kind is None:
            return None
        starts = _not_before(starts, kind, stated, held=held, current=current)
        plan.retracted.extend(
            fact.id
            for fact in overtaken_by(held, kind=kind, status=stated.status, effective_from=starts)
        )
        change = OwnChange(
            facts.Key(stated.tin, stated.programme, stated.authorisation),
            ChangeId(self._clock.new_uuid()),
            kind,
            stated.status,
            starts,
            stated.record(record_version=version + 1),
        )
        plan.add(change)
        return change

    def _still_expired(self, row: AddressedRow, *, at: datetime) -> AddressedRow:
        """A register may go on calling valid what its own last day has ended."""
        last_day = row.row.expires_on
        if last_day is None or last_day >= self._book.day_of(at):
            return row
        if row.row.status not in {Status.VALID, Status.SUSPENDED}:
            return row
        expired = row.row.model_copy(update={"status": Status.EXPIRED})
        return AddressedRow(address=row.address, row=expired)

    def _kind(
        self, row: AddressedRow, current: facts.Fact | None, held: list[facts.Fact], plan: Plan
    ) -> ChangeKind | None:
        stated = row.row
        if current is None:
            return _INTO[stated.status]
        if current.episode != stated.episode:
            return self._new_episode(row, current, held, plan)
        if current.status == stated.status:
            return _amended(stated, current)
        kind = _into(stated.status, current=current.status)
        if not is_allowed(kind, current=current.status):
            plan.problems.append(
                RowProblem(
                    address=row.address,
                    reason=Reason.STATUS_TRANSITION_NOT_ALLOWED,
                    text=(
                        f"{stated.authorisation} is {current.status} and cannot become "
                        f"{stated.status}: use a correction or annulment, or a new episode"
                    ),
                )
            )
            return None
        return kind

    def _new_episode(
        self, row: AddressedRow, current: facts.Fact, held: list[facts.Fact], plan: Plan
    ) -> ChangeKind | None:
        number, named = row.row.authorisation, row.row.episode
        wrong = None
        if current.status in LIVE:
            wrong = (
                f"{number} is still {current.status} in episode {current.episode!r}: end it before "
                "a new episode begins"
            )
        elif any(one.episode == named and one.id < current.id for one in held):
            wrong = (
                f"episode {named!r} of {number} ended before episode {current.episode!r} began: "
                "name the new one otherwise"
            )
        if wrong is None:
            return _INTO[row.row.status]
        plan.problems.append(
            RowProblem(address=row.address, reason=Reason.STATUS_TRANSITION_NOT_ALLOWED, text=wrong)
        )
        return None

    def _plan_consents(self, row: RegisterRow, given: Given, plan: Plan) -> None:
        stated = [
            consents.Consent(
                row.tin,
                entry.partner,
                entry.basis,
                entry.letter_number,
                entry.given_on,
                entry.withdrawn_on,
            )
            for entry in row.consents
        ]
        plan.consents.extend(
            consent for consent in stated if given.get((row.tin, consent.partner)) != consent
        )

    def _withdraw_absent(
        self,
        connection: Connection,
        register: facts.Register,
        named: Names,
        plan: Plan,
        *,
        at: datetime,
    ) -> tuple[int, int]:
        """Plans to withdraw what is not named; returns how much was alive, how much of it goes."""
        live = gone = 0
        for slice_ in chunked(facts.keys_in_force(connection, register, at=at)):
            alive = [fact for fact in slice_ if _is_alive(fact)]
            live += len(alive)
            absent = [fact for fact in alive if fact.key not in named]
            gone += len(absent)
            held = facts.believed(connection, register, (fact.key.tin for fact in absent))
            for fact in absent:
                plan.retracted.extend(one.id for one in held[fact.key] if one.effective_from > at)
                plan.add(self._withdrawal(fact, at=at))
        return live, gone

    def _withdrawal(self, fact: facts.Fact, *, at: datetime) -> OwnChange:
        return OwnChange(
            fact.key,
            ChangeId(self._clock.new_uuid()),
            ChangeKind.WITHDRAWN,
            Status.WITHDRAWN,
            at,
            fact.record.model_copy(update={"record_version": fact.record_version + 1}),
        )

    def _effective_from(
        self, row: RegisterRow, held: list[facts.Fact], *, at: datetime
    ) -> datetime:
        """A stated moment or legal day; else a first grant has its own day, a change works now."""
        zone = self._book.time_zone
        if isinstance(row.effective_from, datetime):
            return row.effective_from
        if row.effective_from is not None:
            return start_of(row.effective_from, zone)
        if not held and row.granted_on is not None and start_of(row.granted_on, zone) <= at:
            return start_of(row.granted_on, zone)
        return at


def _doubled(row: AddressedRow) -> RowProblem:
    return RowProblem(
        address=row.address,
        reason=Reason.ROW_DOUBLED,
        text=f"{row.row.authorisation} is named twice: one of the two rows has to go",
    )


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Returns the moment a legal day begins."""
    return datetime.combine(day, time.min, tzinfo=zone)


def own_fact(change: OwnChange) -> facts.NewFact:
    """Returns the fact of our own register that a change states."""
    assert change.kind is not None
    return facts.NewFact(
        key=change.key,
        episode=change.record.episode,
        record_version=change.record.record_version,
        status=change.status,
        effective_from=change.effective_from,
        cause=change.kind,
        record=change.record.model_dump_json(exclude_defaults=True),
        change_id=change.change_id,
        legal_reference=change.legal_reference,
    )


def _not_before(
    starts: datetime,
    kind: ChangeKind,
    stated: RegisterRow,
    *,
    held: list[facts.Fact],
    current: facts.Fact | None,
) -> datetime:
    """Returns since when a change can work: a register reaches back, but undoes nothing silently.

    What ends or suspends may reach back as far as the status then allows it; anything else begins
    where the status it follows began. To reach further back takes a correction or annulment.
    """
    if current is None:
        return starts
    may_reach_back = stated.status is not Status.VALID and kind is not ChangeKind.AMENDED
    if may_reach_back and may_follow(
        in_effect(held, at=starts), kind=kind, status=stated.status, episode=stated.episode
    ):
        return starts
    return max(starts, current.effective_from)


def _into(status: Status, *, current: str) -> ChangeKind:
    if status is Status.VALID:
        return _BACK_TO_VALID.get(current, ChangeKind.GRANTED)
    return _INTO[status]


def _is_alive(fact: facts.Fact | None) -> bool:
    return fact is not None and fact.status in LIVE


def _amended(row: RegisterRow, current: facts.Fact) -> ChangeKind | None:
    record = current.record
    if row.record(record_version=current.record_version) == record:
        return None
    if current.status not in LIVE:
        return None
    longer = (
        row.expires_on is not None
        and record.expires_on is not None
        and row.expires_on > record.expires_on
    )
    return ChangeKind.RENEWED if longer and row.status is Status.VALID else ChangeKind.AMENDED
