"""How a reader of cells says that one of them cannot be taken, before its address is known."""

from __future__ import annotations

from mra_gateway.errors import Reason


class CellProblem(Exception):
    """One value that cannot be taken; caught where the cell's address is known.

    Attributes:
        reason: The code.
        text: What is wrong and what would be right, safe to show.
    """

    def __init__(self, reason: Reason, text: str) -> None:
        self.reason = reason
        self.text = text
        super().__init__(text)
