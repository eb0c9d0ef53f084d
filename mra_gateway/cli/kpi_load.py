"""`kpi load`, `kpi loads`: files of declarations and study samples, taken in and kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import (
    AsJson,
    Home,
    Officer,
    PasswordFile,
    day,
    identifier,
    one_line,
)
from mra_gateway.cli.session import Session, as_officer, in_home
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mra_gateway.flows.gather_impact import InputRefused
    from mra_gateway.gateway import Gateway
    from mra_gateway.model.measured_loads import Load

_SHOWN = 50


def load(
    event_table: Annotated[
        Literal["declarations", "samples"],
        typer.Argument(help="What the file holds: declarations or samples."),
    ],
    file: Annotated[Path, typer.Argument(help="CSV, XLSX or Parquet.", metavar="FILE")],
    *,
    period: Annotated[
        str, typer.Option(help="2025-07, 2025-Q3 or 2025.", metavar="PERIOD", show_default=False)
    ],
    part: Annotated[
        str,
        typer.Option(
            help="Tells files of one period apart that complete each other: exports, almaty.",
            metavar="NAME",
        ),
    ] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="Which heading a field has (see `kpi tables`); may be given again.",
            metavar="FIELD=HEADING",
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="What stands for a field in rows that state none: flow=import, currency=KZT.",
            metavar="FIELD=TEXT",
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="A field that is not read, or that files have no longer.", metavar="FIELD"
        ),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(
            help="The form of partners/declarations that knows the headings.", metavar="NAME"
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(help="Of moments without an offset; else ours.", metavar="ZONE"),
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option(help="Into which values are changed, by partners/rates.", metavar="CODE"),
    ] = None,
    closed: Annotated[
        list[str] | None,
        typer.Option(help="A day on which there is rightly nothing.", metavar="YYYY-MM-DD"),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Take the same bytes in anew: lanes or rates have changed."),
    ] = False,
    note: Annotated[str | None, typer.Option(help="Why, for whoever reads it later.")] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take a file in: checked, every row counted once, the others named.

    A second file of the same period and part corrects the first, which is kept. What is kept names
    no declaration: it tells them apart by a key that a purge throws away. Exit code 1: rows were
    left out, or days are missing; the load is then marked partial.
    """
    from mra_gateway.flows.gather_impact import InputRefused
    from mra_gateway.flows.measure_load import MeasureLoader
    from mra_gateway.flows.measure_request import LoadRequest
    from mra_gateway.model.periods import Period

    request = LoadRequest(
        event_table=event_table,
        file=file,
        period=identifier(Period, period, option="--period"),
        part=part,
        columns=dict(_pair(text, option="--column") for text in column or ()),
        stated=dict(_pair(text, option="--set") for text in set_ or ()),
        left=tuple(without or ()),
        form=mapping,
        time_zone=time_zone,
        currency=_currency(currency),
        closed_on=tuple(day(text, option="--closed") for text in closed or ()),
        note=None if note is None else one_line(note, option="--note"),
        again=again,
    )

    async def work(session: Session) -> Load:
        gateway = session.gateway
        loader = MeasureLoader(
            database=gateway.database,
            registry=gateway.registry,
            clock=gateway.clock,
            home=gateway.settings.home,
            zone=session.zone,
        )
        with show.working("taking the file in"):
            return await loader.load(request, by=session.actor)

    try:
        done = as_officer(home, work, officer=officer, password_file=password_file)
    except InputRefused as refused:
        _print_refused(refused, as_json=as_json)
        raise typer.Exit(Exit.INPUT) from None
    _print_load(done, as_json=as_json)
    if done.partial:
        raise typer.Exit(Exit.NEGATIVE)


