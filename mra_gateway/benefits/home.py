"""What our own AEOs get: nobody from abroad gets what they do not, or better (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mra_gateway.model.benefits import Parameters
from mra_gateway.model.facts import BenefitDefinition, Programme
from mra_gateway.model.identifiers import Territory


class AtHome(NamedTuple):
    """What the programmes of one administration give their own operators.

    Attributes:
        offered: Codes of the benefits; what is unknown is not offered.
        parameters: Benefit by benefit, with which parameters. Where several programmes give a
            benefit, the least favourable value: a foreign AEO stands above no local one.
    """

    offered: frozenset[str]
    parameters: Mapping[str, Parameters]


class Limited(NamedTuple):
    """Parameters as they may be given.

    Attributes:
        capped: One sentence for each parameter that was brought down to the local value.
        unknown: The parameter that has no known local value, so that nothing may be given.
    """

    parameters: Parameters
    capped: tuple[str, ...] = ()
    unknown: str | None = None


def find_at_home(
    programmes: Iterable[Programme],
    *,
    territory: Territory,
    definitions: Mapping[str, BenefitDefinition],
) -> AtHome:
    """Returns what the programmes of one territory give their own operators.

    Args:
        programmes: Any programmes; those of other administrations are left out.
        territory: The deciding administration's.
        definitions: The benefit catalogue, for which way a parameter is the more favourable.
    """
    own = [programme for programme in programmes if programme.administration == territory]
    offered = {code for programme in own for code in programme.local_benefits.value or ()}
    found: dict[str, Parameters] = {}
    for programme in own:
        stated = None if programme.local_parameters is None else programme.local_parameters.value
        for code, parameters in (stated or {}).items():
            held = found.setdefault(code, {})
            ways = definitions[code].parameters if code in definitions else {}
            for name, value in parameters.items():
                way = ways.get(name, "none")
                if name not in held or _is_better(held[name], value, way=way):
                    held[name] = value
    return AtHome(offered=frozenset(offered), parameters=found)


def limit(parameters: Parameters, *, definition: BenefitDefinition, local: Parameters) -> Limited:
    """Brings parameters down to the local ones.

    A parameter of which neither way is the more favourable (a contact, a lane's name) needs no
    local value. One the catalogue does not know, or that has no local value to compare with, makes
    the whole benefit unknown.
    """
    given: Parameters = {}
    capped = []
    for name, value in parameters.items():
        way = definition.parameters.get(name)
        if way is None:
            return Limited({}, unknown=name)
        given[name] = value
        if way == "none":
            continue
        own = local.get(name)
        if own is None or not _are_comparable(value, own):
            return Limited({}, unknown=name)
        if _is_better(value, own, way=way):
            given[name] = own
            capped.append(f"{name} {value} is capped to {own}, which our own AEOs get")
    return Limited(given, capped=tuple(capped))


def _are_comparable(a: str | float, b: str | float) -> bool:
    return isinstance(a, int | float) and isinstance(b, int | float)


def _is_better(a: str | float, b: str | float, *, way: str) -> bool:
    """Says whether a is the more favourable; texts cannot be compared."""
    if isinstance(a, str) or isinstance(b, str):
        return False
    return a < b if way == "lower" else a > b if way == "higher" else False
