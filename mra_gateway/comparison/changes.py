"""What changed in a profile, and which findings change with it.

A change of source, basis or day alone is named as one of the evidence: it can change a finding too,
for nothing thin is called equivalent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mra_gateway.comparison.compare import Terms, compare
from mra_gateway.comparison.subject import Subject
from mra_gateway.model.comparison import Comparison, Evidence
from mra_gateway.model.profile_changes import CellChange, FindingChange, ProfileChanges
from mra_gateway.model.profiles import Profile
from mra_gateway.model.requirements import RequirementCatalogue


def changes_of(
    before: Subject,
    after: Subject,
    *,
    against: Subject,
    catalogue: RequirementCatalogue,
    terms: Terms,
) -> ProfileChanges:
    """Returns what changed between two versions of a profile.

    Args:
        before: The programme with the earlier profile.
        after: The programme with the later one.
        against: With what both are compared.
        catalogue: By what.
        terms: By what else.

    Raises:
        ValueError: The catalogue has no such edition.
    """
    earlier = compare(before, against, catalogue=catalogue, terms=terms)
    later = compare(after, against, catalogue=catalogue, terms=terms)
    return ProfileChanges(
        side=after.side,
        version_before=before.profile.version,
        against=against.id,
        catalogue=catalogue.id,
        edition=later.edition,
        at=later.at,
        cells=tuple(cell_changes(before.profile, after.profile)),
        findings=tuple(_findings(earlier, later)),
        outcome_before=earlier.conclusion.outcome,
        outcome_after=later.conclusion.outcome,
    )


def _findings(earlier: Comparison, later: Comparison) -> Iterator[FindingChange]:
    for before, after in zip(earlier.rows, later.rows, strict=True):
        if before.finding is not after.finding:
            yield FindingChange(
                item=after.item,
                requirement=after.requirement,
                before=before.finding,
                after=after.finding,
                why_before=before.why,
                why_after=after.why,
            )


def cell_changes(before: Profile, after: Profile) -> Iterator[CellChange]:
    """Yields the items whose cells are not what they were."""
    earlier, later = _evidence(before), _evidence(after)
    for item in dict.fromkeys((*later, *earlier)):
        old, new = earlier.get(item, ()), later.get(item, ())
        if old != new:
            yield CellChange(item=item, change=_kind(old, new), before=old, after=new)


def _kind(
    old: tuple[Evidence, ...], new: tuple[Evidence, ...]
) -> Literal["added", "removed", "changed", "evidence"]:
    if not old:
        return "added"
    if not new:
        return "removed"
    is_same = [one.cell for one in old] == [one.cell for one in new]
    return "evidence" if is_same else "changed"


def _evidence(profile: Profile) -> dict[str, tuple[Evidence, ...]]:
    held: dict[str, tuple[Evidence, ...]] = {}
    for fact in profile.cells:
        if fact.value is None:
            continue
        one = Evidence(cell=fact.value, source=fact.source, basis=fact.basis, as_of=fact.as_of)
        held[fact.value.item] = (*held.get(fact.value.item, ()), one)
    return held
