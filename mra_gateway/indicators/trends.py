"""What a figure is seen against: the periods before it."""

from __future__ import annotations

from mra_gateway.model.periods import Period


def leading_to(period: Period, *, count: int) -> tuple[Period, ...]:
    """Returns a number of periods of one kind, the given one last; fewer where time began."""
    found = [period]
    while len(found) < count:
        try:
            found.append(found[-1].previous)
        except ValueError:
            break
    return tuple(reversed(found))
