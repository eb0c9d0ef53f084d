"""Resolves a declared party to the authorisations held: step 1 of recognising.

By our rules; where they leave doubt, by what officers confirmed; where no identifier is declared
and the arrangement says so, by the name.
"""

from __future__ import annotations

from collections.abc import Sequence

from mra_gateway.flows.state import OWN, State
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.declarations import DeclaredParty
from mra_gateway.recognition.index import BY_TIN, Form, Reading

_NO_TERRITORY = Form("", "number without territory", lossy=True)


class Resolver:
    """Finds whom declared parties may be, by one state."""

    def __init__(self, state: State) -> None:
        """Takes what is known."""
        self._state = state

    def resolve(self, party: DeclaredParty) -> Sequence[Reading]:
        """Returns the authorisations a party may be; several are for the rule to refuse."""
        readings = self.by_rule(party)
        if len(readings) == 1 and not readings[0].form.lossy:
            return readings
        if all(one.form.lossy for one in readings):
            readings = self._confirmed(party, readings)
            if not readings and party.identifier is None and self._state.names:
                readings = list(self._state.names.find(party, self._state.index))
        if len(readings) > 1:
            readings = _prefer_exact(readings, party)
        return readings

    def by_rule(self, party: DeclaredParty) -> list[Reading]:
        """Returns what the identifier of a party may stand for by our rules, surely or not."""
        if party.identifier is None:
            return []
        readings = [
            one
            for one in self._state.index.find(normalised(party.identifier))
            if one.holding.key.arrangement != OWN
        ]
        return readings or self._without_territory(party)

    def _without_territory(self, party: DeclaredParty) -> list[Reading]:
        """Returns whose number a text may be without its territory code: said, never matched."""
        text = normalised(party.identifier or "")
        territories = (
            self._state.book.partner_territories if party.territory is None else (party.territory,)
        )
        return [
            Reading(one.holding, _NO_TERRITORY)
            for territory in territories
            for one in self._state.index.find(territory + text)
            if one.form is BY_TIN and one.holding.key.arrangement != OWN
        ]

    def _confirmed(self, party: DeclaredParty, readings: list[Reading]) -> list[Reading]:
        """Returns whom officers confirmed a text to stand for, else the readings given.

        A text that by rule may be somebody else as well is not settled by a confirmation.
        """
        found = []
        for number, known in self._state.measures.confirmed(party):
            form = Form("", f"confirmed correspondence {number}")
            found += [
                Reading(one.holding, form)
                for one in self._state.index.find(normalised(known.tin))
                if one.holding.key.issuer == known.partner and one.holding.key.tin == known.tin
            ]
        tins = {one.holding.key.tin for one in found}
        return found if all(one.holding.key.tin in tins for one in readings) and found else readings


def _prefer_exact(readings: list[Reading], party: DeclaredParty) -> list[Reading]:
    """A text that is an authorisation number as issued means that authorisation."""
    exact = [one for one in readings if one.holding.key.authorisation == party.identifier]
    return exact or readings
