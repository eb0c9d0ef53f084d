"""Prints the sheet one of our operators hands to its partner abroad.

1. the operator as our register holds it now
2. the forms under which the partner's territory declares it
3. the words: the first language of the partner's administration that there are words in
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from mra_gateway.documents.sheet import Sheet, SheetForm
from mra_gateway.documents.sheet_docx import render_docx
from mra_gateway.documents.sheet_html import render_html
from mra_gateway.documents.sheet_pdf import render_pdf
from mra_gateway.documents.words import Words, choose_words
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.identifiers.book import GENERAL, CompiledRule, WrittenForm, compile_rules
from mra_gateway.identifiers.candidates import candidate_tins
from mra_gateway.model.aliases import AliasKind, IdentifierSource
from mra_gateway.model.changes import Status
from mra_gateway.model.facts import Administration
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.registry.load import Registry
from mra_gateway.store import facts


def find_own_operator(
    connection: Connection, book: PartnerBook, identifier: str, *, at: datetime
) -> OperatorRecord:
    """Returns one operator as our register holds it now.

    Args:
        connection: The transaction.
        book: What is known of partners.
        identifier: TIN or authorisation number.
        at: Now.

    Raises:
        RequestRefused: Nothing is held under it, it holds several authorisations, or its status is
            not valid: a sheet would send it to its partner for nothing.
    """
    ours = facts.Register(book.us, facts.OWN)
    named = facts.find_operators(
        connection,
        tins={*candidate_tins(identifier), *candidate_tins(identifier, territories=[book.us])},
        authorisations=[identifier],
    )
    found: dict[str, facts.Fact] = {}
    for register, tin in named:
        by_key: dict[facts.Key, list[facts.Fact]] = {}
        for fact in facts.history(connection, register, tin) if register == ours else ():
            by_key.setdefault(fact.key, []).append(fact)
        for key, of_key in by_key.items():
            now = facts.at_moment(of_key, valid_at=at)
            if now is not None:
                found[key.authorisation] = now
    if not found:
        raise RequestRefused(
            f"our register holds nothing under {identifier[:80]!r}", reason=Reason.NOT_FOUND
        )
    meant = {identifier: found[identifier]} if identifier in found else found
    valid = [one for one in meant.values() if one.status == Status.VALID]
    if len(valid) > 1:
        raise RequestRefused(
            f"several authorisations are held under it, name one: {', '.join(sorted(found))}"
        )
    if not valid:
        (number, one), *_ = sorted(meant.items())
        raise RequestRefused(
            f"{number} is {one.status}: a sheet is handed on by operators in good standing",
            reason=Reason.STATE_NOT_SUITABLE,
        )
    return valid[0].record


def compose_sheet(
    record: OperatorRecord,
    *,
    partner: Territory,
    registry: Registry,
    on: date,
    language: str | None = None,
) -> Sheet:
    """Returns what stands on the sheet of one operator for one partner.

    Args:
        record: The operator.
        partner: The territory where it is declared.
        registry: The facts of `partners/`.
        on: The day it is printed, whose rules hold.
        language: Wanted instead of the partner's.

    Raises:
        RequestRefused: There is no such partner.
        SetupError: A rule cannot be used.
    """
    there = registry.get_administration(partner)
    issuer = registry.get_administration(record.programme.territory)
    # 3
    words = choose_words([language] if language else there.languages.value or ())
    # 2
    book = compile_rules(
        rules.rules if (rules := registry.identification.get(partner)) else (), declared_in=partner
    )
    rules_there = book.rules_for(issuer.territory, on=on)
    forms = tuple(
        _sheet_form(compiled, form, words=words)
        for compiled in rules_there
        for form in compiled.write(record)
    )
    name = words.territories.get(partner) or _display_name(there)
    return Sheet(
        words=words,
        partner=name,
        operator=record.legal_name or record.authorisation,
        address=_address(record),
        tin=record.tin,
        authorisation=record.authorisation,
        issued_by=issuer.name.value or _display_name(issuer),
        printed_on=on,
        forms=forms,
        wanted=tuple(
            dict.fromkeys(_wanted(rules_there, words=words, name=name, has_form=bool(forms)))
        ),
    )


def write_sheet(sheet: Sheet, path: Path, *, fonts: Sequence[Path] = ()) -> None:
    """Writes a sheet as HTML, DOCX or PDF, by the file's ending.

    Raises:
        RequestRefused: Another ending; for a PDF, a character that no font has.
    """
    ending = path.suffix.lower()
    if ending == ".html":
        path.write_bytes(render_html(sheet))
    elif ending == ".docx":
        path.write_bytes(render_docx(sheet))
    elif ending == ".pdf":
        path.write_bytes(render_pdf(sheet, fonts=fonts))
    else:
        raise RequestRefused("a sheet ends in .html, .docx or .pdf", where=str(path))


def _sheet_form(compiled: CompiledRule, form: WrittenForm, *, words: Words) -> SheetForm:
    steps = compiled.rule.steps
    return SheetForm(
        form.text,
        form.fields,
        form.lossy,
        by_name=form.kind is AliasKind.NAME_AND_ADDRESS,
        steps=steps.get(words.language) or steps.get("en", ()),
        source=compiled.fact.source,
        basis=compiled.fact.basis,
    )


def _wanted(
    rules: Sequence[CompiledRule], *, words: Words, name: str, has_form: bool
) -> Iterator[str]:
    if all(compiled.fact in GENERAL for compiled in rules):
        # what identifies an operator in general is printed, and that nobody read it of this partner
        yield words.say("not_known", partner=name)
    for compiled in () if has_form else rules:
        rule = compiled.rule
        if rule.source_identifier is IdentifierSource.PARTNER_IDENTIFIER:
            yield words.say("code_wanted", partner=name, code=rule.partner_identifier or "")
        else:
            yield words.say("tin_or_number_wanted", partner=name)


def _address(record: OperatorRecord) -> tuple[str, ...]:
    if not record.addresses:
        return ()
    first = record.addresses[0]
    rest = " ".join(part for part in (first.postcode, first.city) if part)
    return (*first.lines, *((rest,) if rest else ()), first.territory)


def _display_name(administration: Administration) -> str:
    return administration.display_name.value or administration.territory
