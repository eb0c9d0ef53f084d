"""A negotiation as people read it on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mra_gateway.cli import show

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mra_gateway.model.dossier import Dossier


def print_dossier(found: Dossier, zone: ZoneInfo) -> None:
    """Prints a negotiation; moments in the administration's zone."""
    workspace, progress = found.workspace, found.progress
    show.line(f"{workspace.id}: {workspace.ours} with {workspace.theirs}, {found.audience}")
    show.line(
        f"rows settled {progress.settled} of {progress.rows}; established on paper "
        f"{progress.established}; questions open {progress.questions - progress.answered}; "
        f"actions open {progress.actions - progress.done}, overdue {progress.overdue}"
    )
    show.table(
        ("phase", "began", "ended"),
        [
            (
                one.phase.id,
                None if one.step is None else one.step.began_on,
                None if one.step is None else one.step.ended_on,
            )
            for one in found.phases
        ],
        title="Phases",
    )
    show.table(
        ("row", "on paper", "in practice", "state", "version", "text", "value", "by"),
        [
            (
                one.key,
                None if one.compared is None else one.compared.finding.replace("_", " "),
                None if one.compared is None else one.compared.in_practice.replace("_", " "),
                one.state.replace("_", " "),
                None if one.position is None else one.position.version,
                None if one.position is None else one.position.text,
                None if one.position is None else one.position.value,
                None if one.position is None else one.position.by,
            )
            for one in found.rows
        ],
        title="Rows",
    )
    _print_papers(found, zone)


def _print_papers(found: Dossier, zone: ZoneInfo) -> None:
    show.table(
        ("id", "row", "asked by", "question", "answer", "for"),
        [
            (one.key, one.row, one.asked_by, one.text, one.answer, one.audience)
            for one in found.questions
        ],
        title="Questions",
    )
    show.table(
        ("id", "row", "note", "for", "by", "at"),
        [(one.key, one.row, one.text, one.audience, one.by, one.at) for one in found.remarks],
        title="Notes",
        zone=zone,
    )
    show.table(
        ("id", "version", "host", "from", "until", "place", "firms", "seen", "report", "for"),
        [
            (
                one.key,
                one.version,
                one.host,
                one.from_on,
                one.until_on,
                one.place,
                tuple(firm.name for firm in one.firms),
                f"{len({seen.item for seen in one.findings})} of {len(one.checklist)}",
                one.report,
                one.audience,
            )
            for one in found.visits
        ],
        title="Joint validations",
    )
    show.table(
        ("id", "name", "bytes", "SHA-256", "for"),
        [(one.key, one.name, one.size, one.digest, one.audience) for one in found.documents],
        title="Documents",
    )
