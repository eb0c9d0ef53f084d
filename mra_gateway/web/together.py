"""Single declarations that arrive together are decided together, and each is answered for itself.

A service that reads, decides and answers one request after the other does each of these with what
the others left in the processor's caches: a decision takes three times as long as within a batch.
So a declaration waits until the event loop has come round, next to no time when nobody else asks,
and then all that came meanwhile are read in a row, decided in a row and recorded as one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context
from typing import NamedTuple

from mra_gateway.errors import StoreError
from mra_gateway.flows.decide import Decider
from mra_gateway.flows.record import LINES
from mra_gateway.model.declarations import Declaration
from mra_gateway.web.declarations import read_one
from mra_gateway.web.metrics import Metrics


class _Asked(NamedTuple):
    """A request, and where its answer is waited for."""

    content: bytes
    answer: asyncio.Future[bytes]


class Together:
    """Decides single declarations."""

    def __init__(self, decider: Decider, metrics: Metrics) -> None:
        self._decider = decider
        self._metrics = metrics
        self._arrived: dict[str, list[_Asked]] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def decide(self, content: bytes, *, client: str) -> bytes:
        """Returns the result for the declaration of a request, stored, as JSON.

        Args:
            content: The request.
            client: Who asks: what rests on different clients is recorded apart.

        Raises:
            InvalidRequest: It is no declaration, or one nothing can be decided about.
            StoreError: The database failed; nothing was given out.
        """
        loop = asyncio.get_running_loop()
        asked = self._arrived.get(client)
        if asked is None or len(asked) >= LINES:
            asked = self._arrived[client] = []
            # a task of its own: whoever asked first may go away, and the others get their answers
            task = loop.create_task(self._answer(client, asked), context=Context())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        answer: asyncio.Future[bytes] = loop.create_future()
        asked.append(_Asked(content, answer))
        return await answer

    async def _answer(self, client: str, asked: list[_Asked]) -> None:
        if self._arrived.get(client) is asked:
            del self._arrived[client]
        declarations: list[Declaration] = []
        answers: list[asyncio.Future[bytes]] = []
        for content, answer in asked:
            try:
                declarations.append(read_one(content))
            except Exception as error:  # noqa: BLE001 - raised again where it is waited for
                _tell((answer,), error)
            else:
                answers.append(answer)
        if declarations:
            await self._decide(declarations, answers, client=client)

    async def _decide(
        self,
        declarations: Sequence[Declaration],
        answers: Sequence[asyncio.Future[bytes]],
        *,
        client: str,
    ) -> None:
        try:
            parts = await self._decider.decide_fast(declarations, requested_by=client)
        except StoreError as error:
            _tell(answers, error)
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            if len(declarations) == 1:
                _tell(answers, error)
                return
            # nothing was taken: what fails is found, and the others are not made to bear it
            for declaration, answer in zip(declarations, answers, strict=True):
                await self._decide([declaration], [answer], client=client)
        else:
            self._metrics.count_decisions(parts)
            results = (content for part in parts for content in part.results)
            for result, answer in zip(results, answers, strict=True):
                if not answer.done():  # whoever waited may have gone
                    answer.set_result(result)


def _tell(answers: Sequence[asyncio.Future[bytes]], error: Exception) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(error)
