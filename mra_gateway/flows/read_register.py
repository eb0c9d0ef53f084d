"""Reads a register file of any form: introduces the spreadsheet reader to the XML one.

What a form means is in `tables/` and `wire/register.py`; what an import changes is in
`import_register.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.identifiers.canonical import canonical_tin
from mra_gateway.model.facts import Administration
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.register import RegisterFile, RowProblem
from mra_gateway.tables.limits import open_file
from mra_gateway.tables.mapping import Mapping, load_mapping, save_mapping
from mra_gateway.tables.register import (
    is_json,
    open_source,
    propose_mapping,
    read_records,
    read_register,
)
from mra_gateway.tables.writer import write_marked_copy
from mra_gateway.wire.register import MAX_BYTES, decode_register


def read_own_register(
    path: Path,
    *,
    administration: Administration,
    mapping: Mapping | None = None,
    programme: ProgrammeId | None = None,
) -> RegisterFile:
    """Reads the register of an administration from CSV, XLSX, JSON or XML.

    Args:
        path: The officer's file; XML by its ending or its first character.
        administration: Whose register it is.
        mapping: How its columns are read; proposed when None.
        programme: Where the file does not name it in every row.

    Raises:
        RequestRefused: The file cannot be read, or needs a mapping.
        MalformedMessage: The XML is not acceptable.
    """
    canonical = partial(
        canonical_tin,
        territory=administration.territory,
        accepted=administration.tin_territories.value or (),
    )
    if not _is_xml(path):
        return read_register(
            path,
            mapping=mapping,
            programme=programme,
            territory=administration.territory,
            canonical_tin=canonical,
        )
    with open_file(path, largest=MAX_BYTES) as content:
        records = decode_register(
            content, file=path.name, row_element=None if mapping is None else mapping.row_element
        )
    return read_records(
        records,
        mapping=mapping if records.form == "flat" else None,
        programme=programme,
        territory=administration.territory,
        canonical_tin=canonical,
    )


def find_mapping(named: str, *, home: Path) -> Mapping:
    """Returns a mapping by its file, or by its name in the home's `mappings` folder.

    Raises:
        RequestRefused: None such, or it is not valid.
    """
    for place in (Path(named), home / "mappings" / f"{named}.toml"):
        if place.is_file():
            return load_mapping(place)
    raise RequestRefused(
        "no such mapping file, and none of this name in the home's mappings folder",
        reason=Reason.MAPPING_INVALID,
        where=named[:200],
    )


def keep_proposed_mapping(path: Path, to: Path, *, programme: ProgrammeId | None) -> None:
    """Writes the mapping that would be proposed for a file, for an officer to check and keep.

    Raises:
        RequestRefused: The file cannot be read, or `to` exists.
    """
    proposal = propose_mapping(path, programme=programme)
    save_mapping(proposal.mapping, to, remarks=proposal.remarks)


def check_markable(path: Path, *, to: Path) -> None:
    """Lets a register be marked: one that has cells, in a workbook that is another file.

    Raises:
        RequestRefused: It has none, or the copy could not be written so.
    """
    if to.suffix.lower() != ".xlsx":
        raise RequestRefused("a marked copy is written as .xlsx", where=to.name)
    if to.resolve() == path.resolve():
        raise RequestRefused("the marked copy would take your own file's place", where=to.name)
    if path.is_file() and (_is_xml(path) or is_json(path)):
        raise RequestRefused("only CSV and XLSX have cells to mark", where=path.name)


def mark_register(
    path: Path, problems: Iterable[RowProblem], *, to: Path, mapping: Mapping | None = None
) -> None:
    """Writes a copy of an officer's spreadsheet, its broken cells coloured and explained.

    Args:
        path: The officer's file.
        problems: What was found in it.
        to: The copy.
        mapping: How the file was read.

    Raises:
        RequestRefused: As `check_markable`, or the file can no longer be read.
    """
    check_markable(path, to=to)
    write_marked_copy(open_source(path, mapping=mapping), problems, to)


def _is_xml(path: Path) -> bool:
    if path.suffix.lower() in {".csv", ".txt", ".tsv", ".xlsx", ".json"}:
        return False
    if path.suffix.lower() == ".xml":
        return True
    try:
        with path.open("rb") as file:
            return file.read(200).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    except OSError:
        return False