def loads(
    event_table: Annotated[
        str | None, typer.Argument(help="Only of this event table.", metavar="TABLE")
    ] = None,
    *,
    period: Annotated[
        str | None, typer.Option(help="Only of this period.", metavar="PERIOD")
    ] = None,
    id_: Annotated[
        int | None, typer.Option("--id", help="One load, with its faults.", metavar="N")
    ] = None,
    home: Home,
    as_json: AsJson = False,
) -> None:
    """List what was taken in, replaced loads too; or show one with everything found in it."""
    from mra_gateway.errors import Reason
    from mra_gateway.model.periods import Period
    from mra_gateway.store import measure_loads

    span = None if period is None else identifier(Period, period, option="--period")

    async def work(gateway: Gateway) -> list[Load]:
        if id_ is not None:
            found = await gateway.database.read(lambda c: measure_loads.find(c, id_))
            if found is None:
                raise RequestRefused(f"no load {id_}", reason=Reason.NOT_FOUND)
            return [found]
        return await gateway.database.read(
            lambda c: measure_loads.history(
                c,
                event_table=event_table,
                first=None if span is None else span.first_on,
                last=None if span is None else span.last_on,
            )
        )

    found = in_home(home, work)
    if id_ is not None:
        _print_load(found[0], as_json=as_json)
    elif as_json:
        show.document({"loads": found})
    else:
        headings = ("id", "table", "part", "period", "file", "rows", "left out", "state", "by")
        show.table(headings, [_line(one) for one in found])


def _line(load: Load) -> tuple[object, ...]:
    left = load.rows_faulty + load.rows_doubled
    return (
        load.id,
        load.event_table,
        load.part,
        load.period,
        load.source,
        f"{load.rows_counted:,}",
        f"{left:,}" if left else "",
        _state(load),
        load.loaded_by,
    )


def _state(load: Load) -> str:
    if load.replaced_by is not None:
        return f"replaced by {load.replaced_by}"
    return "partial" if load.partial else "complete"


def _print_load(load: Load, *, as_json: bool) -> None:
    if as_json:
        show.document(load)
        return
    found = load.findings
    missing = _runs(found.days_missing)
    show.pairs(
        {
            "load": load.id,
            "table": load.event_table,
            "part": load.part,
            "period": load.period,
            "file": load.source,
            "rows": f"{load.rows_counted:,} of {load.rows_read:,}",
            "left out for faults": f"{load.rows_faulty:,}" if load.rows_faulty else None,
            "left out as doubled": f"{load.rows_doubled:,}" if load.rows_doubled else None,
            "currency": found.currency,
            "moments without an offset": found.zone,
            "replaces": load.replaces,
            "state": _state(load),
            "days without a row": missing,
            "fields": [f"{name}: {heading}" for name, heading in found.fields.items()],
            "remarks": found.remarks,
        }
    )
    for reason, count in sorted(found.by_reason.items()):
        show.line(f"{reason}: {count:,} rows")
    for fault in found.faults[:_SHOWN]:
        column = "" if fault.column is None else f", column {fault.column!r}"
        show.line(f"row {fault.row}{column}: {fault.text} [{fault.reason}]")


def _runs(days: Sequence[date]) -> list[str]:
    """Returns days as a person tells them: the first and the last of those without a gap."""
    runs: list[list[date]] = []
    for one in days:
        if runs and one - runs[-1][1] == timedelta(days=1):
            runs[-1][1] = one
        else:
            runs.append([one, one])
    return [
        str(first) if first == last else f"{first} to {last} ({(last - first).days + 1})"
        for first, last in runs
    ]


def _print_refused(refused: InputRefused, *, as_json: bool) -> None:
    if as_json:
        listed = [
            {"where": one.where, "code": one.reason, "text": one.text} for one in refused.problems
        ]
        show.document({"problems": listed})
        return
    for one in refused.problems[:_SHOWN]:
        show.note(f"{one.where}: {one.text} [{one.reason}]")
    show.note("nothing was taken in: no row can be counted")


def _pair(text: str, *, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (sign and name.strip() and value.strip()):
        raise RequestRefused(f"{text[:60]!r} is not FIELD=TEXT", where=option)
    return name.strip(), value.strip()


def _currency(text: str | None) -> str | None:
    if text is not None and not (len(text) == 3 and text.isascii() and text.isupper()):
        raise RequestRefused("a currency is three capital letters", where="--currency")
    return text
