"""What officers decide that decisions then rest on: measures, correspondences, scores.

Each noun is kept as a ground in the store (`store/grounds.py`) under its kind. That a decision
table was accepted is a ground too; its noun is in `benefits.py`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import ALL, Flow
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    MessageId,
    OfficerName,
    Territory,
    Tin,
)
from mra_gateway.model.operators import Code, Text


class GroundKind(StrEnum):
    """The kinds of grounds, as the store names them."""

    BENEFIT_SUSPENSION = "benefit_suspension"
    TARGETED_ALERT = "targeted_alert"
    RANDOM_CONTROL = "random_control"
    ARRANGEMENT_STOP = "arrangement_stop"
    PILOT = "pilot"
    DISRUPTION = "disruption"
    CORRESPONDENCE = "correspondence"
    DECISION_TABLE = "decision_table"
    COMPLIANCE_SCORE = "compliance_score"


class MeasureId(MessageId):
    """The identity of a measure, by which officers name it for as long as it is spoken of."""

    __slots__ = ()
    form = "a measure's id (a UUID in lower case)"


class Measure(Noun):
    """Something officers decided for a time.

    Attributes:
        id: The same through every change: a confirmation, an earlier end.
        from_at: A consignment accepted from this moment on is concerned.
        until_at: And before this one. What was ended keeps its span: a consignment accepted within
            it is decided by it, even if that is later.
        ordered_by: The officer; of an act that takes two, the one who asked for it.
        ordered_at: When it was put in place.
    """

    id: MeasureId
    from_at: AwareDatetime
    until_at: AwareDatetime | None = None
    ordered_by: OfficerName
    ordered_at: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until_at is not None and self.until_at <= self.from_at:
            msg = "a measure ends after it begins"
            raise ValueError(msg)
        return self

    def is_over(self, at: datetime) -> bool:
        """Says whether no consignment accepted from a moment on is concerned any more."""
        return self.until_at is not None and self.until_at <= at


class Where(Noun):
    """Which consignments a measure is about; what is absent does not restrict.

    Attributes:
        offices: Customs offices or border posts of the declaration.
        dispatched_from: Where the goods come from.
        destined_to: Where they go.
        through: Territories on the way.
        modes: Modes of transport at the border.
        flows: Directions.
    """

    offices: tuple[Code, ...] = ()
    dispatched_from: tuple[Territory, ...] = ()
    destined_to: tuple[Territory, ...] = ()
    through: tuple[Territory, ...] = ()
    modes: tuple[Code, ...] = ()
    flows: tuple[Flow, ...] = ()

    def in_words(self) -> str:
        """Returns it for an officer to read."""
        parts = [
            f"{name} {', '.join(values)}"
            for name, values in (
                ("at", self.offices),
                ("from", self.dispatched_from),
                ("to", self.destined_to),
                ("through", self.through),
                ("by mode", self.modes),
                ("for", self.flows),
            )
            if values
        ]
        return " ".join(parts) or "everywhere"


class SuspensionReason(StrEnum):
    """Why benefits are stopped, as far as a partner is told."""

    IRREGULARITY = "irregularity"
    SECURITY_RISK = "security_risk"
    DATA_IN_DOUBT = "data_in_doubt"
    IDENTITY_MISUSED = "identity_misused"
    REQUEST_OF_PARTNER = "request_of_partner"
    OTHER = "other"


class BenefitSuspension(Measure):
    """Benefits of one operator stopped by us, its status untouched.

    One officer stops at once; a second confirms. Not confirmed in time it is escalated, and stands.
    Restoring takes two.

    Attributes:
        arrangement: None for all of them: an operator may be known under several.
        partner: The administration that granted the status.
        authorisation: None for all the operator has.
        where: The site or route it is about; everywhere when empty.
        site: The operator's site, in words, where it is about one: goods are from another only
            where the code declared was confirmed to stand for another.
        codes: Which benefits.
        reason: For our own officers; the partner is told the class only.
        substitutes: Operators that may take over meanwhile.
        confirm_before: Until when a second officer has to confirm.
        confirmed_by: Who did.
        restored_by: The two who lifted it: who asked, and who approved.
    """

    arrangement: ArrangementId | None = None
    partner: Territory
    tin: Tin
    authorisation: AuthorisationNumber | None = None
    where: Where = Field(default_factory=Where)
    site: Text | None = None
    codes: Literal["all"] | tuple[Code, ...] = ALL
    reason_class: SuspensionReason
    reason: Text
    substitutes: tuple[Tin, ...] = ()
    confirm_before: AwareDatetime
    confirmed_by: OfficerName | None = None
    confirmed_at: AwareDatetime | None = None
    restored_by: tuple[OfficerName, ...] = ()

    def extent_in_words(self) -> str:
        """Returns what is stopped, and where, for an officer to read."""
        what = "all benefits" if self.codes == ALL else ", ".join(self.codes)
        parts = [what, self.arrangement or "all arrangements", self.where.in_words()]
        if self.authorisation is not None:
            parts.append(f"authorisation {self.authorisation}")
        if self.site is not None:
            parts.append(f"site {self.site}")
        return "; ".join(parts)

    def is_overdue(self, at: datetime) -> bool:
        """Says whether the time to confirm has passed without a second officer; it stands."""
        return self.confirmed_by is None and not self.restored_by and self.confirm_before <= at


class TargetedAlert(Measure):
    """Consignments that are looked at whatever the status: benefits do not ease them.

    Attributes:
        tin: None for those of any operator.
        chapters: Of the Harmonized System; of any goods when empty.
    """

    tin: Tin | None = None
    chapters: tuple[Annotated[str, Field(pattern=r"^[0-9]{2}$")], ...] = ()
    where: Where = Field(default_factory=Where)
    reason: Text


class RandomControl(Measure):
    """A share of the consignments that would be eased is controlled all the same.

    Which ones follows from the declaration's reference and the seed, so that it can be shown again
    and nobody outside can tell beforehand.

    Attributes:
        rate: From 0 to 1.
        arrangement: For one arrangement; None for all.
        seed: Never shown; it stays in the store, for results are computed again with it.
    """

    rate: Annotated[float, Field(ge=0, le=1)]
    arrangement: ArrangementId | None = None
    seed: Annotated[str, Field(min_length=16, max_length=100, repr=False)]


class ArrangementStop(Measure):
    """A whole arrangement, or what one partner brings into it, gives nothing for a time."""

    arrangement: ArrangementId
    partner: Territory | None = None
    reason: Text


class PilotScope(Measure):
    """While a pilot runs, only the operators and posts named take part.

    After it the whole arrangement applies; of several that run at a time, any one lets in.
    """

    arrangement: ArrangementId
    operators: Literal["all"] | tuple[Tin, ...]
    offices: Literal["all"] | tuple[Code, ...]
    reason: Text


class DisruptionCause(StrEnum):
    """Why trade is disrupted."""

    NATURAL_DISASTER = "natural_disaster"
    EXTREME_TEMPERATURE = "extreme_temperature"
    ROAD = "road"
    SEA = "sea"
    UNREST = "unrest"
    INFRASTRUCTURE_OUTAGE = "infrastructure_outage"
    ROBBERY = "robbery"
    ACCIDENT = "accident"


class Disruption(Measure):
    """Trade is disrupted at some places; AEOs go first when it resumes.

    Attributes:
        announced_by: Our territory, or the partner that told us.
        resumed_at: From when goods move again; the priority list is of then.
    """

    cause: DisruptionCause
    where: Where
    text: Text
    announced_by: Territory
    resumed_at: AwareDatetime | None = None


class CorrespondenceKind(StrEnum):
    """What is known to stand for an operator."""

    IDENTIFIER = "identifier"
    """A code: a MID, a supplier code, a number once typed wrongly."""

    NAME = "name"
    """A name variant."""


class Correspondence(Noun):
    """Somebody confirmed that a declared text stands for an operator.

    Attributes:
        text: As declared.
        list: The list a code belongs to (`US-MID`), when it is of one.
        confirmed_by: An officer, or the territory of the partner that told us.
        why: What it was confirmed by.
    """

    kind: CorrespondenceKind
    text: Text
    list: Code | None = None
    partner: Territory
    tin: Tin
    site: Text | None = None
    confirmed_by: Text
    confirmed_at: AwareDatetime
    why: Text


class ComplianceScore(Noun):
    """Our own score of an operator, carried along to our declaration system."""

    tin: Tin
    score: float
    scale: Text
    as_of: AwareDatetime
