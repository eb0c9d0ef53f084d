"""The alias rules of one territory, compiled: how every operator held may be declared there (pure).

Writing is done once for each operator, when the index loads it; a declared text is then looked up
by its `normalised` form. Reading a text that no operator held is known for is in `reading.py`.

Which rules hold for an operator: those that name its administration; if none does, those for `all`;
if there is none either, the general ones below. A blank template is no rule; where it names an
administration, it says that another form is wanted and which is not known: then nothing holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from mra_gateway.errors import Reason, SetupError
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.identifiers.templates import Template, shortest
from mra_gateway.model.aliases import AliasKind, AliasRule, Identification, IdentifierSource
from mra_gateway.model.facts import ALL, Basis, Fact
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.operators import OperatorRecord

_WCO = "WCO TIN Guidelines (June 2018), as described by ttmstech.com/conteudo"
_GENERAL_AS_OF = date(2026, 11, 21)

GENERAL = tuple(
    Fact[AliasRule](
        value=AliasRule(
            id=id_,
            version=1,
            issued_by=ALL,
            kind=AliasKind.AS_ISSUED,
            source_identifier=source,
        ),
        source=_WCO,
        basis=Basis.PARTIAL,
        as_of=_GENERAL_AS_OF,
    )
    for id_, source in (
        ("GENERAL-TIN", IdentifierSource.TIN),
        ("GENERAL-AUTHORISATION", IdentifierSource.AUTHORISATION),
    )
)
"""What identifies an operator where no rule says otherwise: its TIN, its authorisation number."""


class WrittenForm(NamedTuple):
    """A form under which an operator may be declared.

    Attributes:
        rule: The rule's id.
        version: The rule's version.
        kind: Where the form comes from.
        text: As it is to be written.
        keys: The `normalised` forms under which it is found; none for a name, which is matched
            otherwise.
        fields: Field and what stands there.
        lossy: Another operator may have the same form: it proposes, and never matches by itself.
        arrangement: The one arrangement the form is for; None: any.
    """

    rule: str
    version: int
    kind: AliasKind
    text: str
    keys: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    lossy: bool
    arrangement: ArrangementId | None


class CompiledRule:
    """One rule, ready to write and read.

    Attributes:
        rule: As it stands in the data.
        fact: With its source and basis.
        held: The template of the identifier as held; None: any text.
        forms: The templates of the written form, the one to be written first; none: as held.
        fields: Each field with its template; None: the form as a whole.
        wrong_forms: Each wrong form with its template.
    """

    __slots__ = ("_read", "fact", "fields", "forms", "held", "rule", "wrong_forms")

    def __init__(self, fact: Fact[AliasRule], rule: AliasRule) -> None:
        """Compiles a rule.

        Raises:
            ValueError: A template cannot be used.
        """
        self.fact = fact
        self.rule = rule
        parts = rule.parts
        self.held = None if rule.held is None else Template(rule.held, parts=parts)
        texts = () if rule.written is None else (rule.written, *rule.read_also)
        self.forms = tuple(Template(text, parts=parts) for text in texts)
        self.fields = tuple(
            (field.name, None if field.written is None else Template(field.written, parts=parts))
            for field in rule.fields
        )
        self.wrong_forms = tuple(
            (wrong, Template(wrong.form, parts={**parts, **wrong.parts}))
            for wrong in rule.wrong_forms
        )
        known = set() if self.held is None else set(self.held.names)
        for template in (*self.forms, *(each for _, each in self.fields if each is not None)):
            if not known.issuperset(template.names):
                msg = f"{template.text!r} writes a part that is not in `held`"
                raise ValueError(msg)
        self._read = _reader(rule)

    def unknown(self, part: str) -> str:
        """Returns `?` for each character a part has at least."""
        return "?" * shortest(self.rule.parts[part])

    def write(self, record: OperatorRecord) -> tuple[WrittenForm, ...]:
        """Returns the forms of an operator; none when it has no such identifier."""
        found = []
        for held in self._read(record):
            form = self.write_text(held)
            if form is not None:
                found.append(form)
        return tuple(found)

    def write_parts(self, values: Mapping[str, str]) -> WrittenForm | None:
        """Returns the form with these parts; None when they are not all that it writes."""
        templates = (*self.forms, *(template for _, template in self.fields if template))
        if not self.forms:
            templates = (*templates, *(() if self.held is None else (self.held,)))
        if not templates or not all(set(each.names) <= set(values) for each in templates):
            return None
        held = "" if self.forms or self.held is None else self.held.write(values)
        return self._form(values, as_held=held)

    def write_text(self, held: str) -> WrittenForm | None:
        """Returns the form of an identifier held; None when it has another shape or is too long."""
        values: Mapping[str, str] = {}
        if self.held is not None:
            read = self.held.read(held)
            if read is None:
                return None
            values = read
        return self._form(values, as_held=held)

    def _form(self, values: Mapping[str, str], *, as_held: str) -> WrittenForm | None:
        rule = self.rule
        texts = [form.write(values) for form in self.forms] or [as_held]
        text = texts[0]
        if rule.longest is not None and len(text) > rule.longest:
            return None
        by_name = rule.kind is AliasKind.NAME_AND_ADDRESS
        return WrittenForm(
            rule.id,
            rule.version,
            rule.kind,
            text,
            () if by_name else tuple(dict.fromkeys(map(normalised, texts))),
            tuple(
                (name, text if template is None else template.write(values))
                for name, template in self.fields
            ),
            rule.lossy,
            rule.arrangement,
        )


class AliasBook:
    """The rules of one territory by the administration whose operators they are about.

    Attributes:
        declared_in: The territory on whose declarations the forms stand.
        rules: Every rule that was compiled, blank templates among them.
    """

    def __init__(self, rules: Iterable[CompiledRule], *, declared_in: Territory) -> None:
        """Orders compiled rules."""
        self.declared_in = declared_in
        self.rules = tuple(rules)
        self._general = tuple(CompiledRule(fact, fact.value) for fact in GENERAL if fact.value)
        self._for_all: list[CompiledRule] = []
        self._by_issuer: dict[Territory, list[CompiledRule]] = {}
        self._found: dict[tuple[Territory, date], tuple[CompiledRule, ...]] = {}
        for compiled in self.rules:
            blank = compiled.rule.kind is AliasKind.NOT_KNOWN
            if compiled.rule.issued_by == ALL:
                if not blank:
                    self._for_all.append(compiled)
                continue
            for territory in compiled.rule.issued_by:
                self._by_issuer.setdefault(Territory.trusted(territory), []).append(compiled)

    def written_forms(self, record: OperatorRecord, *, on: date) -> tuple[WrittenForm, ...]:
        """Returns every form under which an operator may be declared here on a day.

        Empty where the rules want what is not held of it (a code our customs assign, a MID), and
        where it is known only that another form is wanted.
        """
        found: list[WrittenForm] = []
        for compiled in self.rules_for(record.programme.territory, on=on):
            found += compiled.write(record)
        return tuple(found)

    def rules_for(self, issuer: Territory, *, on: date) -> tuple[CompiledRule, ...]:
        """Returns the rules that hold on a day for the operators of one administration."""
        found = self._found.get((issuer, on))
        if found is None:
            found = self._found[issuer, on] = self._find_rules(issuer, on=on)
        return found

    def _find_rules(self, issuer: Territory, *, on: date) -> tuple[CompiledRule, ...]:
        for rules in (self._by_issuer.get(issuer, ()), self._for_all):
            valid = tuple(each for each in rules if each.rule.is_valid(on))
            if valid:
                return tuple(each for each in valid if each.rule.kind is not AliasKind.NOT_KNOWN)
        return self._general


def compile_rules(
    identification: Identification | Iterable[Fact[AliasRule]], *, declared_in: Territory
) -> AliasBook:
    """Returns the rules of a territory, ready for use; without any, the general ones hold.

    Raises:
        SetupError: A rule cannot be used; names it and says why.
    """
    facts = identification.rules if isinstance(identification, Identification) else identification
    compiled = []
    for fact in facts:
        rule = fact.value
        if rule is None:
            continue
        try:
            compiled.append(CompiledRule(fact, rule))
        except ValueError as error:
            raise SetupError(
                str(error),
                reason=Reason.DATA_FILE_INVALID,
                where=f"identification/{declared_in}.toml: {rule.id}",
            ) from None
    return AliasBook(compiled, declared_in=declared_in)


def _reader(rule: AliasRule) -> Callable[[OperatorRecord], tuple[str, ...]]:
    """Returns how a record's identifiers are found; chosen once, for it runs for every operator."""
    kind = rule.partner_identifier
    readers: dict[IdentifierSource | None, Callable[[OperatorRecord], tuple[str, ...]]] = {
        IdentifierSource.AUTHORISATION: lambda record: (record.authorisation,),
        IdentifierSource.TIN: lambda record: (record.tin,),
        IdentifierSource.NATIONAL: lambda record: (record.tin.national,),
        IdentifierSource.PARTNER_IDENTIFIER: lambda record: tuple(
            each.value for each in record.partner_identifiers if each.kind == kind
        ),
        IdentifierSource.NAME: lambda record: (record.legal_name,) if record.legal_name else (),
        None: lambda record: (),  # noqa: ARG005 - a blank template writes nothing
    }
    return readers[rule.source_identifier]
