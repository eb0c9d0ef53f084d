"""What a check of the data files has found: file, key, reason, code, and whether it is an error."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mra_gateway.errors import Reason


class Level(StrEnum):
    """An error must be put right before the file is used; a warning asks for a second look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, order=True)
class Finding:
    """One inconsistency in or between data files.

    Attributes:
        file: The file to open.
        key: Where in it, as `parties[1].scope.value[0].tiers`; empty for the file as a whole.
        reason: One sentence for the person who puts it right.
        code: The reason code others may rely on.
        level: Error or warning.
        line: Line of the file, where the TOML itself is broken.
    """

    file: Path
    key: str
    reason: str
    code: Reason
    level: Level = Level.ERROR
    line: int | None = None

    @property
    def is_error(self) -> bool:
        """Whether the files must not be used before this is put right."""
        return self.level is Level.ERROR

    def __str__(self) -> str:
        place = f"{self.file}{f':{self.line}' if self.line else ''}"
        key = f"{self.key}: " if self.key else ""
        return f"{self.level}: {place}: {key}{self.reason} [{self.code}]"
