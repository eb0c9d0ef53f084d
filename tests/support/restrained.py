"""A world in which Mongolia recognises two operators of China, for tests of what stops benefits."""

from __future__ import annotations

from typing import Any

from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.measures import SuspensionReason, Where
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.recognition import RecognitionResult
from mra_gateway.registry.load import Registry
from tests.support.deciding import with_local_benefits
from tests.support.messages import a_list_part, a_listed_operator, a_record
from tests.support.simulation import CN, MN, AWorld, World, completed_registry

GRANTS = ("inspection_lower", "document_check_lower", "disruption_priority")
FIRST, OTHER = "CN3302462345", "CN3302400001"
EVERYWHERE = Where()


def officer(name: str, *roles: OfficerRole) -> Actor:
    """Returns an officer who has been authenticated."""
    return Actor(name=OfficerName(name), display_name=name.title(), roles=frozenset(roles))


OLGA = officer("olga", OfficerRole.RISK, OfficerRole.LEGAL)
PAVEL = officer("pavel", OfficerRole.AEO, OfficerRole.LEGAL)
AUDITOR = officer("aldo", OfficerRole.AUDITOR)


def a_granting_registry(*offered: str) -> Registry:
    """Returns facts by which Mongolia gives its own AEOs the benefits named."""
    registry = completed_registry(consent="not_required")
    return with_local_benefits(registry, "MN-AEO", *(offered or GRANTS))


async def listing(a_world: AWorld, **options: Any) -> World:
    """Makes a world in which Mongolia holds both operators."""
    registry = a_granting_registry()
    world = await a_world(registries={CN: registry, MN: registry}, **options)
    operators = [
        a_listed_operator(operator=a_record(tin=tin, authorisation=f"AEO{tin}", legal_name=tin))
        for tin in (FIRST, OTHER)
    ]
    await world.post(a_list_part(*operators))
    world.move()
    return world


def declared(tin: str = FIRST, **changes: Any) -> Declaration:
    """Returns a consignment of an operator as exporter, imported into Mongolia."""
    party = DeclaredParty(role=PartyFunction.EXPORTER, identifier=changes.pop("identifier", tin))
    values: dict[str, Any] = {"reference": "D-1", "type": Flow.IMPORT, "parties": (party,)}
    return Declaration(**{**values, **changes})


async def decide(world: World, declaration: Declaration | None = None) -> RecognitionResult:
    """Returns what Mongolia answers now."""
    (result,) = await world.mn.decider.decide([declaration or declared()], requested_by="test")
    return result


def reason_of(result: RecognitionResult, code: str = GRANTS[0]) -> str:
    """Returns why a benefit was given or not; of a party not recognised, the failing step's."""
    (party,) = result.results
    for benefit in party.benefits:
        if benefit.code == code:
            return benefit.reason
    return next(step.reason for step in party.steps if not step.passed)


async def why(
    world: World, declaration: Declaration | None = None, *, code: str = GRANTS[0]
) -> str:
    """Returns why a benefit is given or not now."""
    return reason_of(await decide(world, declaration), code)


def an_order(operator: str = FIRST, **changes: Any) -> dict[str, Any]:
    """Returns what an officer states to suspend benefits."""
    return {
        "operator": operator,
        "reason_class": SuspensionReason.IRREGULARITY,
        "reason": "seals broken at the post",
        **changes,
    }
