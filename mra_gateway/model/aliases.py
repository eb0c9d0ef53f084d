"""How a foreign AEO is identified on a declaration: the rules of `partners/identification/`.

Who issued an operator's number and who declares it are two administrations, and each declaring
administration has its own field and form. A rule says how the number held is written there. It is
written as two templates over the same named parts, so that reading is the inverse of writing and
nobody has to trust a second regular expression:

    parts = { number = "[0-9]{12}" }
    held = "AEOSG{number}"
    written = "SG{number}"

A part that is held and not written is lost: such a rule is lossy, and says so. A form that fits
more than one operator, or that lost something on the way, never matches silently.

The rules are interpreted in `identifiers/`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Fact
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.operators import Code, LanguageTag, Text

PartName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
"""The name of a part of a number, as it stands in braces."""

_CLASS = r"\[[A-Z0-9А-Я/. -]+\](?:\{[0-9]{1,2}(?:,[0-9]{1,2})?\})?"
_WORD = r"[A-Z0-9]{1,10}"
PartForm = Annotated[str, Field(pattern=rf"^(?:(?:{_CLASS}){{1,8}}|{_WORD}(?:\|{_WORD}){{0,60}})$")]
"""What a part looks like: character classes with their number, or words with `|` between them.

Nothing else of a regular expression is taken, so that no text takes long to compare.
"""


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
        written: The template of this field, where it does not take the form as a whole
            (Singapore's territory and number; a constant procedure code).
    """

    name: Text
    written: Text | None = None


class WorkedExample(Noun):
    """An example a person can check by hand; `partners check` runs every one."""

    held: Text
    declared: Text


class WrongForm(Noun):
    """What is often typed instead, and what to say about it.

    Attributes:
        form: A template over the parts of the rule, or of `parts`.
        parts: Parts that only the wrong form has.
        says: What it is, in words an importer understands.
    """

    form: Text
    parts: dict[PartName, PartForm] = Field(default_factory=dict)
    says: Text


class AliasRule(Noun):
    """How one administration's operators are identified on another's declarations.

    Attributes:
        issued_by: The territories whose authorisations the rule is about. `all`: those of every
            partner for which no rule of the territory names it.
        arrangement: Restricts the rule to one arrangement; None: whatever the arrangement.
        source_identifier: None in a blank template only.
        partner_identifier: The kind of partner identifier, where the rule starts from one.
        parts: Name → form of each part of the number.
        held: The template of the identifier as held; None: any.
        written: The template of the form on the declaration; None: as held.
        read_also: Other spellings of the same parts that are taken for the same.
        fields: Where on the declaration it goes.
        longest: The most characters the field takes; a longer form cannot be declared.
        lossy: The written form does not tell every operator apart.
        wrong_forms: What is often typed instead.
        steps: How an operator is told to give the number on, where more is to be done than to
            write it; by language.
        note: What a reader of the rule should know, above all what was not read.
    """

    id: Code
    version: int = Field(ge=1)
    issued_by: Literal["all"] | tuple[Territory, ...]
    arrangement: ArrangementId | None = None
    kind: AliasKind
    source_identifier: IdentifierSource | None = None
    partner_identifier: Code | None = None
    parts: dict[PartName, PartForm] = Field(default_factory=dict)
    held: Text | None = None
    written: Text | None = None
    read_also: tuple[Text, ...] = ()
    fields: tuple[DeclarationField, ...] = ()
    longest: int | None = Field(default=None, ge=1)
    lossy: bool = False
    valid_from: date | None = None
    valid_until: date | None = None
    examples: tuple[WorkedExample, ...] = ()
    wrong_forms: tuple[WrongForm, ...] = ()
    steps: dict[LanguageTag, tuple[Text, ...]] = Field(default_factory=dict)
    note: Text | None = None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        blank = self.kind is AliasKind.NOT_KNOWN
        if blank != (self.source_identifier is None):
            msg = "a rule says from which identifier it starts; a blank template does not"
            raise ValueError(msg)
        partner = self.source_identifier is IdentifierSource.PARTNER_IDENTIFIER
        if partner != (self.partner_identifier is not None):
            msg = "partner_identifier stands exactly where the rule starts from one"
            raise ValueError(msg)
        return self

    def is_valid(self, on: date) -> bool:
        """Says whether the rule holds on a day; the last day is included."""
        return not (
            (self.valid_from is not None and on < self.valid_from)
            or (self.valid_until is not None and on > self.valid_until)
        )


class Identification(Noun):
    """How foreign AEOs are identified on the declarations of one territory."""

    territory: Territory
    rules: tuple[Fact[AliasRule], ...]
