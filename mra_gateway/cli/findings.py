"""Prints what a check of data files has found, and says how the command ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit

if TYPE_CHECKING:
    from mra_gateway.registry.findings import Finding


def as_documents(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """Returns findings as JSON has them."""
    return [
        {
            "level": finding.level,
            "file": finding.file,
            "line": finding.line,
            "key": finding.key,
            "code": finding.code,
            "reason": finding.reason,
        }
        for finding in findings
    ]


def tell(findings: Sequence[Finding], *, shown: Sequence[Finding] | None = None) -> None:
    """Prints findings, or some of them, a line each, and how many there are."""
    for finding in findings if shown is None else shown:
        show.line(finding)
    errors = sum(finding.is_error for finding in findings)
    show.line(f"{errors} error(s), {len(findings) - errors} warning(s)")


def exit_of(findings: Sequence[Finding]) -> Exit:
    """Returns how a check ends: an error is a no."""
    return Exit.NEGATIVE if any(finding.is_error for finding in findings) else Exit.DONE
