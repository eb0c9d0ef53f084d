"""`serve`: runs the gateway until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home

if TYPE_CHECKING:
    from mra_gateway.gateway import Gateway


def serve(*, home: Home, as_json: AsJson = False) -> None:
    """Run the gateway: partner API, national API and delivery, until SIGTERM or Ctrl-C.

    Logs go to standard error, as JSON lines. Nothing that was acknowledged is lost by a stop of any
    kind.
    """
    from mra_gateway.cli.session import in_home

    in_home(home, lambda gateway: _run(gateway, as_json=as_json))


async def _run(gateway: Gateway, *, as_json: bool) -> None:
    from mra_gateway.web.logs import configure_logs
    from mra_gateway.web.serve import serve as serve_web

    settings = gateway.settings
    configure_logs(settings.log_level, clock=gateway.clock)
    where = {
        "home": settings.home,
        "territory": settings.territory,
        "environment": settings.environment,
        "partner_api": f"https://{settings.partner_api.host}:{settings.partner_api.port}",
        "national_api": f"http://{settings.national_api.host}:{settings.national_api.port}",
    }
    if as_json:
        show.record(where)
    else:
        show.pairs(where)
    sys.stdout.flush()
    task = asyncio.ensure_future(serve_web(gateway))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        show.note("stopped")
