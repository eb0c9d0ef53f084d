"""Whether the alias rules of a territory work: templates, worked examples, what they claim (pure).

References to other files are checked in `registry/check.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mra_gateway.identifiers.book import CompiledRule
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.identifiers.reading import read_by
from mra_gateway.model.aliases import AliasKind, AliasRule, Identification, WorkedExample
from mra_gateway.model.facts import Fact


class RuleProblem(NamedTuple):
    """One thing that is wrong with a rule.

    Attributes:
        key: Where in the file.
        reason: One sentence for the person who puts it right.
    """

    key: str
    reason: str


def check_identification(identification: Identification) -> tuple[RuleProblem, ...]:
    """Returns everything that is wrong with the rules of a territory, each on its own."""
    return tuple(
        problem
        for index, fact in enumerate(identification.rules)
        if fact.value is not None
        for problem in _check_rule(f"rules[{index}].value", fact, fact.value)
    )


def _check_rule(key: str, fact: Fact[AliasRule], rule: AliasRule) -> Iterator[RuleProblem]:
    try:
        compiled = CompiledRule(fact, rule)
    except ValueError as error:
        yield RuleProblem(key, str(error))
        return
    yield from _check_kind(key, rule)
    yield from _check_lossy(key, compiled)
    for number, example in enumerate(rule.examples):
        yield from _check_example(f"{key}.examples[{number}]", compiled, example)
    if rule.held is not None and rule.kind is not AliasKind.NOT_KNOWN and not rule.examples:
        yield RuleProblem(f"{key}.examples", "a rule with a form has at least one worked example")


def _check_kind(key: str, rule: AliasRule) -> Iterator[RuleProblem]:
    if rule.kind is AliasKind.RESHAPED and rule.written is None:
        yield RuleProblem(f"{key}.written", "a reshaped number needs the form it is written in")
    if rule.kind is AliasKind.NAME_AND_ADDRESS and not rule.lossy:
        yield RuleProblem(f"{key}.lossy", "a name does not tell every operator apart")
    if rule.kind is not AliasKind.NOT_KNOWN and rule.written is not None and rule.held is None:
        yield RuleProblem(f"{key}.held", "a form is written from the parts of a number held")


def _check_lossy(key: str, compiled: CompiledRule) -> Iterator[RuleProblem]:
    if compiled.held is None or not compiled.forms:
        return
    for form in compiled.forms:
        lost = [name for name in compiled.held.names if name not in form.names]
        if lost and not compiled.rule.lossy:
            yield RuleProblem(
                f"{key}.lossy", f"{form.text!r} leaves out {', '.join(lost)}: the rule is lossy"
            )


def _check_example(
    key: str, compiled: CompiledRule, example: WorkedExample
) -> Iterator[RuleProblem]:
    form = compiled.write_text(example.held)
    if form is None:
        limit = compiled.rule.longest
        why = "it has another form" + (f", or takes more than {limit} characters" if limit else "")
        yield RuleProblem(f"{key}.held", f"{example.held!r} cannot be written: {why}")
        return
    if form.text != example.declared:
        yield RuleProblem(
            f"{key}.declared", f"the rule writes {form.text!r}, the example {example.declared!r}"
        )
    if compiled.rule.lossy or compiled.held is None:
        return
    reading = read_by(compiled, form.text)
    if reading is None or normalised(reading.held or "") != normalised(example.held):
        yield RuleProblem(key, f"{form.text!r} is not read back as {example.held!r}")
