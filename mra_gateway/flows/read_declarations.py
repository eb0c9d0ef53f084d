"""Reads files of declarations: one, a list, `{"declarations": […]}`, or one a line.

Every problem of every file is found before anything is decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from mra_gateway.model.declarations import Declaration

MAX_BYTES = 200_000_000


class DeclarationProblem(NamedTuple):
    """One thing that must be corrected.

    Attributes:
        where: File, then line or number of the declaration, then field.
        text: What is wrong; untrusted text is quoted and cut.
    """

    where: str
    text: str


class Declarations(NamedTuple):
    """What files of declarations hold; with any problem, nothing is to be decided."""

    declarations: list[Declaration]
    problems: list[DeclarationProblem]


class _Entry(NamedTuple):
    """A JSON value that should be a declaration, and where it stands."""

    where: str
    value: Any


def read_declarations(files: Iterable[Path]) -> Declarations:
    """Returns every declaration of some files, and everything that is wrong with them."""
    read = Declarations([], [])
    for file in files:
        for entry in _entries(file, read.problems):
            try:
                read.declarations.append(Declaration.model_validate_json(json.dumps(entry.value)))
            except ValidationError as error:
                read.problems.extend(_problems_of(error, entry.where))
    return read


def _entries(file: Path, problems: list[DeclarationProblem]) -> Iterator[_Entry]:
    try:
        if file.stat().st_size > MAX_BYTES:
            problems.append(DeclarationProblem(str(file), f"longer than {MAX_BYTES} bytes"))
            return
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        problems.append(DeclarationProblem(str(file), f"cannot be read: {why}"))
        return
    try:
        whole = json.loads(text)
    except ValueError as error:
        yield from _by_line(file, text, error, problems)
        return
    if isinstance(whole, dict) and isinstance(whole.get("declarations"), list):
        whole = whole["declarations"]
    if isinstance(whole, list):
        for number, value in enumerate(whole, 1):
            yield _Entry(f"{file}, declaration {number}", value)
    else:
        yield _Entry(str(file), whole)


def _by_line(
    file: Path, text: str, error: ValueError, problems: list[DeclarationProblem]
) -> Iterator[_Entry]:
    """Takes a file for JSON lines when its first line is a value of its own."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) < 2 or not _is_json(lines[0][1]):
        line = getattr(error, "lineno", 1)
        problems.append(DeclarationProblem(f"{file}, line {line}", f"not JSON: {_why(error)}"))
        return
    for number, line in lines:
        try:
            yield _Entry(f"{file}, line {number}", json.loads(line))
        except ValueError as broken:
            problems.append(
                DeclarationProblem(f"{file}, line {number}", f"not JSON: {_why(broken)}")
            )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _why(error: ValueError) -> str:
    return str(getattr(error, "msg", "cannot be read"))


def _problems_of(error: ValidationError, where: str) -> Iterator[DeclarationProblem]:
    for detail in error.errors(include_url=False, include_context=False):
        field = ".".join(str(part) for part in detail["loc"])
        found = "" if detail["type"] == "missing" else f"; found {repr(detail['input'])[:80]}"
        yield DeclarationProblem(
            f"{where}, field {field[:100]}" if field else where, f"{detail['msg'][:200]}{found}"
        )
