"""What one process knows at one position of the feed: everything a decision rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mra_gateway.flows.compile_book import CompiledBook
from mra_gateway.flows.match_names import NamesHeld
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.recognition.index import Index
from mra_gateway.recognition.measures import Measures

OWN = ArrangementId.trusted("")
"""The arrangement under which our own register is held: none."""


@dataclass(frozen=True, kw_only=True)
class State:
    """What is known at one position.

    Attributes:
        names: Of the operators whose arrangement lets names be matched.
        heard: When each partner's word under each arrangement last took effect.
        epoch: The day since when the alias rules in force have been in force.
        known_at: The moment of the position.
        current: False when the index could not confirm its position: nothing is granted.
    """

    index: Index
    names: NamesHeld
    book: CompiledBook
    measures: Measures
    heard: dict[tuple[Territory, ArrangementId], datetime]
    position: int
    known_at: datetime
    epoch: date
    current: bool = True
