"""Finds every inconsistency in and between the data files; never stops at the first.

What is wrong with one file on its own is found in `files.py`. Here stands what must hold between
files: references, territories, dates, scopes, benefits, sources. A reference to a file that is
there but broken is not reported a second time.
"""

from __future__ import annotations

import itertools
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from mra_gateway.errors import Reason
from mra_gateway.model.aliases import Identification
from mra_gateway.model.base import Noun
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.declaration_forms import DeclarationForm
from mra_gateway.model.facts import (
    ALL,
    Administration,
    Arrangement,
    Basis,
    BenefitCatalogue,
    BenefitDefinition,
    Fact,
    Party,
    Programme,
    ScopeItem,
)
from mra_gateway.model.names import NameWords
from mra_gateway.model.operators import DataElement, ProgrammeKind
from mra_gateway.model.profiles import Profile
from mra_gateway.model.requirements import RequirementCatalogue
from mra_gateway.registry.files import DataFile, find_misplaced, read_folder
from mra_gateway.registry.findings import Finding, Level
from mra_gateway.registry.identification import check_references
from mra_gateway.registry.indicators import check_measures
from mra_gateway.registry.load import Registry, registry_of
from mra_gateway.registry.names import find_doubled_words
from mra_gateway.registry.requirements import Named, check_catalogue, check_profile, items_in
from mra_gateway.registry.territories import iso_territories
from mra_gateway.settings import data_folder

_ADDRESS = re.compile(r"https?://\S+|CELEX:\w+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", re.IGNORECASE)
"""A web address with or without its scheme, or a CELEX number: something a person can open."""


def has_address(source: str) -> bool:
    """Says whether a source holds an address at which it can be read."""
    return _ADDRESS.search(source) is not None


def check_folders(*folders: Path, on: date | None = None) -> tuple[Finding, ...]:
    """Returns everything that is wrong in and between the files, errors before warnings.

    Args:
        folders: As for `load_registry`: later ones win. None: the drafts that travel with the
            product.
        on: The day of the check; a fact consulted after it is an error. None: not checked.
    """
    taken: dict[str, DataFile] = {}
    benefits: dict[str, Fact[BenefitDefinition]] = {}
    findings: list[Finding] = []
    for folder in folders or (data_folder("partners"),):
        if not folder.is_dir():
            findings.append(Finding(folder, "", "no such folder", Reason.DATA_PLACE_UNEXPECTED))
            continue
        findings += find_misplaced(folder)
        for file in read_folder(folder):
            findings += file.findings
            findings += _check_kind(file, taken=taken)
            taken[file.id] = file
            if isinstance(file.noun, BenefitCatalogue):
                benefits |= file.noun.benefits
    findings += _Check(taken, registry_of(taken, benefits=benefits), on=on).run()
    return tuple(sorted(findings, key=lambda f: (not f.is_error, f.file, f.key, f.reason)))


def _check_kind(file: DataFile, *, taken: Mapping[str, DataFile]) -> Iterator[Finding]:
    earlier = taken.get(file.id)
    if earlier is not None and earlier.kind is not file.kind:
        yield Finding(
            file.path,
            file.kind.id_key,
            f"the id is taken by another kind of file, {earlier.path}",
            Reason.DATA_ID_DOUBLED,
        )


def check_facts(path: Path, noun: Noun, *, on: date | None) -> Iterator[Finding]:
    """Yields facts of a file that were read where nobody can, or after the day of the check."""
    for key, fact in _facts_in(noun):
        if fact.basis is Basis.READ and not has_address(fact.source):
            yield Finding(
                path,
                f"{key}.source",
                "basis is 'read', but the source holds no address at which to read it",
                Reason.DATA_SOURCE_NO_ADDRESS,
            )
        if on is not None and fact.as_of > on:
            yield Finding(
                path,
                f"{key}.as_of",
                f"{fact.as_of} lies after {on}, the day of this check",
                Reason.DATA_AS_OF_FUTURE,
            )


