"""Lays profiles that partners signed over the data files, for comparisons to rest on.

A profile that came signed by the administration it describes is confirmed by it: its digest is
among those handed back. Decisions and exchange go by the files alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from mra_gateway.flows.compare import Comparer, profile_digest
from mra_gateway.model.identifiers import Digest, ProgrammeId
from mra_gateway.model.profiles import Profile
from mra_gateway.registry.load import Registry
from mra_gateway.store import partners, profiles_received


def believe_profiles(
    connection: Connection, registry: Registry
) -> tuple[Registry, frozenset[Digest]]:
    """Returns the facts with every profile a partner sent, and the digests of those profiles.

    Header facts a partner told take the place of ours, with the local parameters we knew.
    """
    received = profiles_received.latest(connection)
    if not received:
        return registry, frozenset()
    profiles: Mapping[ProgrammeId, Profile] = {
        **registry.profiles,
        **{id_: one.profile for id_, one in received.items()},
    }
    programmes = dict(registry.programmes)
    for id_, one in received.items():
        if one.programme is not None:
            known = programmes.get(id_)
            kept = None if known is None else known.local_parameters
            programmes[id_] = one.programme.model_copy(update={"local_parameters": kept})
    digests = frozenset(profile_digest(one.profile) for one in received.values())
    return replace(registry, profiles=profiles, programmes=programmes), digests


def comparer_of_home(connection: Connection, registry: Registry) -> tuple[Comparer, Registry]:
    """Returns what compares by all a home holds: its files, profiles signed, and confirmations."""
    believed, signed = believe_profiles(connection, registry)
    digests = signed | {one.digest for one in partners.confirmed(connection)}
    return Comparer(believed, confirmed=digests), believed
