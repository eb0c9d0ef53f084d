"""Surveys what we know and decided about partners, for a person to read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.adopt import OpenFact, find_open_facts
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.store import partners as decided
from mra_gateway.trust.card import card_fingerprints


class PinnedPartner(NamedTuple):
    """A card that is trusted now.

    Attributes:
        anchors: Each anchor's subject and its fingerprint in groups.
    """

    territory: Territory
    name: str | None
    url: str | None
    pinned_at: datetime
    pinned_by: str
    second_officer: str
    anchors: list[tuple[str, str]]


class Standing(NamedTuple):
    """Whether we may exchange with a partner under an arrangement now, and why not."""

    id: ArrangementId
    partner: Territory
    title: str
    reason: Reason
    confirmed_at: datetime | None


class ArrangementSurvey(NamedTuple):
    """One arrangement as we have it.

    Attributes:
        exchange: For each partner `OK`, or the reason why nothing is exchanged.
        open: Facts that are empty or not verified.
        facts: Everything the file states.
    """

    id: ArrangementId
    title: str
    file: str
    parties: list[str]
    exchange: list[str]
    confirmation: decided.Confirmation | None
    open: tuple[OpenFact, ...]
    facts: dict[str, Any]


def survey_partners(
    connection: Connection, book: PartnerBook, *, at: datetime, only: str | None = None
) -> tuple[list[PinnedPartner], list[Standing]]:
    """Returns the partners pinned and our arrangements, all or of one territory.

    Raises:
        RequestRefused: Nothing is known of the one asked for.
    """
    if only is not None and only not in book.registry.administrations:
        raise RequestRefused(
            f"{only[:60]!r} is neither a territory nor an arrangement", reason=Reason.NOT_FOUND
        )
    pinned = [
        _pinned(book, one)
        for one in decided.pinned(connection)
        if only is None or one.card.territory == only
    ]
    standings = [
        _standing(book, arrangement.id, partner=party.territory, at=at)
        for arrangement in book.registry.arrangements.values()
        if arrangement.party(book.us) is not None
        for party in arrangement.parties
        if party.territory != book.us and (only is None or party.territory == only)
    ]
    return pinned, standings


def survey_arrangement(book: PartnerBook, id_: str, *, at: datetime) -> ArrangementSurvey:
    """Returns one arrangement with its confirmation and what in it is open.

    Raises:
        RequestRefused: None has that id.
    """
    arrangement = book.registry.get_arrangement(id_)
    parties = [party.territory for party in arrangement.parties]
    return ArrangementSurvey(
        arrangement.id,
        arrangement.title,
        str(book.registry.file_of(id_)),
        list(parties),
        [
            f"{party}: {book.check_exchange(arrangement.id, partner=party, at=at)}"
            for party in parties
            if party != book.us
        ],
        book.find_confirmation(arrangement.id),
        tuple(find_open_facts(arrangement)),
        arrangement.model_dump(mode="json"),
    )


def _pinned(book: PartnerBook, one: decided.PinnedCard) -> PinnedPartner:
    known = book.registry.administrations.get(one.card.territory)
    return PinnedPartner(
        one.card.territory,
        None if known is None else known.display_name.value,
        one.card.url,
        one.pinned_at,
        one.pinned_by,
        one.second_officer,
        card_fingerprints(one.card),
    )


def _standing(
    book: PartnerBook, id_: ArrangementId, *, partner: Territory, at: datetime
) -> Standing:
    confirmation = book.find_confirmation(id_)
    return Standing(
        id_,
        partner,
        book.registry.get_arrangement(id_).title,
        book.check_exchange(id_, partner=partner, at=at),
        None if confirmation is None else confirmation.confirmed_at,
    )
