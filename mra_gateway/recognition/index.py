"""The in-memory index of operators: a declared text → the authorisations it stands for (pure).

It holds what is believed now. `flows/follow_feed.py` fills it from the store and keeps it current;
the forms an operator may be declared under come from the alias rules, through whoever fills it.

Looking up is a dictionary, whatever the number of operators. Finding is not recognising: several
hits, or a form that does not tell operators apart, are for the rule to refuse.
"""

from __future__ import annotations

from bisect import insort
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
        described: Names and addresses as JSON; read when something is compared with them. As nouns
            they would take more memory than all the rest.
    """

    shape: Shape
    expires_on: date | None
    described: bytes

    @property
    def names(self) -> tuple[str, ...]:
        """The operator's names."""
        return _described(self.described).names

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The operator's addresses."""
        return _described(self.described).addresses


class _Description(NamedTuple):
    names: tuple[str, ...]
    addresses: tuple[Address, ...]


_DESCRIPTION = TypeAdapter(_Description)


@lru_cache(maxsize=1024)
def _described(content: bytes) -> _Description:
    return _DESCRIPTION.validate_json(content)


def describe(names: Iterable[str], addresses: tuple[Address, ...]) -> bytes:
    """Returns names and addresses as a `HeldRecord` keeps them."""
    return _DESCRIPTION.dump_json(_Description(tuple(names), addresses), exclude_defaults=True)


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
    """An authorisation and what is believed about it, by `effective_from`.

    Attributes:
        number: Its authorisation number, normalised.
        written: The forms that the rules of our declarations add.
        said: Tells whether another fact says the same of the operator as the latest does; kept in
            place of its text.
    """

    __slots__ = ("facts", "key", "number", "said", "written")

    def __init__(self, key: HoldingKey, number: str) -> None:
        self.key = key
        self.number = number
        self.facts: tuple[HeldFact, ...] = ()
        self.written: tuple[Form, ...] = ()
        self.said = 0

    @property
    def forms(self) -> tuple[Form, ...]:
        """Every form under which it is found."""
        general = (Form(self.key.tin, BY_TIN.rule), Form(self.number, BY_NUMBER.rule))
        return (*general, *self.written)

    def at(self, moment: datetime) -> HeldFact | None:
        """Returns the fact in effect at a moment, or None before the first."""
        facts = self.facts
        if facts and facts[-1].effective_from <= moment:
            return facts[-1]  # most often the latest
        for fact in reversed(facts):
            if fact.effective_from <= moment:
                return fact
        return None


class Reading(NamedTuple):
    """An authorisation a declared text may stand for, and by which form."""

    holding: Holding
    form: Form


BY_TIN = Form("", "TIN")
BY_NUMBER = Form("", "authorisation number")


class Index:
    """Authorisations by the forms they are declared under.

    Every authorisation is found by its TIN and by its number; to these the rules of our
    declarations add others. The two stand in the table as the holding itself: hundreds of thousands
    of them are to fit beside everything else.
    """

    def __init__(self) -> None:
        self._forms: dict[str, Holding | Reading | list[Reading]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Returns how many authorisations are held."""
        return self._count

    def holdings(self) -> Iterator[Holding]:
        """Yields everything held."""
        for text, found in self._forms.items():
            for reading in _readings(text, found):
                if reading.form is BY_TIN:
                    yield reading.holding

    def get(self, key: HoldingKey) -> Holding | None:
        """Returns a holding, or None."""
        for reading in self.find(key.tin):
            if reading.form is BY_TIN and reading.holding.key == key:
                return reading.holding
        return None

    def put(
        self,
        key: HoldingKey,
        facts: Iterable[HeldFact],
        *,
        number: str,
        written: tuple[Form, ...] = (),
        said: int = 0,
    ) -> None:
        """Replaces what is believed about an authorisation; without facts it is forgotten.

        Args:
            key: Which one.
            facts: What is believed.
            number: Its authorisation number, normalised.
            written: The forms that rules add, normalised.
            said: What the latest fact says of the operator, hashed.
        """
        held = tuple(sorted(facts, key=_by_time))
        holding = self.get(key)
        if holding is None:
            if not held:
                return
            holding = Holding(key, number)
            self._enter(key.tin, Reading(holding, BY_TIN))
            if number != key.tin:
                self._enter(number, Reading(holding, BY_NUMBER))
            self._count += 1
        holding.facts, holding.said = held, said
        wanted = written if held else ()
        if wanted != holding.written:
            for form in holding.written:
                self._take_out(form.text, holding)
            for form in wanted:
                self._enter(form.text, Reading(holding, form))
            holding.written = wanted
        if not held:
            self._take_out(key.tin, holding)
            if number != key.tin:
                self._take_out(number, holding)
            self._count -= 1

    def find(self, text: str) -> Sequence[Reading]:
        """Returns what a normalised text may stand for; nothing is no hit."""
        found = self._forms.get(text)
        return () if found is None else _readings(text, found)

    def find_only(self, text: str) -> tuple[Holding, Form] | None:
        """Returns what a normalised text stands for when it can be one authorisation only."""
        found = self._forms.get(text)
        if type(found) is Holding:
            _, _, tin, _, _ = found.key
            return found, BY_TIN if text == tin else BY_NUMBER
        return found if type(found) is Reading else None

    def _enter(self, text: str, reading: Reading) -> None:
        if not text:
            return
        there = self._forms.get(text)
        if there is None:
            is_general = reading.form is BY_TIN or reading.form is BY_NUMBER
            self._forms[text] = reading.holding if is_general else reading
        else:
            # in one order, however they came: what is answered must not tell how it was learnt
            several = list(_readings(text, there))
            insort(several, reading, key=_key)
            self._forms[text] = several

    def _take_out(self, text: str, holding: Holding) -> None:
        there = self._forms.pop(text, None)
        if there is None:
            return
        for reading in _readings(text, there):
            if reading.holding is not holding:
                self._enter(text, reading)


def _readings(text: str, found: Holding | Reading | list[Reading]) -> Sequence[Reading]:
    if type(found) is Holding:
        return (Reading(found, BY_TIN if text == found.key.tin else BY_NUMBER),)
    return found if type(found) is list else (found,)  # type: ignore[return-value]


def _key(reading: Reading) -> HoldingKey:
    return reading.holding.key


def _by_time(fact: HeldFact) -> tuple[datetime, int]:
    return fact.effective_from, fact.id
