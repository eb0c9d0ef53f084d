"""The status of an authorisation, and the changes of it that travel.

The table of allowed transitions stands here because both sides judge by it: the sender before it
announces, the receiver before it applies.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from mra_gateway.model.base import Noun
from mra_gateway.model.identifiers import ChangeId
from mra_gateway.model.operators import OperatorRecord, Text


class Status(StrEnum):
    """Status of an authorisation as its administration states it."""

    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


NOT_LISTED = "not-listed"
"""Concluded by us, said by no partner: its last full list does not name the operator."""


class ChangeKind(StrEnum):
    """Why a status record is sent."""

    GRANTED = "granted"
    AMENDED = "amended"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    REVOKED = "revoked"
    EXPIRED = "expired"
    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    ANNULLED = "annulled"


RESULT: dict[ChangeKind, Status] = {
    ChangeKind.GRANTED: Status.VALID,
    ChangeKind.SUSPENDED: Status.SUSPENDED,
    ChangeKind.RESUMED: Status.VALID,
    ChangeKind.REVOKED: Status.REVOKED,
    ChangeKind.EXPIRED: Status.EXPIRED,
    ChangeKind.RENEWED: Status.VALID,
    ChangeKind.WITHDRAWN: Status.WITHDRAWN,
}
"""The status a kind of change leads to; amended, corrected and annulled keep or state their own."""

ALLOWED_FROM: dict[ChangeKind, frozenset[str | None]] = {
    ChangeKind.GRANTED: frozenset({None, NOT_LISTED, Status.WITHDRAWN}),
    ChangeKind.AMENDED: frozenset({Status.VALID, Status.SUSPENDED, Status.EXPIRED}),
    ChangeKind.SUSPENDED: frozenset({Status.VALID}),
    ChangeKind.RESUMED: frozenset({Status.SUSPENDED}),
    ChangeKind.REVOKED: frozenset({Status.VALID, Status.SUSPENDED, Status.EXPIRED}),
    ChangeKind.EXPIRED: frozenset({Status.VALID, Status.SUSPENDED}),
    ChangeKind.RENEWED: frozenset({Status.VALID, Status.EXPIRED}),
    ChangeKind.WITHDRAWN: frozenset({Status.VALID, Status.SUSPENDED, Status.EXPIRED}),
}
"""From which status a kind of change may start, within one episode. None: not held before.

A revoked number comes back only as a new episode or through a correction or annulment, which name
the change they undo and are therefore not in this table.
"""


def is_allowed(kind: ChangeKind, *, current: str | None) -> bool:
    """Says whether a change may follow the status now held for the same episode.

    Args:
        kind: The change asked for.
        current: A `Status`, `NOT_LISTED`, or None where nothing is held.
    """
    return kind not in ALLOWED_FROM or current in ALLOWED_FROM[kind]


class StatusChange(Noun):
    """One change of one authorisation, told to one partner.

    Attributes:
        change_id: Names this change for good.
        change_number: Counts the changes under this arrangement for this recipient, from 1,
            without a hole; a full list states up to which number it includes.
        status: The status after the change.
        effective_from: When the change takes effect at the issuing administration; in the future
            for a scheduled one.
        corrects: For corrected and annulled: the change that is undone.
        legal_reference: For corrected and annulled: the decision or judgment that orders it.
        operator: The record as it stands after the change.
    """

    change_id: ChangeId
    change_number: int = Field(ge=1)
    kind: ChangeKind
    status: Status
    effective_from: AwareDatetime
    corrects: ChangeId | None = None
    legal_reference: Text | None = None
    operator: OperatorRecord

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        undoes = self.kind in {ChangeKind.CORRECTED, ChangeKind.ANNULLED}
        if undoes and (self.corrects is None or self.legal_reference is None):
            msg = f"a change of kind {self.kind} names the change it undoes and a legal reference"
            raise ValueError(msg)
        if not undoes and self.corrects is not None:
            msg = f"a change of kind {self.kind} does not undo another change"
            raise ValueError(msg)
        expected = RESULT.get(self.kind)
        if expected is not None and self.status is not expected:
            msg = f"a change of kind {self.kind} leads to {expected}, not {self.status}"
            raise ValueError(msg)
        return self


class ListedOperator(Noun):
    """One operator of a full list: its record and the status it has at the cut.

    Attributes:
        status: Status at the list's cut.
        effective_from: Since when it has this status.
        change_id: The last change that led here, when the sender still knows it.
    """

    status: Status
    effective_from: AwareDatetime
    change_id: ChangeId | None = None
    operator: OperatorRecord