class _Check:
    """One check over the files that were taken."""

    def __init__(
        self, taken: Mapping[str, DataFile], registry: Registry, *, on: date | None
    ) -> None:
        self._taken = taken
        self._registry = registry
        self._on = on

    def run(self) -> Iterator[Finding]:
        registry = self._registry
        named = Named(
            items=items_in(registry.requirements),
            programmes=registry.programmes,
            profiles=registry.profiles,
            is_known=self._is_known,
        )
        for file in self._taken.values():
            noun = file.noun
            if noun is None:
                continue
            yield from check_facts(file.path, noun, on=self._on)
            if isinstance(noun, Administration):
                yield from self._administration(file.path, noun)
            elif isinstance(noun, Programme):
                yield from self._programme(file.path, noun)
            elif isinstance(noun, Arrangement):
                yield from self._arrangement(file.path, noun)
            elif isinstance(noun, DecisionTable):
                yield from self._table(file.path, noun)
            elif isinstance(noun, Identification):
                yield from check_references(file.path, noun, is_known=self._is_known)
            elif isinstance(noun, DeclarationForm):
                yield from _check_form(file.path, noun)
            elif isinstance(noun, RequirementCatalogue):
                yield from check_catalogue(file.path, noun)
            elif isinstance(noun, Profile):
                yield from check_profile(file.path, noun, named=named)
            else:
                known = iso_territories() | set(registry.administrations)
                yield from check_measures(file.path, noun, known=known)
        yield from self._tin_territories()
        yield from find_doubled_words(
            (file.path, file.noun)
            for file in self._taken.values()
            if isinstance(file.noun, NameWords)
        )

    def _is_known(self, id_: str) -> bool:
        return id_ in self._taken

    # administrations

    def _administration(self, path: Path, administration: Administration) -> Iterator[Finding]:
        zone = administration.time_zone.value
        if zone is not None and not _is_time_zone(zone):
            yield Finding(
                path,
                "time_zone.value",
                f"{zone[:60]!r} is not a time zone of the IANA database",
                Reason.DATA_TIME_ZONE_UNKNOWN,
            )

    def _tin_territories(self) -> Iterator[Finding]:
        holders = [
            (territory, administration)
            for _, administration in sorted(self._registry.administrations.items())
            for territory in administration.tin_territories.value or ()
        ]
        for (territory, first), (other, second) in itertools.combinations(holders, 2):
            if territory == other:
                yield Finding(
                    self._registry.file_of(second.territory),
                    "tin_territories.value",
                    f"{territory} stands here twice"
                    if first is second
                    else f"{territory} is also a TIN territory of {first.territory}",
                    Reason.DATA_TIN_TERRITORY_SHARED,
                )

    # programmes

    def _programme(self, path: Path, programme: Programme) -> Iterator[Finding]:
        if programme.id.territory != programme.administration:
            yield Finding(
                path,
                "administration",
                f"is {programme.administration}, the id says {programme.id.territory}",
                Reason.DATA_TERRITORY_MISMATCH,
            )
        if not self._is_known(programme.administration):
            yield _unknown(path, "administration", "administration", programme.administration)
        for index, code in enumerate(programme.local_benefits.value or ()):
            if code not in self._registry.benefits:
                yield _unknown(path, f"local_benefits.value[{index}]", "benefit code", code)
        codes = [tier.code for tier in programme.tiers.value or ()]
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            yield Finding(
                path, "tiers.value", f"tier {code!r} stands here twice", Reason.DATA_ID_DOUBLED
            )

    # arrangements

    def _arrangement(self, path: Path, arrangement: Arrangement) -> Iterator[Finding]:
        yield from _check_dates(path, arrangement)
        territories = [party.territory for party in arrangement.parties]
        if len(set(territories)) < len(territories):
            yield Finding(
                path,
                "parties",
                f"a territory is a party once: {', '.join(territories)}",
                Reason.DATA_PARTIES_NOT_DISTINCT,
            )
        for index, party in enumerate(arrangement.parties):
            yield from self._party(path, f"parties[{index}]", party)
        yield from _check_travel(path, arrangement)
        yield from self._benefits(path, arrangement)

    def _party(self, path: Path, key: str, party: Party) -> Iterator[Finding]:
        if not self._is_known(party.territory):
            yield _unknown(path, f"{key}.territory", "administration", party.territory)
        for index, item in enumerate(party.scope.value or ()):
            place = f"{key}.scope.value[{index}]"
            if item.programme.territory != party.territory:
                yield Finding(
                    path,
                    f"{place}.programme",
                    f"{item.programme} is not a programme of {party.territory}",
                    Reason.DATA_TERRITORY_MISMATCH,
                )
            programme = self._registry.programmes.get(item.programme)
            if programme is not None:
                yield from _check_scope(path, place, item=item, programme=programme)
            elif not self._is_known(item.programme):
                yield _unknown(path, f"{place}.programme", "programme", item.programme)

    def _benefits(self, path: Path, arrangement: Arrangement) -> Iterator[Finding]:
        seen: set[tuple[str, ...]] = set()
        for index, benefit in enumerate(arrangement.benefits.value or ()):
            key = f"benefits.value[{index}]"
            if benefit.code not in self._registry.benefits:
                yield _unknown(path, f"{key}.code", "benefit code", benefit.code)
            if arrangement.party(benefit.granted_by) is None:
                yield Finding(
                    path,
                    f"{key}.granted_by",
                    f"{benefit.granted_by} is not a party of this arrangement",
                    Reason.DATA_BENEFIT_GRANTED_BY,
                )
            for name, listed in (("flows", benefit.flows), ("functions", benefit.functions)):
                if not listed:
                    yield Finding(
                        path,
                        f"{key}.{name}",
                        "is empty: this benefit would be granted to nobody",
                        Reason.DATA_BENEFIT_EMPTY,
                    )
            cases = {
                (benefit.code, benefit.granted_by, flow, function)
                for flow in benefit.flows
                for function in benefit.functions
            }
            if cases & seen:
                yield Finding(
                    path,
                    key,
                    f"{benefit.code} of {benefit.granted_by} is listed above for the same flow "
                    "and function",
                    Reason.DATA_BENEFIT_DOUBLED,
                )
            seen |= cases

    # decision tables: what they say is judged in benefits/check.py

    def _table(self, path: Path, table: DecisionTable) -> Iterator[Finding]:
        if not self._is_known(table.arrangement):
            yield _unknown(path, "arrangement", "arrangement", table.arrangement)
        for index, row in enumerate(table.rows.value or ()):
            for programme in () if isinstance(row.programmes, str) else row.programmes:
                if not self._is_known(programme):
                    key = f"rows.value[{index}].programmes"
                    yield _unknown(path, key, "programme", programme)


