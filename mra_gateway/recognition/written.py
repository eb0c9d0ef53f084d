"""Declarations and their parties as JSON, byte for byte as their models write them (pure).

A batch holds thousands. What most of them state is put together here in a row; whatever a
declaration or a party states besides, its model writes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from pydantic import TypeAdapter

from mra_gateway.model.declarations import Declaration, DeclaredParty, PartyLevel

_model_json = TypeAdapter(Declaration).serializer.to_json

_PLAIN = frozenset({"reference", "type", "accepted_at", "parties"})
_PLAIN_PARTY = frozenset({"role", "level", "identifier", "name", "territory"})


def kept_json(declaration: Declaration) -> bytes:
    """Returns a declaration as it is kept: what is not declared is left out."""
    if not declaration.__pydantic_fields_set__ <= _PLAIN:
        return _model_json(declaration, exclude_defaults=True)
    parties = []
    for party in declaration.parties:
        if not party.__pydantic_fields_set__ <= _PLAIN_PARTY:
            return _model_json(declaration, exclude_defaults=True)
        begun = _KEPT.get((id(party.role), id(party.level))) or _begun_kept(party)
        parties.append(begun + _stated(party))
    accepted_at = declaration.accepted_at
    return b'{"reference":%b,"type":"%b"%b,"parties":[%b}]}' % (
        orjson.dumps(declaration.reference),
        declaration.type.encode(),
        b"" if accepted_at is None else b',"accepted_at":' + moment_json(accepted_at),
        b"},".join(parties),
    )


def moment_json(at: datetime) -> bytes:
    """Returns a moment, in UTC as one that ends in `Z`."""
    return orjson.dumps(at, option=orjson.OPT_UTC_Z)


def declared(party: DeclaredParty) -> dict[str, Any]:
    """Returns a party as declared, what is not declared left out."""
    shown: dict[str, Any] = {"role": party.role, "level": party.level}
    if party.item is not None:
        shown["item"] = party.item
    for name in ("identifier", "name", "territory"):
        value = getattr(party, name)
        if value is not None:
            shown[name] = value
    if party.declared_as is not None:
        shown["declared_as"] = party.declared_as.model_dump()
    if party.address is not None:
        shown["address"] = party.address.model_dump(mode="json", exclude_defaults=True)
    return shown


def declared_json(party: DeclaredParty) -> bytes:
    """Returns the same as JSON."""
    if party.declared_as is not None or party.address is not None:
        return orjson.dumps(declared(party))
    # by identity: an enumeration's hash is looked up through Python, time and again
    begun = _SHOWN.get((id(party.role), id(party.level))) or _begun(party)
    if party.item is not None:
        begun += b',"item":%d' % party.item
    return begun + _stated(party) + b"}"


def _stated(party: DeclaredParty) -> bytes:
    """Returns what most parties state."""
    identifier, name, territory = party.identifier, party.name, party.territory
    text = b"" if identifier is None else b',"identifier":' + orjson.dumps(identifier)
    if name is not None:
        text += b',"name":' + orjson.dumps(name)
    if territory is not None:
        text += b',"territory":' + orjson.dumps(territory)
    return text


def _begun(party: DeclaredParty) -> bytes:
    begun = orjson.dumps({"role": party.role, "level": party.level})[:-1]
    return _SHOWN.setdefault((id(party.role), id(party.level)), begun)


def _begun_kept(party: DeclaredParty) -> bytes:
    begun = {"role": party.role, "level": party.level}
    if party.level is PartyLevel.SHIPMENT:  # the default
        del begun["level"]
    return _KEPT.setdefault((id(party.role), id(party.level)), orjson.dumps(begun)[:-1])


_SHOWN: dict[tuple[int, int], bytes] = {}
_KEPT: dict[tuple[int, int], bytes] = {}
"""How a party begins, by the identities of its function and level; both live for ever."""
