"""`python -m tests.campaigns`: what takes too many seeds for the suite; exits with 1 on a miss.

The suite runs a slice of each (`tests/unit/indicators/test_effect_campaign.py`,
`tests/properties/test_asked_together.py`).
"""

from __future__ import annotations

import argparse
import sys

from tests.support.asked_together import check_schedules
from tests.support.databases import in_memory
from tests.support.effect_campaign import tally
from tests.support.simulated_trade import ADVERSE, PUBLISHED, Plan

FOUND, NONE_CLAIMED = 0.90, 0.95


def main() -> int:
    """Runs the campaigns and prints a line for each plan."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many (200)")
    parser.add_argument("--adverse", type=int, default=50, help="how many of adverse traffic (50)")
    parser.add_argument("--together", type=int, default=1000, help="schedules of askers (1000)")
    wanted = parser.parse_args()
    missed = 0
    if wanted.together:
        check_schedules(in_memory, examples=wanted.together)
        print(f"asked together: {wanted.together} schedules, each answered as alone", flush=True)
    plain = {"none planted": Plan(), "the published effect planted": Plan(effect=PUBLISHED)}
    for inspected in (False, True):
        for name, plan in (plain | ADVERSE).items():
            seeds = range(wanted.seeds if name in plain else wanted.adverse)
            if not seeds:
                continue
            found = tally(seeds, plan._replace(inspected=inspected))
            share = found.claimed / found.seeds
            is_met = share >= FOUND if plan.is_true else 1 - share >= NONE_CLAIMED
            missed += not is_met
            measure = "inspections" if inspected else "release time"
            print(
                f"{measure}, {name}: {found.seeds} seeds, claimed {found.claimed}, refused "
                f"{found.refused}, interval holds the truth {found.covered} of {found.estimated}, "
                f"unmatched {found.naive:+.1%}{'' if is_met else ' – MISSED'}",
                flush=True,
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
