"""`/api/v1/operators/{identifier}`: everything held about an operator, in every register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from aiohttp import web

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.gateway import Gateway
from mra_gateway.identifiers.candidates import candidate_tins
from mra_gateway.model.identifiers import ChangeId, Territory
from mra_gateway.store import facts, look_up
from mra_gateway.web.answers import HeldAuthorisation, HeldIn, HistoryEntry, OperatorAnswer
from mra_gateway.web.endpoints import Call, Endpoint, PathPart, answer

_LONGEST = 512


class Operators:
    """Finds operators for national systems."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def endpoints(self) -> Sequence[Endpoint]:
        """Returns the rows of these endpoints."""
        identifier = PathPart(
            "identifier",
            "TIN or authorisation number in any form and script, percent-encoded.",
            {"type": "string", "minLength": 1, "maxLength": _LONGEST},
        )
        return (
            Endpoint(
                "getOperator",
                "GET",
                "/api/v1/operators/{identifier:[\\s\\S]+}",
                "Returns what our own register and those of partners say about an operator.",
                self._find,
                {200: (OperatorAnswer,)},
                (404, 422),
                parts=(identifier,),
            ),
        )

    async def _find(self, call: Call) -> web.Response:
        identifier = call.path("identifier")
        if not identifier.isprintable() or len(identifier) > _LONGEST:
            raise RequestRefused(
                f"an identifier has 1 to {_LONGEST} printable characters",
                reason=Reason.IDENTIFIER_INVALID,
            )
        at = self._gateway.clock.now()
        tins = candidate_tins(identifier, territories=self._territories())
        found = await self._gateway.database.read(
            lambda c: look_up.everything_held(c, identifier, tins=tins)
        )
        if not found:
            raise RequestRefused("no register holds this operator", reason=Reason.NOT_FOUND)
        registers = tuple(_held_in(register, held, at=at) for register, held in found.items())
        return answer(OperatorAnswer(identifier=identifier, at=at, registers=registers))

    def _territories(self) -> list[Territory]:
        """The territories whose code may be missing in front: ours and our partners'."""
        book = self._gateway.book
        known = [book.us, *(partner.territory for partner in book.trusted())]
        described = (book.registry.administrations.get(territory) for territory in known)
        return [
            code
            for administration in described
            if administration is not None
            for code in administration.tin_territories.value or ()
        ]


def _held_in(
    register: facts.Register, held: Mapping[facts.Key, Sequence[facts.Fact]], *, at: datetime
) -> HeldIn:
    return HeldIn(
        issuer=register.issuer,
        arrangement=None if register.arrangement == facts.OWN else register.arrangement,
        authorisations=tuple(_authorisation(each, at=at) for _, each in sorted(held.items())),
    )


def _authorisation(history: Sequence[facts.Fact], *, at: datetime) -> HeldAuthorisation:
    now = facts.at_moment(history, valid_at=at)
    believed = [fact for fact in history if fact.retracted_at is None]
    shown = now or (believed or history)[-1]
    return HeldAuthorisation(
        tin=shown.key.tin,
        programme=shown.key.programme,
        authorisation=shown.key.authorisation,
        status=None if now is None else now.status,
        effective_from=None if now is None else now.effective_from,
        record=shown.record,
        history=tuple(
            HistoryEntry(
                status=fact.status,
                effective_from=fact.effective_from,
                recorded_at=fact.recorded_at,
                retracted_at=fact.retracted_at,
                cause=fact.cause,
                change_id=None if fact.change_id is None else ChangeId.trusted(fact.change_id),
                legal_reference=fact.legal_reference,
            )
            for fact in history
        ),
    )
