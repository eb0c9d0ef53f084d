"""Where tests write: in memory where a file system for that has room, for none of it is to last.

Tests make some ten thousand small files, databases synchronised at every commit among them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_MEMORY, _ENOUGH = Path("/dev/shm"), 4 * 1024**3


def in_memory() -> Path | None:
    """Returns a file system in memory with room, or None; programs may not run from there."""
    is_there = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    return _MEMORY if is_there and shutil.disk_usage(_MEMORY).free > _ENOUGH else None
