"""Matches names by themselves, under the arrangements that say so and under no other.

1. hold the names of the operators of those arrangements, changed as the index changes
2. for a party without an identifier propose whom its name may stand for, arrangement by arrangement
3. take the best, if its score reaches the arrangement's threshold and no other operator of the
   arrangement fits about as well

Where no arrangement says so nothing is held and nothing is asked. Names without an identifier that
officers confirmed come first: `recognise.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mra_gateway.identifiers.matching import NameIndex
from mra_gateway.identifiers.names import NameRules
from mra_gateway.model.declarations import DeclaredParty
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
from mra_gateway.recognition.index import BY_TIN, Form, Holding, HoldingKey, Index, Reading

_Operator = tuple[Territory, Tin]


class NamesHeld:
    """The names of the operators whose arrangement lets names be matched."""

    def __init__(self, arrangements: Mapping[ArrangementId, Arrangement], rules: NameRules) -> None:
        self._thresholds = {
            id_: facts.name_matching.value.threshold
            for id_, facts in arrangements.items()
            if facts.name_matching is not None and facts.name_matching.value is not None
        }
        self._held = {id_: NameIndex[_Operator](rules) for id_ in self._thresholds}

    def __bool__(self) -> bool:
        """Says whether any arrangement lets names be matched."""
        return bool(self._held)

    def put(self, key: HoldingKey, index: Index) -> None:
        """Step 1: takes the names of an operator as the index now holds them, the latest ones."""
        names = self._held.get(key.arrangement)
        if names is None:
            return
        records = [one.facts[-1].record for one in _holdings(index, key) if one.facts]
        names.add(
            (key.issuer, key.tin),
            names=sorted({name for record in records for name in record.names}),
            addresses=[address for record in records for address in record.addresses],
            territory=key.tin.territory,
        )

    def find(self, party: DeclaredParty, index: Index) -> Iterator[Reading]:
        """Steps 2 and 3: yields the authorisations of whom a party's name stands for."""
        if party.name is None:
            return
        for arrangement, names in self._held.items():
            threshold = self._thresholds[arrangement]
            best = names.propose(
                party.name, address=party.address, territory=party.territory, limit=1
            )
            if not best or not best[0].is_confirmed(threshold=threshold):
                continue
            issuer, tin = best[0].key
            said = "; ".join(best[0].reasons)
            form = Form(
                "", f"matched under {arrangement}, {best[0].score:g} of {threshold:g}: {said}"
            )
            for one in index.find(tin):
                if one.form is BY_TIN and one.holding.key[:3] == (issuer, arrangement, tin):
                    yield Reading(one.holding, form)


def _holdings(index: Index, key: HoldingKey) -> list[Holding]:
    """Returns all authorisations of an operator under an arrangement, in one order."""
    found = [
        one.holding
        for one in index.find(key.tin)
        if one.form is BY_TIN and one.holding.key[:3] == key[:3]
    ]
    return sorted(found, key=lambda holding: holding.key)
