"""`/api/v1/suspensions`: whose benefits are stopped, for national systems."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from mra_gateway.gateway import Gateway
from mra_gateway.model.measures import BenefitSuspension
from mra_gateway.web.answers import SuspensionList, SuspensionView
from mra_gateway.web.endpoints import Call, Endpoint, answer


class Suspensions:
    """Tells which suspensions stand."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def endpoints(self) -> Sequence[Endpoint]:
        """Returns the rows of these endpoints."""
        return (
            Endpoint(
                "listSuspensions",
                "GET",
                "/api/v1/suspensions",
                "Returns the suspensions of benefits that stand or are to begin.",
                self._list,
                {200: (SuspensionList,)},
            ),
        )

    async def _list(self, _call: Call) -> web.Response:
        found = await self._gateway.database.read(self._gateway.suspender.listed)
        return answer(SuspensionList(suspensions=tuple(self._view(one) for one in found)))

    def _view(self, one: BenefitSuspension) -> SuspensionView:
        return SuspensionView(
            id=one.id,
            arrangement=one.arrangement,
            partner=one.partner,
            tin=one.tin,
            authorisation=one.authorisation,
            where=one.where,
            site=one.site,
            codes=one.codes,
            from_at=one.from_at,
            until_at=one.until_at,
            reason_class=one.reason_class,
            substitutes=one.substitutes,
            confirmed=one.confirmed_by is not None,
            overdue=one.is_overdue(self._gateway.clock.now()),
        )
