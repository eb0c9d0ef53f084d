"""Introduces a partner's list to the rules by which its operators are found on our declarations.

The forms are those of the index by which declarations are decided: TIN, authorisation number, and
what the alias rules of our territory write. An identifier that several authorisations share, or
that a rule calls lossy, names nobody here either. Names match nobody: they only ever propose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from mra_gateway.analytics.effects import OperatorClass
from mra_gateway.flows.read_register import find_mapping
from mra_gateway.identifiers.book import AliasBook, compile_rules
from mra_gateway.identifiers.canonical import canonical_tin
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.facts import ALL, Administration
from mra_gateway.model.identifiers import ArrangementId, ProgrammeId, Territory
from mra_gateway.model.impact import ListedOperator
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.registry.load import Registry
from mra_gateway.tables.operator_list import OperatorList, read_operators

_AMBIGUOUS = -1
_BLANK: dict[str, Any] = {
    name: field.get_default()
    for name, field in OperatorRecord.model_fields.items()
    if not field.is_required() and name not in {"tier", "roles", "partner_identifiers"}
}
"""What a list does not tell; handed over because looking each up again takes longest."""


class Matcher:
    """Finds the operator an identifier names.

    Attributes:
        ambiguous: How many different texts named several authorisations.
    """

    def __init__(
        self,
        operators: Sequence[ListedOperator],
        *,
        aliases: AliasBook,
        arrangement: ArrangementId,
        on: date,
    ) -> None:
        """Writes every form of every valid operator."""
        self.ambiguous = 0
        self._numbers: dict[str, int] = {}
        self._operators = operators
        for number, operator in enumerate(operators):
            if operator.is_valid:
                for text in _forms(operator, aliases=aliases, arrangement=arrangement, on=on):
                    self._enter(text, number)

    def find(self, text: str) -> int | None:
        """Returns the number of the operator a declared identifier names; None: nobody."""
        number = self._numbers.get(normalised(text))
        if number == _AMBIGUOUS:
            self.ambiguous += 1
            return None
        return number

    def _enter(self, text: str, number: int) -> None:
        there = self._numbers.setdefault(text, number)
        if there not in {number, _AMBIGUOUS} and not self._is_same(there, number):
            self._numbers[text] = _AMBIGUOUS

    def _is_same(self, one: int, other: int) -> bool:
        first, second = self._operators[one], self._operators[other]
        return (first.tin, first.programme, first.authorisation) == (
            second.tin,
            second.programme,
            second.authorisation,
        )


def read_list(
    path: Path,
    *,
    administration: Administration,
    programme: ProgrammeId | None,
    mapping: str | None,
    home: Path | None,
) -> OperatorList:
    """Reads a partner's list.

    Raises:
        RequestRefused: The file or the mapping cannot be used.
    """
    own = None
    if mapping is not None:
        own = find_mapping(mapping, home=home or path.parent)
    return read_operators(
        path,
        mapping=own,
        programme=programme,
        territory=administration.territory,
        canonical_tin=partial(
            canonical_tin,
            territory=administration.territory,
            accepted=administration.tin_territories.value or (),
        ),
    )


def aliases_of(registry: Registry, territory: Territory) -> AliasBook:
    """Returns the alias rules of the declarations of a territory.

    Raises:
        SetupError: A rule cannot be used.
    """
    rules = registry.identification.get(territory)
    return compile_rules(() if rules is None else rules, declared_in=territory)


def classes_of(
    operators: Iterable[ListedOperator], *, table: DecisionTable
) -> tuple[list[int], list[OperatorClass]]:
    """Returns the class of each operator, and the classes: what the table tells operators by."""
    named = {tin for row in table.rows.value or () if row.operators != ALL for tin in row.operators}
    numbers: dict[OperatorClass, int] = {}
    of_each = [
        numbers.setdefault(
            OperatorClass(
                one.programme,
                one.tier,
                frozenset(one.roles),
                one.tin if one.tin in named else None,
            ),
            len(numbers),
        )
        for one in operators
    ]
    return of_each, list(numbers)


def _forms(
    operator: ListedOperator, *, aliases: AliasBook, arrangement: ArrangementId, on: date
) -> Iterable[str]:
    yield operator.tin
    yield normalised(operator.authorisation)
    # a list of a hundred thousand: every part of it was checked when it was read
    record = OperatorRecord.model_construct(
        **_BLANK,
        tin=operator.tin,
        authorisation=operator.authorisation,
        programme=operator.programme,
        tier=operator.tier,
        roles=operator.roles,
        partner_identifiers=operator.partner_identifiers,
        episode=operator.authorisation,
        record_version=1,
    )
    for written in aliases.written_forms(record, on=on):
        if not written.lossy and written.arrangement in {None, arrangement}:
            yield from (text for text in written.keys if text)
