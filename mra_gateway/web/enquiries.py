"""`/api/v1/enquiries`: a question to a partner about one operator, and its answer when it comes."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from structlog.contextvars import bind_contextvars

from mra_gateway.errors import MessageRejected, Reason, RequestRefused
from mra_gateway.gateway import Gateway
from mra_gateway.model.identifiers import MessageId
from mra_gateway.model.messages import MessageKind, StatusAnswer
from mra_gateway.model.trust import RawMessage
from mra_gateway.store import inbox, message_log, outbox
from mra_gateway.web.answers import EnquiryAnswer, EnquiryRequest, EnquiryView
from mra_gateway.web.declarations import check_moment, check_names
from mra_gateway.web.endpoints import JSON, Call, Endpoint, PathPart, answer, parse
from mra_gateway.web.messages import message_id_of
from mra_gateway.wire.codec import decode


class Enquiries:
    """Asks partners on behalf of national systems."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def endpoints(self) -> Sequence[Endpoint]:
        """Returns the rows of these endpoints."""
        return (
            Endpoint(
                "enquire",
                "POST",
                "/api/v1/enquiries",
                "Asks a partner whether an operator is recognised at a moment.",
                self._enquire,
                {202: (EnquiryView,)},
                (400, 404, 408, 409, 413, 415, 422),
                body=(EnquiryRequest,),
            ),
            Endpoint(
                "getEnquiry",
                "GET",
                "/api/v1/enquiries/{id}",
                "Returns an enquiry, with the partner's answer once it has come.",
                self._find,
                {200: (EnquiryView,)},
                (404, 409, 410),
                parts=(PathPart("id", "The id of the enquiry."),),
            ),
        )

    async def _enquire(self, call: Call) -> web.Response:
        content = await call.read(JSON)
        asked = parse(content, EnquiryRequest)
        check_names(content, names=len(asked.model_fields_set), reason=Reason.REQUEST_INVALID)
        check_moment(asked.at, field="/at")
        if self._gateway.book.find_trust(asked.partner) is None:
            raise RequestRefused(
                f"no card of {asked.partner} is pinned", reason=Reason.PARTNER_NOT_PINNED
            )
        id_ = await self._gateway.enquirer.enquire(
            asked.identifier,
            partner=asked.partner,
            arrangement=asked.arrangement,
            at=asked.at or self._gateway.clock.now(),
        )
        bind_contextvars(message_id=id_, partner=asked.partner)
        view = await self._view(id_)
        return answer(view, status=202, headers={"Location": f"/api/v1/enquiries/{id_}"})

    async def _find(self, call: Call) -> web.Response:
        return answer(await self._view(message_id_of(call)))

    async def _view(self, id_: MessageId) -> EnquiryView:
        sent = await self._gateway.database.read(lambda c: outbox.find(c, id_))
        if sent is None or sent.kind is not MessageKind.STATUS_ENQUIRY:
            raise RequestRefused("no enquiry of this id", reason=Reason.NOT_FOUND)
        assert sent.arrangement is not None
        stored = await self._gateway.database.read(
            lambda c: message_log.find_answer(c, id_, partner=sent.partner)
        )
        view = EnquiryView(
            id=id_,
            partner=sent.partner,
            arrangement=sent.arrangement,
            asked_at=sent.created_at,
            status="refused" if sent.state == outbox.PARKED else "pending",
            reason=None if sent.reason == Reason.OK else sent.reason,
        )
        if stored is None:
            return view
        return view.model_copy(
            update={"status": "answered", "reason": None, "answer": self._read(stored)}
        )

    def _read(self, stored: inbox.InMessage) -> EnquiryAnswer:
        """Reads the answer from the bytes that were verified when they came, as of then."""
        if not stored.content:
            raise RequestRefused("the answer was purged", reason=Reason.DATA_PURGED)
        raw = RawMessage(content=stored.content, arrived_at=stored.stored_at)
        try:
            verified = self._gateway.verifier.verify(
                raw, at=stored.stored_at, partner_of=self._gateway.book.find_trust
            )
        except MessageRejected:
            raise RequestRefused(
                "the partner that answered is not trusted any more",
                reason=Reason.STATE_NOT_SUITABLE,
            ) from None
        body = decode(verified).message.body
        assert isinstance(body, StatusAnswer)
        return EnquiryAnswer(
            message_id=stored.message_id,
            answered_at=stored.stored_at,
            at=body.at,
            hit=body.hit,
            status=body.status,
            operator=body.operator,
        )
