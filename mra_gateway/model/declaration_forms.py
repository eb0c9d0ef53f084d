"""How declarations come to us: the codes of their parties, and which field is which, as data.

The nouns of `partners/declarations/` and of `partners/catalogues/declaration_codes.toml`. What
reads XML by them is in `wire/`, what reads tables in `tables/`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mra_gateway.model.as_declared import Moments
from mra_gateway.model.base import Noun
from mra_gateway.model.declarations import DeclarationType, PartyLevel
from mra_gateway.model.facts import Fact, Flow, PartyFunction
from mra_gateway.model.operators import Code, Text

FlowRule = Flow | Literal["by_procedure"]
"""A flow, or that only the procedure of the goods says which."""

CodedRole = PartyFunction | dict[Flow, PartyFunction]
"""What a code says a party does; for each flow, where that depends on the way the goods go."""

ElementName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$")]
"""The local name of an XML element."""

ElementPath = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}(/[A-Za-z_][A-Za-z0-9_.-]{0,99}){0,11}$")
]
"""Local names of XML elements from the outer to the inner one: `Traders/Exporter`."""

FieldName = Annotated[
    str,
    Field(
        pattern=r"^(reference|type|accepted_at|lodged_at|office|mode|procedures|commodity_codes"
        r"|dispatched_from|destined_to|through|value_category|direct"
        r"|(exporter|consignor|seller|manufacturer|importer|consignee|buyer|declarant|carrier"
        r"|freight_forwarder|consolidator|warehouse_keeper|representative|authorisation_holder"
        r"|not_stated)(\.[2-9])?\.(identifier|name|address|city|postcode|territory))$"
    ),
]
"""A field of a declaration that a column may hold: `exporter.identifier`, `carrier.2.name`."""


MeasureName = Literal[
    "region",
    "value",
    "currency",
    "inspected",
    "inspection_hours",
    "arrived_at",
    "released_at",
    "release_hours",
    "lane",
    "country",
    "aeo",
    "foreign_aeo",
    "arrangement",
    "tier",
    "operator",
    "category",
    "digital",
    "cost",
    "drawback",
    "ruling",
]
"""What a column may tell of a declaration besides what is decided by.

For estimating an impact, and for measuring performance (`indicators/event_tables.py`).
"""


class PartyCodes(Noun):
    """What the codes of declarations in the WCO Data Model say about parties and the message.

    Attributes:
        documents: Codes of documents that hold the number of somebody's AEO certificate.
        actors: Role codes of `AEOMutualRecognitionParty` (CL704).
        types: The first two letters of a declaration's type.
        export_procedures: Requested procedures by which goods leave, for the types that say
            `by_procedure`; a procedure in neither list says nothing.
        import_procedures: Those by which goods come in or stay.
        messages: Types of messages that are about an earlier declaration.
    """

    id: Literal["declaration_codes"]
    documents: dict[Code, Fact[CodedRole]]
    actors: dict[Code, Fact[CodedRole]]
    types: dict[Code, Fact[FlowRule]]
    export_procedures: Fact[tuple[Code, ...]]
    import_procedures: Fact[tuple[Code, ...]]
    messages: dict[Code, Fact[DeclarationType]]


class FormParty(Noun):
    """Where one party stands in an XML form.

    Attributes:
        path: From the declaration, or from the item for one at item level.
        identifier: From there, as the other parts.
        name_begins_address: The first line of the name is the name, the others are the address.
    """

    role: PartyFunction
    level: PartyLevel = PartyLevel.SHIPMENT
    path: ElementPath
    identifier: ElementPath | None = None
    name: ElementPath | None = None
    name_begins_address: bool = False
    address: ElementPath | None = None
    city: ElementPath | None = None
    postcode: ElementPath | None = None
    territory: ElementPath | None = None


class XmlForm(Noun):
    """Which element of a national XML export is which field.

    Attributes:
        root: The element that is one declaration, wherever it stands.
        namespace: Its namespace; none where absent.
        empty: The element that stands for an empty value inside another (`<null/>`).
        item: The goods items, from the declaration.
        item_number: From the item; counted where absent.
        reference: Ways to make the reference, best first: the values of all paths, joined.
        procedure: From the item, as is `commodity_code`.
    """

    kind: Literal["xml"]
    root: ElementName
    namespace: Text | None = None
    empty: ElementName | None = None
    item: ElementPath
    item_number: ElementPath | None = None
    reference: tuple[tuple[ElementPath, ...], ...] = Field(min_length=1)
    type: ElementPath
    accepted_at: ElementPath | None = None
    lodged_at: ElementPath | None = None
    office: ElementPath | None = None
    mode: ElementPath | None = None
    dispatched_from: ElementPath | None = None
    destined_to: ElementPath | None = None
    procedure: ElementPath | None = None
    commodity_code: ElementPath | None = None
    parties: tuple[FormParty, ...] = Field(min_length=1)


class TableForm(Noun):
    """Which column of a table of declarations is which field; a row is a declaration.

    Attributes:
        headings: Field → headings it is known by; case, punctuation and spacing do not count.
        measures: The same of what is measured and not decided by.
        decimal: What stands before the decimals of a number, where three digits after it would
            leave that open.
        currency: Of values beside which no column states one.
        encoding: Of a CSV file that is not UTF-8.
        delimiter: Of a CSV file whose delimiter its headings do not show.
        list_separator: Between the values of a cell that holds several.
    """

    kind: Literal["table"]
    headings: dict[FieldName, tuple[Text, ...]]
    measures: dict[MeasureName, tuple[Text, ...]] = Field(default_factory=dict)
    decimal: Literal[".", ","] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    encoding: Text | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    list_separator: Annotated[str, Field(min_length=1, max_length=1)] = ";"


class DeclarationForm(Noun):
    """One form in which a national system exports its declarations.

    Attributes:
        types: The words of the form for import, export and transit; case does not count.
        moments: How it writes moments.
        reads: Which element or column is which field.
    """

    id: Code
    title: Text
    types: dict[Text, Flow] = Field(min_length=1)
    moments: Moments = Moments()
    reads: Fact[Annotated[XmlForm | TableForm, Field(discriminator="kind")]]
