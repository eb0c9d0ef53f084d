"""The sheet an operator hands on: this number, in this field, in this form.

What stands on it, in order, whatever it is laid out as. Which forms hold for an operator is worked
out in `flows/print_sheet.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from mra_gateway.documents.words import Words


class SheetForm(NamedTuple):
    """One form under which the operator may be declared.

    Attributes:
        text: What is to be written; empty where name and address are.
        fields: Field and what stands there.
        steps: What is to be done besides, in the sheet's language or in English.
        basis: `read`, `partial` or `unverified`.
    """

    text: str
    fields: tuple[tuple[str, str], ...]
    lossy: bool
    by_name: bool
    steps: tuple[str, ...]
    source: str
    basis: str


class Sheet(NamedTuple):
    """One operator and one partner.

    Attributes:
        address: Lines of the registered address, for partners that go by name and address.
        forms: What may be declared; empty when `wanted` says what is missing.
        wanted: Sentences about what is missing.
    """

    words: Words
    partner: str
    operator: str
    address: tuple[str, ...]
    tin: str
    authorisation: str
    issued_by: str
    printed_on: date
    forms: tuple[SheetForm, ...]
    wanted: tuple[str, ...]

    @property
    def title(self) -> str:
        """The heading."""
        return self.words.say("title", partner=self.partner)

    @property
    def lead(self) -> str:
        """The one sentence that matters."""
        return self.words.say("lead", partner=self.partner)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is said once, below the lead."""
        said = []
        if self.words.instead_of:
            said.append(self.words.say("no_text_in", languages=", ".join(self.words.instead_of)))
        coded = [form for form in self.forms if not form.by_name]
        if coded:
            said.append(self.words.say("copy"))
        if len(coded) > 1:
            said.append(self.words.say("several"))
        return tuple(said)

    @property
    def who(self) -> tuple[tuple[str, str], ...]:
        """Who it is about, label and value."""
        say = self.words.say
        return (
            (say("operator"), self.operator),
            (say("tin"), self.tin),
            (say("authorisation"), self.authorisation),
            (say("issued_by"), self.issued_by),
        )

    def basis(self, form: SheetForm) -> str:
        """How sure a form is, in the sheet's language."""
        return self.words.say(f"basis_{form.basis}")

    def characters(self) -> Iterator[str]:
        """Yields everything that is printed, for checking a font."""
        yield from (self.title, self.lead, *self.remarks, *self.address, *self.wanted)
        yield self.printed_on.isoformat()
        for label, value in self.who:
            yield from (label, value)
        for key in ("number", "field", "stands_there", "steps", "lossy", "by_name", "source"):
            yield self.words.say(key)
        yield self.words.say("printed_on")
        for form in self.forms:
            yield from (form.text, form.source, self.basis(form), *form.steps)
            for name, text in form.fields:
                yield from (name, text)
