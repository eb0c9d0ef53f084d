"""A small folder of data files to spoil: China, Belarus, Mongolia and the EU as shipped."""

from __future__ import annotations

import shutil
from pathlib import Path

from mra_gateway.settings import data_folder

CATALOGUE = "catalogues/benefits.toml"
CN, BY = "administrations/CN.toml", "administrations/BY.toml"
CN_AEO, BY_AEO = "programmes/CN-AEO.toml", "programmes/BY-AEO.toml"
CN_BY, CN_EU = "arrangements/CN-BY-2019.toml", "arrangements/CN-EU-2014.toml"
CN_MN, KR_CN = "arrangements/CN-MN-2025.toml", "arrangements/KR-CN-2013.toml"

_TERRITORIES = ("CN", "BY", "MN", "EU", "KR")


def copy_shipped(to: Path) -> Path:
    """Copies a few shipped files that are consistent among themselves."""
    names = [CATALOGUE, CN_BY, CN_EU, CN_MN, KR_CN]
    names += [f"administrations/{territory}.toml" for territory in _TERRITORIES]
    names += [f"programmes/{territory}-AEO.toml" for territory in _TERRITORIES]
    for name in names:
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data_folder("partners") / name, target)
    return to


def edit(file: Path, old: str, new: str) -> None:
    """Replaces the first occurrence of a text that must be there."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file.name}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
