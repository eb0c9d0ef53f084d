"""A Mongolia that decides by what China told it: registries, declarations and officers' acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from mra_gateway.benefits.derive import derive_table
from mra_gateway.model.benefits import DecisionTable, TableRow
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import Basis, Fact, Flow, PartyFunction
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.recognition import RecognitionResult
from mra_gateway.registry.load import Registry
from tests.support.messages import a_list_part, a_listed_operator, a_record
from tests.support.simulation import CN, CN_MN, MN, AWorld, World, completed_registry, shipped

CODE = "AEOCN3302462345"
TIN = "CN3302462345"
GRANTS = ("inspection_lower", "document_check_lower")
TABLE = f"{CN_MN}.{MN}"


def known(value: Any, kind: Any) -> Any:
    """Returns a fact that is known."""
    return Fact[kind](value=value, source="test", basis=Basis.READ, as_of=date(2026, 1, 1))


def deciding_registry(*, offered: Sequence[str] = GRANTS, **changes: Any) -> Registry:
    """What Mongolia decides by: its own AEOs get the benefits named."""
    base = completed_registry(consent="not_required")
    programmes = {
        id_: programme.model_copy(update={"local_benefits": known(tuple(offered), tuple[str, ...])})
        if programme.administration == MN
        else programme
        for id_, programme in base.programmes.items()
    }
    arrangement = base.get_arrangement(CN_MN).model_copy(update=changes)
    return Registry(
        administrations=base.administrations,
        programmes=programmes,
        arrangements={**base.arrangements, CN_MN: arrangement},
        benefits=base.benefits,
        files=base.files,
        names=shipped().names,
    )


async def deciding_world(
    a_world: AWorld, *records: dict[str, Any], registry: Registry | None = None
) -> World:
    """Returns a world in which Mongolia holds operators of China: one when none is described."""
    registry = registry or deciding_registry()
    world = await a_world(registries={CN: registry, MN: registry})
    listed = [a_listed_operator(operator=a_record(**record)) for record in records or ({},)]
    await world.post(a_list_part(*listed))
    return world


def declared(identifier: str | None = CODE, **changes: Any) -> Declaration:
    """Returns an import with one exporter; party and declaration take what is given."""
    of_party = {key: changes.pop(key) for key in ("name", "address", "territory") if key in changes}
    party = DeclaredParty(
        role=changes.pop("role", PartyFunction.EXPORTER), identifier=identifier, **of_party
    )
    return Declaration(
        reference=changes.pop("reference", "D-1"),
        type=changes.pop("type", Flow.IMPORT),
        parties=(party,),
        **changes,
    )


async def decide(world: World, declaration: Declaration | None = None) -> RecognitionResult:
    """Decides one declaration in Mongolia."""
    (result,) = await world.mn.decider.decide([declaration or declared()], requested_by="test")
    return result


def granted(result: RecognitionResult) -> set[str]:
    """Returns the codes of the benefits given to the first party."""
    return {one.code for one in result.results[0].benefits if one.granted}


async def stays(world: World, *results: RecognitionResult) -> bool:
    """Says whether results are computed again byte for byte as they were given."""
    decider = world.mn.decider
    for result in results:
        given = await decider.find_given(result.id)
        if given is None or await decider.compute_again(result.id) != given:
            return False
    return True


def officer(name: str, *roles: OfficerRole) -> Actor:
    """Returns an officer who has been authenticated."""
    return Actor(name=OfficerName(name), display_name=name.title(), roles=frozenset(roles))


OLGA = officer("olga", OfficerRole.LEGAL, OfficerRole.AEO)
PAVEL = officer("pavel", OfficerRole.LEGAL, OfficerRole.AEO)


def our_table(*rows: TableRow, **changes: Any) -> DecisionTable:
    """Returns Mongolia's table with these rows; without any, those that derive."""
    derived = derive_table(deciding_registry().get_arrangement(CN_MN), granted_by=MN)
    if rows:
        changes["rows"] = derived.rows.model_copy(update={"value": rows})
    return derived.model_copy(update=changes)


async def approve(world: World, request: str, *, by: Actor = PAVEL) -> None:
    """Lets a second officer approve a request."""
    world.move()
    await world.mn.database.write(lambda c: world.mn.approver.approve(c, request, by=by))
    world.move()


async def accept(world: World, table: DecisionTable) -> None:
    """Puts a table in use, by two officers."""

    def ask(connection: Connection) -> str:
        candidate = world.mn.accepter.examine(connection, table)
        return world.mn.accepter.request(connection, candidate, by=OLGA)

    await approve(world, await world.mn.database.write(ask))
