"""Checks the data files: each on its own, across files, and whether what they say works.

1. files and references (`registry/`)
2. alias rules (`identifiers/`)
3. indicators (`indicators/`): expressions, baselines, targets
4. decision tables (`benefits/`), where the files they rest on can be used
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from mra_gateway.errors import Reason
from mra_gateway.flows.check_indicators import check_definitions_in
from mra_gateway.flows.examine_tables import examine_tables
from mra_gateway.identifiers.check import check_identification
from mra_gateway.model.aliases import Identification
from mra_gateway.registry.check import check_folders
from mra_gateway.registry.files import read_folder
from mra_gateway.registry.findings import Finding
from mra_gateway.registry.load import load_registry
from mra_gateway.settings import data_folder

_WHERE_A_DAY_BEGINS_FIRST = timezone(timedelta(hours=14))
"""An officer in Ulaanbaatar writes today's day while it is still yesterday in UTC."""


def check_data(*folders: Path, at: datetime | None = None) -> tuple[Finding, ...]:
    """Returns everything that is wrong with the data files, errors before warnings.

    Args:
        folders: As for `check_folders`: later ones win. None: the drafts that travel with the
            product.
        at: The moment of the check.
    """
    # 1
    on = None if at is None else at.astimezone(_WHERE_A_DAY_BEGINS_FIRST).date()
    findings = list(check_folders(*folders, on=on))
    # 2
    for folder in folders or (data_folder("partners"),):
        for file in read_folder(folder) if folder.is_dir() else ():
            if isinstance(file.noun, Identification):
                findings += [
                    Finding(file.path, problem.key, problem.reason, Reason.DATA_ALIAS_RULE)
                    for problem in check_identification(file.noun)
                ]
    # 3
    findings += check_definitions_in(*(folders or (data_folder("partners"),)))
    # 4
    if not any(finding.is_error for finding in findings):
        findings += examine_tables(load_registry(*folders))
    return tuple(sorted(findings, key=lambda f: (not f.is_error, f.file, f.key, f.reason)))
