"""The options by which officers say which consignments a measure is about, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli.options import identifier, moment

if TYPE_CHECKING:
    from datetime import datetime

    from mra_gateway.model.measures import Where

Id = Annotated[str, typer.Argument(help="The id, or the beginning of it.", metavar="ID")]
Offices = Annotated[
    list[str] | None,
    typer.Option("--office", help="Customs office or border post; may be repeated."),
]
Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--dispatched-from", help="Where goods come from; may be repeated.", metavar="TERRITORY"
    ),
]
Destinations = Annotated[
    list[str] | None,
    typer.Option("--destined-to", help="Where goods go; may be repeated.", metavar="TERRITORY"),
]
Through = Annotated[
    list[str] | None,
    typer.Option("--through", help="On their way; may be repeated.", metavar="TERRITORY"),
]
_MODES = "1 sea, 2 rail, 3 road, 4 air, 5 mail"
_MODE_LONGEST = 2
Modes = Annotated[
    list[str] | None,
    typer.Option("--mode", help=f"Mode of transport at the border: {_MODES}."),
]
Flows = Annotated[
    list[str] | None,
    typer.Option("--flow", help="import, export or transit; may be repeated."),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="Consignments accepted from this moment on, with its offset; now when absent.",
        metavar="MOMENT",
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until", help="And before this one; until it is ended when absent.", metavar="MOMENT"
    ),
]
Every = Annotated[bool, typer.Option("--all", help="Those that are over too.")]


def where(
    *,
    offices: list[str] | None = None,
    dispatched_from: list[str] | None = None,
    destined_to: list[str] | None = None,
    through: list[str] | None = None,
    modes: list[str] | None = None,
    flows: list[str] | None = None,
) -> Where:
    """Returns the consignments the options are about.

    Raises:
        RequestRefused: One does not have the form it should.
    """
    from mra_gateway.errors import RequestRefused
    from mra_gateway.flows.keep_measures import made
    from mra_gateway.model.identifiers import Territory
    from mra_gateway.model.measures import Where

    def territories(texts: list[str] | None, option: str) -> tuple[Territory, ...]:
        return tuple(identifier(Territory, text, option=option) for text in texts or ())

    for mode in modes or ():
        # a word would be about no consignment at all, unnoticed
        if not (mode.isascii() and mode.isdigit() and len(mode) <= _MODE_LONGEST):
            raise RequestRefused(
                f"{mode[:40]!r} is no code of a mode of transport: {_MODES}", where="--mode"
            )
    return made(
        Where,
        offices=tuple(offices or ()),
        dispatched_from=territories(dispatched_from, "--dispatched-from"),
        destined_to=territories(destined_to, "--destined-to"),
        through=territories(through, "--through"),
        modes=tuple(modes or ()),
        flows=tuple(flows or ()),
    )


def span(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Returns the two moments; None where none is given.

    Raises:
        RequestRefused: Not a moment with its offset.
    """
    return (
        None if since is None else moment(since, option="--from"),
        None if until is None else moment(until, option="--until"),
    )
