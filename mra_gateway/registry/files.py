"""One data file: where it lies, how it is read, and what is wrong with it on its own.

What must hold between files is in `check.py`; the files together are the `Registry` of `load.py`.

A file is read as TOML, its dates turned into ISO text, and validated strictly as JSON would be, so
that the JSON Schemas under `schemas/data/` and the models refuse the same things.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mra_gateway.errors import Reason
from mra_gateway.model.aliases import Identification
from mra_gateway.model.base import Noun
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.declaration_forms import DeclarationForm, PartyCodes
from mra_gateway.model.facts import Administration, Arrangement, BenefitCatalogue, Programme
from mra_gateway.model.groups import Group
from mra_gateway.model.indicators import IndicatorCatalogue, LaneList, RegionList
from mra_gateway.model.names import NameWords
from mra_gateway.model.negotiation import PhaseModel
from mra_gateway.model.profiles import Profile, Rates
from mra_gateway.model.requirements import RequirementCatalogue
from mra_gateway.registry.findings import Finding, Level


@dataclass(frozen=True)
class FileKind:
    """A kind of data file.

    Attributes:
        folder: Its folder under `partners/`.
        model: What it is in memory.
        id_key: The key that repeats the file's name.
        schema: Its JSON Schema under `schemas/data/`.
        pattern: Which files of the folder are of this kind; a kind that names its one file has it.
        prefix: What stands before the file's name in its id, where another kind of file has the
            same name.
        shelved: Whether a registry reads such a file only when it is asked for.
    """

    folder: str
    model: type[Noun]
    id_key: str
    schema: str
    pattern: str = "*.toml"
    prefix: str = ""
    shelved: bool = False

    def files_in(self, folder: Path) -> list[Path]:
        """Returns the files of this kind in a folder laid out as `partners/`, in their order."""
        taken = {kind.pattern for kind in KINDS if kind.folder == self.folder and kind != self}
        found = (folder / self.folder).glob(self.pattern)
        return sorted(path for path in found if path.name not in taken)


KINDS: Final[tuple[FileKind, ...]] = (
    FileKind("administrations", Administration, "territory", "administration.schema.json"),
    FileKind("programmes", Programme, "id", "programme.schema.json"),
    FileKind("arrangements", Arrangement, "id", "arrangement.schema.json"),
    FileKind("catalogues", BenefitCatalogue, "id", "benefits.schema.json", "benefits.toml"),
    FileKind("names", NameWords, "id", "names.schema.json"),
    FileKind(
        "catalogues",
        PartyCodes,
        "id",
        "declaration-codes.schema.json",
        "declaration_codes.toml",
    ),
    FileKind("declarations", DeclarationForm, "id", "declaration-form.schema.json"),
    FileKind("decision_tables", DecisionTable, "id", "decision_table.schema.json"),
    FileKind(
        "identification",
        Identification,
        "territory",
        "identification.schema.json",
        prefix="identification/",
    ),
    FileKind(
        "requirements",
        RequirementCatalogue,
        "id",
        "requirements.schema.json",
        prefix="requirements/",
        shelved=True,
    ),
    FileKind(
        "profiles",
        Profile,
        "programme",
        "profile.schema.json",
        prefix="profiles/",
        shelved=True,
    ),
    FileKind("rates", Rates, "id", "rates.schema.json", prefix="rates/", shelved=True),
    FileKind("groups", Group, "id", "group.schema.json", prefix="groups/"),
    FileKind("phases", PhaseModel, "id", "phases.schema.json", prefix="phases/"),
    FileKind(
        "indicators",
        IndicatorCatalogue,
        "id",
        "indicators.schema.json",
        prefix="indicators/",
        shelved=True,
    ),
    FileKind(
        "indicators",
        LaneList,
        "id",
        "lanes.schema.json",
        "lanes.toml",
        prefix="indicators/",
        shelved=True,
    ),
    FileKind(
        "indicators",
        RegionList,
        "id",
        "regions.schema.json",
        "regions.toml",
        prefix="indicators/",
        shelved=True,
    ),
)

_POSITION = re.compile(r"at line (\d+)")
_ITEM = re.compile(r"(\w+)\[(\d+)\]")


@dataclass(frozen=True)
class DataFile:
    """A data file as read.

    Attributes:
        noun: What it holds; None when it cannot be used.
        findings: What is wrong with the file on its own.
    """

    kind: FileKind
    path: Path
    noun: Noun | None
    findings: tuple[Finding, ...]

    @property
    def id(self) -> str:
        """The file's name without its ending, which is the id of what it holds."""
        return self.kind.prefix + self.path.stem


def read_folder(folder: Path, *, kinds: Iterable[FileKind] = KINDS) -> tuple[DataFile, ...]:
    """Reads the data files of a folder, in a stable order; broken ones come with findings."""
    return tuple(read_file(path, kind=kind) for kind in kinds for path in kind.files_in(folder))


def read_file(path: Path, *, kind: FileKind) -> DataFile:
    """Reads one data file; what is wrong with it becomes findings, never an exception."""
    try:
        content = path.read_bytes()
    except OSError as error:
        finding = Finding(path, "", f"cannot be read: {error}", Reason.DATA_TOML_INVALID)
        return DataFile(kind, path, None, (finding,))
    return _read_content(content, path, kind)


