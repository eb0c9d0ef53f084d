"""What a benchmark reports, and how times and memory are taken."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import NamedTuple


class Finding(NamedTuple):
    """One line of the table.

    Attributes:
        what: What was measured.
        measured: The figure, for people.
        compared: What it is compared with, measured in the same run.
        ratio: What is judged.
        bound: The bound it must keep, for people (`≤ 2`).
        kept: Whether it does.
    """

    what: str
    measured: str
    compared: str
    ratio: str
    bound: str
    kept: bool


def at_most(
    what: str, *, value: float, bound: float, measured: str, compared: str, unit: str = ""
) -> Finding:
    """Returns a finding about something that must not be larger than a bound."""
    return Finding(
        what, measured, compared, _shown(value) + unit, f"≤ {bound:,g}{unit}", value <= bound
    )


def at_least(
    what: str, *, value: float, bound: float, measured: str, compared: str, unit: str = ""
) -> Finding:
    """Returns a finding about something that must not be smaller than a bound."""
    return Finding(
        what, measured, compared, _shown(value) + unit, f"≥ {bound:,g}{unit}", value >= bound
    )


def said(what: str, *, measured: str, compared: str) -> Finding:
    """Returns a finding that is told and not judged."""
    return Finding(what, measured, compared, "", "not judged", kept=True)


def table(findings: Iterable[Finding]) -> str:
    """Returns the findings as a Markdown table."""
    lines = [
        "| What | Measured | Compared with, in the same run | Judged | Bound | |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.what} | {one.measured} | {one.compared} | {one.ratio} | {one.bound} | "
        f"{_verdict(one)} |"
        for one in findings
    ]
    return "\n".join(lines)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _verdict(one: Finding) -> str:
    if not one.ratio:
        return ""
    return "kept" if one.kept else "**missed**"


def milliseconds(work: Callable[[], object]) -> float:
    """Returns how long a piece of work takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


async def milliseconds_of(work: Awaitable[object]) -> float:
    """Returns how long a piece of asynchronous work takes."""
    started = time.perf_counter()
    await work
    return (time.perf_counter() - started) * 1000


def median(values: Iterable[float]) -> float:
    """Returns the median."""
    return statistics.median(values)


def peak_megabytes(pid: int) -> float:
    """Returns the most memory a process ever had resident (Linux), elsewhere what it has now."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True)
    return int(said.stdout) * 1024 / 1e6
