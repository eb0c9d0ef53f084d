"""An operator as one administration describes it to another, and the status of its authorisation.

The record is what may travel; which of its optional elements do travel is the arrangement's choice
(`DataElement`). Statuses and changes of status are in `changes.py`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from mra_gateway.model.base import Noun, is_nfc
from mra_gateway.model.identifiers import AuthorisationNumber, ProgrammeId, Territory, Tin


def _single_line_nfc(text: str) -> str:
    if not (text.isascii() or is_nfc(text)):
        msg = "text must be in Unicode Normalization Form C"
        raise ValueError(msg)
    if not text.isprintable() or text != text.strip():
        msg = "text must be one line of printable characters without space at either end"
        raise ValueError(msg)
    return text


Text = Annotated[str, Field(min_length=1, max_length=512), AfterValidator(_single_line_nfc)]
"""One line of text in any script, in NFC, byte for byte what the sender wrote."""

LanguageTag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
"""A BCP 47 language tag (`mn`, `zh-Hans`, `ru`)."""

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,34}$")]
"""A short code of a list named beside it."""


class ProgrammeKind(StrEnum):
    """What a programme certifies; only AEO programmes hold the SAFE security requirements."""

    AEO = "aeo"
    COMPLIANCE = "compliance"
    AUTHORISED_TRANSIT = "authorised_transit"


class Role(StrEnum):
    """What an operator does in the supply chain, as its programme certified it."""

    IMPORTER = "importer"
    EXPORTER = "exporter"
    MANUFACTURER = "manufacturer"
    CUSTOMS_BROKER = "customs_broker"
    FREIGHT_FORWARDER = "freight_forwarder"
    CONSOLIDATOR = "consolidator"
    CARRIER = "carrier"
    WAREHOUSE_KEEPER = "warehouse_keeper"
    TERMINAL_OPERATOR = "terminal_operator"
    EXPRESS_OPERATOR = "express_operator"
    POSTAL_OPERATOR = "postal_operator"
    ECOMMERCE_PLATFORM = "ecommerce_platform"
    FULFILMENT_CENTRE = "fulfilment_centre"
    TRANSIT_OPERATOR = "transit_operator"
    OTHER = "other"


class DataElement(StrEnum):
    """The elements of a record whose travel an arrangement decides.

    TIN, authorisation number, programme and status always travel: without them nothing can be
    recognised.
    """

    LEGAL_NAME = "legal_name"
    NAMES = "names"
    ADDRESSES = "addresses"
    TIER = "tier"
    ROLES = "roles"
    GRANTED_ON = "granted_on"
    EXPIRES_ON = "expires_on"
    DECISION_REFERENCE = "decision_reference"
    ISSUING_AUTHORITY = "issuing_authority"
    TIN_AS_ISSUED = "tin_as_issued"
    PARTNER_IDENTIFIERS = "partner_identifiers"


class OperatorName(Noun):
    """A name of an operator in a further language or script."""

    text: Text
    language: LanguageTag | None = None


class Address(Noun):
    """An address of an operator, as lines in the order of its territory."""

    lines: tuple[Text, ...] = Field(min_length=1, max_length=6)
    city: Text | None = None
    postcode: Text | None = None
    territory: Territory
    language: LanguageTag | None = None


class PartnerIdentifier(Noun):
    """An identifier this operator has in the recipient's systems (a MID, a supplier code).

    Attributes:
        kind: The list the value comes from, as the arrangement names it, e.g. `US-MID`.
        site: The site the identifier stands for, when it is one of several.
    """

    kind: Code
    value: Text
    site: Address | None = None


class Authorised(Noun):
    """What describes one operator's authorisation, in a register as in a message.

    Attributes:
        tin: Canonical TIN: territory code + national identifier.
        tin_as_issued: The national identifier as printed on the certificate, when it differs.
        authorisation: The authorisation number exactly as issued.
        episode: Reference of the decision that opened this run of the number: a number that is
            granted again after a revocation is a new episode.
        tier: Tier or type as the programme names it (`3`, `AEOS`, `advanced`); None when unknown,
            which grants nothing.
        legal_name: Name in the language and script of the register.
    """

    tin: Tin
    tin_as_issued: Text | None = None
    authorisation: AuthorisationNumber
    episode: Text
    programme: ProgrammeId
    kind: ProgrammeKind = ProgrammeKind.AEO
    tier: Code | None = None
    roles: tuple[Role, ...] = Field(default=(), max_length=20)
    legal_name: Text | None = None
    names: tuple[OperatorName, ...] = Field(default=(), max_length=20)
    addresses: tuple[Address, ...] = Field(default=(), max_length=50)
    granted_on: date | None = None
    expires_on: date | None = None
    decision_reference: Text | None = None
    issuing_authority: Text | None = None
    partner_identifiers: tuple[PartnerIdentifier, ...] = Field(default=(), max_length=200)


class OperatorRecord(Authorised):
    """One operator's authorisation as its own administration describes it to partners.

    Attributes:
        record_version: Counts the versions of this record at its administration, from 1.
    """

    record_version: int = Field(ge=1)
