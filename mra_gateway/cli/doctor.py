"""`doctor`: what works, what will soon not, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, Home

if TYPE_CHECKING:
    from mra_gateway.flows.examine_home import Observation


def doctor(
    *,
    home: Home,
    ping: Annotated[bool, typer.Option(help="Ask every pinned partner with a signed Ping.")] = True,
    as_json: AsJson = False,
) -> None:
    """Check clock, keys and their expiry, data files, database, partners, messages, SQL views.

    Each line is ok, warn or fail, with what to do. Exit code 1 when anything failed.
    """
    import asyncio

    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.diagnose import diagnose
    from mra_gateway.flows.examine_home import Level
    from mra_gateway.gateway import open_gateway

    async def run() -> list[Observation]:
        found = []
        with show.working("looking"):
            async for one in diagnose(
                home, clock=SystemClock(), open_parts=open_gateway, ping=ping
            ):
                found.append(one)
                if not as_json:
                    show.line(f"{one.level:<5} {one.check}: {one.text}")
                    if one.advice is not None:
                        show.line(f"      → {one.advice}")
        return found

    found = asyncio.run(run())
    failed = any(one.level is Level.FAIL for one in found)
    if as_json:
        show.document({"healthy": not failed, "checks": found})
    raise typer.Exit(Exit.NEGATIVE if failed else Exit.DONE)
