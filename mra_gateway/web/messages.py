"""`/api/v1/messages`: what went in and out, and the exact bytes of each."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.gateway import Gateway
from mra_gateway.model.identifiers import MessageId
from mra_gateway.store import message_log
from mra_gateway.web.answers import MessageList, MessagesWanted, MessageView, WhichMessage
from mra_gateway.web.endpoints import XML, Call, Endpoint, PathPart, answer

_ID = PathPart("id", "The message id; where two partners used one, `direction` and `partner` say.")


class Messages:
    """Shows messages."""

    def __init__(self, gateway: Gateway) -> None:
        self._database = gateway.database

    def endpoints(self) -> Sequence[Endpoint]:
        """Returns the rows of these endpoints."""
        path = "/api/v1/messages/{id}"
        return (
            Endpoint(
                "listMessages",
                "GET",
                "/api/v1/messages",
                "Returns messages without their bytes, the newest first.",
                self._list,
                {200: (MessageList,)},
                (400,),
                query=MessagesWanted,
            ),
            Endpoint(
                "getMessage",
                "GET",
                path,
                "Returns a message without its bytes.",
                self._get,
                {200: (MessageView,)},
                (400, 404),
                parts=(_ID,),
                query=WhichMessage,
            ),
            Endpoint(
                "getMessageContent",
                "GET",
                f"{path}/content",
                "Returns the exact bytes of a message, signature included.",
                self._content,
                {200: XML},
                (400, 404),
                parts=(_ID,),
                query=WhichMessage,
            ),
            Endpoint(
                "getMessageReceipt",
                "GET",
                f"{path}/receipt",
                "Returns the exact bytes of a message's signed receipt.",
                self._receipt,
                {200: XML},
                (400, 404),
                parts=(_ID,),
                query=WhichMessage,
            ),
        )

    async def _list(self, call: Call) -> web.Response:
        wanted = call.query(MessagesWanted)
        found = await self._database.read(lambda c: message_log.newest(c, **wanted.model_dump()))
        return answer(MessageList(messages=tuple(_view(each) for each in found)))

    async def _get(self, call: Call) -> web.Response:
        return answer(_view(await self._find(call)))

    async def _content(self, call: Call) -> web.Response:
        found = await self._find(call)
        content = await self._database.read(lambda c: message_log.content_of(c, found.number))
        return web.Response(body=content, content_type=XML)

    async def _receipt(self, call: Call) -> web.Response:
        found = await self._find(call)
        receipt = await self._database.read(lambda c: message_log.receipt_of(c, found.number))
        if receipt is None:
            raise RequestRefused("no receipt so far", reason=Reason.NOT_FOUND)
        return web.Response(body=receipt, content_type=XML)

    async def _find(self, call: Call) -> message_log.Logged:
        which = call.query(WhichMessage)
        message_id = message_id_of(call)
        found = await self._database.read(
            lambda c: message_log.find(
                c, message_id, direction=which.direction, partner=which.partner
            )
        )
        if found is None:
            raise RequestRefused("no message of this id", reason=Reason.NOT_FOUND)
        return found


def message_id_of(call: Call) -> MessageId:
    """Returns the id in the path.

    Raises:
        RequestRefused: `NOT_FOUND`: it has not the form of one.
    """
    try:
        return MessageId(call.path("id"))
    except ValueError:
        raise RequestRefused("no message of this id", reason=Reason.NOT_FOUND) from None


def _view(logged: message_log.Logged) -> MessageView:
    return MessageView.model_validate(logged._asdict())
