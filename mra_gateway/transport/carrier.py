"""What every road to a partner offers: HTTPS, folders, AS4, or memory in a simulation."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from mra_gateway.model.identifiers import Territory


class Carried(NamedTuple):
    """What the far side gave back.

    Attributes:
        content: A receipt's bytes, or None where it will come later, as a message (*pending*).
        peer_certificate: DER of the TLS peer's certificate, where there is one.
    """

    content: bytes | None
    peer_certificate: bytes | None = None


class Carrier(Protocol):
    """Takes bytes to a partner."""

    async def carry(self, partner: Territory, content: bytes) -> Carried:
        """Takes one message and returns the answer.

        Raises:
            PartnerUnreachable: Nothing final was answered: a transport failure, a time-out, or an
                unsigned refusal. Nothing is settled on it.
        """
        ...

    async def close(self) -> None:
        """Ends every connection."""
        ...
