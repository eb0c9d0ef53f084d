"""Prints: tables and lines for people, JSON for programs, problems to standard error.

Whatever comes from a file, a partner or the database is shown as it is or escaped, never obeyed: a
control character, an override of the writing direction or Rich markup in a name changes nothing on
the officer's screen. Times are shown in the administration's zone, with the zone's name.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from rich.console import Console

    from mra_gateway.errors import GatewayError

WHOLE = frozenset({"id", "change", "authorisation", "TIN", "benefit", "упрощение"})
"""Columns that are copied into the next command: never folded while another column can be."""

READABLE = 16
"""Columns of the screen a folded cell needs to be read without spelling it."""

BETWEEN = 3
"""Columns of the screen between two columns of a table."""

WIDTH_OF_A_FILE = 200
"""Columns where the output is no terminal: wide enough that an identifier stays on one line."""


def safe(text: object) -> str:
    """Returns text with every character that is not plainly printed written as an escape."""
    return "".join(
        letter
        if letter.isprintable()
        else letter.encode("unicode_escape").decode()
        if ord(letter) > 0xFF or letter in "\n\r\t"
        else f"\\x{ord(letter):02x}"
        for letter in str(text)
    )


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """Returns a moment in the administration's zone, with the zone's name."""
    if at is None:
        return ""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone.key}"


def line(text: object = "") -> None:
    """Prints one line."""
    sys.stdout.write(safe(text) + "\n")


def note(text: object) -> None:
    """Prints one line to standard error, where it disturbs no document on standard output."""
    sys.stderr.write(safe(text) + "\n")


def document(value: object) -> None:
    """Prints one JSON document on several lines."""
    sys.stdout.write(_escaped(json.dumps(plain(value), ensure_ascii=False, indent=2)) + "\n")


def long_document(values: Mapping[str, object]) -> None:
    """Prints one JSON object as `document` does; of iterators in it, one item after the other."""
    before = "{\n"
    for name, value in values.items():
        sys.stdout.write(f"{before}  {json.dumps(name)}: ")
        if isinstance(value, Iterator):
            _items(value)
        else:
            sys.stdout.write(_member(value, depth=2))
        before = ",\n"
    sys.stdout.write("\n}\n")


def record(value: object) -> None:
    """Prints one JSON document on one line."""
    sys.stdout.write(_escaped(json.dumps(plain(value), ensure_ascii=False)) + "\n")


def written(text: str) -> None:
    """Prints one JSON document that is written already on one line."""
    sys.stdout.write(_escaped(text) + "\n")


def error(problem: GatewayError, *, as_json: bool) -> None:
    """Prints an error to standard error: `CODE: text (where)`, or the same as a JSON object."""
    if as_json:
        said = {"code": problem.reason, "text": problem.text, "where": problem.where}
        sys.stderr.write(_escaped(json.dumps({"error": said}, ensure_ascii=False)) + "\n")
        return
    where = f" ({problem.where})" if problem.where else ""
    note(f"{problem.reason}: {problem.text}{where}")


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    empty: str = "none",
    zone: ZoneInfo | None = None,
) -> None:
    """Prints rows under headings; long texts are folded, nothing is left out.

    Where the terminal is too narrow to read columns, each row becomes a block of its own.

    Args:
        headings: One for each column.
        rows: The cells; a moment is shown in `zone`, which is named once below the table.
        title: Printed above.
        empty: What is said instead of a table without rows.
        zone: The administration's; without it moments are shown in UTC.
    """
    zone = zone or ZoneInfo("UTC")
    given = [tuple(row) for row in rows]
    listed = [[_cell(value, zone) for value in row] for row in given]
    if title:
        line(title)
    if not listed:
        line(f"  {empty}")
        return
    if _is_readable(headings, listed, width=_console().width):
        _print_columns(headings, listed)
    else:
        for row in listed:
            line()
            pairs(dict(zip(headings, row, strict=True)))
        line()
    if any(isinstance(value, datetime) for row in given for value in row):
        line(f"times in {zone.key}")


def pairs(values: Mapping[str, object]) -> None:
    """Prints names and values, one pair a line; what is empty is left out."""
    width = max(len(name) for name in values) + 2
    for name, value in values.items():
        if value not in (None, "", (), []):
            line(f"{name + ':':<{width}}{_cell(value)}")


@contextmanager
def working(what: str, *, total: int | None = None) -> Iterator[Any]:
    """Shows that long work goes on, on a terminal; yields a function that tells how far it is."""
    if not sys.stderr.isatty():
        yield lambda done: None  # noqa: ARG005 - nobody watches
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(_without_markup(what), total=total)
        yield lambda done: progress.update(task, completed=done)


def plain(value: Any) -> Any:
    """Returns a value as JSON knows it: nouns and named tuples by field, moments in UTC."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(plain(name)): plain(item) for name, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _items(values: Iterator[object]) -> None:
    before = "["
    for value in values:
        sys.stdout.write(f"{before}\n    {_member(value, depth=4)}")
        before = ","
    sys.stdout.write("[]" if before == "[" else "\n  ]")


def _member(value: object, *, depth: int) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    return _escaped(text.replace("\n", "\n" + " " * depth))


def _print_columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, heading in enumerate(headings):
        longest = max(len(row[number]) for row in rows) if heading in WHOLE else None
        drawn.add_column(Text(heading), overflow="fold", min_width=longest)
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    _console().print(drawn)


def _is_readable(headings: Sequence[str], rows: Sequence[Sequence[str]], *, width: int) -> bool:
    """Whether every column gets its heading and a readable piece of its longest cell."""
    from rich.cells import cell_len

    needed = 0
    for number, heading in enumerate(headings):
        longest = max(cell_len(row[number]) for row in rows)
        piece = longest if heading in WHOLE else min(longest, READABLE)
        needed += max(piece, cell_len(heading)) + BETWEEN
    return needed <= width


def _cell(value: object, zone: ZoneInfo | None = None) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and zone is not None:
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset | set):
        return safe(", ".join(sorted(map(str, value))))
    if isinstance(value, list | tuple):
        return safe(", ".join(map(str, value)))
    return safe(value)


def _escaped(text: str) -> str:
    """JSON with what a terminal might obey written as escapes; any JSON reader undoes them."""
    if text.replace("\n", "").isprintable():
        return text  # letter by letter takes longer than deciding a declaration
    return "".join(
        letter if letter.isprintable() or letter == "\n" else json.dumps(letter)[1:-1]
        for letter in text
    )


def _without_markup(text: str) -> str:
    return safe(text).replace("[", "\\[")


def _console() -> Console:
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH_OF_A_FILE
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
