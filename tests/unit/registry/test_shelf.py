"""What few commands need is read when they ask for it, and only that."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mra_gateway.errors import Reason, SetupError
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.registry.load import load_registry
from mra_gateway.settings import data_folder


def test_a_broken_profile_harms_nobody_who_does_not_ask_for_it(tmp_path: Path) -> None:
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    shutil.copy(data_folder("partners") / "profiles" / "UZ-AEO.toml", profiles)
    (profiles / "CN-AEO.toml").write_text("programme = 7", encoding="utf-8")

    registry = load_registry(data_folder("partners"), tmp_path)

    assert registry.get_programme("CN-AEO").administration == "CN"
    assert registry.profiles[ProgrammeId("UZ-AEO")].programme == "UZ-AEO"
    with pytest.raises(SetupError) as refused:
        registry.profiles[ProgrammeId("CN-AEO")]
    assert refused.value.reason is Reason.DATA_FILE_INVALID
    assert str(refused.value.where).startswith(str(profiles / "CN-AEO.toml"))


def test_the_later_folder_wins_and_every_file_is_named(tmp_path: Path) -> None:
    profiles = tmp_path / "profiles"
    profiles.mkdir()
    (profiles / "UZ-AEO.toml").write_text('programme = "UZ-AEO"\nversion = 99\n', encoding="utf-8")

    drafts = load_registry()
    registry = load_registry(data_folder("partners"), tmp_path)

    assert registry.profiles[ProgrammeId("UZ-AEO")].version == 99
    assert drafts.profiles[ProgrammeId("UZ-AEO")].version < 99
    assert registry.file_of("profiles/UZ-AEO") == profiles / "UZ-AEO.toml"
    assert set(registry.profiles) == set(drafts.profiles)
    assert ProgrammeId("XX-NONE") not in registry.profiles
