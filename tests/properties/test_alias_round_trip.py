"""Reading is the inverse of writing; what a rule loses is never guessed."""

from __future__ import annotations

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from mra_gateway.identifiers.book import AliasBook, CompiledRule, compile_rules
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.identifiers.reading import read, read_by
from mra_gateway.model.aliases import AliasKind, AliasRule, IdentifierSource
from mra_gateway.model.facts import Basis, Fact
from mra_gateway.model.identifiers import Territory
from tests.support.aliases import TODAY, book_of, operator, shipped

SHAPED = [
    compiled
    for territory in sorted(shipped().identification)
    for compiled in book_of(territory).rules
    if compiled.held is not None and compiled.rule.kind is not AliasKind.NOT_KNOWN
]


def values_of(compiled: CompiledRule) -> st.SearchStrategy[dict[str, str]]:
    held = compiled.held
    assert held is not None
    return st.fixed_dictionaries(
        {
            name: st.from_regex(compiled.rule.parts[name], fullmatch=True).filter(
                # a number does not begin or end with a space or a hyphen
                lambda text: text == text.strip(" -./") and normalised(text) != ""
            )
            for name in held.names
        }
    )


@given(st.data())
def test_every_shipped_rule_reads_what_it_writes(data: st.DataObject) -> None:
    compiled = data.draw(st.sampled_from(SHAPED), label="rule")
    assert compiled.held is not None
    held = compiled.held.write(data.draw(values_of(compiled), label="parts"))
    form = compiled.write_text(held)
    assume(form is not None)
    assert form is not None
    for typed in (form.text, form.text.lower(), " ".join(form.text)):
        reading = read_by(compiled, typed)
        assert reading is not None
        if compiled.rule.lossy:
            assert reading.held is None
        else:
            assert normalised(reading.held or "") == normalised(held)


@st.composite
def rules(draw: st.DrawFn) -> AliasRule:
    """A rule of fixed-length parts in any order, some of them perhaps lost."""
    names = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True))
    parts = {
        name: f"[{draw(st.sampled_from(['0-9', 'A-Z', 'A-Z0-9']))}]{{{draw(st.integers(1, 4))}}}"
        for name in names
    }
    literal = st.text(alphabet="XYZ089-/ ", max_size=3)
    held = "".join(draw(literal) + f"{{{name}}}" for name in names)
    kept = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    written = "".join(draw(literal) + f"{{{name}}}" for name in kept)
    return AliasRule(
        id="R",
        version=1,
        issued_by=(Territory("CN"),),
        kind=AliasKind.RESHAPED,
        source_identifier=IdentifierSource.AUTHORISATION,
        parts=parts,
        held=f"H{held.strip()}",
        written=f"W{written.strip()}",
        lossy=set(kept) != set(names),
    )


def compiled_book(rule: AliasRule) -> AliasBook:
    fact = Fact[AliasRule](value=rule, source="a.example", basis=Basis.READ, as_of=TODAY)
    return compile_rules([fact], declared_in=Territory("JP"))


@given(rules(), st.data())
def test_any_lossless_rule_gives_back_the_number_and_a_lossy_one_never_does(
    rule: AliasRule, data: st.DataObject
) -> None:
    book = compiled_book(rule)
    (compiled,) = book.rules
    assert compiled.held is not None
    held = compiled.held.write(data.draw(values_of(compiled)))
    (form,) = book.written_forms(operator("CN", authorisation=held), on=TODAY)
    (reading,) = read(form.text, book=book, on=TODAY)
    assert form.lossy is rule.lossy
    assert reading.held == (None if rule.lossy else held)
    if rule.lossy:
        pattern = re.escape(reading.shown).replace(r"\?", ".")
        assert re.fullmatch(pattern, held)


@given(st.data())
def test_two_numbers_that_differ_share_a_form_only_under_a_lossy_rule(
    data: st.DataObject,
) -> None:
    compiled = data.draw(st.sampled_from(SHAPED))
    assert compiled.held is not None
    one, other = (compiled.held.write(data.draw(values_of(compiled))) for _ in range(2))
    forms = [compiled.write_text(text) for text in (one, other)]
    assume(normalised(one) != normalised(other) and None not in forms)
    keys = [set(form.keys) for form in forms if form is not None]
    if keys[0] & keys[1]:
        assert compiled.rule.lossy


def test_two_malaysian_operators_of_one_id_and_year_share_their_japanese_code() -> None:
    book = book_of("JP")
    forms = [
        book.written_forms(operator("MY", authorisation=number), on=TODAY)[0]
        for number in ("MY12345H100001", "MY12345H100002")
    ]
    assert forms[0].keys == forms[1].keys
    assert all(form.lossy for form in forms)
