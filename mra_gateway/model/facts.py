"""Facts about administrations, programmes and arrangements, each with its source and basis.

The files of `partners/` in memory. Loading and cross-file checks are in `registry/`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field, HttpUrl, TypeAdapter

from mra_gateway.errors import Reason
from mra_gateway.model.base import Noun
from mra_gateway.model.identifiers import ArrangementId, ProgrammeId, Territory, Tin
from mra_gateway.model.operators import (
    Code,
    DataElement,
    LanguageTag,
    OperatorRecord,
    ProgrammeKind,
    Role,
    Text,
)

T = TypeVar("T")

ALL: Literal["all"] = "all"
"""Written out where a scope leaves nothing out; an absent scope covers nothing."""


class Basis(StrEnum):
    """How sure a fact is."""

    READ = "read"
    PARTIAL = "partial"
    UNVERIFIED = "unverified"


class Fact(Noun, Generic[T]):
    """A value with where it comes from, how sure it is, and as of when.

    Attributes:
        value: None where a source was looked for and the value not found: it then grants nothing.
        source: Where it was read, for a person to open.
        basis: Whether the source was read, partly read, or the value is unverified.
        as_of: The day the source was consulted.
    """

    value: T | None = None
    source: Text
    basis: Basis
    as_of: date


class ContactPoint(Noun):
    """Where an administration is reached about its programme or an arrangement."""

    purpose: Text
    name: Text | None = None
    email: Text | None = None
    telephone: Text | None = None


class Administration(Noun):
    """A customs administration and its customs territory.

    Attributes:
        tin_territories: The territory codes its TINs begin with: its own, and for a customs union
            those of its members.
    """

    territory: Territory
    name: Fact[Text]
    display_name: Fact[Text]
    tin_territories: Fact[tuple[Territory, ...]]
    languages: Fact[tuple[LanguageTag, ...]]
    time_zone: Fact[Text]
    working_days: Fact[tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]]
    contact_points: tuple[Fact[ContactPoint], ...] = ()
    notes: tuple[Fact[Text], ...] = ()


class Tier(Noun):
    """A tier or type of a programme, and whether the programme offers it for recognition abroad."""

    code: Code
    name: Text
    mra_eligible: bool | None = None


class Programme(Noun):
    """Header facts of a programme.

    Attributes:
        local_benefits: Codes of the benefits the programme gives its own operators; what is not
            known to be offered at home is given to nobody from abroad.
        local_parameters: With which parameters it gives them, benefit by benefit; nobody from
            abroad gets better ones.
    """

    id: ProgrammeId
    administration: Territory
    name: Fact[Text]
    kind: Fact[ProgrammeKind]
    legal_basis: Fact[Text]
    launched_on: Fact[Text]
    tiers: Fact[tuple[Tier, ...]]
    roles: Fact[tuple[Role, ...]]
    validity: Fact[Text]
    numbers: Fact[Text]
    authorisation_form: Fact[Text]
    local_benefits: Fact[tuple[Code, ...]]
    local_parameters: Fact[dict[Code, dict[Code, str | int | float | bool]]] | None = None
    successor_of: Fact[Text] | None = None
    notes: tuple[Fact[Text], ...] = ()


class ScopeItem(Noun):
    """A programme, and the tiers and roles of it, that one side brings into an arrangement."""

    programme: ProgrammeId
    tiers: Literal["all"] | tuple[Code, ...]
    roles: Literal["all"] | tuple[Role, ...] = ALL
    name_at_signature: Text | None = None


class Flow(StrEnum):
    """The direction of goods as the administration that decides sees it."""

    IMPORT = "import"
    EXPORT = "export"
    TRANSIT = "transit"


class PartyFunction(StrEnum):
    """What a party does on this consignment, which need not be what its programme certified."""

    EXPORTER = "exporter"
    CONSIGNOR = "consignor"
    SELLER = "seller"
    MANUFACTURER = "manufacturer"
    IMPORTER = "importer"
    CONSIGNEE = "consignee"
    BUYER = "buyer"
    DECLARANT = "declarant"
    CARRIER = "carrier"
    FREIGHT_FORWARDER = "freight_forwarder"
    CONSOLIDATOR = "consolidator"
    WAREHOUSE_KEEPER = "warehouse_keeper"
    REPRESENTATIVE = "representative"
    AUTHORISATION_HOLDER = "authorisation_holder"
    """Named as holder of an authorisation; what it does on the consignment is not declared."""
    NOT_STATED = "not_stated"
    """A party whose function the declaration does not say, or says with a code not known here."""


class Benefit(Noun):
    """One benefit of an arrangement, as one side grants it to the other's operators.

    Attributes:
        granted_by: The territory whose administration gives it.
        flows: On which flows of goods.
        functions: Which functions on the consignment the recognised operator may have.
        local_holder_only: Needs a local establishment, taxpayer or guarantee, so that it cannot
            attach to a consignment of a foreign operator.
        parameters: What the national system needs (`inspection_rate_multiplier = 0.2`).
    """

    code: Code
    title: Text
    granted_by: Territory
    flows: tuple[Flow, ...]
    functions: tuple[PartyFunction, ...]
    local_holder_only: bool = False
    parameters: dict[str, str | int | float | bool] = Field(default_factory=dict)
    legal_reference: Text | None = None


class BenefitDefinition(Noun):
    """What a benefit code means, whoever grants it.

    Attributes:
        title_ru: The same in Russian, for documents.
        local_holder_only: Needs a local establishment, taxpayer or guarantee: no arrangement can
            give it to an operator abroad.
        attaches_to: Whether it eases this consignment, or is the operator's own whatever it sends.
        parameters: Its parameters, and which way each is the more favourable.
        safe_reference: Row of the SAFE benefit list (`B1.c`).
        tfa_reference: Paragraph of the Agreement on Trade Facilitation (`7.3(b)`).
    """

    title: Text
    title_ru: Text | None = None
    local_holder_only: bool
    attaches_to: Literal["consignment", "holder"] = "consignment"
    parameters: dict[Code, Literal["lower", "higher", "none"]] = Field(default_factory=dict)
    safe_reference: Text | None = None
    tfa_reference: Text | None = None


class BenefitCatalogue(Noun):
    """The benefit codes that programmes and arrangements may name."""

    id: Literal["benefits"]
    benefits: dict[Code, Fact[BenefitDefinition]]


class Party(Noun):
    """One side of an arrangement.

    Attributes:
        started_on: When this side began to apply it; plurilateral arrangements start one by one.
        scope: What of its own programmes it brings in.
    """

    territory: Territory
    started_on: Fact[date]
    scope: Fact[tuple[ScopeItem, ...]]


class Pilot(Noun):
    """A trial run before or instead of full operation."""

    from_on: date
    until_on: date | None = None


class Exchange(Noun):
    """How operator data travel under an arrangement: empty where the text was not obtained."""

    data_elements: Fact[tuple[DataElement, ...]]
    frequency: Fact[Text]
    consent: Fact[Literal["required", "not_required"]]
    retention_days: Fact[int]
    notification: Fact[Text]


class NameMatching(Noun):
    """That a name may stand for an operator by itself where no identifier is declared.

    Attributes:
        threshold: The score from which on, of 100. None below 95 is taken: under it, on the pairs
            the comparison was tried on, are names of other firms.
    """

    threshold: float = Field(ge=95, le=100)


class Arrangement(Noun):
    """A mutual recognition arrangement. What the product ships is a draft until it is confirmed.

    Attributes:
        name_matching: Only where the parties agreed on it; without it a name alone recognises
            nobody.
    """

    id: ArrangementId
    title: Text
    legal_reference: Fact[Text]
    signed_on: Fact[date]
    in_force_on: Fact[date]
    ended_on: Fact[date]
    pilot: Fact[Pilot]
    termination_notice: Fact[Text]
    parties: tuple[Party, ...] = Field(min_length=2)
    exchange: Exchange
    benefits: Fact[tuple[Benefit, ...]]
    name_matching: Fact[NameMatching] | None = None
    notes: tuple[Fact[Text], ...] = ()

    def party(self, territory: Territory) -> Party | None:
        """Returns the side of a territory, or None when it is not a party."""
        return next((party for party in self.parties if party.territory == territory), None)

    def in_force(self, on: date, *, parties: tuple[Territory, ...] = ()) -> bool:
        """Says whether the arrangement, and each side named, has started and not ended on a day.

        An unknown start is no start.
        """
        start, end = self.in_force_on.value, self.ended_on.value
        if start is None or on < start or (end is not None and on >= end):
            return False
        for territory in parties:
            side = self.party(territory)
            if side is None or side.started_on.value is None or on < side.started_on.value:
                return False
        return True

    def check_covered(self, record: OperatorRecord, *, issuer: Administration) -> Reason:
        """Returns `OK` when the issuer brings this authorisation in, else the reason why not."""
        return self.check_covered_by(
            record.programme, tin=record.tin, tier=record.tier, roles=record.roles, issuer=issuer
        )

    def check_covered_by(
        self,
        programme: ProgrammeId,
        *,
        tin: Tin,
        tier: str | None,
        roles: tuple[Role, ...],
        issuer: Administration,
    ) -> Reason:
        """Returns `OK` when the issuer brings such an authorisation in, else the reason why not.

        Programme, tier and, where the scope names roles, at least one role must match. An unknown
        scope or tier covers nothing.
        """
        side = self.party(issuer.territory)
        if side is None:
            return Reason.NOT_A_PARTY
        own = issuer.tin_territories.value or ()
        if programme.territory != issuer.territory or tin.territory not in own:
            return Reason.OPERATOR_OF_THIRD_TERRITORY
        items = [item for item in side.scope.value or () if item.programme == programme]
        if not items:
            return Reason.PROGRAMME_OUT_OF_SCOPE
        for item in items:
            tier_fits = item.tiers == ALL or tier in item.tiers
            role_fits = item.roles == ALL or bool(set(roles) & set(item.roles))
            if tier_fits and role_fits:
                return Reason.OK
        return Reason.TIER_OUT_OF_SCOPE


Url = Annotated[str, Field(max_length=300)]
"""The address of a partner API."""

_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)


def check_url(text: str) -> str:
    """Returns an address unchanged when it is an https URL.

    Raises:
        ValueError: It is not.
    """
    if _URL.validate_python(text).scheme != "https":
        msg = f"{text[:100]!r} is not an https address"
        raise ValueError(msg)
    return text


class PartnerCard(Noun):
    """What a partner is given out of band, and pins after comparing fingerprints.

    Attributes:
        environment: `test` or `production`; a card of the other environment is refused.
        signing_anchors: PEM of the certificates under which its messages are signed.
        signer_name: RFC 4514 subject the signing certificate must have when the anchor also issues
            for others; None when the anchor issues for this administration alone.
        tls_anchors: PEM of the certificates its gateway presents or that issued them.
    """

    format: Literal["mra-gateway-card-1"] = "mra-gateway-card-1"
    territory: Territory
    environment: Literal["test", "production"]
    url: Url | None = None
    signing_anchors: tuple[str, ...] = Field(min_length=1)
    signer_name: str | None = None
    tls_anchors: tuple[str, ...] = Field(min_length=1)
    tls_name: str | None = None
