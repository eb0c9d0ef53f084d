"""Proposes which of the operators held a name may stand for. It changes and confirms nothing.

1. read what is in force in every register: our own and what partners told us
2. index the names of each operator, whatever registers it stands in
3. compare

For one question on the command line. A service that answers many keeps a `NameIndex` and changes it
with the register.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.flows.consult import PartnerBook
from mra_gateway.identifiers.matching import NameIndex, Proposal
from mra_gateway.identifiers.names import rules_of
from mra_gateway.model.declarations import DeclaredAddress
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    ProgrammeId,
    Territory,
    Tin,
)
from mra_gateway.model.operators import Address, OperatorRecord
from mra_gateway.store import facts


class HeldAuthorisation(NamedTuple):
    """An authorisation of a proposed operator, and its status.

    Attributes:
        arrangement: Under which we were told; empty for our own register.
    """

    issuer: Territory
    arrangement: ArrangementId
    programme: ProgrammeId
    authorisation: AuthorisationNumber
    status: str


class Match(NamedTuple):
    """A proposal, and what is held of the operator."""

    proposal: Proposal[Tin]
    held: tuple[HeldAuthorisation, ...]


def propose_matches(
    connection: Connection,
    book: PartnerBook,
    name: str,
    *,
    address: DeclaredAddress | None,
    territory: Territory | None,
    at: datetime,
    limit: int = 5,
) -> list[Match]:
    """Returns the operators held that a name may stand for, best first.

    Args:
        connection: The transaction.
        book: Which registers there are, and the words of names.
        name: As declared, in any script.
        address: As declared, as far as it is.
        territory: Of the party, when declared.
        at: The moment whose statuses are shown.
        limit: The most proposals returned.

    Raises:
        StoreError: The database failed.
    """
    operators: dict[Tin, list[OperatorRecord]] = {}
    held: dict[Tin, list[HeldAuthorisation]] = {}
    for register in _registers(book):
        for fact in facts.keys_in_force(connection, register, at=at):
            key, record = fact.key, fact.record
            operators.setdefault(key.tin, []).append(record)
            held.setdefault(key.tin, []).append(
                HeldAuthorisation(*register, key.programme, key.authorisation, fact.status)
            )
    index = NameIndex[Tin](rules_of(book.registry.names))
    for tin, records in operators.items():
        index.add(
            tin,
            names=[text for record in records for text in _names(record)],
            addresses=_addresses(records),
            territory=tin.territory,
        )
    proposals = index.propose(name, address=address, territory=territory, limit=limit)
    return [Match(proposal, tuple(held[proposal.key])) for proposal in proposals]


def _registers(book: PartnerBook) -> Iterator[facts.Register]:
    yield facts.Register(book.us, facts.OWN)
    for id_, arrangement in sorted(book.registry.arrangements.items()):
        if arrangement.party(book.us) is None:
            continue
        for party in arrangement.parties:
            if party.territory != book.us:
                yield facts.Register(party.territory, id_)


def _names(record: OperatorRecord) -> Iterator[str]:
    if record.legal_name is not None:
        yield record.legal_name
    for name in record.names:
        yield name.text


def _addresses(records: list[OperatorRecord]) -> tuple[Address, ...]:
    return tuple(dict.fromkeys(address for record in records for address in record.addresses))
