"""What officers enter for measuring: values, ratings, rulings, pledges …, and feedback.

Nothing is overwritten: who corrects an entry makes another that names it, and the first one stays.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.identifiers import Digest, Territory
from mra_gateway.model.indicators import IndicatorId
from mra_gateway.model.operators import Text

EntryValue = str | int | float | bool
"""A day is its ISO text, as everywhere in JSON."""


class NewEntry(Noun):
    """One row of an event table, as an officer enters it.

    Attributes:
        kind: The event table.
        indicator: Of a value, whose it is.
        on: The day it counts on.
        value: Of a value or rating.
        content: The columns of the event table; empty for an entry that takes another one back.
        evidence: What it rests on: a letter, a minute, a report, with its number.
        digest: Of the file that was handed in as evidence; of a survey form, of what it says.
        corrects: The entry that was wrong.
    """

    kind: Text
    indicator: IndicatorId | None = None
    on: date
    value: float | None = None
    content: dict[str, EntryValue] = Field(default_factory=dict)
    evidence: Text
    digest: Digest | None = None
    at: datetime
    by: str
    note: Text | None = None
    corrects: int | None = None

    @property
    def is_taken_back(self) -> bool:
        """Whether it says that there is nothing to enter."""
        return not self.content


class Entry(NewEntry):
    """An entry as kept.

    Attributes:
        corrected_by: The entry that corrects it; None while it counts.
    """

    id: int
    corrected_by: int | None = None


class Side(StrEnum):
    """Who says something about the programme."""

    OPERATOR = "operator"
    PARTNER = "partner"


class FeedbackCategory(StrEnum):
    """About what."""

    AUTHORISATION = "authorisation"
    """The process of becoming an AEO, and of staying one."""
    BENEFITS = "benefits"
    RECOGNITION = "recognition"
    """How operators are recognised abroad, or partners' operators here."""
    CLEARANCE = "clearance"
    COMMUNICATION = "communication"
    DATA = "data"
    """Figures, lists and messages that are wrong."""
    OTHER = "other"


class NewFeedback(Noun):
    """A remark of an operator or a partner administration.

    Attributes:
        partner: Of a partner, which.
        corrects: The record of the same remark that was wrong.
    """

    side: Side
    category: FeedbackCategory
    partner: Territory | None = None
    text: str = Field(min_length=1, max_length=8000)
    received_on: date
    at: datetime
    by: str
    corrects: int | None = None


class FeedbackAnswer(Noun):
    """What was answered to it."""

    text: str = Field(min_length=1, max_length=8000)
    answered_on: date
    at: datetime
    by: str


class Feedback(NewFeedback):
    """A remark as kept, with its answers, oldest first."""

    id: int
    answers: tuple[FeedbackAnswer, ...] = ()
    corrected_by: int | None = None

    @property
    def answered_on(self) -> date | None:
        """The day of the first answer."""
        return min((answer.answered_on for answer in self.answers), default=None)
