"""What a declared text is or looks like, and what to write instead (pure).

Used where a party was not recognised: to say what would have to be corrected so that it is. It
never recognises anybody. In order:

1. whom we know by this number in another form: nothing is more certain
2. the forms of the rules that hold here, written otherwise or wrongly
3. the forms of other days and of other territories
4. letters of another script, which only a person can judge
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from mra_gateway.identifiers.book import AliasBook, CompiledRule, WrittenForm
from mra_gateway.identifiers.check_digits import CheckedNumber, check_number
from mra_gateway.identifiers.diagnosis import Diagnosis, Finding, Symptom
from mra_gateway.identifiers.normalised import Folding, foldings, normalised, plainly_typed
from mra_gateway.identifiers.reading import read_by, read_held
from mra_gateway.model.aliases import AliasKind, IdentifierSource
from mra_gateway.model.facts import ALL
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.look_alikes import describe, find_look_alikes, is_disguised, to_latin
from mra_gateway.model.operators import OperatorRecord

Known = Callable[[str], Iterable[OperatorRecord]]
"""Operators whose TIN, national identifier or authorisation number has a `normalised` form."""


def diagnose(
    text: str,
    *,
    book: AliasBook,
    on: date,
    known: Known = lambda key: (),  # noqa: ARG005 - nobody is known
    territory: Territory | None = None,
    issuer: Territory | None = None,
    elsewhere: Mapping[Territory, AliasBook] | None = None,
) -> Diagnosis:
    """Returns what a declared text is or looks like.

    Args:
        text: As declared.
        book: The rules of the territory where it was declared.
        on: The day whose rules hold.
        known: Finds operators held by a `normalised` number.
        territory: The party's territory, when declared: a number may lack its code in front.
        issuer: The administration whose operator the party would be; `territory` when not given,
            which differs where the members of a customs union issue the numbers.
        elsewhere: The rules of other territories, whose forms are named as such.
    """
    key = normalised(text)
    done = foldings(text)
    if not key:
        nothing = Finding(Symptom.EMPTY, "no letter or digit is declared")
        return Diagnosis(text, key, done, (nothing,), None)
    case = _Case(text.strip(), key, done, book, on, territory, issuer or territory)
    found = list(case.known_operators(known))
    # a certain answer is not watered down by guesses
    found = found or list(case.forms_here())
    found = found or [*case.former_forms(), *case.forms_elsewhere(elsewhere or {})]
    found += case.look_alikes()
    if not found:
        found = [Finding(Symptom.NOT_RECOGNISED, "this is no form of identifier known here")]
    return Diagnosis(text, key, done, tuple(dict.fromkeys(found)), _check_digits(key))


class _Case(NamedTuple):
    """One text under diagnosis."""

    text: str
    key: str
    folded: tuple[Folding, ...]
    book: AliasBook
    on: date
    territory: Territory | None
    issuer: Territory | None

    # 1. whom we know

    def known_operators(self, known: Known) -> Iterator[Finding]:
        """Yields what to write for every operator held under the number."""
        prefixed = () if self.territory is None else (self.territory + self.key,)
        for key in (self.key, *prefixed):
            for record in known(key):
                yield self._for_operator(record, with_territory=key != self.key)

    def _for_operator(self, record: OperatorRecord, *, with_territory: bool) -> Finding:
        issuer = record.programme.territory
        forms = self.book.written_forms(record, on=self.on)
        coded = [form for form in forms if form.keys]
        if any(self.key in form.keys for form in coded):
            form = next(form for form in coded if self.key in form.keys)
            return self._as_wanted(form, issuer=(issuer,))
        if coded:
            what = _name_of_number(self.key, record)
            if with_territory:
                symptom, why = (
                    Symptom.TERRITORY_MISSING,
                    f"the declared code lacks the territory prefix {self.territory}",
                )
            else:
                symptom, why = (
                    Symptom.HELD_NUMBER,
                    f"this is {what}; {self._field(coded[0])} takes another form",
                )
            return _correction(symptom, why, coded[0], issuer=(issuer,))
        if forms:
            return Finding(
                Symptom.NAME_WANTED,
                f"{self.book.declared_in} takes no code for operators of {issuer}: the name and "
                "address must stand as registered there",
                forms[0].rule,
                (issuer,),
            )
        rules = self.book.rules_for(issuer, on=self.on)
        if not rules:
            return Finding(
                Symptom.FORM_NOT_KNOWN,
                f"the operator is known, but not the form in which {self.book.declared_in} takes "
                f"operators of {issuer}",
                None,
                (issuer,),
            )
        return Finding(
            Symptom.CODE_WANTED,
            f"the operator is known, but {self.book.declared_in} wants a code of its own for it "
            f"({', '.join(_wanted(each) for each in rules)}), which is not held",
            rules[0].rule.id,
            (issuer,),
        )

    # 2. the forms of the rules here

    def forms_here(self) -> Iterator[Finding]:
        """Yields what the rules of the day say about the text, those that name an issuer first."""
        if self.issuer is not None:
            yield from self._by_rules(self.book.rules_for(self.issuer, on=self.on))
            return
        valid = [each for each in self.book.rules if each.rule.is_valid(self.on)]
        named = list(self._by_rules(each for each in valid if each.rule.issued_by != ALL))
        yield from named or self._by_rules(each for each in valid if each.rule.issued_by == ALL)

    def _by_rules(self, rules: Iterable[CompiledRule]) -> Iterator[Finding]:
        for compiled in rules:
            if compiled.rule.kind is AliasKind.NOT_KNOWN:
                continue
            finding = self._by_rule(compiled, issued_by=_issuers(compiled))
            if finding is not None:
                yield finding

    def _by_rule(
        self, compiled: CompiledRule, *, issued_by: tuple[Territory, ...]
    ) -> Finding | None:
        wrong = self._wrong_form(compiled, issued_by=issued_by, exact=True)
        if wrong is not None:
            return wrong
        reading = read_by(compiled, self.text)
        if reading is not None:
            if reading.held is None:
                return Finding(
                    Symptom.LOST_PART,
                    f"this form stands for {reading.shown}: it fits more than one operator",
                    compiled.rule.id,
                    issued_by,
                )
            form = compiled.write_text(reading.held)
            return None if form is None else self._as_wanted(form, issuer=issued_by)
        values = read_held(compiled, self.text)
        if values is not None and compiled.held is not None:
            form = compiled.write_text(compiled.held.write(values))
            if form is None:
                return None
            what = _SOURCES[compiled.rule.source_identifier]
            why = f"this is {what}; {self._field(form)} takes another form"
            return _correction(Symptom.HELD_NUMBER, why, form, issuer=issued_by)
        wrong = self._wrong_form(compiled, issued_by=issued_by, exact=False)
        return wrong or self._without_territory(compiled, issued_by=issued_by)

    def _wrong_form(
        self, compiled: CompiledRule, *, issued_by: tuple[Territory, ...], exact: bool
    ) -> Finding | None:
        for wrong, template in compiled.wrong_forms:
            typed = _typed(self.text) if exact else (self.key,)
            form_of = template if exact else template.folded(normalised)
            values = next((v for v in map(form_of.read, typed) if v is not None), None)
            if values is None:
                continue
            form = compiled.write_parts(values)
            if form is None:
                return Finding(Symptom.WRONG_FORM, wrong.says, compiled.rule.id, issued_by)
            return _correction(Symptom.WRONG_FORM, wrong.says, form, issuer=issued_by)
        return None

    def _without_territory(
        self, compiled: CompiledRule, *, issued_by: tuple[Territory, ...]
    ) -> Finding | None:
        if self.key.startswith("AEO"):
            return None  # an authorisation number holds its territory elsewhere
        form = (compiled.forms or (compiled.held,))[0]
        fixed = [code for code in issued_by if form is not None and form.text.startswith(code)]
        # which territory is missing is guessed only where the rule writes it out
        for territory in (self.territory,) if self.territory is not None else fixed:
            reading = read_by(compiled, territory + self.key)
            if reading is None or reading.held is None:
                continue
            written = compiled.write_text(reading.held)
            if written is not None:
                lacks = f"lacks the territory prefix {territory}"
                why = f"the declared code {lacks}"
                if self.issuer is None:  # it only has the form, as many a number has
                    why = f"if this is a number of {territory}, it {lacks}"
                return _correction(Symptom.TERRITORY_MISSING, why, written, issuer=issued_by)
        return None

    def _as_wanted(self, form: WrittenForm, *, issuer: tuple[Territory, ...]) -> Finding:
        if form.text == self.text:
            says = f"this is the form that {self._field(form)} takes"
            return Finding(Symptom.RIGHT_FORM, says, form.rule, issuer, None, form.fields)
        why = f"the right number, written otherwise ({_describe(self.folded)})"
        return _correction(Symptom.OTHERWISE_WRITTEN, why, form, issuer=issuer)

    def _field(self, form: WrittenForm) -> str:
        if not form.fields:
            return f"a declaration in {self.book.declared_in}"
        return f"the field {form.fields[-1][0]!r}"

    # 3. other days, other territories

    def former_forms(self) -> Iterator[Finding]:
        """Yields the rules of other days that know the text."""
        for compiled in self.book.rules:
            rule = compiled.rule
            if rule.is_valid(self.on) or read_by(compiled, self.text) is None:
                continue
            until = f"until {rule.valid_until}" if rule.valid_until else f"from {rule.valid_from}"
            yield Finding(
                Symptom.FORMER_FORM,
                f"this form is valid {until}, not on {self.on}",
                rule.id,
                _issuers(compiled),
            )

    def forms_elsewhere(self, books: Mapping[Territory, AliasBook]) -> Iterator[Finding]:
        """Yields the forms of other territories' declarations, and numbers known from there."""
        for territory, book in sorted(books.items()):
            if territory == self.book.declared_in:
                continue
            for compiled in book.rules:
                finding = self._elsewhere(compiled, declared_in=territory)
                if finding is not None:
                    yield finding

    def _elsewhere(self, compiled: CompiledRule, *, declared_in: Territory) -> Finding | None:
        rule = compiled.rule
        issued_by = _issuers(compiled)
        if rule.kind is AliasKind.NOT_KNOWN or not rule.is_valid(self.on):
            return None
        if self.issuer is not None and issued_by and self.issuer not in issued_by:
            return None
        values = read_held(compiled, self.text)
        is_theirs = rule.source_identifier is not IdentifierSource.PARTNER_IDENTIFIER
        if values is not None and is_theirs and rule.kind in _OF_THE_ISSUER:
            what = _SOURCES[rule.source_identifier]
            of = f" of an operator of {', '.join(issued_by)}" if issued_by else ""
            says = f"this has the form of {what}{of}"
        elif read_by(compiled, self.text) is not None:
            says = f"this has the form declared in {declared_in}, not in {self.book.declared_in}"
        else:
            return None
        # which rule of which territory knew it does not matter where the sentence is the same
        return Finding(Symptom.FORM_OF_ELSEWHERE, says, None, issued_by)

    # 4. letters

    def look_alikes(self) -> list[Finding]:
        """Returns the letters that only look like Latin ones, where the text has some."""
        words = re.findall(r"\w+", self.text)
        letters = "".join(find_look_alikes(word) for word in words if is_disguised(word))
        if not letters:
            return []
        return [
            Finding(
                Symptom.LOOK_ALIKES,
                f"{describe(letters)} only look like Latin letters; write Latin letters",
                write=to_latin(self.text),
            )
        ]


