"""What `compare` prints: documents for programs, tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from mra_gateway.cli import show

if TYPE_CHECKING:
    from mra_gateway.model.comparison import Comparison, Condition, Finding, Side
    from mra_gateway.model.matrix import Matrix, Pairing
    from mra_gateway.model.profile_changes import ProfileChanges
    from mra_gateway.model.requirements import Phrase

_FINDINGS: Final = (
    ("equivalent", "="),
    ("equivalent_by_other_means", "≈"),
    ("partial", "part"),
    ("only_ours", "ours"),
    ("only_theirs", "theirs"),
    ("stricter_ours", "strict ours"),
    ("stricter_theirs", "strict theirs"),
    ("not_applicable", "n/a"),
    ("not_established", "?"),
)


def as_json(document: object) -> str:
    """Returns a document as the text of a file."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def comparison_document(comparison: Comparison) -> dict[str, object]:
    """Returns a comparison in its published form."""
    from mra_gateway.comparison.published import publish

    return publish(comparison).model_dump(mode="json")


def matrix_document(matrix: Matrix) -> dict[str, object]:
    """Returns a matrix with its watermark."""
    return {**matrix.model_dump(mode="json"), **_watermark(matrix.members)}


def changes_document(changes: ProfileChanges) -> dict[str, object]:
    """Returns what changed with its watermark."""
    return {**changes.model_dump(mode="json"), **_watermark((changes.side,))}


def print_comparison(comparison: Comparison, *, language: str) -> None:
    """Prints a comparison: rows, categories, conclusion."""
    from mra_gateway.comparison.conclusion import is_solid

    ours, theirs = comparison.ours.programme, comparison.theirs.programme
    _print_watermark((comparison.ours, comparison.theirs), language)
    conclusion = comparison.conclusion
    show.line(
        f"{ours} – {theirs}, {comparison.catalogue}@{comparison.edition}, at {comparison.at}"
        + (f", rates of {comparison.rates}" if comparison.rates else "")
    )
    for name, tier, eligible in (
        (ours, comparison.tier_ours, conclusion.eligible_ours),
        (theirs, comparison.tier_theirs, conclusion.eligible_theirs),
    ):
        looked_at = tier or (", ".join(eligible) if eligible else "all of it")
        show.line(f"looked at of {name}: {looked_at}")
    show.table(
        ("item", "finding", "basis", "in practice", "why"),
        [
            (
                row.item,
                row.finding.value,
                row.basis.value if row.basis else "",
                row.in_practice.value if row.in_practice.value != "not_visited" else "",
                _said(row.why, language),
            )
            for row in comparison.rows
        ],
        title="Items",
    )
    show.table(
        ("category", "name", "finding", "established"),
        [
            (
                one.category,
                _said(one.name, language),
                one.finding.value,
                f"{one.established} of {sum(one.counts.values())}",
            )
            for one in comparison.categories
        ],
        title="Categories",
    )
    established = sum(one.established for one in comparison.categories)
    solid = sum(map(is_solid, comparison.rows))
    show.line(
        f"{established} of {len(comparison.rows)} established, {solid} of them verified and known "
        "item by item"
    )
    show.line(f"conclusion on paper: {conclusion.outcome.value}")
    _print_conditions(conclusion.conditions, language)


def print_matrix(matrix: Matrix, *, language: str) -> None:
    """Prints a matrix: the pairs, the items that are open, what is needed."""
    _print_watermark(matrix.members, language)
    show.line(f"{matrix.group}, {matrix.catalogue}@{matrix.edition}, at {matrix.at}")
    names = [side.programme for side in matrix.members]
    of_pair = {(one.ours, one.theirs): one for one in matrix.pairings}
    total = len(matrix.standings)
    show.table(
        ("", *(name.partition("-")[0] for name in names)),
        [
            (
                ours,
                *("" if ours == theirs else _share(of_pair[ours, theirs]) for theirs in names),
            )
            for ours in names
        ],
        title=f"Rows established of {total}, and how many verified and known item by item",
    )
    show.table(
        ("ours", "theirs", "outcome", *(short for _, short in _FINDINGS)),
        [
            (one.ours, one.theirs, one.outcome.value, *_counted(one.counts))
            for one in matrix.pairings
            if names.index(one.ours) < names.index(one.theirs)
        ],
        title="Pairs",
    )
    show.table(
        ("item", "provided", "thin", "absent", "not established"),
        [
            (
                one.item,
                len(one.provided),
                len(one.thin),
                _territories(one.absent),
                _territories(one.not_established),
            )
            for one in matrix.standings
        ],
        title="Items",
    )
    show.line("What an arrangement among all of them still needs")
    _print_conditions(matrix.needs, language)


def print_changes(changes: ProfileChanges, *, language: str) -> None:
    """Prints what changed in a profile and in the findings."""
    _print_watermark((changes.side,), language)
    show.line(
        f"{changes.side.programme}: version {changes.version_before} → {changes.side.version}, "
        f"findings towards {changes.against} on {changes.catalogue}@{changes.edition}"
    )
    show.table(
        ("item", "change", "before", "after"),
        [
            (
                one.item,
                one.change,
                "; ".join(_said(each.cell.text, language) for each in one.before),
                "; ".join(_said(each.cell.text, language) for each in one.after),
            )
            for one in changes.cells
        ],
        title="Cells",
    )
    show.table(
        ("item", "before", "after", "why"),
        [
            (one.item, one.before.value, one.after.value, _said(one.why_after, language))
            for one in changes.findings
        ],
        title="Findings",
    )
    show.line(f"outcome: {changes.outcome_before.value} → {changes.outcome_after.value}")


def _print_conditions(conditions: Iterable[Condition], language: str) -> None:
    for one in conditions:
        basis = f" [{one.basis.value}]" if one.basis else ""
        show.line(f"  - {_said(one.text, language)}{basis}")
        if one.items:
            show.line(f"    rows: {', '.join(one.items)}")
        for source in one.sources:
            show.line(f"    source: {source}")


def _print_watermark(sides: Iterable[Side], language: str) -> None:
    from mra_gateway.comparison.published import unconfirmed_of, watermark

    said = watermark(unconfirmed_of(*sides))
    if said is not None:
        show.line(_said(said, language))


def _watermark(sides: Iterable[Side]) -> dict[str, Any]:
    from mra_gateway.comparison.published import unconfirmed_of, watermark

    unconfirmed = unconfirmed_of(*sides)
    said = watermark(unconfirmed)
    return {
        "unconfirmed": list(unconfirmed),
        "watermark": None if said is None else said.model_dump(mode="json"),
    }


def _share(pairing: Pairing) -> str:
    return f"{pairing.established} ({pairing.solid})"


def _counted(counts: Mapping[Finding, int]) -> list[int]:
    by_name = {finding.value: count for finding, count in counts.items()}
    return [by_name.get(name, 0) for name, _ in _FINDINGS]


def _territories(programmes: Iterable[str]) -> str:
    return ", ".join(one.partition("-")[0] for one in programmes)


def _said(phrase: Phrase, language: str) -> str:
    return (phrase.ru or phrase.en) if language == "ru" else phrase.en
