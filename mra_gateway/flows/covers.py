"""The arrangement and partner that each authorisation is judged by, made once a day.

Whether a partner has been silent for too long goes by the day, so does what is made here.
"""

from __future__ import annotations

from datetime import date

from mra_gateway.flows.state import State
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.recognition.index import HoldingKey
from mra_gateway.recognition.rule import Cover


class Covers:
    """The covers of one state on one day.

    Attributes:
        today: The day of deciding.
    """

    def __init__(self, state: State, *, today: date) -> None:
        """Takes what is known, and the day of deciding."""
        self.today = today
        self._state = state
        self._made: dict[tuple[Territory, ArrangementId], Cover | None] = {}

    def find(self, key: HoldingKey) -> Cover | None:
        """Returns what an authorisation is judged by; None for what is no partner's."""
        register = key[:2]
        if register not in self._made:
            self._made[register] = self._make(*register)
        return self._made[register]

    def _make(self, issuer: Territory, arrangement: ArrangementId) -> Cover | None:
        book = self._state.book
        found = book.find_cover(arrangement, partner=issuer)
        if found is None:
            return None
        as_of = self._state.heard.get((issuer, arrangement))
        return Cover(
            found[0],
            found[1],
            us=book.us,
            zone=book.zone,
            confirmed=found[2],
            as_of=as_of,
            silent_since=None if as_of is None else book.day(as_of),
            today=self.today,
        )
