"""What `decisions` prints for a person, in English or Russian."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mra_gateway.cli import show
from mra_gateway.cli.spoken import Spoken
from mra_gateway.model.recognition import RecognitionResult

if TYPE_CHECKING:
    from mra_gateway.flows.audit_late import Affected, Given
    from mra_gateway.store.late import LateChange
    from mra_gateway.store.results import StoredResult

_RESULT = (
    "id", "decided", "accepted", "party", "identifier", "operator", "benefits", "asked_by",
)  # fmt: skip
_AFFECTED = ("reference", "accepted", "operator", "given", "would_be", "because", "known")


class DecisionsText(Spoken):
    """Prints results found, counted and affected by late changes."""

    def results(self, found: Sequence[StoredResult], *, zone: ZoneInfo) -> None:
        """Prints the results of a declaration, party by party."""
        self.table(
            self.headings(*_RESULT),
            [
                (
                    one.id,
                    one.decided_at,
                    result.accepted_at,
                    self.word("function", party.party.role),
                    party.party.identifier,
                    party.tin or self.say("not_found"),
                    ", ".join(benefit.code for benefit in party.benefits if benefit.granted)
                    or self.say("no_benefits"),
                    one.requested_by,
                )
                for one in found
                for result in [RecognitionResult.model_validate_json(one.result)]
                for party in result.results
            ],
            empty=self.say("no_results"),
            zone=zone,
        )

    def counts(self, rows: Sequence[tuple[str, str, str, int]], *, first: date, last: date) -> None:
        """Prints how many parties ended how: partner, outcome, reason, number."""
        show.table(
            self.headings("partner", "outcome", "reason", "parties"),
            [
                (
                    self.territory(partner, partner) or self.say("nobody_found"),
                    self.say(f"outcome_{outcome}"),
                    self.code(reason),
                    count,
                )
                for partner, outcome, reason, count in rows
            ],
            title=self.say("counted", first=self.day(first), last=self.day(last)),
            empty=self.say("nothing_decided"),
        )

    def affected(self, found: Sequence[Affected], *, zone: ZoneInfo) -> None:
        """Prints the consignments a late change would have had decided otherwise."""
        self.table(
            self.headings(*_AFFECTED),
            [
                (
                    one.reference,
                    one.accepted_at,
                    one.now.tin or one.given.tin,
                    self._given(one.given),
                    self._given(one.now),
                    self.because(one.changes, zone=zone),
                    one.changes[-1].known_at,
                )
                for one in found
            ],
            empty=self.say("nothing_affected"),
            zone=zone,
        )

    def because(self, changes: Sequence[LateChange], *, zone: ZoneInfo) -> str:
        """Returns what became known too late, with its moments in the administration's zone."""
        return "; ".join(
            self.say(
                "known_late_end" if change.is_end else "known_late",
                authorisation=change.fact.key.authorisation,
                status=self.word("status", change.fact.status),
                moment=self.moment(change.fact.effective_from, zone),
            )
            for change in changes
        )

    def _given(self, given: Given) -> str:
        if not given.recognised:
            return self.say("not_recognised")
        return ", ".join(given.benefits) or self.say("no_benefit")
