"""Joint validations: who visited which firm, what was seen row by row, and what follows.

A visit is an entry of a negotiation (`negotiation.py`). What visits together say about a row in
practice is said by `in_practice`; on paper the comparison says it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from mra_gateway.model.base import Noun
from mra_gateway.model.comparison import Audience, Finding, InPractice
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.negotiation import Entry, Party, Words
from mra_gateway.model.operators import Code, LanguageTag, Role, Text
from mra_gateway.model.requirements import ItemId, Method


class FirmSize(StrEnum):
    """How large a firm is."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Firm(Noun):
    """A firm visited.

    Attributes:
        is_authorised: Whether it is an AEO already; False: an applicant under validation; None: not
            known.
    """

    name: Text
    role: Role | None = None
    tier: Code | None = None
    size: FirmSize | None = None
    is_authorised: bool | None = None
    site: Text | None = None


class Observer(Noun):
    """Somebody who looks on and validates nothing."""

    name: Text
    side: Literal["ours", "theirs", "third"]
    organisation: Text | None = None


class Seen(Noun):
    """What was found about one row at one firm.

    Attributes:
        method: Read in files, asked, seen on site, or looked at from afar.
        text: What was found.
        conclusion: The validator's, in words.
        opinion: The observer's, which may differ and is internal unless said otherwise.
    """

    item: ItemId
    firm: Text
    method: Method
    result: InPractice
    text: Words
    conclusion: Words | None = None
    opinion: Words | None = None
    opinion_audience: Audience = Audience.INTERNAL
    audience: Audience = Audience.INTERNAL
    at: datetime
    by: OfficerName | None

    @model_validator(mode="after")
    def _check_seen(self) -> Self:
        if self.result is InPractice.NOT_VISITED:
            msg = "what was seen is confirmed, confirmed with remarks, or not confirmed"
            raise ValueError(msg)
        return self


class Visit(Entry):
    """A joint validation.

    Attributes:
        key: Its number, as `V1`.
        host: The side whose firms are visited: its validators validate, the other side observes.
        checklist: The rows to look at.
        report: The conclusion of the whole, once reported.
    """

    host: Party
    from_on: date
    until_on: date
    place: Text
    languages: tuple[LanguageTag, ...] = ()
    methods: tuple[Method, ...] = ()
    observers: tuple[Observer, ...] = ()
    firms: tuple[Firm, ...] = Field(min_length=1)
    checklist: tuple[ItemId, ...] = ()
    findings: tuple[Seen, ...] = ()
    report: Words | None = None
    report_audience: Audience = Audience.INTERNAL

    @model_validator(mode="after")
    def _check_days(self) -> Self:
        if self.until_on < self.from_on:
            msg = "a visit does not end before it begins"
            raise ValueError(msg)
        names = [firm.name for firm in self.firms]
        if len(set(names)) < len(names):
            msg = "a firm is named once in a visit"
            raise ValueError(msg)
        return self


_WORST: Final = (
    InPractice.NOT_CONFIRMED,
    InPractice.NOT_VISITED,
    InPractice.CONFIRMED_WITH_REMARKS,
    InPractice.CONFIRMED,
)
_ABSENT: Final = {Finding.ONLY_OURS: "theirs", Finding.ONLY_THEIRS: "ours"}
"""On which side there is nothing to see."""


def in_practice_at(visits: Iterable[Visit], item: ItemId, *, host: Party) -> InPractice:
    """Returns what visits to one side found about a row: at each firm the last, of all the worst.

    A later visit to the same firm takes the place of an earlier one, for it may follow it up.
    """
    last: dict[str, InPractice] = {}
    for visit in sorted(visits, key=lambda one: (one.until_on, one.from_on)):
        for seen in visit.findings:
            if visit.host == host and seen.item == item:
                last[seen.firm] = seen.result
    return min(last.values(), key=_WORST.index, default=InPractice.NOT_VISITED)


def in_practice(visits: Iterable[Visit], item: ItemId, *, finding: Finding) -> InPractice:
    """Returns what both sides' visits found about a row together.

    A row is confirmed when it was seen on both sides, or on the only one that has it.
    """
    visits = tuple(visits)
    hosts: tuple[Party, ...] = ("ours", "theirs")
    marks = [
        in_practice_at(visits, item, host=host) for host in hosts if _ABSENT.get(finding) != host
    ]
    return min(marks, key=_WORST.index)
