"""Declarations and their parties as JSON, byte for byte as their models write them (pure).

A batch holds thousands. What most of them state is put together here in a row; whatever a
declaration or a party states besides, its model writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from orjson import OPT_UTC_Z, dumps
from pydantic import TypeAdapter

from mra_gateway.model.declarations import Declaration, DeclaredParty, PartyLevel
from mra_gateway.model.facts import PartyFunction

_model_json = TypeAdapter(Declaration).serializer.to_json

_PLAIN = frozenset({"reference", "type", "accepted_at", "parties"})


PartyText: TypeAlias = tuple[bytes, bytes | None]
"""A party as JSON: as answers show it, what is not declared left out; and as its model writes it,
without what stands by default, None where the model itself has to."""


def party_text(party: DeclaredParty) -> PartyText:
    """Returns a party as it is shown and kept."""
    stated = party.__dict__  # a model's own access to its fields takes twice as long
    if stated["declared_as"] is not None or stated["address"] is not None:
        return dumps(_declared(party)), None
    role, level, identifier = stated["role"], stated["level"], stated["identifier"]
    # by identity: an enumeration's hash is looked up through Python, time and again
    begun_shown, begun_kept = _BEGUN.get((id(role), id(level))) or _begin(role, level)
    rest = b"}" if identifier is None else b',"identifier":%b}' % dumps(identifier)
    if stated["item"] is not None:
        rest = b',"item":%d%b' % (stated["item"], rest)
    if stated["name"] is not None:
        rest = b'%b,"name":%b}' % (rest[:-1], dumps(stated["name"]))
    if stated["territory"] is not None:
        rest = b'%b,"territory":%b}' % (rest[:-1], dumps(stated["territory"]))
    return begun_shown + rest, begun_kept + rest


def kept_json(
    declaration: Declaration, *, reference: bytes, accepted_at: bytes, parties: Sequence[bytes]
) -> bytes:
    """Returns a declaration as it is kept: what its model writes, what is not declared left out.

    Args:
        declaration: The declaration.
        reference: Its reference as JSON.
        accepted_at: The moment of its acceptance, if it states one, as JSON.
        parties: As they are kept, where every one could be written so.
    """
    stated = declaration.__dict__
    if len(parties) < len(stated["parties"]) or not declaration.__pydantic_fields_set__ <= _PLAIN:
        return _model_json(declaration, exclude_defaults=True)
    return b"".join(
        (
            b'{"reference":',
            reference,
            b',"type":"',
            stated["type"].encode(),
            b'"' if stated["accepted_at"] is None else b'","accepted_at":' + accepted_at,
            b',"parties":[',
            b",".join(parties),
            b"]}",
        )
    )


def moment_json(at: datetime) -> bytes:
    """Returns a moment, in UTC as one that ends in `Z`."""
    return dumps(at, option=OPT_UTC_Z)


def _declared(party: DeclaredParty) -> dict[str, Any]:
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


def _begin(role: PartyFunction, level: PartyLevel) -> tuple[bytes, bytes]:
    shown = dumps({"role": role, "level": level})[:-1]
    kept = dumps({"role": role})[:-1] if level is PartyLevel.SHIPMENT else shown
    return _BEGUN.setdefault((id(role), id(level)), (shown, kept))


_BEGUN: dict[tuple[int, int], tuple[bytes, bytes]] = {}
"""How a party begins, by the identities of its function and level; both live for ever."""
