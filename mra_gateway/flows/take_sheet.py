"""Takes a partner's joint sheet: its figures stand beside ours, its benefits are counted.

1. whose: of the partner for us, of a period that was over when it was made
2. every cell: of an arrangement with that partner, by a definition that is ours too, once
3. not twice, not an older one; a later one is a correction, and the one before is kept
4. the benefits a month's sheet says were given to our operators are entered as reported. A
   quarter's and a year's are not, for they hold the months' once more; nor those of an arrangement
   of more than two parties, for they are not ours alone. What was entered by hand of that month is
   corrected by the sheet

Everything is looked at before anything is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook, zone_of
from mra_gateway.indicators.definitions import definition_digest
from mra_gateway.indicators.event_tables import EXCHANGEABLE
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, Digest
from mra_gateway.model.indicators import Indicator, IndicatorId, Quantity
from mra_gateway.model.joint_sheets import CellKey, JointCell
from mra_gateway.model.measured_entries import Entry, NewEntry
from mra_gateway.model.messages import Envelope, PerformanceSheet
from mra_gateway.model.trust import VerifiedMessage
from mra_gateway.store import joint_sheets, journal, measure_entries
from mra_gateway.store.joint_sheets import Came

GIVEN: Final = IndicatorId("gateway:reciprocity.given")
"""Under which a side tells how many benefits it gave to the other's operators."""

_TABLE: Final = "reported_benefits"


class Entered(NamedTuple):
    """What became of the benefits reported under an arrangement.

    Attributes:
        number: None where the sheet tells none any more.
        entry: The entry that says so now.
    """

    arrangement: ArrangementId
    number: int | None
    entry: int


class Taken(NamedTuple):
    """A sheet that was taken.

    Attributes:
        corrects: The sheet whose place it takes.
    """

    id: int
    corrects: int | None
    cells: int
    suppressed: int
    entered: tuple[Entered, ...]


def take_sheet(
    connection: Connection,
    body: PerformanceSheet,
    *,
    came: Came,
    book: PartnerBook,
    at: datetime,
    by: str,
) -> Taken:
    """Keeps a sheet and enters what it reports, or nothing of it.

    Args:
        connection: The transaction.
        body: What the partner says.
        came: From whom, and what vouches for it.
        book: Arrangements and indicators.
        at: Now.
        by: The officer, or the system where it came as a message.

    Raises:
        RequestRefused: It is not what it should be; the reason says why.
    """
    with_partner = _Checked(book, came).check(body)  # 1, 2
    joint_sheets.lock(connection, came.partner)
    digest = content_digest(body)
    held = joint_sheets.newest(connection, came.partner, body.period)  # 3
    if held is not None:
        _check_later(held, came, digest)
    corrects = joint_sheets.last(connection, came.partner, body.period)
    id_ = joint_sheets.add(
        connection, body, digest=digest, came=came, at=at, by=by, corrects=corrects
    )
    source = _Source(id_, body, digest, came, at, by)
    entered = tuple(_enter(connection, source, with_partner))  # 4
    taken = Taken(
        id_, corrects, len(body.cells), sum(one.suppressed for one in body.cells), entered
    )
    journal.record(
        connection,
        at=at,
        actor=by,
        act="joint sheet taken",
        subject=f"{came.partner} {body.period}",
        detail={
            "sheet": id_,
            "corrects": corrects,
            "digest": digest,
            "signer": came.signer,
            "message": came.message_id,
            "entered": {str(one.arrangement): one.number for one in entered},
        },
    )
    return taken


def hear_sheet(
    connection: Connection,
    body: PerformanceSheet,
    *,
    came: Came,
    book: PartnerBook,
    at: datetime,
) -> Reason:
    """Takes a sheet that came as a message, and returns `OK`, or why it is not taken."""
    try:
        take_sheet(connection, body, came=came, book=book, at=at, by=journal.SYSTEM)
    except RequestRefused as refused:
        # the same said again under another message is no fault of the sender's
        return Reason.OK if refused.reason is Reason.ALREADY_LOADED else refused.reason
    return Reason.OK


def came_of(verified: VerifiedMessage, envelope: Envelope) -> Came:
    """Returns from whom a signed sheet came."""
    return Came(
        partner=verified.sender,
        made_at=envelope.created_at,
        message_id=envelope.message_id,
        signer=verified.signer.fingerprint,
        signer_name=verified.signer.subject,
    )


