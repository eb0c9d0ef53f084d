"""Which cells an expected partner would touch: a share of each that could be its operators'."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pyarrow as pa

from mra_gateway.analytics.effects import NONE, Effect, Judge
from mra_gateway.analytics.sums import Cell, Touch
from mra_gateway.model.facts import Flow


def share_cells(
    summed: pa.Table,
    cells: Sequence[Cell],
    *,
    judge: Judge,
    functions: Sequence[str],
    shares: Sequence[float],
    theirs: Collection[str],
) -> list[Touch]:
    """Returns what each share touches.

    The operators are taken to stand in whichever function the table gives most to.

    Args:
        summed: The cells.
        cells: What each is.
        judge: The table.
        functions: Those the table names.
        shares: Of each class of the judge.
        theirs: The territories of the partner.
    """
    ours = [f"p_{function}" for function in functions]
    stated = [
        summed.column(name).to_pylist() if name in summed.column_names else [None] * len(cells)
        for name in judge.columns
        if name not in ours
    ]
    ends = [summed.column(f"f_{name}").to_pylist() for name in ("dispatched_from", "destined_to")]
    names_none = all(end is None for column in ends for end in column)
    found = []
    for place, cell in enumerate(cells):
        origin, destination = (_territory(column[place]) for column in ends)
        if not (names_none or _is_theirs(cell.flow, origin, destination, theirs)):
            continue
        facts = tuple(column[place] for column in stated)
        for number, share in enumerate(shares):
            effect = _best(judge, cell.flow, facts, number=number, functions=functions)
            if effect.touched:
                found.append(Touch(place, share, effect))
    return found


def _best(
    judge: Judge, flow: Flow, facts: tuple[Any, ...], *, number: int, functions: Sequence[str]
) -> Effect:
    best = NONE
    for place in range(len(functions)):
        parties = tuple(number if at == place else None for at in range(len(functions)))
        effect = judge.effect(flow, (*parties, *facts))
        if effect.touched and (not best.touched or (effect.spared or 0) > (best.spared or 0)):
            best = effect
    return best


def _is_theirs(
    flow: Flow, origin: str | None, destination: str | None, theirs: Collection[str]
) -> bool:
    if flow is Flow.IMPORT:
        return origin in theirs
    if flow is Flow.EXPORT:
        return destination in theirs
    return origin in theirs or destination in theirs


def _territory(text: str | None) -> str | None:
    return (text or "").strip().upper() or None
