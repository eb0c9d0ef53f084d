"""Checks indicators: each file on its own, and every definition against what it is written over.

1. the files that count, and those that are to be checked (`registry/`)
2. what stands in no folder yet, as if it did
3. expressions, baselines and targets (`indicators/`)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from mra_gateway.indicators.check import check_definitions
from mra_gateway.model.indicators import IndicatorCatalogue, LaneList, RegionList
from mra_gateway.registry.check import check_facts
from mra_gateway.registry.files import KINDS, DataFile, FileKind, read_file, read_folder
from mra_gateway.registry.findings import Finding
from mra_gateway.registry.indicators import check_measures
from mra_gateway.registry.territories import iso_territories

_KINDS = tuple(kind for kind in KINDS if kind.folder == "indicators")


def check_indicator_files(
    files: Sequence[Path], *, folders: Sequence[Path], on: date | None = None
) -> tuple[Finding, ...]:
    """Returns everything that is wrong with files of indicators, lanes or regions.

    Args:
        files: Wherever they lie. None: all that count in the folders.
        folders: What counts besides, as for `check_folders`: later ones win.
        on: The day of the check.
    """
    # 1
    counting = _counting(folders)
    # 2
    own = [read_file(path, kind=_kind_of(path)) for path in files] or list(counting.values())
    counting |= {file.id: file for file in own}
    known = iso_territories() | {
        path.stem for folder in folders for path in (folder / "administrations").glob("*.toml")
    }
    findings: list[Finding] = []
    for file in own:
        findings += file.findings
        if file.noun is not None:
            findings += check_measures(file.path, file.noun, known=known)
            findings += check_facts(file.path, file.noun, on=on)
    # 3
    findings += _check_definitions(own, counting=counting)
    return tuple(sorted(findings, key=lambda f: (not f.is_error, f.file, f.key, f.reason)))


def check_definitions_in(*folders: Path) -> tuple[Finding, ...]:
    """Returns what is wrong with the definitions that count, beyond what `registry/` finds."""
    counting = _counting(folders)
    return tuple(_check_definitions(counting.values(), counting=counting))


def _counting(folders: Iterable[Path]) -> dict[str, DataFile]:
    return {
        file.id: file
        for folder in folders
        if folder.is_dir()
        for file in read_folder(folder, kinds=_KINDS)
    }


def _kind_of(path: Path) -> FileKind:
    return next((kind for kind in _KINDS if kind.pattern == path.name), _KINDS[0])


def _check_definitions(
    files: Iterable[DataFile], *, counting: Mapping[str, DataFile]
) -> Iterator[Finding]:
    nouns = [file.noun for file in counting.values()]
    lanes = (fact.value for noun in nouns if isinstance(noun, LaneList) for fact in noun.lanes)
    regions = (one.value for noun in nouns if isinstance(noun, RegionList) for one in noun.regions)
    indicators = (
        fact.value
        for noun in nouns
        if isinstance(noun, IndicatorCatalogue)
        for fact in noun.indicators
    )
    known: dict[str, set[str]] = {
        "lane": {one.id for one in lanes if one is not None},
        "region": {one.id for one in regions if one is not None},
        "indicator": {one.id for one in indicators if one is not None},
    }
    for file in files:
        if isinstance(file.noun, IndicatorCatalogue):
            for problem in check_definitions(file.noun, known=known):
                yield Finding(file.path, problem.key, problem.reason, problem.code)