def content_digest(body: PerformanceSheet) -> Digest:
    """Returns the SHA-256 of what a sheet says, in whatever order its cells stand."""
    cells = [one.model_dump(mode="json", exclude_defaults=True) for one in body.cells]
    said = {
        "period": body.period,
        "cells": sorted(json.dumps(one, sort_keys=True) for one in cells),
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return Digest.trusted(hashlib.sha256(text.encode()).hexdigest())


class _Checked:
    """What a sheet has to be, looked at cell by cell."""

    def __init__(self, book: PartnerBook, came: Came) -> None:
        self._book, self._came = book, came
        self._indicators: dict[IndicatorId, tuple[Indicator, Digest]] = {}

    def check(self, body: PerformanceSheet) -> Mapping[ArrangementId, Arrangement]:
        """Returns the arrangements with the partner.

        Raises:
            RequestRefused: The sheet is not what it should be.
        """
        registry, partner = self._book.registry, self._came.partner
        there = zone_of(registry.get_administration(partner))
        if self._came.made_at.astimezone(there).date() <= body.period.last_on:
            raise RequestRefused(
                f"{body.period} was not over when the sheet was made",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        sides = {self._book.us, partner}
        with_partner = {
            one.id: one
            for one in registry.arrangements.values()
            if sides <= {party.territory for party in one.parties}
        }
        seen: set[CellKey] = set()
        for cell in body.cells:
            if cell.arrangement not in with_partner:
                known = cell.arrangement in registry.arrangements
                raise RequestRefused(
                    f"{cell.arrangement} is no arrangement with {partner}",
                    reason=Reason.NOT_A_PARTY if known else Reason.ARRANGEMENT_UNKNOWN,
                )
            self._check_cell(cell)
            if cell.key in seen:
                raise _wrong(cell, "stands there twice")
            seen.add(cell.key)
        return with_partner

    def _check_cell(self, cell: JointCell) -> None:
        indicator, definition = self._known(cell.indicator)
        if cell.definition != definition:
            raise RequestRefused(
                f"{cell.indicator} is counted otherwise there than here: agree on one definition",
                reason=Reason.DEFINITION_DIFFERS,
            )
        if indicator.of not in EXCHANGEABLE:
            raise _wrong(cell, "is not counted over the exchange, which both sides have")
        group = {one.column: one.value for one in cell.group}
        columns = sorted({*indicator.by} - {"arrangement"})
        if cell.breakdown is not indicator.about or sorted(one.column for one in cell.group) != (
            columns
        ):
            raise _wrong(cell, "is divided by other columns than its definition says")
        if group.get("partner", self._book.us) != self._book.us:
            raise _wrong(cell, "is about another partner")
        if indicator.quantity is Quantity.COUNT and not float(cell.value or 0).is_integer():
            raise _wrong(cell, "is a count and not whole")

    def _known(self, id_: IndicatorId) -> tuple[Indicator, Digest]:
        if id_ not in self._indicators:
            try:
                indicator = self._book.registry.get_indicator(id_)
            except RequestRefused:
                raise RequestRefused(
                    f"no indicator {id_} here: ask for a sheet of what both have",
                    reason=Reason.INDICATOR_UNKNOWN,
                ) from None
            self._indicators[id_] = indicator, definition_digest(indicator)
        return self._indicators[id_]


def _wrong(cell: JointCell, what: str) -> RequestRefused:
    return RequestRefused(
        f"{cell.indicator} of {cell.arrangement} {what}", reason=Reason.SHEET_INCONSISTENT
    )


def _check_later(held: joint_sheets.Sheet, came: Came, digest: Digest) -> None:
    is_vouched = None in (came.signer, held.came.signer)
    if held.digest == digest and (came.signer is None or not is_vouched):
        raise RequestRefused(
            f"this was taken as sheet {held.id} on {held.taken_at:%Y-%m-%d}",
            reason=Reason.ALREADY_LOADED,
        )
    if came.signer is None and held.came.signer is not None:
        raise RequestRefused(
            f"sheet {held.id} is signed: only a signed one corrects it",
            reason=Reason.SIGNATURE_MISSING,
        )
    before = held.came.made_at
    # one without a signature tells the day only
    if came.made_at.date() < before.date() if is_vouched else came.made_at <= before:
        raise RequestRefused(
            f"sheet {held.id} was made later, at {before:%Y-%m-%dT%H:%M}", reason=Reason.SHEET_OLDER
        )


class _Source(NamedTuple):
    """A sheet whose benefits are entered."""

    id: int
    body: PerformanceSheet
    digest: Digest
    came: Came
    at: datetime
    by: str


def _enter(
    connection: Connection, source: _Source, with_partner: Mapping[ArrangementId, Arrangement]
) -> Iterator[Entered]:
    period, partner = source.body.period, source.came.partner
    if period.kind != "month":
        return
    told = {
        cell.arrangement: int(cell.value)
        for cell in source.body.cells
        if cell.indicator == GIVEN and cell.value is not None
    }
    every = measure_entries.current(connection, _TABLE, first=period.first_on, last=period.last_on)
    from_sheets, left = joint_sheets.digests(connection), joint_sheets.disbelieved(connection)
    for id_, arrangement in sorted(with_partner.items()):
        if len(arrangement.parties) != 2:
            continue
        standing = [
            one
            for one in every
            if (one.content["partner"], one.content["arrangement"]) == (partner, id_)
        ]
        number = told.get(id_)
        if number is None:
            for one in standing:
                if one.digest in from_sheets:
                    yield Entered(id_, None, _write(connection, source, id_, None, one))
        elif [one.content["number"] for one in standing if one.digest not in left] != [number]:
            # what was entered in several parts is one number now
            first = standing[0] if standing else None
            yield Entered(id_, number, _write(connection, source, id_, number, first))
            for one in standing[1:]:
                _write(connection, source, id_, None, one)


def _write(
    connection: Connection,
    source: _Source,
    arrangement: ArrangementId,
    number: int | None,
    wrong: Entry | None,
) -> int:
    came, on = source.came, source.body.period.last_on
    vouched = f"message {came.message_id}" if came.message_id else came.evidence
    new = NewEntry(
        kind=_TABLE,
        on=on,
        content={}
        if number is None
        else {
            "partner": came.partner,
            "arrangement": arrangement,
            "direction": "received",
            "number": number,
            "on": on.isoformat(),
        },
        evidence=f"joint sheet {source.id} of {came.partner}: {vouched}"[:512],
        digest=source.digest,
        at=source.at,
        by=source.by,
        corrects=None if wrong is None else wrong.id,
    )
    return measure_entries.add(connection, new)