def _check_form(path: Path, form: DeclarationForm) -> Iterator[Finding]:
    zone = form.moments.time_zone
    if zone is not None and not _is_time_zone(zone):
        yield Finding(
            path,
            "moments.time_zone",
            f"{zone[:60]!r} is not a time zone of the IANA database",
            Reason.DATA_TIME_ZONE_UNKNOWN,
        )


def _check_scope(
    path: Path, key: str, *, item: ScopeItem, programme: Programme
) -> Iterator[Finding]:
    """Compares a scope with what its programme offers; an unknown offer holds no tier or role."""
    tiers = {tier.code: tier for tier in programme.tiers.value or ()}
    roles = set(programme.roles.value or ())
    for code in () if item.tiers == ALL else item.tiers:
        if code not in tiers:
            yield _unknown(path, f"{key}.tiers", f"tier of {programme.id}", code)
    for role in () if item.roles == ALL else item.roles:
        if role not in roles:
            yield _unknown(path, f"{key}.roles", f"role of {programme.id}", role)
    covered = tiers if item.tiers == ALL else [code for code in item.tiers if code in tiers]
    for code in covered:
        if tiers[code].mra_eligible is not True:
            yield _not_eligible(
                path, f"{key}.tiers", f"{programme.id} does not offer tier {code!r} abroad"
            )
    kind = programme.kind.value
    if kind is not None and kind is not ProgrammeKind.AEO:
        yield _not_eligible(
            path, f"{key}.programme", f"{programme.id} is of kind {kind}, not an AEO programme"
        )


