"""What an officer asks for when a file is taken in, checked before the file is opened."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.periods import Period
from mra_gateway.tables.measure_columns import DECLARATIONS, SAMPLES, Kind, check_field
from mra_gateway.tables.measure_texts import TextReader
from mra_gateway.tables.problems import CellProblem

KINDS: Final[Mapping[str, Mapping[str, Kind]]] = {
    "declarations": DECLARATIONS,
    "samples": SAMPLES,
}
_PART: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class LoadRequest:
    """What is taken in.

    Attributes:
        event_table: `declarations` or `samples`.
        part: Tells files of one period apart that complete each other.
        columns: Field → heading, where headings are not known.
        stated: Field → text that stands for it in rows that state none.
        left: Fields that are not read; a column that was there before may be missing.
        form: The form of declarations; the one that knows most headings when None.
        time_zone: Of moments without an offset; the administration's when None.
        currency: Into which values are changed.
        closed_on: Days on which there is rightly nothing.
        again: The same bytes are taken once more: lanes, rates or columns have changed.
    """

    event_table: str
    file: Path
    period: Period
    part: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    stated: Mapping[str, str] = field(default_factory=dict)
    left: Sequence[str] = ()
    form: str | None = None
    time_zone: str | None = None
    currency: str | None = None
    closed_on: Sequence[date] = ()
    note: str | None = None
    again: bool = False


def kinds_of(request: LoadRequest) -> Mapping[str, Kind]:
    """Returns the fields a file may have, and how each is read.

    Raises:
        RequestRefused: No such files are taken in, or a part or field is none.
    """
    kinds = KINDS.get(request.event_table)
    if kinds is None:
        raise RequestRefused(
            f"no files are loaded as {request.event_table[:40]!r}: {' or '.join(KINDS)}",
            reason=Reason.NOT_FOUND,
        )
    if request.part and not _PART.fullmatch(request.part):
        raise RequestRefused("a part is lower-case letters, digits, - and _", where="--part")
    for name in (*request.stated, *request.left):
        check_field(name, kinds)
    return kinds


def stated_of(request: LoadRequest, reader: TextReader) -> dict[str, Any]:
    """Returns what is stated for rows that state nothing, as it is read.

    Raises:
        RequestRefused: It differs from row to row, or a text means nothing.
    """
    found = {}
    for name, text in request.stated.items():
        kind = DECLARATIONS[name]
        if kind in {"moment", "number", "key"}:
            raise RequestRefused(f"{name} differs from row to row", where=f"--set {name}")
        try:
            found[name] = reader.read(kind, text)
        except CellProblem as problem:
            raise RequestRefused(
                problem.text, reason=problem.reason, where=f"--set {name}"
            ) from None
    return found


def zone_of(name: str) -> ZoneInfo:
    """Returns a time zone by its name.

    Raises:
        RequestRefused: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise RequestRefused(f"no time zone {name[:60]!r}", where="--time-zone") from None
