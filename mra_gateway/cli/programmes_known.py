"""What commands about programmes know: the home's facts, or the drafts that are shipped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mra_gateway.cli.session import in_home

if TYPE_CHECKING:
    from mra_gateway.flows.compare import Comparer
    from mra_gateway.gateway import Gateway
    from mra_gateway.registry.load import Registry


def known(home: Path | None) -> tuple[Registry, Comparer]:
    """Returns the home's facts with the profiles partners signed, else the shipped drafts."""
    from mra_gateway.flows.believe_profiles import believe_profiles
    from mra_gateway.flows.compare import Comparer
    from mra_gateway.registry.load import load_registry
    from mra_gateway.store.partners import confirmed

    if home is None:
        registry = load_registry()
        return registry, Comparer(registry)

    async def look(gateway: Gateway) -> tuple[Registry, Comparer]:
        (registry, signed), held = await gateway.database.read(
            lambda c: (believe_profiles(c, gateway.registry), confirmed(c))
        )
        return registry, Comparer(registry, confirmed=signed | {one.digest for one in held})

    return in_home(home, look)
