"""Operators and books of alias rules, as shipped."""

from __future__ import annotations

from datetime import date
from functools import cache

from mra_gateway.identifiers.book import AliasBook, compile_rules
from mra_gateway.model.identifiers import AuthorisationNumber, ProgrammeId, Territory, Tin
from mra_gateway.model.operators import OperatorRecord, PartnerIdentifier
from mra_gateway.registry.load import Registry, load_registry

TODAY = date(2026, 11, 21)


@cache
def shipped() -> Registry:
    return load_registry()


@cache
def book_of(territory: str) -> AliasBook:
    code = Territory(territory)
    identification = shipped().identification.get(code)
    return compile_rules(identification.rules if identification else (), declared_in=code)


def operator(
    issuer: str,
    *,
    tin: str | None = None,
    authorisation: str | None = None,
    codes: dict[str, str] | None = None,
    name: str = "Example Trading Company",
) -> OperatorRecord:
    """An operator of an administration, with the identifiers a test is about."""
    return OperatorRecord(
        tin=Tin(tin or f"{issuer if issuer != 'EU' else 'DE'}7777777"),
        authorisation=AuthorisationNumber(authorisation or f"AUTH/{issuer}/0001"),
        episode="1",
        programme=ProgrammeId(f"{issuer}-AEO"),
        tier="advanced",
        legal_name=name,
        partner_identifiers=tuple(
            PartnerIdentifier(kind=kind, value=value) for kind, value in (codes or {}).items()
        ),
        record_version=1,
    )
