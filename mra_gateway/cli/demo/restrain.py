"""What an administration of the demonstration stops for a while, and its partner hears of."""

from __future__ import annotations

from typing import NamedTuple

from mra_gateway.cli.demo.homes import ARRANGEMENT, Side
from mra_gateway.flows.suspend import SuspensionOrder
from mra_gateway.gateway import Gateway
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.measures import (
    BenefitSuspension,
    Disruption,
    DisruptionCause,
    SuspensionReason,
    Where,
)
from mra_gateway.store import notices


class Stopped(NamedTuple):
    """The benefits of one operator, and one road."""

    benefits: BenefitSuspension
    road: Disruption


async def stop(gateway: Gateway, side: Side, *, operator: str) -> Stopped:
    """One officer stops the benefits of a partner's operator, and says that a road is closed."""
    first = side.officers[0]
    order = SuspensionOrder(
        operator=operator,
        arrangement=ARRANGEMENT,
        reason_class=SuspensionReason.DATA_IN_DOUBT,
        reason="fictitious: an address to be checked",
    )
    benefits = await gateway.database.write(lambda c: gateway.suspender.order(c, order, by=first))
    road = await gateway.database.write(
        lambda c: gateway.disruptions.announce(
            c,
            DisruptionCause.ROAD,
            where=Where(offices=(f"{side.territory}DEMO",)),
            text="Fictitious landslide of the demonstration",
            announced_by=None,
            from_at=None,
            by=first,
        )
    )
    return Stopped(benefits, road)


async def give_again(gateway: Gateway, side: Side, stopped: Stopped) -> None:
    """Two officers give the benefits again; one says that the road is open."""
    first, second = side.officers
    request = await gateway.database.write(
        lambda c: gateway.suspender.request_restoration(
            c, stopped.benefits.id, reason="fictitious: the address is right", by=first
        )
    )
    await gateway.database.write(lambda c: gateway.approver.approve(c, request, by=second))
    await gateway.database.write(lambda c: gateway.disruptions.end(c, stopped.road.id, by=first))


async def heard(gateway: Gateway) -> list[str]:
    """Returns what a gateway was told by its partner's notices, oldest first."""
    found = await gateway.database.read(lambda c: notices.listed(c, direction="in", limit=10))
    return [one.notice.act.value for one in reversed(found)]


async def is_open_again(gateway: Gateway, *, by: Territory) -> bool:
    """Says whether the partner's road stands here as closed by it and open again."""
    kept = await gateway.database.read(lambda c: gateway.disruptions.listed(c, every=True))
    return [one.until_at is not None for one in kept if one.announced_by == by] == [True]
