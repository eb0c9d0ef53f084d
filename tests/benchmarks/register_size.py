"""What a single change costs does not depend on how many operators are held.

Two pairs of gateways, one with a small register and one with a large one, send single changes of
operators they hold; in turns, while the other pair is halted.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.measuring import Finding, at_most, median
from tests.benchmarks.pair import Pair, make_pair
from tests.benchmarks.single_changes import FASTEST, Turns, rate

BOUND = 1.3


async def run(folder: Path, *, small: int, large: int, turns: Turns) -> list[Finding]:
    """Measures single changes against a small and a large register."""
    costs: dict[int, list[float]] = {small: [], large: []}
    (folder / "small").mkdir()
    (folder / "large").mkdir()
    async with (
        make_pair(folder / "small") as one,
        make_pair(folder / "large") as other,
    ):
        pairs = {small: one, large: other}
        with ExitStack() as serving:
            for held, pair in pairs.items():
                await _fill(pair, held, serving)
                await _queue(pair, held, turns)
                await rate(pair, seconds=1)
            for _ in range(turns.times):
                for held, pair in pairs.items():
                    costs[held].append(1000 / await rate(pair, seconds=turns.seconds))
            assert all(pair.unsettled() for pair in pairs.values()), "the queue ran dry"
    few, many = median(costs[small]), median(costs[large])
    ratio = median(after / before for before, after in zip(costs[small], costs[large], strict=True))
    return [
        at_most(
            f"Single change with {large:,} operators held",
            value=ratio,
            bound=BOUND,
            measured=f"{many:.1f} ms a message",
            compared=f"{few:.1f} ms with {small:,} held",
        )
    ]


async def _fill(pair: Pair, held: int, serving: ExitStack) -> None:
    """Has both sides know the operators; leaves the gateways halted."""
    await pair.import_rows(1, held)
    await pair.confirm()
    serving.enter_context(pair.serving(merge=False))
    await pair.quiet()
    pair.pause()


async def _queue(pair: Pair, held: int, turns: Turns) -> None:
    """Changes what is held, as far as it goes; then new operators."""
    wanted = int(FASTEST * turns.seconds * turns.times)
    changed = min(wanted, held)
    await pair.import_rows(1, changed, status="suspended")
    if wanted > changed:
        await pair.import_rows(held + 1, wanted - changed)
