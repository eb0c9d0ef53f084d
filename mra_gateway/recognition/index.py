"""The in-memory index of operators: a declared text → the authorisations it stands for (pure).

It holds what is believed now. `flows/follow_feed.py` fills it from the store and keeps it current;
the forms an operator may be declared under come from the alias rules, through whoever fills it.

Looking up is a dictionary, whatever the number of operators. Finding is not recognising: several
hits, or a form that does not tell operators apart, are for the rule to refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import ClassVar, NamedTuple

from pydantic import TypeAdapter

from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    ProgrammeId,
    Territory,
    Tin,
)
from mra_gateway.model.operators import Address, Role


class Form(NamedTuple):
    """A form under which an operator may be declared.

    Attributes:
        text: Normalised, as declared texts are before they are looked up.
        rule: Which alias rule writes it so (`JP-from-MY@1`), or how it is known.
        lossy: The form does not tell every operator apart, so it matches nothing by itself.
    """

    text: str
    rule: str
    lossy: bool = False


class Shape:
    """What an authorisation is, as arrangements and tables ask it; equal ones are one object.

    Attributes:
        tier: None when it is not known.
        roles: What its programme certified it for.
    """

    __slots__ = ("roles", "tier")
    _known: ClassVar[dict[tuple[str | None, frozenset[Role]], Shape]] = {}

    def __init__(self, tier: str | None, roles: frozenset[Role]) -> None:
        self.tier = tier
        self.roles = roles

    @classmethod
    def of(cls, tier: str | None, roles: Iterable[Role]) -> Shape:
        """Returns the one shape of a tier and roles."""
        key = (tier, frozenset(roles))
        shape = cls._known.get(key)
        if shape is None:
            shape = cls._known[key] = cls(*key)
        return shape


class HeldRecord(NamedTuple):
    """What the rule needs of an operator's record.

    Attributes:
        places: Its addresses as JSON; empty when none is held. As nouns they would take more
            memory than all the rest.
    """

    shape: Shape
    expires_on: date | None
    names: tuple[str, ...]
    places: bytes

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The operator's addresses."""
        return _addresses(self.places) if self.places else ()


_ADDRESSES = TypeAdapter(tuple[Address, ...])


@lru_cache(maxsize=1024)
def _addresses(places: bytes) -> tuple[Address, ...]:
    return _ADDRESSES.validate_json(places)


class HeldFact(NamedTuple):
    """The status of an authorisation from a moment on."""

    effective_from: datetime
    id: int
    status: str
    record: HeldRecord


class HoldingKey(NamedTuple):
    """An authorisation under one arrangement, as one issuer stated it."""

    issuer: Territory
    arrangement: ArrangementId
    tin: Tin
    programme: ProgrammeId
    authorisation: AuthorisationNumber


class Holding:
    """An authorisation and what is believed about it, by `effective_from`."""

    __slots__ = ("facts", "forms", "key")

    def __init__(self, key: HoldingKey) -> None:
        self.key = key
        self.facts: tuple[HeldFact, ...] = ()
        self.forms: tuple[Form, ...] = ()

    def at(self, moment: datetime) -> HeldFact | None:
        """Returns the fact in effect at a moment, or None before the first."""
        for fact in reversed(self.facts):
            if fact.effective_from <= moment:
                return fact
        return None


class Reading(NamedTuple):
    """An authorisation a declared text may stand for, and by which form."""

    holding: Holding
    form: Form


class Index:
    """Authorisations by the forms they are declared under."""

    def __init__(self) -> None:
        self._holdings: dict[HoldingKey, Holding] = {}
        self._forms: dict[str, Reading | list[Reading]] = {}

    def __len__(self) -> int:
        """Returns how many authorisations are held."""
        return len(self._holdings)

    def holdings(self) -> Iterator[Holding]:
        """Yields everything held."""
        return iter(self._holdings.values())

    def get(self, key: HoldingKey) -> Holding | None:
        """Returns a holding, or None."""
        return self._holdings.get(key)

    def put(self, key: HoldingKey, facts: Iterable[HeldFact], *, forms: Sequence[Form]) -> None:
        """Replaces what is believed about an authorisation; without facts it is forgotten."""
        held = tuple(sorted(facts, key=lambda fact: fact[:2]))
        holding = self._holdings.get(key)
        if holding is None:
            if not held:
                return
            holding = self._holdings[key] = Holding(key)
        holding.facts = held
        wanted = tuple(forms) if held else ()
        if wanted != holding.forms:
            self._take_out(holding)
            holding.forms = wanted
            self._enter(holding)
        if not held:
            del self._holdings[key]

    def find(self, text: str) -> Sequence[Reading]:
        """Returns what a normalised text may stand for; nothing is no hit."""
        found = self._forms.get(text)
        if found is None:
            return ()
        return found if type(found) is list else (found,)  # type: ignore[return-value]

    def find_only(self, text: str) -> Reading | None:
        """Returns what a normalised text stands for when it can be one authorisation only."""
        found = self._forms.get(text)
        return None if type(found) is list else found  # type: ignore[return-value]

    def _enter(self, holding: Holding) -> None:
        for form in holding.forms:
            reading = Reading(holding, form)
            there = self._forms.get(form.text)
            if there is None:
                self._forms[form.text] = reading
            elif type(there) is list:
                there.append(reading)
            else:
                self._forms[form.text] = [there, reading]  # type: ignore[list-item]

    def _take_out(self, holding: Holding) -> None:
        for form in holding.forms:
            there = self._forms.get(form.text)
            readings = there if type(there) is list else [there]
            left = [one for one in readings if one is not None and one.holding is not holding]  # type: ignore[union-attr]
            if not left:
                self._forms.pop(form.text, None)
            else:
                self._forms[form.text] = left if len(left) > 1 else left[0]  # type: ignore[assignment]
