"""`doctor`: what works, what will soon not, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, Home, Language

if TYPE_CHECKING:
    from mra_gateway.cli.spoken import Spoken
    from mra_gateway.flows.examine_home import Observation


def doctor(
    *,
    home: Home,
    ping: Annotated[bool, typer.Option(help="Ask every pinned partner with a signed Ping.")] = True,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Check clock, keys and their expiry, data files, database, partners, messages, SQL views.

    Each line is ok, warn or fail, with what to do. Exit code 1 when anything failed.
    """
    import asyncio

    from mra_gateway.cli.spoken import Spoken
    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.diagnose import diagnose
    from mra_gateway.flows.examine_home import Level
    from mra_gateway.gateway import open_gateway

    text = Spoken(language)

    async def run() -> list[Observation]:
        found = []
        with show.working("looking"):
            async for one in diagnose(
                home, clock=SystemClock(), open_parts=open_gateway, ping=ping
            ):
                found.append(one)
                if not as_json:
                    _print(one, text)
        return found

    found = asyncio.run(run())
    failed = any(one.level is Level.FAIL for one in found)
    if as_json:
        show.document({"healthy": not failed, "checks": found})
    raise typer.Exit(Exit.NEGATIVE if failed else Exit.DONE)


def _print(found: Observation, text: Spoken) -> None:
    from mra_gateway.flows.examine_home import Level

    level = {one: text.say(f"level_{one}") for one in Level}
    width = max(map(len, level.values())) + 1
    check = text.told(found.check, "check")
    show.line(f"{level[found.level]:<{width}} {check}: {text.told(found.text, 'found')}")
    if found.advice is not None:
        show.line(f"{'':<{width}} → {text.told(found.advice, 'advice')}")
