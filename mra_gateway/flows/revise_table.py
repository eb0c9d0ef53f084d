"""Revises a decision table: what stands now, what is handed in, what differs, what is written.

1. read: a workbook or a TOML file becomes a table, or every cell to put right
2. examine: what is wrong or doubtful in it (`examine_tables.py`)
3. compare with what stands now, line by line
4. write the home's copy, one version further

What is written is a proposal: a table is used once two officers have accepted that version, which
is kept with its digest in the store.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import NamedTuple

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.examine_tables import examine_table
from mra_gateway.flows.find_table import find_table
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.register import RowProblem
from mra_gateway.registry.files import KINDS, read_file
from mra_gateway.registry.findings import Finding
from mra_gateway.registry.load import Registry
from mra_gateway.registry.table_file import table_text
from mra_gateway.settings import data_folder
from mra_gateway.tables.decision_table_reading import read_decision_table

_KIND = next(kind for kind in KINDS if kind.model is DecisionTable)


class HandedIn(NamedTuple):
    """A table as it was handed in.

    Attributes:
        table: None when something has to be put right before it can be read.
        problems: Cells of a workbook to put right.
        findings: What is wrong in a TOML file.
    """

    table: DecisionTable | None
    problems: tuple[RowProblem, ...] = ()
    findings: tuple[Finding, ...] = ()


class Revision(NamedTuple):
    """What a table that was handed in would change.

    Attributes:
        table: As it would be written.
        file: The home's copy.
        text: What the file would hold.
        difference: Lines of a unified comparison with what stands now; empty when nothing differs.
        findings: What is wrong or doubtful; with an error among them it is not written.
    """

    table: DecisionTable
    file: Path
    text: str
    difference: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def is_refused(self) -> bool:
        """Whether something has to be put right first."""
        return any(finding.is_error for finding in self.findings)


def hand_in(file: Path) -> HandedIn:
    """Reads a table from a workbook or a TOML file.

    Raises:
        RequestRefused: Another kind of file, or a workbook that cannot be taken.
    """
    if file.suffix.lower() == ".toml":
        read = read_file(file, kind=_KIND)
        # a file may be handed in under any name; the home's copy gets its own
        findings = tuple(one for one in read.findings if one.code is not Reason.DATA_FILE_NAME)
        table = read.noun if isinstance(read.noun, DecisionTable) and not findings else None
        return HandedIn(table, findings=findings)
    if file.suffix.lower() != ".xlsx":
        raise RequestRefused(
            "a decision table is handed in as .xlsx or .toml",
            reason=Reason.FILE_UNREADABLE,
            where=file.name,
        )
    read_cells = read_decision_table(file.read_bytes(), file=file.name)
    return HandedIn(read_cells.table, problems=read_cells.problems)


def revise_table(table: DecisionTable, *, registry: Registry, home: Path) -> Revision:
    """Returns what a table would change in a home.

    Args:
        table: As handed in.
        registry: What stands now, the home's copies included.
        home: The home.

    Raises:
        RequestRefused: It belongs to no side of an arrangement.
    """
    before = find_table(registry, table.id)
    file = home / "partners" / _KIND.folder / f"{table.id}.toml"
    changed = _content(before) != _content(table)
    revised = table.model_copy(update={"version": before.version + changed * file.is_file()})
    text = _text(revised, registry=registry)
    return Revision(
        table=revised,
        file=file,
        text=text,
        difference=tuple(_difference(_text(before, registry=registry), text)),
        findings=tuple(examine_table(revised, registry=registry, file=file)),
    )


def write_revision(revision: Revision) -> None:
    """Writes the home's copy, whole or not at all.

    Raises:
        RequestRefused: Something in it has to be put right first.
    """
    if revision.is_refused:
        raise RequestRefused(
            "the table has errors", reason=Reason.DATA_FILE_INVALID, where=str(revision.file)
        )
    revision.file.parent.mkdir(parents=True, exist_ok=True)
    partial = revision.file.with_suffix(".part")
    partial.write_text(revision.text, encoding="utf-8", newline="\n")
    partial.replace(revision.file)


def _content(table: DecisionTable) -> DecisionTable:
    return table.model_copy(update={"version": 1})


def _text(table: DecisionTable, *, registry: Registry) -> str:
    schema = (data_folder("schemas") / "data" / _KIND.schema).resolve().as_uri()
    return table_text(table, schema=schema, comments=_comments(table.id, registry=registry))


def _comments(id_: str, *, registry: Registry) -> list[str]:
    """Returns the comments above the table that stands now, so that they are not lost."""
    if id_ not in registry.tables:
        return []
    lines = registry.file_of(id_).read_text(encoding="utf-8").splitlines()
    head = lines[: next((n for n, line in enumerate(lines) if line[:1] != "#"), len(lines))]
    return [line[2:] for line in head if line.startswith("# ")]


def _difference(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "now", "handed in", lineterm="", n=2
    )
    return list(lines)
