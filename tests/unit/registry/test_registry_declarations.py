"""The forms and codes of declarations are data: loaded, overridden by a home, checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from mra_gateway.errors import Reason, SetupError
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.registry.check import check_folders
from mra_gateway.registry.load import load_registry
from mra_gateway.settings import data_folder

SHIPPED = data_folder("partners")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A home's folder with its own copy of the form of a table."""
    folder = tmp_path / "declarations"
    folder.mkdir()
    text = (SHIPPED / "declarations" / "declaration-table.toml").read_text("utf-8")
    (folder / "declaration-table.toml").write_text(text, encoding="utf-8")
    return tmp_path


def change(own: Path, before: str, after: str) -> None:
    file = own / "declarations" / "declaration-table.toml"
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_what_is_shipped_is_loaded() -> None:
    registry = load_registry()
    assert set(registry.declaration_forms) >= {"asycuda-sad", "declaration-table"}
    codes = registry.party_codes
    assert codes is not None
    assert set(codes.documents) == {
        f"Y0{number}" for number in (22, 23, 24, 25, 26, 27, 28, 29, 31)
    }
    assert codes.actors["WH"].value is PartyFunction.WAREHOUSE_KEEPER
    assert codes.types["IM"].value is Flow.IMPORT


def test_the_copy_of_a_home_wins(own: Path) -> None:
    change(own, '"вывоз" = "export"', '"аутбаунд" = "export"')
    form = load_registry(SHIPPED, own).declaration_forms["declaration-table"]
    assert "аутбаунд" in form.types
    assert "вывоз" not in form.types
    assert "вывоз" in load_registry(SHIPPED).declaration_forms["declaration-table"].types


def test_a_form_of_unknown_fields_is_refused(own: Path) -> None:
    change(own, '"exporter.identifier" =', '"exporter.shoe_size" =')
    with pytest.raises(SetupError) as caught:
        load_registry(SHIPPED, own)
    assert caught.value.reason is Reason.DATA_FILE_INVALID
    assert "exporter.shoe_size" in str(caught.value)


def test_a_time_zone_that_does_not_exist_is_found(own: Path) -> None:
    change(own, "[reads]", '[moments]\ntime_zone = "Asia/Nowhere"\n\n[reads]')
    found = {(one.key, one.code) for one in check_folders(SHIPPED, own) if one.is_error}
    assert found == {("moments.time_zone", Reason.DATA_TIME_ZONE_UNKNOWN)}
    change(own, "Asia/Nowhere", "Asia/Almaty")
    assert not [one for one in check_folders(SHIPPED, own) if one.is_error]