def _check_travel(path: Path, arrangement: Arrangement) -> Iterator[Finding]:
    """Compares what the scopes ask for with what travels: a partner judges by what it is sent."""
    elements = arrangement.exchange.data_elements.value
    items = [item for party in arrangement.parties for item in party.scope.value or ()]
    asked = (
        (DataElement.TIER, [item.programme for item in items if item.tiers != ALL]),
        (DataElement.ROLES, [item.programme for item in items if item.roles != ALL]),
    )
    for element, programmes in asked if elements is not None else ():
        if programmes and element not in (elements or ()):
            yield Finding(
                path,
                "exchange.data_elements.value",
                f"{element!s} does not travel, but the scope of {', '.join(programmes)} depends on "
                "it: the partner would refuse every operator",
                Reason.DATA_SCOPE_NOT_TRAVELLING,
                Level.WARNING,
            )


def _check_dates(path: Path, arrangement: Arrangement) -> Iterator[Finding]:
    """Compares the days that are known, two by two."""
    signed, start, end = (
        arrangement.signed_on.value,
        arrangement.in_force_on.value,
        arrangement.ended_on.value,
    )
    pilot = arrangement.pilot.value
    pairs: list[tuple[str, date | None, str, date | None]] = [
        ("in_force_on.value", start, "signed_on", signed),
        ("ended_on.value", end, "in_force_on", start),
        ("ended_on.value", end, "signed_on", signed),
    ]
    if pilot is not None:
        pairs += [
            ("pilot.value.until_on", pilot.until_on, "its from_on", pilot.from_on),
            ("ended_on.value", end, "the pilot's from_on", pilot.from_on),
            ("in_force_on.value", start, "the pilot's from_on", pilot.from_on),
        ]
    for index, party in enumerate(arrangement.parties):
        key, started = f"parties[{index}].started_on.value", party.started_on.value
        pairs += [(key, started, "in_force_on", start)]
        if start is None:
            pairs += [(key, started, "signed_on", signed)]
        pairs += [("ended_on.value", end, f"started_on of {party.territory}", started)]
    for key, later, name, earlier in pairs:
        if later is not None and earlier is not None and later < earlier:
            yield Finding(
                path, key, f"{later} lies before {name}, {earlier}", Reason.DATA_DATES_ORDER
            )


def _facts_in(value: object, key: str = "") -> Iterator[tuple[str, Fact[Any]]]:
    """Yields every fact in a noun with its key, outermost first."""
    if isinstance(value, Fact):
        yield key, value
    if isinstance(value, Noun):
        for name in type(value).model_fields:
            yield from _facts_in(getattr(value, name), f"{key}.{name}" if key else name)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _facts_in(item, f"{key}[{index}]")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _facts_in(item, f"{key}.{name}" if key else str(name))


def _is_time_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _unknown(path: Path, key: str, what: str, name: str) -> Finding:
    return Finding(path, key, f"{name[:60]!r} is no known {what}", Reason.DATA_REFERENCE_UNKNOWN)


def _not_eligible(path: Path, key: str, reason: str) -> Finding:
    return Finding(path, key, reason, Reason.DATA_SCOPE_NOT_ELIGIBLE, Level.WARNING)
