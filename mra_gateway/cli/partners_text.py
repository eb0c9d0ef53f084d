"""How partners and the arrangements with them are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mra_gateway.cli import show

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from mra_gateway.flows.adopt import OpenFact
    from mra_gateway.flows.survey import ArrangementSurvey, PinnedPartner, Standing


def print_arrangement(found: ArrangementSurvey, zone: ZoneInfo) -> None:
    """Prints an arrangement: who confirmed it, and what is empty or not verified in it."""
    show.pairs(
        {
            name: value
            for name, value in found._asdict().items()
            if name not in {"facts", "open", "confirmation"}
        }
    )
    if found.confirmation is not None:
        confirmed = found.confirmation
        show.line(
            f"confirmed by {confirmed.requested_by} and {confirmed.approved_by}, "
            f"{show.moment(confirmed.confirmed_at, zone)}: "
            f"{confirmed.legal_act} of {confirmed.act_on}"
        )
    print_open(found.open)


def print_partners(
    partners: Iterable[PinnedPartner], arrangements: Iterable[Standing], zone: ZoneInfo
) -> None:
    """Prints who is pinned, by which anchors, and which arrangements there are with them."""
    show.table(
        ("partner", "name", "address", "pinned", "by", "anchor", "SHA-256"),
        [
            (
                one.territory,
                one.name,
                one.url,
                one.pinned_at,
                f"{one.pinned_by}, {one.second_officer}",
                anchor,
                print_,
            )
            for one in partners
            for anchor, print_ in one.anchors
        ],
        title="Pinned partners",
        zone=zone,
    )
    show.table(
        ("arrangement", "partner", "title", "exchange now", "confirmed"),
        [
            (
                one.id,
                one.partner,
                one.title,
                "yes" if one.reason == "OK" else one.reason,
                one.confirmed_at,
            )
            for one in arrangements
        ],
        title="Arrangements",
        zone=zone,
    )


def print_open(facts: tuple[OpenFact, ...]) -> None:
    """Prints the facts to look at first."""
    if facts:
        show.table(
            ("fact", "value", "basis", "source", "while it is empty"),
            [(one.key, one.value, one.basis, one.source, one.effect) for one in facts],
            title="Empty or not verified: look at these first",
        )
