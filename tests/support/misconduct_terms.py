"""Misconduct against an arrangement: none, not ours, not confirmed, not in force, ended."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from mra_gateway.errors import Reason
from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.facts import Arrangement, Basis, Fact
from mra_gateway.model.identifiers import ArrangementId
from mra_gateway.model.messages import ReceiptOutcome
from tests.support.misconduct import (
    Play,
    Scene,
    Table,
    confirm_another_copy,
    confirm_copy,
    wait_days,
    withdraw_copy,
)
from tests.support.pki import CN, KZ

TABLE = Table()
REFUSED, HELD = ReceiptOutcome.REFUSED, ReceiptOutcome.HELD
REVOKED = ChangeKind.REVOKED


def _on(day: date) -> Fact[date]:
    return Fact[date](value=day, source="test", basis=Basis.READ, as_of=date(2026, 1, 1))


def _grant(scene: Scene) -> Play:
    return Play(scene.tell(scene.grant(1)), held={1: None}, after={1: "valid"})


def _after_another(scene: Scene) -> Play:
    return Play(
        scene.tell(scene.grant(2), sequence=2),
        before=[scene.tell(scene.grant(1))],
        held={1: "valid", 2: None},
        after={1: "valid", 2: "valid"},
    )


def _starts_in_two_days(arrangement: Arrangement, at: datetime) -> Arrangement:
    start = _on((at + timedelta(days=2)).date())
    return arrangement.model_copy(update={"in_force_on": start})


def _sender_starts_in_two_days(arrangement: Arrangement, at: datetime) -> Arrangement:
    start = _on((at + timedelta(days=2)).date())
    parties = tuple(
        party.model_copy(update={"started_on": start}) if party.territory == CN else party
        for party in arrangement.parties
    )
    return arrangement.model_copy(update={"parties": parties})


def _ends_in_two_days(arrangement: Arrangement, at: datetime) -> Arrangement:
    return arrangement.model_copy(update={"ended_on": _on((at + timedelta(days=2)).date())})


# may come: held, no number taken, the very message taken when it has

TABLE.add(
    "arrangement-not-confirmed",
    HELD,
    Reason.ARRANGEMENT_NOT_CONFIRMED,
    "Under an arrangement of which we have a draft; taken once two officers have confirmed it.",
    _grant,
    consumes=False,
    is_confirmed=False,
    mended_by=confirm_copy,
)
TABLE.add(
    "arrangement-confirmed-with-other-content",
    HELD,
    Reason.ARRANGEMENT_NOT_CONFIRMED,
    "Under an arrangement whose copy has changed since two officers confirmed it.",
    _grant,
    consumes=False,
    meanwhile=confirm_another_copy,
    mended_by=confirm_copy,
)
TABLE.add(
    "arrangement-confirmation-withdrawn",
    HELD,
    Reason.ARRANGEMENT_NOT_CONFIRMED,
    "Under an arrangement whose confirmation was withdrawn while the exchange ran.",
    _after_another,
    consumes=False,
    meanwhile=withdraw_copy,
    mended_by=confirm_copy,
)
TABLE.add(
    "arrangement-not-yet-in-force",
    HELD,
    Reason.ARRANGEMENT_NOT_IN_FORCE,
    "Under an arrangement that enters into force the day after tomorrow.",
    _grant,
    consumes=False,
    terms=_starts_in_two_days,
    mended_by=wait_days,
)
TABLE.add(
    "arrangement-not-begun-by-sender",
    HELD,
    Reason.ARRANGEMENT_NOT_IN_FORCE,
    "Under an arrangement in force that the sender itself has not begun to apply.",
    _grant,
    consumes=False,
    terms=_sender_starts_in_two_days,
    mended_by=wait_days,
)


# cannot come: refused, the lane goes on


@TABLE.row(
    "arrangement-ended",
    REFUSED,
    Reason.ARRANGEMENT_NOT_IN_FORCE,
    consumes=True,
    terms=_ends_in_two_days,
    meanwhile=wait_days,
)
def arrangement_ended(scene: Scene) -> Play:
    """Under an arrangement that has ended; what came in its time stands and is answered as then."""
    first = scene.sign(scene.tell(scene.grant(1)))
    return Play(
        scene.tell(scene.grant(2), sequence=2),
        before=[first],
        twin=[first],
        held={1: "valid", 2: None},
        after={1: "valid", 2: None},
    )


@TABLE.row("arrangement-unknown", REFUSED, Reason.ARRANGEMENT_UNKNOWN, consumes=True)
def arrangement_unknown(scene: Scene) -> Play:
    """Under an arrangement nobody knows."""
    return Play(
        scene.tell(scene.grant(1), arrangement=ArrangementId("CN-MN-1999")),
        twin=[scene.tell(scene.grant(1))],
        held={1: None},
        after={1: "valid"},
    )


@TABLE.row("arrangement-of-others", REFUSED, Reason.NOT_A_PARTY, consumes=True)
def arrangement_of_others(scene: Scene) -> Play:
    """Under an arrangement of the sender with somebody else."""
    return Play(
        scene.tell(scene.grant(1), arrangement=ArrangementId("CN-BY-2019")),
        twin=[scene.tell(scene.grant(1))],
        held={1: None},
        after={1: "valid"},
    )


@TABLE.row("sender-no-party", REFUSED, Reason.NOT_A_PARTY, consumes=True, posted_by=KZ)
def sender_no_party(scene: Scene) -> Play:
    """Another partner of ours revokes operators under an arrangement it is no party of."""
    return Play(
        scene.tell(scene.change(REVOKED, 2), sender=KZ),
        before=[scene.tell(scene.grant(1))],
        twin=[scene.tell(scene.change(REVOKED, 2), sequence=2)],
        held={1: "valid"},
        after={1: "revoked"},
    )


@TABLE.row("list-of-no-party", REFUSED, Reason.NOT_A_PARTY, consumes=True, posted_by=KZ)
def list_of_no_party(scene: Scene) -> Play:
    """Another partner of ours sends an empty list under an arrangement it is no party of."""
    (empty,) = scene.full([], sender=KZ)
    return Play(
        empty,
        before=[scene.tell(scene.grant(1))],
        twin=list(scene.full([1], sequence=2, cut=1)),
        held={1: "valid"},
        after={1: "valid"},
    )