@lru_cache(maxsize=2048)
def _read_content(content: bytes, path: Path, kind: FileKind) -> DataFile:
    """Reads the same bytes once: the gateway, its checks and its reports all ask for them."""
    try:
        values = parse_toml(content)
    except tomllib.TOMLDecodeError as error:
        position = _POSITION.search(str(error))
        line = int(position[1]) if position else None
        finding = Finding(path, "", f"not valid TOML: {error}", Reason.DATA_TOML_INVALID, line=line)
        return DataFile(kind, path, None, (finding,))
    except ValueError as error:
        finding = Finding(path, "", f"cannot be read: {error}", Reason.DATA_TOML_INVALID)
        return DataFile(kind, path, None, (finding,))
    try:
        noun = kind.model.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        return DataFile(kind, path, None, _findings_of(error, path=path, values=values))
    return DataFile(kind, path, noun, tuple(_check_name(noun, kind=kind, path=path)))


def read_toml(path: Path) -> dict[str, Any]:
    """Returns a TOML file as JSON values: dates and times as ISO text.

    Raises:
        tomllib.TOMLDecodeError: Not TOML.
        ValueError: Not UTF-8, or an infinite number, which JSON does not have.
        OSError: The file cannot be read.
    """
    return parse_toml(path.read_bytes())


def parse_toml(content: bytes) -> dict[str, Any]:
    """Returns TOML as JSON values: dates and times as ISO text.

    Raises:
        tomllib.TOMLDecodeError: Not TOML.
        ValueError: Not UTF-8, or an infinite number, which JSON does not have.
    """
    values: dict[str, Any] = _as_json(tomllib.loads(content.decode("utf-8-sig")))
    return values


def find_misplaced(folder: Path) -> Iterator[Finding]:
    """Yields files that nothing would read: outside the folders, or with another ending.

    A folder that no kind owns is left alone unless its name looks like a misspelt one: other parts
    of the product keep data beside ours.
    """
    names = {kind.folder for kind in KINDS}
    for entry in sorted(folder.iterdir()):
        near = difflib.get_close_matches(entry.name, names, n=1, cutoff=0.8)
        if entry.is_file() and entry.suffix == ".toml":
            yield _misplaced(entry, f"lies outside {', '.join(sorted(names))}")
        elif entry.is_dir() and entry.name not in names and near:
            yield _misplaced(entry, f"nothing reads this folder; meant {near[0]!r}?")
    for name in names - {"catalogues"}:
        for entry in sorted((folder / name).glob("*")):
            if entry.suffix != ".toml" and entry.name != "README.md":
                yield _misplaced(entry, "nothing reads this file; data files end in .toml")


def _misplaced(path: Path, reason: str) -> Finding:
    return Finding(path, "", reason, Reason.DATA_PLACE_UNEXPECTED, Level.WARNING)


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"{value} is not a number that can be exchanged"
        raise ValueError(msg)
    return value


def _check_name(noun: Noun, *, kind: FileKind, path: Path) -> Iterator[Finding]:
    own = str(getattr(noun, kind.id_key))
    if own != path.stem:
        yield Finding(
            path,
            kind.id_key,
            f"is {own!r}; a file is named after what it holds: {own}.toml",
            Reason.DATA_FILE_NAME,
        )


def _findings_of(
    error: ValidationError, *, path: Path, values: dict[str, Any]
) -> tuple[Finding, ...]:
    """Turns a validation error into one finding per key; a union's branches become one."""
    found: dict[str, tuple[Reason, list[str]]] = {}
    for detail in error.errors(include_url=False):
        key = _key_of(detail, values=values)
        code = {
            "missing": Reason.DATA_KEY_MISSING,
            "extra_forbidden": Reason.DATA_KEY_UNKNOWN,
        }.get(detail["type"], Reason.DATA_VALUE_INVALID)
        reasons = found.setdefault(key, (code, []))[1]
        text = _text_of(detail, code=code)
        if text not in reasons:
            reasons.append(text)
    return tuple(
        Finding(path, key, _item_of(key, values) + " or ".join(reasons), code)
        for key, (code, reasons) in found.items()
    )


def _item_of(key: str, values: dict[str, Any]) -> str:
    """Returns whose key it is, where it is of an item of a list that has an id: nobody counts."""
    place = _ITEM.match(key)
    try:
        name = values[place[1]][int(place[2])]["value"]["id"] if place else None
    except (LookupError, TypeError):
        name = None
    return f"{name[:80]}: " if isinstance(name, str) and name.isprintable() else ""


def _text_of(detail: ErrorDetails, *, code: Reason) -> str:
    if code is Reason.DATA_KEY_MISSING:
        return "this key is missing"
    if code is Reason.DATA_KEY_UNKNOWN:
        return "this key is not known here"
    return f"{detail['msg'][:300]}; found {repr(detail['input'])[:80]}"


def _key_of(detail: ErrorDetails, *, values: dict[str, Any]) -> str:
    """Writes where an error is as a path of the file; the names of union branches drop out."""
    here: Any = values
    key = ""
    for part in detail["loc"]:
        if isinstance(here, dict) and part in here:
            key, here = f"{key}.{part}" if key else str(part), here[part]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            key, here = f"{key}[{part}]", here[part]
        elif detail["type"] == "missing" and part == detail["loc"][-1]:
            key = f"{key}.{part}" if key else str(part)
    return key
