"""Opens a partner's joint monitoring sheet from a file and takes it: the signed document, or JSON.

1. signed: verified as every message is – the partner's pinned anchors, for us, in our environment,
   not changed since – and only then read
2. JSON: nothing vouches for it but an officer, who says what it rests on
3. it is of the partner and the period that were expected
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final, NamedTuple

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.measure_enter import ROLES
from mra_gateway.flows.print_performance import MOST_BYTES, read_report
from mra_gateway.flows.report_jointly import sheet_of
from mra_gateway.flows.take_sheet import Taken, came_of, take_sheet
from mra_gateway.model.comparison import Audience
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import PerformanceSheet
from mra_gateway.model.officers import Actor
from mra_gateway.model.periods import Period
from mra_gateway.model.trust import RawMessage, VerdictOutcome
from mra_gateway.store.database import Database
from mra_gateway.store.joint_sheets import Came
from mra_gateway.trust.verifier import Verifier
from mra_gateway.wire.codec import decode

_XML: Final = b"<"


class Expected(NamedTuple):
    """What an officer takes a file for.

    Attributes:
        evidence: What a sheet without a signature rests on.
    """

    partner: Territory
    period: Period
    evidence: str | None = None


class SheetOpener:
    """Takes sheets that come as files."""

    def __init__(
        self, *, database: Database, verifier: Verifier, book: PartnerBook, clock: Clock
    ) -> None:
        self._database, self._verifier = database, verifier
        self._book, self._clock = book, clock

    async def take(self, path: Path, *, expected: Expected, by: Actor) -> Taken:
        """Takes a sheet, all of it or nothing.

        Args:
            path: The file.
            expected: What it should be.
            by: The officer.

        Raises:
            RequestRefused: Not permitted; it cannot be read, nothing vouches for it, it cannot be
                judged now, is another sheet than the one expected, or is not what it should be.
            MalformedMessage: The signed document is none.
            UntrustedMessage: The signature is not good; the verdict says why.
            StoreError: The database failed.
        """
        check_role(by, *ROLES)
        await self._book.refresh(self._database)
        if _begins(path) == _XML:
            body, came = self._signed(path)
        else:
            body, came = _vouched(path, expected, us=self._book.us)
        if came.partner != expected.partner or body.period != expected.period:
            raise RequestRefused(
                f"this is the sheet of {came.partner} for {body.period}, not of "
                f"{expected.partner} for {expected.period}",
                reason=Reason.SHEET_INCONSISTENT,
                where=str(path),
            )
        return await self._database.write(
            lambda c: take_sheet(
                c, body, came=came, book=self._book, at=self._clock.now(), by=by.name
            )
        )

    def _signed(self, path: Path) -> tuple[PerformanceSheet, Came]:
        at = self._clock.now()
        raw = RawMessage(content=path.read_bytes(), arrived_at=at)
        verified = self._verifier.verify(raw, at=at, partner_of=self._book.find_trust)
        if verified.verdict.outcome is not VerdictOutcome.PASSED:
            raise RequestRefused(
                "this cannot be decided now: take it later",
                reason=verified.verdict.reason,
                where=str(path),
            )
        message = decode(verified).message
        if not isinstance(message.body, PerformanceSheet):
            raise RequestRefused(
                f"a {message.envelope.kind} is no sheet",
                reason=Reason.SHEET_INCONSISTENT,
                where=str(path),
            )
        return message.body, came_of(verified, message.envelope)


def _vouched(path: Path, expected: Expected, *, us: Territory) -> tuple[PerformanceSheet, Came]:
    if expected.evidence is None:
        raise RequestRefused(
            "nobody signed this: ask for the signed sheet (kpi share -o), or say what it rests on "
            "(--evidence)",
            reason=Reason.SIGNATURE_MISSING,
            where=str(path),
        )
    report = read_report(path)
    if report.audience is not Audience.PARTNER or report.partner != us:
        raise RequestRefused(
            f"this is no joint sheet for {us}", reason=Reason.SHEET_INCONSISTENT, where=str(path)
        )
    made_at = datetime.combine(report.printed_on, time(12), tzinfo=UTC)
    return sheet_of(report), Came(report.territory, made_at, evidence=expected.evidence)


def _begins(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RequestRefused(
                f"larger than {MOST_BYTES} bytes", reason=Reason.FILE_UNREADABLE, where=str(path)
            )
        with path.open("rb") as file:
            return file.read(1)
    except OSError as error:
        raise RequestRefused(
            error.strerror or "cannot be read", reason=Reason.FILE_UNREADABLE, where=str(path)
        ) from None
