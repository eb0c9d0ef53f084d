"""`serve`: runs the gateway until it is told to stop."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home
from mra_gateway.cli.session import in_home

if TYPE_CHECKING:
    from mra_gateway.gateway import Gateway
    from mra_gateway.web.serve import Addresses


def serve(*, home: Home, as_json: AsJson = False) -> None:
    """Run the gateway: partner API, national API and delivery, until SIGTERM or Ctrl-C.

    Prints both addresses once it listens. Logs go to standard error, as JSON lines. Nothing that
    was acknowledged is lost by a stop of any kind.
    """

    async def work(gateway: Gateway) -> None:
        from datetime import timedelta

        from mra_gateway.flows.examine_home import require_clock
        from mra_gateway.store.properties import require_reopened
        from mra_gateway.web.serve import serve as serve_web

        ahead = timedelta(seconds=gateway.settings.guard.clock_ahead_seconds)
        await gateway.database.read(require_reopened)
        await require_clock(gateway.database, clock=gateway.clock, ahead=ahead)
        await serve_web(gateway, ready=lambda where: _print(gateway, where, as_json=as_json))

    in_home(home, work)


def _print(gateway: Gateway, where: Addresses, *, as_json: bool) -> None:
    settings = gateway.settings
    told = {
        "home": settings.home,
        "territory": settings.territory,
        "environment": settings.environment,
        "partner_api": where.partner_url,
        "national_api": where.national_url,
    }
    if as_json:
        show.record(told)
    else:
        show.pairs(told)
    sys.stdout.flush()
