"""`/api/v1/extract`: the recognised operators, for a declaration system's reference table.

The answer's ETag is the mark of the extract: asked again with `If-None-Match`, what has not changed
is not sent. It is written to a file first and streamed from there, however many operators it names.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial

from aiohttp import web
from pydantic import Field

from mra_gateway.flows.extract import find_mark
from mra_gateway.flows.extract_file import ExtractForm, extract_to
from mra_gateway.gateway import Gateway
from mra_gateway.model.base import Noun
from mra_gateway.model.identifiers import Territory
from mra_gateway.web.endpoints import JSON, XML, Call, Endpoint

CSV = "text/csv"
_FORMS = {
    "getExtract": (ExtractForm.JSON, "", JSON),
    "getExtractCsv": (ExtractForm.CSV, ".csv", CSV),
    "getExtractXml": (ExtractForm.XML, ".xml", XML),
}


class ExtractQuery(Noun):
    """Which extract is asked for.

    Attributes:
        since: The mark (or position) an earlier extract names: only what changed after it.
    """

    partner: Territory | None = None
    since: str | None = Field(default=None, min_length=1, max_length=60)


class Extracts:
    """Gives extracts to national systems."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def endpoints(self) -> Sequence[Endpoint]:
        """Returns the rows of these endpoints."""
        return [
            Endpoint(
                id_,
                "GET",
                f"/api/v1/extract{ending}",
                f"Returns the recognised operators as {form.upper()}, or what changed since an "
                "earlier extract; the ETag is its mark.",
                partial(self._give, form=form, media=media),
                {200: media, 304: ""},
                (400, 404, 409),
                query=ExtractQuery,
            )
            for id_, (form, ending, media) in _FORMS.items()
        ]

    async def _give(self, call: Call, *, form: ExtractForm, media: str) -> web.Response:
        asked = call.query(ExtractQuery)
        await self._gateway.follower.current()  # the rule book in use is today's
        now = self._gateway.clock.now()
        mark = await self._gateway.database.read(lambda c: find_mark(c, now=now))
        headers = {"ETag": f'"{mark}"', "Cache-Control": "private, no-cache"}
        if f'"{mark}"' in call.request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it, when it is sent
        try:
            await self._gateway.database.read(
                lambda c: extract_to(
                    c, file, form=form, mark=mark, partner=asked.partner, since=asked.since
                )
            )
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return web.Response(body=file, content_type=media, headers=headers)
