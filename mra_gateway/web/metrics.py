"""What is counted and measured, for Prometheus.

What this process answers is counted as it happens; what became of outgoing messages is read from
the store when somebody asks, so that it is right whichever process delivered them. Each gateway has
a registry of its own.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from mra_gateway.errors import Reason
from mra_gateway.flows.receive import Reply
from mra_gateway.flows.record import Part
from mra_gateway.model.identifiers import Territory
from mra_gateway.store.ages import Age
from mra_gateway.store.message_log import Sent, Waiting

CONTENT_TYPE = CONTENT_TYPE_LATEST
NAMESPACE = "mra_gateway"
_DAY = timedelta(days=1)
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Metrics:
    """The counters and gauges of one gateway."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._looked_up: dict[tuple[object, ...], Counter] = {}
        counter = partial(Counter, namespace=NAMESPACE, registry=self.registry)
        gauge = partial(Gauge, namespace=NAMESPACE, registry=self.registry)
        self._received = counter(
            "messages_received",
            "Messages that verified, replays included, by what the receipt says.",
            ("partner", "kind", "outcome", "reason"),
        )
        self._refused = counter(
            "verification_failures",
            "Messages refused unsigned: no document, or not believed.",
            ("reason",),
        )
        self._sent = counter(
            "messages_sent",
            "Partners' verified receipts for messages of ours, by what they say.",
            ("partner", "kind", "outcome", "reason"),
        )
        self._attempts = counter(
            "delivery_attempts",
            "Attempts to deliver, settled or not.",
            ("partner",),
        )
        self._decisions = counter(
            "decisions",
            "Declarations decided.",
            ("recognised",),
        )
        self._parties = counter(
            "decided_parties",
            "Parties of declarations decided, by the reason of the first step that did not pass.",
            ("recognised", "reason"),
        )
        self._seconds = Histogram(
            "request_seconds",
            "Time from the first byte of a request to its answer.",
            ("api", "route", "status"),
            buckets=_BUCKETS,
            namespace=NAMESPACE,
            registry=self.registry,
        )
        self._waiting = gauge(
            "changes_waiting",
            "Changes no message carries yet.",
            ("partner",),
        )
        self._by_state = gauge(
            "messages",
            "Messages that are not at rest.",
            ("direction", "partner", "state"),
        )
        self._overdue = gauge(
            "overdue",
            "What has waited for longer than its state allows: an alert each.",
            ("what", "partner"),
        )
        self._oldest = gauge(
            "oldest_unsent_seconds",
            "Age of the oldest message or change not settled.",
        )
        self._days_left = gauge(
            "certificate_days_left",
            "Days until our certificate ends.",
            ("purpose",),
        )

    def count_reply(self, partner: Territory, reply: Reply) -> None:
        """Counts a message that verified."""
        self._received.labels(partner, reply.kind, reply.outcome, reply.reason).inc()

    def count_refused(self, reason: Reason) -> None:
        """Counts bytes that were refused unsigned."""
        self._refused.labels(reason).inc()

    def count_decisions(self, parts: Iterable[Part]) -> None:
        """Counts declarations decided, and each of their parties."""
        for part in parts:
            for yes, count in (
                (True, part.recognised),
                (False, len(part.results) - part.recognised),
            ):
                if count:
                    self._counter(self._decisions, _said(yes=yes)).inc(count)
            for (_, recognised, reason), count in part.counted().items():
                self._counter(self._parties, _said(yes=recognised), reason).inc(count)

    def _counter(self, counter: Counter, *labels: str) -> Counter:
        """Returns the counter of some labels, looked up once: the library locks and checks."""
        key = (counter, *labels)
        found = self._looked_up.get(key)
        if found is None:
            found = self._looked_up[key] = counter.labels(*labels)
        return found

    def observe_request(self, api: str, *, route: str, status: int, seconds: float) -> None:
        """Measures one request."""
        self._seconds.labels(api, route, str(status)).observe(seconds)

    def show(
        self,
        *,
        sent: Sent,
        waiting: Waiting,
        late: Sequence[Age],
        certificates: dict[str, datetime],
        at: datetime,
    ) -> bytes:
        """Returns everything in Prometheus' text format.

        Args:
            sent: What was settled and tried since the last time.
            waiting: What is not at rest now.
            late: What of it has waited too long.
            certificates: When our certificates end, by purpose.
            at: Now.
        """
        for labels, number in sent.outcomes.items():
            self._sent.labels(*labels).inc(number)
        for partner, number in sent.attempts.items():
            self._attempts.labels(partner).inc(number)
        self._waiting.clear()
        for partner, number in waiting.changes.items():
            self._waiting.labels(partner).set(number)
        self._by_state.clear()
        for state, number in waiting.messages.items():
            self._by_state.labels(*state).set(number)
        self._overdue.clear()
        counted = collections.Counter((age.what, age.partner or "") for age in late)
        for (what, partner), number in counted.items():
            self._overdue.labels(what, partner).set(number)
        since = waiting.oldest
        self._oldest.set(0 if since is None else max(0.0, (at - since).total_seconds()))
        for purpose, until in certificates.items():
            self._days_left.labels(purpose).set((until - at) / _DAY)
        return generate_latest(self.registry)


def _said(*, yes: bool) -> str:
    return "yes" if yes else "no"
