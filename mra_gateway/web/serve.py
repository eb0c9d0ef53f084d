"""Runs a gateway: both APIs, the dispatcher, the trust of partners pinned meanwhile.

1. open the partner API (mutual TLS) and the national API on their own ports
2. deliver what waits, for as long as the process runs; if the dispatcher dies, so does the process
3. every second: let in partners that were pinned since, and end where a newer version has upgraded
   the database: what it counts on we would not write; every few minutes, where the settings say
   so: have the views of recognised operators show the extract that holds now
4. on SIGTERM or SIGINT: take no more connections, finish what is under way, give back the leases

The gateway itself is opened and closed by the caller.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import ssl
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import structlog
from aiohttp import web

from mra_gateway.errors import GatewayError, Reason, SetupError
from mra_gateway.gateway import Gateway, partner_tls_context
from mra_gateway.store import migrate
from mra_gateway.trust.keys import to_pem
from mra_gateway.trust.policy import PartnerTrust
from mra_gateway.trust.tls import trust_also
from mra_gateway.web.logs import configure_logs
from mra_gateway.web.metrics import Metrics
from mra_gateway.web.national_api import national_app
from mra_gateway.web.partner_api import partner_app

WATCH_SECONDS = 1.0
KEEPALIVE_SECONDS = 75.0
"""An idle connection, and one that never finishes its headers, ends after this."""

SHUTDOWN_SECONDS = 20.0
CANCEL_AGAIN_SECONDS = 1.0
_SWITCH_SECONDS = 0.001
"""How long one thread keeps the interpreter while another wants it; Python's own is 0.005."""
_OBJECTS_BETWEEN_COLLECTIONS = 20_000
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared only
_log = structlog.get_logger(__name__)


class Addresses(NamedTuple):
    """Where the two APIs listen, the ports as they were given by the system."""

    partner_url: str
    national_url: str


