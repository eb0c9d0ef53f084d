"""What recognition answers: per party, step by step, with the reason that holds in an appeal."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.declarations import DeclaredParty
from mra_gateway.model.facts import Flow
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    Digest,
    ProgrammeId,
    Territory,
    Tin,
)
from mra_gateway.model.operators import Code


class RecognitionReason(StrEnum):
    """Why a step of the rule passed or not."""

    OK = "OK"
    IDENTIFIER_NOT_DECLARED = "IDENTIFIER_NOT_DECLARED"
    IDENTIFIER_NOT_FOUND = "IDENTIFIER_NOT_FOUND"
    IDENTIFIER_AMBIGUOUS = "IDENTIFIER_AMBIGUOUS"
    ARRANGEMENT_NOT_CONFIRMED = "ARRANGEMENT_NOT_CONFIRMED"
    ARRANGEMENT_NOT_IN_FORCE = "ARRANGEMENT_NOT_IN_FORCE"
    NEVER_LISTED = "NEVER_LISTED"
    DATA_STALE = "DATA_STALE"
    STATUS_NOT_VALID = "STATUS_NOT_VALID"
    STATUS_NOT_LISTED = "STATUS_NOT_LISTED"
    AUTHORISATION_EXPIRED = "AUTHORISATION_EXPIRED"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    FLOW_NOT_COVERED = "FLOW_NOT_COVERED"
    FUNCTION_NOT_COVERED = "FUNCTION_NOT_COVERED"
    NO_BENEFITS_AGREED = "NO_BENEFITS_AGREED"
    NOT_OFFERED_AT_HOME = "NOT_OFFERED_AT_HOME"
    LOCAL_HOLDER_ONLY = "LOCAL_HOLDER_ONLY"
    OVERRIDDEN = "OVERRIDDEN"
    NOT_AGREED = "NOT_AGREED"
    NOT_IN_TABLE = "NOT_IN_TABLE"
    REFUSED_BY_TABLE = "REFUSED_BY_TABLE"
    FACT_NOT_DECLARED = "FACT_NOT_DECLARED"
    PROGRAMME_NOT_COVERED = "PROGRAMME_NOT_COVERED"
    TIER_NOT_COVERED = "TIER_NOT_COVERED"
    ROLE_NOT_COVERED = "ROLE_NOT_COVERED"
    OPERATOR_NOT_NAMED = "OPERATOR_NOT_NAMED"
    ROW_NOT_IN_FORCE = "ROW_NOT_IN_FORCE"
    COUNTERPART_NOT_COVERED = "COUNTERPART_NOT_COVERED"
    DELIVERY_NOT_DIRECT = "DELIVERY_NOT_DIRECT"
    OFFICE_NOT_COVERED = "OFFICE_NOT_COVERED"
    MODE_NOT_COVERED = "MODE_NOT_COVERED"
    PROCEDURE_NOT_COVERED = "PROCEDURE_NOT_COVERED"
    GOODS_EXCLUDED = "GOODS_EXCLUDED"
    VALUE_CATEGORY_NOT_COVERED = "VALUE_CATEGORY_NOT_COVERED"
    ECOMMERCE_ROLE_NOT_COVERED = "ECOMMERCE_ROLE_NOT_COVERED"
    LOCAL_PARAMETER_UNKNOWN = "LOCAL_PARAMETER_UNKNOWN"
    IDENTIFIER_LOSSY = "IDENTIFIER_LOSSY"
    ARRANGEMENT_STOPPED = "ARRANGEMENT_STOPPED"
    NOT_IN_PILOT = "NOT_IN_PILOT"
    INDEX_NOT_CURRENT = "INDEX_NOT_CURRENT"
    BENEFITS_SUSPENDED = "BENEFITS_SUSPENDED"
    TARGETED_ALERT = "TARGETED_ALERT"
    RANDOM_CONTROL = "RANDOM_CONTROL"
    SHADOW_MODE = "SHADOW_MODE"


class RuleStep(Noun):
    """One step of the seven-step rule, for one party.

    Attributes:
        number: 1 to 7, as in the rule.
        text: What was found, in words an appeal can be answered with.
    """

    number: int
    name: str
    passed: bool
    reason: RecognitionReason
    text: str


class BenefitResult(Noun):
    """One benefit of the arrangement and whether this consignment gets it.

    Attributes:
        row: The row of the decision table that decided, or came nearest.
        text: Why, in words an appeal can be answered with.
        missing: The fact that has to be declared so that it can be judged.
        parameters: As granted, none better than what our own AEOs get.
    """

    code: Code
    title: str
    granted: bool
    reason: RecognitionReason
    row: str | None = None
    text: str = ""
    missing: str | None = None
    parameters: dict[str, str | int | float | bool] = Field(default_factory=dict)
    legal_reference: str | None = None


class FlagKind(StrEnum):
    """What an officer should look at although it decides nothing."""

    POSSIBLE_PIGGYBACKING = "possible_piggybacking"
    """The name or address beside a quoted code is not that of its holder."""
    UNCONFIRMED_SUSPENSION = "unconfirmed_suspension"
    """Benefits are suspended by one officer; the second has not confirmed in time."""


class Flag(Noun):
    """Something to look at, in words."""

    kind: FlagKind
    text: str


class PartyResult(Noun):
    """What recognition says about one party of a declaration.

    Attributes:
        recognised: Steps 1 to 3 passed: a partner's AEO in good standing, in scope.
        read_by: The alias rule by which the declared identifier was read.
        as_of: Up to which moment the partner's word was known to us.
        benefits: What eases this consignment.
        holder_benefits: What the operator gets whatever it sends.
        shadow: The decision table runs in shadow: what it grants is counted and not applied.
        corrections: What to correct in the declaration so that more would be granted.
    """

    party: DeclaredParty
    recognised: bool
    arrangement: ArrangementId | None = None
    partner: Territory | None = None
    tin: Tin | None = None
    authorisation: AuthorisationNumber | None = None
    programme: ProgrammeId | None = None
    tier: str | None = None
    status: str | None = None
    read_by: str | None = None
    as_of: datetime | None = None
    steps: tuple[RuleStep, ...] = ()
    benefits: tuple[BenefitResult, ...] = ()
    holder_benefits: tuple[BenefitResult, ...] = ()
    table: str | None = None
    shadow: bool = False
    flags: tuple[Flag, ...] = ()
    corrections: tuple[str, ...] = ()


class Again(StrEnum):
    """How a result computed again is like the one that was given."""

    SAME = "same"
    IN_OTHER_WORDS = "in_other_words"
    """The same is recognised and granted; a later version of the rule says it otherwise."""
    DIFFERENT = "different"


class RecognitionResult(Noun):
    """The answer to one declaration, with everything it rests on.

    A recognition result is a value for the national system, not an appealable decision by itself.

    Attributes:
        id: Under which it is stored.
        accepted_at: The moment whose status counts.
        known_at: Up to when our knowledge was used.
        position: The same as a position of the feed, which is exact: recomputing with it gives the
            same answer.
        rule: Version of the rule.
        book: Digest of the rule book: arrangements as confirmed, decision tables, alias rules.
    """

    id: str
    reference: str
    type: Flow
    decided_at: datetime
    accepted_at: datetime
    known_at: datetime
    position: int
    rule: str
    book: Digest
    recognised: bool
    results: tuple[PartyResult, ...]

    def compare(self, now: RecognitionResult) -> Again:
        """Returns how the answer computed again, perhaps by a later version, is like this one."""
        if self == now.model_copy(update={"rule": self.rule}):
            return Again.SAME
        in_other_words = self.rule != now.rule and now.gives_as(self)
        return Again.IN_OTHER_WORDS if in_other_words else Again.DIFFERENT

    def gives_as(self, other: RecognitionResult) -> bool:
        """Says whether another answer gives the same, in whatever words.

        A later version of the rule may say the same in other words.
        """
        return self._given() == other._given()

    def _given(self) -> tuple[object, ...]:
        return tuple(
            (
                one.recognised,
                one.arrangement,
                one.tin,
                one.authorisation,
                [
                    (benefit.code, benefit.granted, benefit.parameters)
                    for benefit in (*one.benefits, *one.holder_benefits)
                ],
            )
            for one in self.results
        )
