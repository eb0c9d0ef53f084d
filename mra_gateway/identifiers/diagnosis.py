"""What a diagnosis of a declared text says. How it is made is in `diagnose.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from mra_gateway.identifiers.check_digits import CheckedNumber
from mra_gateway.identifiers.normalised import Folding
from mra_gateway.model.identifiers import Territory


class Symptom(StrEnum):
    """What a declared text is."""

    EMPTY = "empty"
    RIGHT_FORM = "right_form"
    """The form a rule wants: if nobody was found, nobody held has this number."""
    OTHERWISE_WRITTEN = "otherwise_written"
    """The right characters with hyphens, spaces, in small letters …; it is found all the same."""
    TERRITORY_MISSING = "territory_missing"
    HELD_NUMBER = "held_number"
    """The number as its administration issued it, where this territory wants another form."""
    WRONG_FORM = "wrong_form"
    """A wrong form the rule describes."""
    LOST_PART = "lost_part"
    """A form that fits several operators."""
    FORMER_FORM = "former_form"
    """The form of a rule that no longer holds, or does not yet."""
    FORM_OF_ELSEWHERE = "form_of_elsewhere"
    LOOK_ALIKES = "look_alikes"
    CODE_WANTED = "code_wanted"
    """We know the operator, but not the code this territory wants for it."""
    NAME_WANTED = "name_wanted"
    FORM_NOT_KNOWN = "form_not_known"
    """We know the operator, but not how this territory wants it declared."""
    NOT_RECOGNISED = "not_recognised"


class Finding(NamedTuple):
    """One thing a text may be, with what to do about it.

    Attributes:
        rule: The rule it rests on, where there is one.
        issued_by: Whose number it is, where that can be said.
        says: One sentence for the declarant.
        write: What is to be written instead; None when the text stands as it is or no one knows.
        fields: Field and what is to stand there.
    """

    symptom: Symptom
    says: str
    rule: str | None = None
    issued_by: tuple[Territory, ...] = ()
    write: str | None = None
    fields: tuple[tuple[str, str], ...] = ()


class Diagnosis(NamedTuple):
    """Everything that can be said about a declared text, the most certain first.

    Attributes:
        text: As declared.
        key: The form under which it is looked up.
        folded: What was folded to get it.
        findings: At least one.
        check_digits: What its check digits say, when it reads as a TIN.
    """

    text: str
    key: str
    folded: tuple[Folding, ...]
    findings: tuple[Finding, ...]
    check_digits: CheckedNumber | None

    @property
    def correction(self) -> str | None:
        """What to correct, in one sentence; None when nothing can be advised for certain.

        Where the findings advise different things, none of them is advice.
        """
        advised = [each for each in self.findings if each.write is not None]
        if not advised or len({each.write for each in advised}) > 1:
            return None
        return advised[0].says
