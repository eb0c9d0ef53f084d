"""`/api/v1/arrangements` and `/api/v1/partners`: what officers decided, for national systems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aiohttp import web

from mra_gateway.gateway import Gateway
from mra_gateway.model.facts import Arrangement
from mra_gateway.registry.load import arrangement_digest
from mra_gateway.trust.keys import fingerprint
from mra_gateway.trust.policy import PartnerTrust
from mra_gateway.web.answers import (
    AnchorView,
    ArrangementList,
    ArrangementView,
    PartnerList,
    PartnerView,
    PartyView,
)
from mra_gateway.web.endpoints import Call, Endpoint, answer


class Partners:
    """Tells who our partners are and under which arrangements."""

    def __init__(self, gateway: Gateway) -> None:
        self._book = gateway.book
        self._clock = gateway.clock

    def endpoints(self) -> Sequence[Endpoint]:
        """Returns the rows of these endpoints."""
        return (
            Endpoint(
                "listArrangements",
                "GET",
                "/api/v1/arrangements",
                "Returns the arrangements we are a party of, confirmed or not.",
                self._arrangements,
                {200: (ArrangementList,)},
            ),
            Endpoint(
                "listPartners",
                "GET",
                "/api/v1/partners",
                "Returns the partners whose cards are pinned.",
                self._partners,
                {200: (PartnerList,)},
            ),
        )

    async def _arrangements(self, _call: Call) -> web.Response:
        return answer(
            ArrangementList(arrangements=tuple(self._view(each) for each in self._ours()))
        )

    async def _partners(self, _call: Call) -> web.Response:
        return answer(
            PartnerList(partners=tuple(self._partner(each) for each in self._book.trusted()))
        )

    def _ours(self) -> Iterator[Arrangement]:
        for _, arrangement in sorted(self._book.registry.arrangements.items()):
            if arrangement.party(self._book.us) is not None:
                yield arrangement

    def _view(self, arrangement: Arrangement) -> ArrangementView:
        at = self._clock.now()
        confirmation = self._book.find_confirmation(arrangement.id)
        parties = tuple(
            PartyView(
                territory=party.territory,
                started_on=party.started_on.value,
                exchange=None
                if party.territory == self._book.us
                else self._book.check_exchange(arrangement.id, partner=party.territory, at=at),
            )
            for party in arrangement.parties
        )
        return ArrangementView(
            id=arrangement.id,
            title=arrangement.title,
            parties=parties,
            in_force=arrangement.in_force(self._book.day_of(at), parties=(self._book.us,)),
            in_force_on=arrangement.in_force_on.value,
            ended_on=arrangement.ended_on.value,
            confirmed=confirmation is not None,
            legal_act=None if confirmation is None else confirmation.legal_act,
            act_on=None if confirmation is None else confirmation.act_on,
            digest=arrangement_digest(arrangement),
        )

    def _partner(self, trust: PartnerTrust) -> PartnerView:
        administration = self._book.registry.administrations.get(trust.territory)
        name = None if administration is None else administration.display_name.value
        named = [("signing", anchor) for anchor in trust.signing_anchors]
        named += [("tls", anchor) for anchor in trust.tls_anchors]
        return PartnerView(
            territory=trust.territory,
            name=name or trust.territory,
            url=self._book.find_url(trust.territory),
            anchors=tuple(
                AnchorView(
                    purpose="signing" if purpose == "signing" else "tls",
                    subject=anchor.subject.rfc4514_string(),
                    fingerprint=fingerprint(anchor),
                    not_after=anchor.not_valid_after_utc,
                )
                for purpose, anchor in named
            ),
            arrangements=tuple(
                arrangement.id
                for arrangement in self._ours()
                if arrangement.party(trust.territory) is not None
            ),
        )
