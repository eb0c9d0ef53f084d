"""A declaration as far as recognition needs it, in its first form: JSON of this product's own.

National formats (WCO Data Model XML and others) come to this form through codecs and mappings.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, Field

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Text


class PartyLevel(StrEnum):
    """Where on the declaration a party stands."""

    HEADER = "header"
    SHIPMENT = "shipment"
    ITEM = "item"


class Override(StrEnum):
    """What takes precedence over any benefit on one consignment."""

    RANDOM_CONTROL = "random_control"
    TARGETED_ALERT = "targeted_alert"
    OTHER_AUTHORITY = "other_authority"
    PROHIBITED_GOODS = "prohibited_goods"


class DeclaredParty(Noun):
    """A party as declared.

    Attributes:
        identifier: The code somebody typed into the party's field, as it stands.
        territory: The territory of the party's address, when declared.
    """

    role: PartyFunction
    level: PartyLevel = PartyLevel.SHIPMENT
    identifier: Text | None = None
    name: Text | None = None
    territory: Territory | None = None


class Declaration(Noun):
    """One declaration.

    Attributes:
        reference: The declarant's or the national system's reference.
        type: Import, export or transit, as the deciding administration sees it.
        accepted_at: The moment of acceptance, whose status counts; now when absent.
        overrides: What the national risk system says takes precedence.
    """

    reference: Text
    type: Flow
    accepted_at: AwareDatetime | None = None
    parties: tuple[DeclaredParty, ...] = Field(min_length=1, max_length=200)
    overrides: tuple[Override, ...] = ()
