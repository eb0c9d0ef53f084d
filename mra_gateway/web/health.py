"""`/healthz`, `/readyz`, `/metrics`: for the administration's own supervision; no key is needed.

Ready means that the gateway can do its work: its database answers, its signing key signs, its
certificates are valid and its dispatcher runs. That a message waits for longer than the alert
allows is said there and makes nobody unready: a partner that is down must not take our decisions,
and every other partner, from behind the address several gateways share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from aiohttp import web

from mra_gateway.errors import GatewayError
from mra_gateway.flows.watch import overdue
from mra_gateway.gateway import Gateway
from mra_gateway.store import message_log, outbox
from mra_gateway.trust.keys import load_certificates
from mra_gateway.web.answers import Alive, CheckView, Readiness
from mra_gateway.web.endpoints import Call, Endpoint, answer
from mra_gateway.web.metrics import CONTENT_TYPE, Metrics

TRIAL = b'<Trial xmlns="urn:mra-gateway:readiness"></Trial>'


class Health:
    """Says how the gateway is."""

    def __init__(
        self, gateway: Gateway, metrics: Metrics, *, is_working: Callable[[], bool]
    ) -> None:
        self._gateway = gateway
        self._metrics = metrics
        self._is_working = is_working
        self._tally = message_log.Tally()

    async def begin(self) -> None:
        """Takes the bearings from which sent messages are counted.

        Raises:
            StoreError: The database failed.
        """
        await self._gateway.database.read(self._tally.look)

    def endpoints(self) -> Sequence[Endpoint]:
        """Returns the rows of these endpoints."""
        return (
            Endpoint(
                "isAlive",
                "GET",
                "/healthz",
                "Says that the process answers.",
                self._alive,
                {200: (Alive,)},
                needs_key=False,
            ),
            Endpoint(
                "isReady",
                "GET",
                "/readyz",
                "Says whether the gateway can do its work, check by check.",
                self._ready,
                {200: (Readiness,), 503: (Readiness,)},
                needs_key=False,
            ),
            Endpoint(
                "getMetrics",
                "GET",
                "/metrics",
                "Returns counters and gauges in Prometheus' text format.",
                self._show_metrics,
                {200: CONTENT_TYPE.partition(";")[0]},
                needs_key=False,
            ),
        )

    async def _alive(self, _call: Call) -> web.Response:
        return answer(Alive())

    async def _ready(self, _call: Call) -> web.Response:
        store, *waits = await self._check_store()
        checks = (
            store,
            *waits,
            self._check_key(),
            self._check_certificates(),
            CheckView(
                name="dispatcher",
                ok=self._is_working(),
                detail="runs" if self._is_working() else "does not run",
            ),
        )
        ready = all(check.ok for check in checks if check not in waits)
        return answer(Readiness(ready=ready, checks=checks), status=200 if ready else 503)

    async def _check_store(self) -> list[CheckView]:
        try:
            since = await self._gateway.database.read(outbox.oldest_unsettled)
        except GatewayError as error:
            return [CheckView(name="database", ok=False, detail=str(error.reason))]
        limit = self._gateway.settings.delivery.alert_after_seconds
        age = 0.0 if since is None else (self._gateway.clock.now() - since).total_seconds()
        return [
            CheckView(name="database", ok=True, detail="answers"),
            CheckView(
                name="oldest unsent message",
                ok=age <= limit,
                detail="nothing waits"
                if since is None
                else f"waits for {age:.0f} of {limit:.0f} s",
            ),
        ]

    def _check_key(self) -> CheckView:
        try:
            self._gateway.signer.sign(TRIAL, at=self._gateway.clock.now())
        except GatewayError as error:
            return CheckView(name="signing key", ok=False, detail=str(error.reason))
        return CheckView(name="signing key", ok=True, detail="signs")

    def _check_certificates(self) -> CheckView:
        now = self._gateway.clock.now()
        try:
            ends = self._certificates()
        except GatewayError as error:
            return CheckView(name="certificates", ok=False, detail=str(error.reason))
        first = min(ends, key=lambda purpose: ends[purpose])
        days = (ends[first] - now).days
        detail = f"the {first} certificate ends in {days} days"
        return CheckView(name="certificates", ok=ends[first] > now, detail=detail)

    async def _show_metrics(self, _call: Call) -> web.Response:
        at = self._gateway.clock.now()
        allowed = timedelta(seconds=self._gateway.settings.delivery.alert_after_seconds)
        sent, waiting, late = await self._gateway.database.read(
            lambda c: (
                self._tally.look(c),
                message_log.waiting(c),
                overdue(c, at=at, alert_after=allowed),
            )
        )
        shown = self._metrics.show(
            sent=sent,
            waiting=waiting,
            late=late,
            certificates=self._certificates(),
            at=at,
        )
        return web.Response(body=shown, headers={"Content-Type": CONTENT_TYPE})

    def _certificates(self) -> dict[str, datetime]:
        """When our certificates end, by purpose.

        Raises:
            SetupError: The TLS certificate cannot be read.
        """
        settings = self._gateway.settings
        tls = load_certificates(settings.path(settings.keys.tls_certificate))[0]
        return {
            "signing": self._gateway.signer.certificate.not_valid_after_utc,
            "TLS": tls.not_valid_after_utc,
        }
