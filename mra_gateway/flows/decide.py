"""Decides declarations: which parties are recognised, and what they get.

1. resolve: each declared identifier, in any form, to the operators partners told us of
2. hold: the status as it was at the moment of acceptance, as known now (or then, to recompute)
3. judge: the seven-step rule (`recognition/rule.py`)
4. store the result with everything it rests on
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.identifiers.candidates import candidate_tins
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.identifiers import ArrangementId, Digest
from mra_gateway.model.recognition import PartyResult, RecognitionResult
from mra_gateway.recognition.rule import VERSION, Ground, HeldOperator, judge_party
from mra_gateway.registry.load import arrangement_digest
from mra_gateway.store import facts, inbox, results
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database

STALE_AFTER = timedelta(days=45)
"""A partner silent for longer gives no benefit: lists are at most monthly in the practice read."""


class Decider:
    """Answers declarations."""

    def __init__(self, *, database: Database, book: PartnerBook, clock: Clock) -> None:
        self._database = database
        self._book = book
        self._clock = clock

    async def decide(
        self, declarations: Sequence[Declaration], *, requested_by: str
    ) -> list[RecognitionResult]:
        """Decides declarations and stores every result before it is given out.

        Raises:
            StoreError: The database failed; nothing was given out.
        """
        made = await self._database.read(lambda c: self._decide_all(c, declarations))
        await self._database.write(
            lambda c: results.add(
                c,
                [
                    _stored(result, declaration, requested_by=requested_by)
                    for declaration, result in zip(declarations, made, strict=True)
                ],
            )
        )
        return made

    async def recompute(self, result_id: str) -> RecognitionResult | None:
        """Computes a stored result again, from what was known then; None when there is none.

        Raises:
            RequestRefused: Our copy of an arrangement it rests on has another content now; the
                stored result stands.
            StoreError: The database failed.
        """
        stored = await self._database.read(lambda c: results.find(c, result_id))
        if stored is None:
            return None
        self._check_copies(RecognitionResult.model_validate_json(stored.result))
        declaration = Declaration.model_validate_json(stored.declaration)
        return await self._database.read(
            lambda c: self._decide(
                c,
                declaration,
                result_id=stored.id,
                decided_at=stored.decided_at,
                known_at=stored.known_at,
            )
        )

    def _check_copies(self, result: RecognitionResult) -> None:
        for arrangement, digest in result.arrangements.items():
            facts_of = self._book.registry.arrangements.get(arrangement)
            if facts_of is None or arrangement_digest(facts_of) != digest:
                raise RequestRefused(
                    f"our copy of {arrangement} has changed since this was decided",
                    reason=Reason.STATE_NOT_SUITABLE,
                )

    async def find(self, result_id: str) -> RecognitionResult | None:
        """Returns a result as it was given, or None.

        Raises:
            StoreError: The database failed.
        """
        stored = await self._database.read(lambda c: results.find(c, result_id))
        return None if stored is None else RecognitionResult.model_validate_json(stored.result)

    def _decide_all(
        self, connection: Connection, declarations: Iterable[Declaration]
    ) -> list[RecognitionResult]:
        at = self._clock.now()
        return [
            self._decide(
                connection,
                declaration,
                result_id=self._clock.new_uuid(),
                decided_at=at,
                known_at=at,
            )
            for declaration in declarations
        ]

    def _decide(
        self,
        connection: Connection,
        declaration: Declaration,
        *,
        result_id: str,
        decided_at: datetime,
        known_at: datetime,
    ) -> RecognitionResult:
        accepted_at = declaration.accepted_at or decided_at
        judged = [
            self._judge(connection, party, declaration, accepted_at, known_at)
            for party in declaration.parties
        ]
        return RecognitionResult(
            id=result_id,
            reference=declaration.reference,
            type=declaration.type,
            decided_at=decided_at,
            accepted_at=accepted_at,
            known_at=known_at,
            rule=VERSION,
            recognised=any(result.recognised for result in judged),
            results=tuple(judged),
            arrangements=self._digests(judged),
        )

    def _judge(
        self,
        connection: Connection,
        party: DeclaredParty,
        declaration: Declaration,
        accepted_at: datetime,
        known_at: datetime,
    ) -> PartyResult:
        found = (
            []
            if party.identifier is None
            else self._find(
                connection, party.identifier, accepted_at=accepted_at, known_at=known_at
            )
        )
        grounded = [(held, self._ground(connection, held, accepted_at, known_at)) for held in found]
        return judge_party(party, declaration=declaration, found=grounded)

    def _find(
        self,
        connection: Connection,
        identifier: str,
        *,
        accepted_at: datetime,
        known_at: datetime,
    ) -> list[HeldOperator]:
        named = facts.find_operators(
            connection, tins=candidate_tins(identifier), authorisations=[identifier]
        )
        found = []
        for register, tin in named:
            if register.arrangement == facts.OWN:
                continue
            by_authorisation: dict[facts.Key, list[facts.Fact]] = {}
            for fact in facts.history(connection, register, tin):
                by_authorisation.setdefault(fact.key, []).append(fact)
            wanted = {
                key: held
                for key, held in by_authorisation.items()
                if key.authorisation == identifier
            } or by_authorisation
            for held in wanted.values():
                held_then = facts.at_moment(held, valid_at=accepted_at, known_at=known_at)
                if held_then is not None:
                    found.append(self._held(connection, register, held_then, known_at=known_at))
        return found

    def _held(
        self,
        connection: Connection,
        register: facts.Register,
        fact: facts.Fact,
        *,
        known_at: datetime,
    ) -> HeldOperator:
        cover = self._book.get_cover(register.arrangement, partner=register.issuer)
        as_of = inbox.last_word(
            connection, register.issuer, register.arrangement, known_at=known_at
        )
        return HeldOperator(
            arrangement=cover.arrangement,
            partner=cover.partner,
            record=fact.record,
            status=fact.status,
            effective_from=fact.effective_from,
            as_of=as_of,
            stale=as_of is not None and as_of < known_at - STALE_AFTER,
        )

    def _ground(
        self,
        connection: Connection,
        held: HeldOperator,
        accepted_at: datetime,
        known_at: datetime,
    ) -> Ground:
        confirmation = decided.find_confirmation(connection, held.arrangement.id, known_at=known_at)
        offered = {
            code
            for programme in self._book.registry.programmes.values()
            if programme.administration == self._book.us
            for code in programme.local_benefits.value or ()
        }
        local_only = {
            code
            for code, definition in self._book.registry.benefits.items()
            if definition.value is None or definition.value.local_holder_only
        }
        return Ground(
            us=self._book.us,
            on=self._book.day_of(accepted_at),
            zone=self._book.time_zone,
            on_there=self._book.day_of(accepted_at, territory=held.partner.territory),
            confirmed=confirmation is not None
            and confirmation.digest == arrangement_digest(held.arrangement),
            offered_at_home=frozenset(offered),
            local_only=frozenset(local_only),
        )

    def _digests(self, judged: Iterable[PartyResult]) -> dict[ArrangementId, Digest]:
        used = {result.arrangement for result in judged if result.arrangement is not None}
        return {
            arrangement: arrangement_digest(self._book.registry.get_arrangement(arrangement))
            for arrangement in sorted(used)
        }


def _stored(
    result: RecognitionResult, declaration: Declaration, *, requested_by: str
) -> results.StoredResult:
    return results.StoredResult(
        id=result.id,
        decided_at=result.decided_at,
        accepted_at=result.accepted_at,
        known_at=result.known_at,
        reference=result.reference,
        recognised=result.recognised,
        declaration=declaration.model_dump_json(exclude_defaults=True),
        result=result.model_dump_json(),
        requested_by=requested_by,
    )
