"""Explains an identifier: what it is, who issued it, and how it is written on a declaration.

1. what it has the form of, by the rules of every territory
2. how each administration that may have issued it is declared in the territory asked about
3. what is wrong with it as it stands
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from mra_gateway.identifiers.book import AliasBook, CompiledRule, WrittenForm, compile_rules
from mra_gateway.identifiers.check_digits import CheckedNumber
from mra_gateway.identifiers.diagnose import diagnose
from mra_gateway.identifiers.diagnosis import Diagnosis, Finding, Symptom
from mra_gateway.identifiers.reading import read_held
from mra_gateway.model.aliases import AliasKind, AliasRule, IdentifierSource
from mra_gateway.model.facts import ALL, Basis, Fact
from mra_gateway.model.identifiers import Territory
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.settings import data_folder

_READABLE = (AliasKind.AS_ISSUED, AliasKind.RESHAPED)


class Origin(NamedTuple):
    """What an identifier has the form of.

    Attributes:
        issuer: The administration whose operators are identified so.
        name: Its territory's display name.
        identifier: Which identifier of the operator it is.
    """

    issuer: Territory
    name: str
    identifier: IdentifierSource


class Advice(NamedTuple):
    """One rule of the declaring territory for the operators of one administration.

    Attributes:
        rule: The rule.
        form: What is to be written; None when the rule starts from another identifier, or when the
            form is not known.
        source: Where the rule was read.
        basis: How sure it is.
    """

    issuer: Territory
    rule: AliasRule
    form: WrittenForm | None
    source: str
    basis: Basis
    as_of: date


class Explanation(NamedTuple):
    """Everything that can be said about an identifier in one territory.

    Attributes:
        origins: What it may be; several where forms are alike.
        advice: How it is written there, rule by rule.
        findings: What is wrong with it as it stands.
    """

    text: str
    declared_in: Territory
    declared_in_name: str
    origins: tuple[Origin, ...]
    advice: tuple[Advice, ...]
    findings: tuple[Finding, ...]
    check_digits: CheckedNumber | None


def load_for_explaining(home: Path | None) -> Registry:
    """Returns the shipped facts, with a home's copies over them.

    Raises:
        SetupError: A file cannot be used.
    """
    own = None if home is None else home / "partners"
    return load_registry(data_folder("partners"), *([own] if own and own.is_dir() else []))


def compile_books(registry: Registry) -> Mapping[Territory, AliasBook]:
    """Returns the alias rules of every territory, ready for use.

    Raises:
        SetupError: A rule cannot be used.
    """
    return {
        territory: compile_rules(identification, declared_in=territory)
        for territory, identification in sorted(registry.identification.items())
    }


def explain_identifier(
    text: str, *, declared_in: Territory, registry: Registry, on: date
) -> Explanation:
    """Returns what an identifier is and how it is declared in a territory.

    Raises:
        RequestRefused: There is no such territory.
        SetupError: A rule cannot be used.
    """
    name = _display_name(registry, registry.get_administration(declared_in).territory)
    books = compile_books(registry)
    book = books.get(declared_in) or compile_rules((), declared_in=declared_in)
    # 1
    origins = _origins(text, registry=registry, books=books, on=on, declared_in=declared_in)
    # 2
    advice: list[Advice] = []
    for origin in origins:
        advice += _advise(text, origin=origin, book=book, on=on)
    # 3
    found: Diagnosis = diagnose(
        text,
        book=book,
        on=on,
        issuer=origins[0].issuer if len({origin.issuer for origin in origins}) == 1 else None,
        elsewhere=books,
    )
    findings = found.findings
    if origins:  # said already, and better
        findings = tuple(
            each
            for each in findings
            if each.symptom not in (Symptom.FORM_OF_ELSEWHERE, Symptom.NOT_RECOGNISED)
        )
    elif all(each.symptom is Symptom.NOT_RECOGNISED for each in findings):
        findings = tuple(_lacking(text, book=book, on=on)) or findings
    return Explanation(
        text, declared_in, name, origins, tuple(advice), findings, found.check_digits
    )


def advise_rule(compiled: CompiledRule, form: WrittenForm | None, *, issuer: Territory) -> Advice:
    """Returns a rule with its form and where it was read."""
    fact: Fact[AliasRule] = compiled.fact
    return Advice(issuer, compiled.rule, form, fact.source, fact.basis, fact.as_of)


def _origins(
    text: str,
    *,
    registry: Registry,
    books: Mapping[Territory, AliasBook],
    on: date,
    declared_in: Territory,
) -> tuple[Origin, ...]:
    found: dict[tuple[Territory, IdentifierSource], Origin] = {}
    held = _forms_held(text, registry=registry, books=books, on=on, declared_in=declared_in)
    for issuer, source in held:
        name = _display_name(registry, issuer)
        found.setdefault((issuer, source), Origin(issuer, name, source))
    authorised = {issuer for issuer, kind in found if kind is IdentifierSource.AUTHORISATION}
    return tuple(
        found[key]
        for key in sorted(found)
        # many an authorisation number could pass for a TIN as well
        if key[1] is IdentifierSource.AUTHORISATION or key[0] not in authorised
    )


def _forms_held(
    text: str,
    *,
    registry: Registry,
    books: Mapping[Territory, AliasBook],
    on: date,
    declared_in: Territory,
) -> Iterator[tuple[Territory, IdentifierSource]]:
    for book in books.values():
        for compiled in book.rules:
            rule = compiled.rule
            source = rule.source_identifier
            if rule.kind not in _READABLE or source is None or rule.issued_by == ALL:
                continue
            if source is IdentifierSource.PARTNER_IDENTIFIER and book.declared_in != declared_in:
                continue  # a code for declarations elsewhere is none here, whatever its form
            values = read_held(compiled, text) if rule.is_valid(on) else None
            if values is None:
                continue
            state = values.get("state")
            for territory in map(Territory.trusted, rule.issued_by):
                # a certificate that names its state was not issued by the others
                if state is None or state in _states_of(territory, registry):
                    yield territory, source


def _states_of(territory: Territory, registry: Registry) -> Collection[str]:
    """The territory itself; of a customs union its members."""
    administration = registry.administrations.get(territory)
    states = None if administration is None else administration.tin_territories.value
    return states or (territory,)


def _advise(text: str, *, origin: Origin, book: AliasBook, on: date) -> Iterator[Advice]:
    rules = list(book.rules_for(origin.issuer, on=on))
    # a blank template is no rule, but says what is known of the form
    rules += [
        each
        for each in book.rules
        if each.rule.kind is AliasKind.NOT_KNOWN
        and each.rule.issued_by != ALL
        and origin.issuer in each.rule.issued_by
    ]
    for compiled in rules:
        form = None
        if compiled.rule.source_identifier is origin.identifier:
            values = read_held(compiled, text)
            held = text if values is None or compiled.held is None else compiled.held.write(values)
            form = compiled.write_text(held)
            if form is None:
                continue
        yield advise_rule(compiled, form, issuer=origin.issuer)


def _lacking(text: str, *, book: AliasBook, on: date) -> Iterator[Finding]:
    """Yields whose number it would be with the letters in front that every such number has."""
    for compiled in book.rules:
        rule, held = compiled.rule, compiled.held
        if held is None or rule.issued_by == ALL or not rule.is_valid(on):
            continue
        code = held.text.partition("{")[0]
        issuer = next((one for one in map(Territory.trusted, rule.issued_by) if one in code), None)
        values = read_held(compiled, code + text.strip()) if code and issuer else None
        form = None if values is None else compiled.write_text(held.write(values))
        if form is not None and issuer is not None:
            said = f"if this is a number of {issuer}, it lacks {code} in front; write {form.text}"
            yield Finding(
                Symptom.TERRITORY_MISSING, said, rule.id, (issuer,), form.text, form.fields
            )


def _display_name(registry: Registry, territory: Territory) -> str:
    administration = registry.administrations.get(territory)
    return (administration and administration.display_name.value) or territory