_OF_THE_ISSUER = (AliasKind.AS_ISSUED, AliasKind.RESHAPED)
_SOURCES = {
    IdentifierSource.AUTHORISATION: "the AEO authorisation number",
    IdentifierSource.TIN: "the trader identification number (TIN)",
    IdentifierSource.NATIONAL: "the national identifier without its territory",
    IdentifierSource.PARTNER_IDENTIFIER: "a code of this administration's own",
    IdentifierSource.NAME: "the name",
    None: "nothing",
}


def _typed(text: str) -> Iterator[str]:
    """Yields a text as it stands, and as it is meant: a wrong form in small letters is as wrong.

    Punctuation is kept, for by it forms differ; spaces are not.
    """
    yield text
    plain = plainly_typed(text)
    yield plain
    yield "".join(plain.split())


def _name_of_number(key: str, record: OperatorRecord) -> str:
    sources = {
        normalised(record.authorisation): IdentifierSource.AUTHORISATION,
        normalised(record.tin): IdentifierSource.TIN,
        normalised(record.tin.national): IdentifierSource.NATIONAL,
    }
    return _SOURCES[sources[key]] if key in sources else "another number of the operator"


def _correction(
    symptom: Symptom, why: str, form: WrittenForm, *, issuer: tuple[Territory, ...]
) -> Finding:
    fields = ", ".join(f"{name}: {text}" for name, text in form.fields) or form.text
    says = f"{why}; write {fields}"
    if form.lossy:
        says += "; the form fits several operators, so name and address must agree as well"
    return Finding(symptom, says, form.rule, issuer, form.text, form.fields)


def _issuers(compiled: CompiledRule) -> tuple[Territory, ...]:
    issued_by = compiled.rule.issued_by
    return () if issued_by == ALL else tuple(map(Territory.trusted, issued_by))


def _wanted(compiled: CompiledRule) -> str:
    rule = compiled.rule
    return rule.partner_identifier or rule.id


def _describe(folded: Iterable[Folding]) -> str:
    words = {
        Folding.CASE: "in small letters",
        Folding.WIDTH: "in full-width characters",
        Folding.DIGITS: "with digits of another script",
        Folding.SPACE: "with spaces",
        Folding.PUNCTUATION: "other punctuation",
        Folding.INVISIBLE: "with invisible characters",
        Folding.CERTIFICATE_TYPE: "the certificate type in other letters",
    }
    return ", ".join(words[each] for each in folded) or "other punctuation"


def _check_digits(key: str) -> CheckedNumber | None:
    if not (key[:2].isalpha() and key.isascii()):
        return None
    return check_number(key[2:], territory=Territory.trusted(key[:2]))
