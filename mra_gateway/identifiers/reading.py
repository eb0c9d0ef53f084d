"""What a declared text may stand for, by the rules of a territory (pure).

The inverse of writing: a lossless rule gives back the identifier held, a lossy one gives the parts
it still shows. Reading proposes; only the operators held can say whether there is one.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from mra_gateway.identifiers.book import AliasBook, CompiledRule
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.identifiers.templates import Template
from mra_gateway.model.aliases import AliasKind, IdentifierSource
from mra_gateway.model.identifiers import Territory


class Reading(NamedTuple):
    """One identifier a text may stand for.

    Attributes:
        rule: The rule's id.
        version: The rule's version.
        issued_by: Whose operators the rule is about.
        source: Which identifier of the record is read.
        partner_identifier: Its kind, where it is one of the declaring administration's.
        held: The identifier held, to be compared by `normalised`; None when a part of it is lost.
        shown: The identifier held with `?` for each character that is lost.
        written: The form as it is to be written.
        exact: Whether the text is written so.
    """

    rule: str
    version: int
    issued_by: Literal["all"] | tuple[Territory, ...]
    source: IdentifierSource | None
    partner_identifier: str | None
    held: str | None
    shown: str
    written: str
    exact: bool


def read(text: str, *, book: AliasBook, on: date | None = None) -> tuple[Reading, ...]:
    """Returns every identifier a declared text may stand for.

    Rules without a template (numbers taken as they are, codes of no known shape) read nothing:
    any text could be one.

    Args:
        text: As declared.
        book: The rules of the territory where it was declared.
        on: The day whose rules hold; None: any day's.
    """
    found = []
    for compiled in book.rules:
        if compiled.rule.kind is AliasKind.NOT_KNOWN:
            continue
        if on is None or compiled.rule.is_valid(on):
            reading = read_by(compiled, text)
            if reading is not None:
                found.append(reading)
    return tuple(found)


def read_by(compiled: CompiledRule, text: str) -> Reading | None:
    """Returns what a text stands for by one rule; None when it has another form."""
    if compiled.held is None:
        return None
    forms = compiled.forms or (compiled.held,)
    for form in forms:
        values = form.read(text)
        if values is None:
            values = _read_folded(form, text)
        if values is not None:
            return _reading(compiled, values, text=text, form=forms[0])
    return None


def read_held(compiled: CompiledRule, text: str) -> dict[str, str] | None:
    """Returns the parts of an identifier as held, however it is typed; None: another shape."""
    if compiled.held is None:
        return None
    return compiled.held.read(text) or _read_folded(compiled.held, text)


def _read_folded(form: Template, text: str) -> dict[str, str] | None:
    return form.folded(normalised).read(normalised(text))


def _reading(
    compiled: CompiledRule, values: dict[str, str], *, text: str, form: Template
) -> Reading:
    held = compiled.held
    assert held is not None
    rule = compiled.rule
    lost = [name for name in held.names if name not in values]
    shown = held.write({**{name: compiled.unknown(name) for name in lost}, **values})
    written = form.write(values) if set(form.names) <= set(values) else text
    return Reading(
        rule.id,
        rule.version,
        rule.issued_by,
        rule.source_identifier,
        rule.partner_identifier,
        None if lost or rule.lossy else shown,
        shown,
        written,
        written == text,
    )
