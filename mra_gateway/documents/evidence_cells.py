"""What a programme says about an item, told in a cell of a table: text, figures, source, basis."""

from __future__ import annotations

from mra_gateway.documents.page import Bullets, Cell, Heading, Said
from mra_gateway.documents.speaking import Speaker
from mra_gateway.model import profiles
from mra_gateway.model.comparison import Evidence
from mra_gateway.model.facts import ALL, Basis
from mra_gateway.model.profiles import Quantity, Stated

_UNITS = frozenset(unit.value for unit in profiles.Unit if unit is not profiles.Unit.COUNT)


class SourceList:
    """The sources of a document, numbered as they are first cited."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def cite(self, source: str) -> str:
        """Returns the number by which a source is cited."""
        return f"[{self._numbers.setdefault(source, len(self._numbers) + 1)}]"

    def blocks(self, speaker: Speaker) -> tuple[Heading | Bullets, ...]:
        """Returns the list as it stands at the end; nothing when nothing was cited."""
        if not self._numbers:
            return ()
        items = tuple((source,) for source in self._numbers)
        return (Heading(speaker.say("sources"), 2), Bullets(items, is_numbered=True))


def evidence_cell(evidence: tuple[Evidence, ...], speaker: Speaker, sources: SourceList) -> Cell:
    """Returns a side's evidence; what was not seen is said to be so, never left blank."""
    if not evidence:
        return Cell((speaker.say_to_reader("not_seen"),))
    lines: list[Said] = []
    small: list[Said] = []
    for each in evidence:
        lines += statement(each.cell, speaker)
        small += details(each.cell, speaker)
        if each.by_category:
            small.append(speaker.say("category_only"))
        if each.inherited_from is not None:
            small.append(speaker.say("inherited", programme=str(each.inherited_from)))
        small.append(basis_line(each.source, each.basis, each.as_of.isoformat(), speaker, sources))
    return Cell(tuple(lines), tuple(small))


def statement(cell: profiles.Cell, speaker: Speaker) -> tuple[Said, ...]:
    """Returns what is said, with what was stated where it is not a plain requirement."""
    told = speaker.phrase(cell.text)
    if cell.stated in (Stated.REQUIRED, Stated.DESCRIBED):
        return (told,)
    return (speaker.say(f"stated_{cell.stated.value}"), told)


def details(cell: profiles.Cell, speaker: Speaker) -> tuple[Said, ...]:
    """Returns clause, strength, figures, means, methods, tiers and roles, one line each."""
    told: list[Said] = []
    if cell.clause is not None:
        told.append((cell.clause,))
    marks = [speaker.say(f"strength_{cell.strength.value}")] if cell.strength else []
    if cell.instrument is not None:
        marks.append(speaker.say(f"instrument_{cell.instrument.value}"))
    if marks:
        told.append(speaker.joined(marks, by=" · "))
    told += [
        speaker.say("met_by", figures=speaker.joined((figure(q, speaker) for q in one), by="; "))
        for one in cell.thresholds
    ]
    if cell.methods:
        named = [speaker.say(f"method_{method.value}") for method in cell.methods]
        told.append(speaker.say("assessed", methods=speaker.joined(named)))
    if cell.tiers != ALL:
        told.append(speaker.say("tiers_only", tiers=", ".join(cell.tiers)))
    if cell.roles != ALL:
        named = [speaker.say(f"role_{role.value}") for role in cell.roles]
        told.append(speaker.say("roles_only", roles=speaker.joined(named)))
    return tuple(told)


def figure(quantity: Quantity, speaker: Speaker) -> Said:
    """Returns a figure with its unit: `look-back: at least 3 (years)`."""
    unit = speaker.say(f"unit_{quantity.unit}") if quantity.unit in _UNITS else (quantity.unit,)
    return speaker.say(
        "figure_count" if quantity.unit == profiles.Unit.COUNT else "figure",
        measure=speaker.say(f"measure_{quantity.measure.value}"),
        relation=speaker.say(f"relation_{quantity.relation}"),
        value=speaker.number(quantity.value),
        unit=unit,
    )


def basis_line(
    source: str, basis: Basis, as_of: str, speaker: Speaker, sources: SourceList
) -> Said:
    """Returns where something was read, how surely, and when."""
    told = speaker.say(f"basis_{basis.value}")
    return speaker.joined(((sources.cite(source),), told, (as_of,)), by=" ")
