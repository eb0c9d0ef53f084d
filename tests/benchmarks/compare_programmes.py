"""One comparison of two shipped programmes, and the matrix of a group."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mra_gateway.flows.compare import Asked, Comparer
from mra_gateway.registry.load import load_registry
from tests.benchmarks.measuring import Finding, at_most, median, milliseconds, said

PAIRS = (("UZ", "CN"), ("KZ", "CN"), ("GE", "EU"), ("US", "EU"))
BOUND = 50.0


async def run(folder: Path, *, turns: int) -> list[Finding]:
    """Measures a comparison with profiles and rates read before, and reading them first."""
    del folder
    asked = Asked(at=date(2026, 11, 22))
    comparer = Comparer(load_registry())
    first = milliseconds(lambda: comparer.compare(*PAIRS[0], asked=asked))
    slowest = 0.0
    for pair in PAIRS:
        comparer.compare(*pair, asked=asked)
        taken = median(
            milliseconds(lambda pair=pair: comparer.compare(*pair, asked=asked))  # type: ignore[misc]
            for _ in range(turns)
        )
        slowest = max(slowest, taken)
    rows = len(comparer.compare(*PAIRS[0], asked=asked).rows)
    group = milliseconds(lambda: comparer.matrix("CAREC", asked=asked))
    return [
        at_most(
            f"One comparison of two programmes, {rows} rows",
            value=slowest,
            bound=BOUND,
            measured=f"{slowest:.1f} ms, the slowest of {len(PAIRS)} pairs",
            compared="a bound in time",
            unit=" ms",
        ),
        said(
            "The first comparison, reading catalogue and profiles",
            measured=f"{first:.0f} ms",
            compared="",
        ),
        said("The matrix of CAREC", measured=f"{group:.0f} ms", compared=""),
    ]
