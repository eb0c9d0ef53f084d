"""The most memory this process has held."""

from __future__ import annotations

import re
import resource
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_mebibytes() -> int:
    """Returns the peak resident memory in MiB.

    Linux's own counter begins with the program; `ru_maxrss` would carry over what the parent held
    when it forked.
    """
    if STATUS.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="ascii"))
        if found is not None:
            return int(found.group(1)) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
