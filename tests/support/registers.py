"""Reads a register file the way an import does, for the fictitious Mongolian programme."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from mra_gateway.identifiers.canonical import canonical_tin
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.register import RegisterFile, SourceRecords
from mra_gateway.tables.limits import DEFAULT, Limits
from mra_gateway.tables.mapping import Mapping
from mra_gateway.tables.register import read_records, read_register

MN = Territory("MN")
PROGRAMME = ProgrammeId("MN-AEO")


def read(
    path: Path,
    *,
    mapping: Mapping | None = None,
    programme: ProgrammeId | None = PROGRAMME,
    territory: Territory = MN,
    limits: Limits = DEFAULT,
) -> RegisterFile:
    """Reads a CSV, XLSX or JSON register."""
    return read_register(
        path,
        mapping=mapping,
        programme=programme,
        territory=territory,
        canonical_tin=partial(canonical_tin, territory=territory),
        limits=limits,
    )


def read_parsed(records: SourceRecords, *, mapping: Mapping | None = None) -> RegisterFile:
    """Reads records that `wire.register` has parsed."""
    return read_records(
        records,
        mapping=mapping,
        programme=PROGRAMME,
        territory=MN,
        canonical_tin=partial(canonical_tin, territory=MN),
    )
