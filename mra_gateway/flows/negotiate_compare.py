"""Compares for a negotiation: once for ourselves, once for the partner, by the same facts.

1. both comparisons, by the home's facts and confirmations and the profiles partners signed
2. a negotiation opened on them, or a newer one taken into it
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from mra_gateway.flows.believe_profiles import believe_profiles
from mra_gateway.flows.compare import Asked, Comparer
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.negotiate_open import Moved, Opener
from mra_gateway.model.comparison import Audience, Comparison
from mra_gateway.model.negotiation import NegotiationId, Workspace
from mra_gateway.model.officers import Actor
from mra_gateway.store import negotiations
from mra_gateway.store import partners as decided


class NegotiationComparer:
    """Compares our programme with theirs, and opens or renews a negotiation on that."""

    def __init__(self, *, book: PartnerBook, opener: Opener) -> None:
        self._book = book
        self._opener = opener

    def open(
        self,
        connection: Connection,
        id_: NegotiationId,
        *,
        theirs: str,
        ours: str | None = None,
        asked: Asked,
        phases: str,
        by: Actor,
    ) -> Workspace:
        """Opens a negotiation on a comparison made now.

        Args:
            connection: The transaction.
            id_: How it will be called.
            theirs: Their programme, or the territory whose AEO programme it is.
            ours: Ours, where we have several.
            asked: By what they are compared; its audience is given here.
            phases: Id of a model of phases.
            by: The officer.

        Raises:
            RequestRefused: As `Comparer.compare` and `Opener.open`.
        """
        for_us, for_partner = self._compare(connection, ours or self._book.us, theirs, asked=asked)
        return self._opener.open(
            connection, id_, for_us, for_partner=for_partner, phases=phases, by=by
        )

    def renew(
        self, connection: Connection, id_: NegotiationId, *, at: date, by: Actor
    ) -> tuple[Moved, ...]:
        """Compares anew, by the same edition and narrowed as before, and says what moved.

        Raises:
            RequestRefused: As `Comparer.compare` and `Opener.renew`.
        """
        workspace = negotiations.get(connection, id_)
        before = negotiations.find_comparison(connection, id_, audience=Audience.INTERNAL)
        asked = Asked(at=at, catalogue=f"{workspace.catalogue}@{workspace.edition}")
        if before is not None:
            asked = asked._replace(
                role=before.role, tier_ours=before.tier_ours, tier_theirs=before.tier_theirs
            )
        for_us, for_partner = self._compare(
            connection, workspace.ours, workspace.theirs, asked=asked
        )
        return self._opener.renew(connection, id_, for_us, for_partner=for_partner, by=by)

    def _compare(
        self, connection: Connection, ours: str, theirs: str, *, asked: Asked
    ) -> tuple[Comparison, Comparison]:
        # a profile the partner sent, signed, takes the place of what we gathered about it
        registry, signed = believe_profiles(connection, self._book.registry)
        confirmed = {one.digest for one in decided.confirmed(connection)}
        comparer = Comparer(registry, confirmed=confirmed | signed)
        for_us, for_partner = (
            comparer.compare(ours, theirs, asked=asked._replace(audience=audience))
            for audience in (Audience.INTERNAL, Audience.PARTNER)
        )
        return for_us, for_partner
