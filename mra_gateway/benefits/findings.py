"""What a check of a decision table has found."""

from __future__ import annotations

from typing import NamedTuple

from mra_gateway.errors import Reason


class TableFinding(NamedTuple):
    """One thing that is wrong or doubtful.

    Attributes:
        key: Where in the file: `rows.value[2].benefits[0].code`.
        reason: One sentence for the person who puts it right.
        is_error: Must be put right; otherwise it asks for a second look.
    """

    key: str
    reason: str
    code: Reason
    is_error: bool


def error(key: str, reason: str, code: Reason) -> TableFinding:
    """Returns what must be put right."""
    return TableFinding(key, reason, code, is_error=True)


def doubt(key: str, reason: str, code: Reason) -> TableFinding:
    """Returns what asks for a second look."""
    return TableFinding(key, reason, code, is_error=False)
