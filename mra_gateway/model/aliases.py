"""How a foreign AEO is identified on a declaration: the rules of `partners/identification/`.

Who issued an operator's number and who declares it are two administrations, and each declaring
administration has its own field and form. A rule says how the number held is written there. Reading
is the inverse: a declared text is looked up among the written forms of all operators held; a form
that fits more than one operator, or that lost something on the way, never matches silently.

The rules are interpreted in `identifiers/`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Fact
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.operators import Code, Text


class AliasKind(StrEnum):
    """Where the identifier on the declaration comes from.

    Source: the three ways Korea's customs lists for its own operators abroad, refined.
    """

    AS_ISSUED = "as_issued"
    """The partner's number as it was issued."""

    RESHAPED = "reshaped"
    """The partner's number in another form, by a rule."""

    ASSIGNED = "assigned"
    """A code the declaring administration issues; it must be in the partner identifiers held."""

    IMPORTER_BUILT = "importer_built"
    """A code importers or brokers build (the MID): several for one site, told by the operator."""

    NAME_AND_ADDRESS = "name_and_address"
    """No code: name and address as registered."""

    NOT_KNOWN = "not_known"
    """A blank template: the form was looked for and not found; nothing matches by it."""


class IdentifierSource(StrEnum):
    """Which identifier of the operator's record a rule starts from."""

    AUTHORISATION = "authorisation"
    TIN = "tin"
    NATIONAL = "national"
    """The TIN without its territory code."""
    PARTNER_IDENTIFIER = "partner_identifier"
    """One of the record's identifiers in the declaring administration's systems."""
    NAME = "name"


class DeclarationField(Noun):
    """A field of a national declaration.

    Attributes:
        written: The template of this field, where a form is spread over several (Singapore's
            territory and number).
    """

    name: Text
    written: Text | None = None


class WorkedExample(Noun):
    """An example a person can check by hand; `partners check` runs every one."""

    held: Text
    declared: Text


class AliasRule(Noun):
    """How one administration's operators are identified on another's declarations.

    Attributes:
        issued_by: The territory whose authorisations the rule is about.
        arrangement: Restricts the rule to one arrangement; None: whatever the arrangement.
        partner_identifier: The kind of partner identifier, where the rule starts from one.
        held: A regular expression with named groups the identifier held must have in full.
        written: The form on the declaration, its groups in braces (`A{abn}`); None: as held.
        fields: Where on the declaration it goes.
        longest: The most characters the field takes.
        lossy: The written form does not tell every operator apart.
        wrong_forms: What is often typed instead: regular expression → what to say about it.
        steps: How an operator is told to give the number on, where more is to be done than to
            write it.
    """

    id: Code
    version: int = Field(ge=1)
    issued_by: Territory
    arrangement: ArrangementId | None = None
    kind: AliasKind
    source_identifier: IdentifierSource
    partner_identifier: Code | None = None
    held: Text | None = None
    written: Text | None = None
    fields: tuple[DeclarationField, ...] = ()
    longest: int | None = Field(default=None, ge=1)
    lossy: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    examples: tuple[WorkedExample, ...] = ()
    wrong_forms: dict[str, Text] = Field(default_factory=dict)
    steps: tuple[Text, ...] = ()


class Identification(Noun):
    """How foreign AEOs are identified on the declarations of one territory."""

    territory: Territory
    rules: tuple[Fact[AliasRule], ...]
