"""Confirms that a declared code or name stands for an operator of a partner; withdraws it again.

1. find the operator: a partner must have told us of it
2. refuse what could be somebody else: a code that by our rules is another operator's, a name that
   fits another operator as well, a text confirmed for another
3. keep it as a ground, with who, when and why: recognition asks the grounds, so it counts at once

One officer confirms and one withdraws. What was decided meanwhile stays as it was. The
operator's own administration is told where an officer asks for it, and then of the withdrawal too
(`notify.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.follow_feed import Follower
from mra_gateway.flows.notify import Notifier, Told
from mra_gateway.flows.propose_matches import Match, propose_matches
from mra_gateway.flows.recognise import Recogniser
from mra_gateway.flows.resolve import Resolver
from mra_gateway.flows.state import OWN
from mra_gateway.identifiers.matching import AMBIGUOUS_WITHIN
from mra_gateway.identifiers.names import rules_of
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.declarations import DeclaredAddress, DeclaredParty
from mra_gateway.model.facts import PartyFunction
from mra_gateway.model.identifiers import Territory, Tin
from mra_gateway.model.measures import Correspondence, CorrespondenceKind, GroundKind
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.recognition.index import Index
from mra_gateway.store import grounds, journal
from mra_gateway.store.database import Database

FITS = 80.0
"""A name fits an operator from this score on: one that is the same, without an address, has 89."""


class Asked(NamedTuple):
    """What an officer wants confirmed.

    Attributes:
        text: As declared.
        partner: Whose operator; only asked for where several partners told us of it.
        list: The list a code belongs to, when it is of one.
        site: The operator's site a code is about.
        why: What it is confirmed by.
    """

    kind: CorrespondenceKind
    text: str
    tin: Tin
    why: str
    partner: Territory | None = None
    list: str | None = None
    site: str | None = None


class Confirmed(NamedTuple):
    """A correspondence as kept: its ground, and what it says."""

    ground: grounds.Ground
    correspondence: Correspondence


class Correspondent:
    """Keeps the correspondences officers confirmed."""

    def __init__(
        self,
        *,
        database: Database,
        follower: Follower,
        notifier: Notifier,
        book: PartnerBook,
        clock: Clock,
    ) -> None:
        self._database = database
        self._follower = follower
        self._notifier = notifier
        self._book = book
        self._clock = clock

    async def confirm(self, asked: Asked, *, by: Actor) -> int:
        """Confirms a correspondence and returns the number of its ground.

        Raises:
            RequestRefused: Not permitted; no partner told us of the operator; the text is or may be
                another operator's, which is named; or it is confirmed already.
            StoreError: The database failed.
        """
        check_role(by, OfficerRole.AEO)
        # 1
        recogniser = await self._follower.current()
        partner = _partner_of(asked, recogniser.state.index)
        # 2
        if asked.kind is CorrespondenceKind.IDENTIFIER:
            _refuse_code_of_another(asked, recogniser)
        else:
            await self._refuse_name_of_another(asked)
        # 3
        at = self._clock.now()
        kept = Correspondence(
            kind=asked.kind,
            text=asked.text,
            list=asked.list,
            partner=partner,
            tin=asked.tin,
            site=asked.site,
            confirmed_by=by.name,
            confirmed_at=at,
            why=asked.why,
        )

        def keep(connection: Connection) -> int:
            self._refuse_confirmed(connection, kept)
            number = grounds.add(
                connection,
                GroundKind.CORRESPONDENCE,
                subject=kept.text,
                content=kept.model_dump_json(exclude_defaults=True),
                at=at,
                by=by.name,
            )
            journal.record(
                connection,
                at=at,
                actor=by.name,
                act="correspondence confirmed",
                subject=kept.tin,
                detail={"ground": number, "text": kept.text, "why": kept.why},
            )
            return number

        return await self._database.write(keep)

    async def pick_match(
        self,
        name: str,
        *,
        number: int,
        address: DeclaredAddress | None = None,
        territory: Territory | None = None,
    ) -> Match:
        """Returns a proposal of `match` by its place, from 1, for an officer to confirm.

        Raises:
            RequestRefused: There are fewer, or another operator fits about as well; both are named.
            StoreError: The database failed.
        """
        found = await self._propose(name, address=address, territory=territory)
        if len(found) < number:
            raise RequestRefused(
                f"{len(found)} operator(s) are proposed for {name[:60]!r}", reason=Reason.NOT_FOUND
            )
        picked = found[number - 1]
        rivals = _rivals(picked.proposal.key, picked.proposal.score, found)
        if rivals:
            raise _fits_several(name, picked.proposal.key, rivals)
        return picked

    async def tell(self, ground_id: int, *, by: Actor) -> Told:
        """Tells the operator's own administration of a correspondence that stands.

        Raises:
            RequestRefused: Not permitted, no such correspondence, it has ended, the arrangement
                does not let it travel, or the partner does not take such notices.
            StoreError: The database failed.
        """
        check_role(by, OfficerRole.AEO)
        await self._book.refresh(self._database)

        def tell(connection: Connection) -> Told:
            ground = _get(connection, ground_id)
            if ground.ended_at is not None:
                raise _withdrawn(ground)
            kept = Correspondence.model_validate_json(ground.content)
            told = self._notifier.correspondence(connection, ground_id, kept)
            journal.record(
                connection,
                at=self._clock.now(),
                actor=by.name,
                act="correspondence told",
                subject=kept.tin,
                detail={"ground": ground_id, "text": kept.text, **told._asdict()},
            )
            return told

        return await self._database.write(tell)

    async def withdraw(self, ground_id: int, *, why: str, by: Actor) -> Correspondence:
        """Ends a correspondence, at once, and returns it; who was told of it is told of that.

        Raises:
            RequestRefused: Not permitted, no such correspondence, or it has ended.
            StoreError: The database failed.
        """
        check_role(by, OfficerRole.AEO)

        def end(connection: Connection) -> Correspondence:
            ground = _get(connection, ground_id)
            at = self._clock.now()
            if not grounds.end(connection, [ground_id], at=at, by=by.name):
                raise _withdrawn(ground)
            self._notifier.correspondence_withdrawn(connection, ground_id)
            kept = Correspondence.model_validate_json(ground.content)
            journal.record(
                connection,
                at=at,
                actor=by.name,
                act="correspondence withdrawn",
                subject=kept.tin,
                detail={"ground": ground_id, "text": kept.text, "why": why},
            )
            return kept

        return await self._database.write(end)

    async def _refuse_name_of_another(self, asked: Asked) -> None:
        found = await self._propose(asked.text)
        own = next((one.proposal.score for one in found if one.proposal.key == asked.tin), 0.0)
        rivals = [one for one in _rivals(asked.tin, own, found) if one.proposal.score >= FITS]
        if rivals:
            raise _fits_several(asked.text, asked.tin, rivals)

    async def _propose(
        self,
        name: str,
        *,
        address: DeclaredAddress | None = None,
        territory: Territory | None = None,
    ) -> list[Match]:
        """Returns the operators of partners a name may stand for, best first."""
        found = await self._database.read(
            lambda c: propose_matches(
                c,
                self._book,
                name,
                address=address,
                territory=territory,
                at=self._clock.now(),
                limit=100,
            )
        )
        return [one for one in found if any(held.arrangement != OWN for held in one.held)]

    def _refuse_confirmed(self, connection: Connection, new: Correspondence) -> None:
        same = self._key(new)
        for ground, kept in confirmed(connection):
            if self._key(kept) != same:
                continue
            if kept.tin == new.tin and kept.partner == new.partner:
                raise RequestRefused(
                    f"correspondence {ground.id} says so already", reason=Reason.ALREADY_EXISTS
                )
            raise RequestRefused(
                f"correspondence {ground.id} says that it stands for {kept.tin}, not {new.tin}",
                reason=Reason.CORRESPONDENCE_AMBIGUOUS,
            )

    def _key(self, kept: Correspondence) -> tuple[CorrespondenceKind, str]:
        """Returns what recognition compares a correspondence by."""
        if kept.kind is CorrespondenceKind.IDENTIFIER:
            return kept.kind, normalised(kept.text)
        return kept.kind, rules_of(self._book.registry.names).one_way(kept.text)


def confirmed(connection: Connection, *, ended: bool = False) -> list[Confirmed]:
    """Returns the correspondences that stand, oldest first; with `ended` those withdrawn too."""
    kind = GroundKind.CORRESPONDENCE
    found = (
        grounds.history(connection, kind=kind) if ended else grounds.standing(connection, kind=kind)
    )
    return [Confirmed(one, Correspondence.model_validate_json(one.content)) for one in found]


def _get(connection: Connection, ground_id: int) -> grounds.Ground:
    ground = grounds.find(connection, ground_id)
    if ground is None or ground.kind != GroundKind.CORRESPONDENCE:
        raise RequestRefused(f"no correspondence {ground_id}", reason=Reason.NOT_FOUND)
    return ground


def _withdrawn(ground: grounds.Ground) -> RequestRefused:
    return RequestRefused(
        f"correspondence {ground.id} was withdrawn by {ground.ended_by}",
        reason=Reason.STATE_NOT_SUITABLE,
    )


def _partner_of(asked: Asked, index: Index) -> Territory:
    """Step 1: whose operator it is."""
    issuers = {
        one.holding.key.issuer
        for one in index.find(normalised(asked.tin))
        if one.holding.key.tin == asked.tin and one.holding.key.arrangement != OWN
    }
    if asked.partner is not None:
        issuers &= {asked.partner}
    if not issuers:
        raise RequestRefused(
            f"{asked.partner or 'no partner'} has {'not ' if asked.partner else ''}told us of "
            f"{asked.tin}",
            reason=Reason.NOT_FOUND,
        )
    if len(issuers) > 1:
        raise RequestRefused(
            f"{', '.join(sorted(issuers))} have told us of {asked.tin}: name the partner"
        )
    return issuers.pop()


def _refuse_code_of_another(asked: Asked, recogniser: Recogniser) -> None:
    """Step 2: also what may be another's by a form that loses a part, and our own operators'."""
    party = DeclaredParty(role=PartyFunction.NOT_STATED, identifier=asked.text)
    own = recogniser.state.index.find(normalised(asked.text))
    for one in (*own, *Resolver(recogniser.state).by_rule(party)):
        key = one.holding.key
        if key.tin != asked.tin:
            raise RequestRefused(
                f"it is the {one.form.rule} of {key.tin}, and cannot stand for {asked.tin}",
                reason=Reason.CORRESPONDENCE_AMBIGUOUS,
            )


def _rivals(tin: Tin, score: float, found: Iterable[Match]) -> list[Match]:
    return [
        one
        for one in found
        if one.proposal.key != tin and one.proposal.score >= score - AMBIGUOUS_WITHIN
    ]


def _fits_several(name: str, tin: Tin, rivals: Iterable[Match]) -> RequestRefused:
    named = ", ".join(f"{one.proposal.key} ({one.proposal.name!r})" for one in rivals)
    return RequestRefused(
        f"{name[:60]!r} fits {named} as well as {tin}", reason=Reason.CORRESPONDENCE_AMBIGUOUS
    )
