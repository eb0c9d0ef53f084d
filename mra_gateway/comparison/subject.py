"""One side of a comparison: its profile with those it extends, its header facts, its arrangements.

What an item's evidence is follows in this order, for each tier and role by itself: cells of its own
for the item; cells for the item of the union programme it extends; its own cells for the category;
those of the union programme for the category.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from mra_gateway.model.comparison import Evidence, Side
from mra_gateway.model.facts import ALL, Arrangement, Fact, Programme
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.operators import Code, ProgrammeKind, Role
from mra_gateway.model.profiles import Cell, Profile


class Scope(NamedTuple):
    """To which tiers and role a side is narrowed; None: not narrowed."""

    tiers: tuple[Code, ...] | None = None
    role: Role | None = None

    def covers(self, cell: Cell) -> bool:
        """Says whether a cell says anything of what this is narrowed to."""
        tiers = self.tiers is None or cell.tiers == ALL or bool(set(cell.tiers) & set(self.tiers))
        return tiers and (self.role is None or cell.roles == ALL or self.role in cell.roles)


class Subject:
    """A programme as it is compared.

    Args:
        profile: What it says.
        parents: The profiles it extends, nearest first.
        programme: Its header facts; None for union law and for texts.
        name: How it is called.
        is_confirmed: Whether its profile was confirmed.
        arrangements: The arrangements it is brought into.
        is_text: Whether it is the text of a catalogue, which no administration runs.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        parents: Sequence[Profile] = (),
        programme: Programme | None = None,
        name: str | None = None,
        is_confirmed: bool = False,
        arrangements: Sequence[Arrangement] = (),
        is_text: bool = False,
    ) -> None:
        self.profile = profile
        self.parents = tuple(parents)
        self.programme = programme
        self.is_confirmed = is_confirmed
        self.arrangements = tuple(arrangements)
        self.is_text = is_text
        self._name = name

    def with_profile(self, profile: Profile) -> Subject:
        """Returns the same side with another profile."""
        return Subject(
            profile,
            parents=self.parents,
            programme=self.programme,
            name=self._name,
            is_confirmed=self.is_confirmed,
            arrangements=self.arrangements,
            is_text=self.is_text,
        )

    @property
    def id(self) -> ProgrammeId:
        """The programme's id."""
        return self.profile.programme

    @property
    def name(self) -> str:
        """What it is called: its own name, else the title of its profile, else its id."""
        if self._name is not None:
            return self._name
        if self.programme is not None and self.programme.name.value is not None:
            return self.programme.name.value
        if self.profile.title is not None and self.profile.title.value is not None:
            return self.profile.title.value.en
        return str(self.id)

    @property
    def side(self) -> Side:
        """The side as a comparison names it."""
        return Side(
            programme=self.id,
            territory=self.id.territory,
            name=self.name,
            version=self.profile.version,
            is_confirmed=self.is_confirmed,
            extends=self.profile.extends,
        )

    @cached_property
    def tiers(self) -> tuple[Code, ...]:
        """The codes of its tiers; empty where it has none or they are not known."""
        if self.programme is None or self.programme.tiers.value is None:
            return ()
        return tuple(tier.code for tier in self.programme.tiers.value)

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """The roles it certifies; empty where they are not known."""
        if self.programme is None or self.programme.roles.value is None:
            return ()
        return self.programme.roles.value

    @property
    def kind(self) -> Fact[ProgrammeKind] | None:
        """What it certifies, as far as that is known."""
        return None if self.programme is None else self.programme.kind

    def levels(
        self, reference: str, category: str, *, scope: Scope
    ) -> tuple[tuple[Evidence, ...], ...]:
        """Returns what is known of an item within a scope, what goes before the rest first.

        Args:
            reference: The item with its catalogue.
            category: Its category with the catalogue.
            scope: What the side is narrowed to.
        """
        found = (
            tuple(one for one in held.get(wanted, ()) if scope.covers(one.cell))
            for wanted in dict.fromkeys((reference, category))
            for held in self._held
        )
        return tuple(level for level in found if level)

    def every(self, catalogue: str) -> tuple[Evidence, ...]:
        """Returns all evidence on a catalogue, its own and what is inherited."""
        return tuple(
            one
            for held in self._held
            for reference, found in held.items()
            if reference.startswith(f"{catalogue}:")
            for one in found
        )

    @cached_property
    def _held(self) -> tuple[dict[str, list[Evidence]], ...]:
        return tuple(
            _by_item(profile, inherited=profile is not self.profile)
            for profile in (self.profile, *self.parents)
        )


def _by_item(profile: Profile, *, inherited: bool) -> dict[str, list[Evidence]]:
    held: dict[str, list[Evidence]] = {}
    for fact in profile.cells:
        cell = fact.value
        if cell is None:
            continue  # looked for and not found: not seen
        found = Evidence(
            cell=cell,
            source=fact.source,
            basis=fact.basis,
            as_of=fact.as_of,
            inherited_from=profile.programme if inherited else None,
        )
        held.setdefault(cell.item, []).append(found)
    return held