async def serve(
    gateway: Gateway,
    *,
    ready: Callable[[Addresses], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serves until a signal arrives or `stop` is set.

    Args:
        gateway: Opened by the caller, who also closes it.
        ready: Told the addresses as soon as both APIs listen.
        stop: Set it to end the service; SIGTERM and SIGINT set it too.

    Raises:
        SetupError: A port is taken, or our TLS key is not usable.
        GatewayError: The dispatcher died; nothing goes out any more, so the process must end.
    """
    configure_logs(gateway.settings.log_level, clock=gateway.clock)
    stop = stop or asyncio.Event()
    service = Service(gateway)
    handled = _on_signals(stop)
    try:
        addresses = await service.start()
        _log.info(
            "serving",
            territory=gateway.settings.territory,
            environment=gateway.settings.environment,
            **addresses._asdict(),
        )
        # what was made until now stays as long as the process: no collection need look at it again
        gc.collect()
        gc.freeze()
        # a message makes thousands of short-lived objects and hardly a cycle: collecting after
        # every 700 of them would cost a twentieth of its time
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
        # a commit of a dozen statements would else wait a dozen times for the loop to let go
        sys.setswitchinterval(_SWITCH_SECONDS)
        if ready is not None:
            ready(addresses)
        await service.run_until(stop)
    finally:
        await service.stop()
        loop = asyncio.get_running_loop()
        for number in handled:
            loop.remove_signal_handler(number)
        _log.info("stopped", territory=gateway.settings.territory)


class Service:
    """Both APIs and the work behind them, started and stopped together."""

    def __init__(self, gateway: Gateway) -> None:
        self.metrics = Metrics()
        self._gateway = gateway
        self._runners: list[web.AppRunner] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._context: ssl.SSLContext | None = None
        self._let_in: tuple[PartnerTrust, ...] = ()

    async def start(self) -> Addresses:
        """Opens both ports and begins to deliver.

        Raises:
            SetupError: A port is taken, or our TLS key is not usable.
        """
        gateway = self._gateway
        partner, national = gateway.settings.partner_api, gateway.settings.national_api
        await gateway.book.refresh(gateway.database)
        await gateway.follower.catch_up()
        self._let_in = gateway.book.trusted()
        self._context = partner_tls_context(gateway)
        addresses = Addresses(  # 1
            await self._open(
                partner_app(gateway, metrics=self.metrics),
                host=partner.host,
                port=partner.port,
                context=self._context,
            ),
            await self._open(
                await national_app(gateway, metrics=self.metrics, is_working=self._is_working),
                host=national.host,
                port=national.port,
            ),
        )
        self._tasks = [
            asyncio.create_task(gateway.dispatcher.run(), name="dispatcher"),  # 2
            asyncio.create_task(self._watch(), name="trust"),  # 3
            asyncio.create_task(gateway.follower.run(), name="index"),
        ]
        if gateway.view_keeper.is_wanted:
            self._tasks.append(asyncio.create_task(gateway.view_keeper.run(), name="view"))
        return addresses

    async def run_until(self, stop: asyncio.Event) -> None:
        """Returns when `stop` is set.

        Raises:
            GatewayError: The dispatcher died.
            SetupError: A newer version has upgraded the database.
        """
        waiting = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait([waiting, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        for task in self._tasks:
            if task.done():
                if isinstance(told := task.exception(), SetupError):
                    raise told
                _log.error("task died", kind=task.get_name(), exc_info=task.exception())
                raise GatewayError(
                    f"the {task.get_name()} ended; the gateway stops", reason=Reason.INTERNAL
                ) from task.exception()

    async def stop(self) -> None:
        """Stops taking requests, finishes those under way, gives back the leases."""
        runners, self._runners = self._runners, []
        for runner in runners:  # 4
            await runner.cleanup()
        tasks, self._tasks = self._tasks, []
        left = set(tasks)
        while left:
            for task in left:
                task.cancel()
            # a library may swallow a cancellation: whoever goes on is told again
            _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_SECONDS)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def refresh_trust(self) -> None:
        """Reads what officers decided, and lets in partners pinned since.

        Who is trusted no longer is turned away by the partner API; TLS need not know.

        Raises:
            StoreError: The database failed.
        """
        await self._gateway.book.refresh(self._gateway.database)
        trusted = self._gateway.book.trusted()
        if trusted == self._let_in or self._context is None:
            return
        known = {anchor for partner in self._let_in for anchor in partner.tls_anchors}
        new = {anchor for partner in trusted for anchor in partner.tls_anchors} - known
        trust_also(self._context, anchors_pem=[to_pem(anchor) for anchor in new])
        self._let_in = trusted
        _log.info("trust refreshed", count=len(trusted))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await self._gateway.database.read(migrate.check_version)
                await self.refresh_trust()
            except GatewayError as error:
                if error.reason is Reason.DATABASE_TOO_NEW:
                    raise
                _log.warning("trust not refreshed", reason=error.reason)

    def _is_working(self) -> bool:
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def _open(
        self,
        app: web.Application,
        *,
        host: str,
        port: int,
        context: ssl.SSLContext | None = None,
    ) -> str:
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=SHUTDOWN_SECONDS,
            auto_decompress=False,
        )
        self._runners.append(runner)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port, ssl_context=context).start()
        except OSError as error:
            raise SetupError(
                f"cannot listen: {error.strerror}",
                reason=Reason.SETTINGS_INVALID,
                where=f"{host}:{port}",
            ) from None
        given = runner.addresses[0][1]
        shown = _ANY_ADDRESS.get(host, host)
        scheme = "http" if context is None else "https"
        return f"{scheme}://{f'[{shown}]' if ':' in shown else shown}:{given}"


def _on_signals(stop: asyncio.Event) -> list[signal.Signals]:
    """Lets signals set the event; only the main thread can be told of them."""
    if threading.current_thread() is not threading.main_thread():
        return []
    loop = asyncio.get_running_loop()
    handled: list[signal.Signals] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # not on Windows
            loop.add_signal_handler(number, stop.set)
            handled.append(number)
    return handled
