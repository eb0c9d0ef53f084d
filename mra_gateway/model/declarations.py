"""A declaration as far as recognition needs it.

The JSON of this product's own is this model as it stands. National formats (WCO Data Model XML,
ASYCUDA, spreadsheets) come to it through the codecs of `wire/` and the mappings of `tables/`.

A fact that is not declared is unknown, and what is unknown gives no benefit.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, Field

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Code, Role, Text


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


class DeclarationType(StrEnum):
    """What a declaration asks for; only the first three are decided."""

    IMPORT = "import"
    EXPORT = "export"
    TRANSIT = "transit"
    AMENDMENT = "amendment"
    CANCELLATION = "cancellation"
    PRESENTATION = "presentation"
    """Says that goods declared before have arrived."""


class ListCode(Noun):
    """A code and the list it comes from: the same letters mean other things in other lists.

    Attributes:
        list: The list, e.g. `CL704` (additional supply chain actors) or `Y-documents`.
    """

    list: Code
    code: Code


class DeclaredAddress(Noun):
    """An address as declared, as far as it is declared."""

    lines: tuple[Text, ...] = Field(default=(), max_length=6)
    city: Text | None = None
    postcode: Text | None = None
    territory: Territory | None = None


_LAST_ITEM = 2**31 - 1
"""Beyond every declaration's items; larger numbers are not read alike by all readers of JSON."""


class DeclaredParty(Noun):
    """A party as declared.

    Attributes:
        item: The number of the goods item, for a party that stands at item level.
        identifier: The code somebody typed into the party's field, as it stands.
        declared_as: The code of the role or document category it was declared with, and its list.
        territory: The territory of the party's address, when declared.
    """

    role: PartyFunction
    level: PartyLevel = PartyLevel.SHIPMENT
    item: int | None = Field(default=None, ge=0, le=_LAST_ITEM)
    identifier: Text | None = None
    declared_as: ListCode | None = None
    name: Text | None = None
    address: DeclaredAddress | None = None
    territory: Territory | None = None


Chapter = Annotated[str, Field(pattern=r"^[0-9]{2}$")]
"""A chapter of the Harmonized System, two digits."""

ValueCategory = Annotated[int, Field(ge=1, le=4)]
"""The category of an expedited consignment, 1 to 4, as the WCO Immediate Release Guidelines count
them: correspondence and documents, low value without duties, low value with duties, high value."""


class Declaration(Noun):
    """One declaration.

    Attributes:
        reference: The declarant's or the national system's reference.
        type: Import, export or transit, as the deciding administration sees it.
        lodged_at: The moment it was lodged; the status at the acceptance counts, not at this one.
        accepted_at: The moment of acceptance, whose status counts; now when absent.
        office: The customs office or border post where the goods are declared.
        mode: The mode of transport at the border (Recommendation 19 of UN/CEFACT: `1` maritime,
            `2` rail, `3` road, `4` air, `5` mail …).
        procedures: The customs procedure codes of its items.
        chapters: The chapters of the Harmonized System of its goods.
        dispatched_from: Where the goods were dispatched.
        destined_to: Where they go.
        through: Territories they passed or pass on the way; empty says nothing.
        direct: Whether the goods moved without trans-shipment or storage under way; None when not
            declared.
        ecommerce_roles: Platform, fulfilment centre or operator of an electronic sale.
        overrides: What the national risk system says takes precedence.
    """

    reference: Text
    type: Flow
    lodged_at: AwareDatetime | None = None
    accepted_at: AwareDatetime | None = None
    parties: tuple[DeclaredParty, ...] = Field(min_length=1, max_length=1000)
    office: Code | None = None
    mode: Code | None = None
    procedures: tuple[Code, ...] = Field(default=(), max_length=1000)
    chapters: tuple[Chapter, ...] = Field(default=(), max_length=99)
    value_category: ValueCategory | None = None
    dispatched_from: Territory | None = None
    destined_to: Territory | None = None
    through: tuple[Territory, ...] = Field(default=(), max_length=50)
    direct: bool | None = None
    ecommerce_roles: tuple[Role, ...] = Field(default=(), max_length=20)
    overrides: tuple[Override, ...] = ()


class DeclaredMessage(Noun):
    """What a message to a declaration system says about parties, decided or not.

    Attributes:
        changes: The reference of the earlier declaration that an amendment or a cancellation is
            about.
        declaration: None for an amendment or a cancellation, which change an earlier declaration
            and are not decided, and where nothing says who is a party.
    """

    reference: Text
    type: DeclarationType
    changes: Text | None = None
    parties: tuple[DeclaredParty, ...] = ()
    declaration: Declaration | None = None

    @classmethod
    def of(cls, declaration: Declaration) -> Self:
        """Returns a declaration as the message that made it."""
        return cls(
            reference=declaration.reference,
            type=DeclarationType(declaration.type),
            parties=declaration.parties,
            declaration=declaration,
        )
