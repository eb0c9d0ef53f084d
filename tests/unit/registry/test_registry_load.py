"""Loading, precedence of a home's copies, digests and copies of drafts."""

from datetime import date
from pathlib import Path

import pytest

from mra_gateway.errors import Reason, RequestRefused, SetupError
from mra_gateway.registry.check import check_folders
from mra_gateway.registry.load import arrangement_digest, copy_draft, load_registry
from tests.support.partner_files import BY, CATALOGUE, CN_BY, CN_MN, copy_shipped, edit

NEW_CODE = """
id = "benefits"
[benefits.tea_with_the_director]
value = { title = "Tea is served", local_holder_only = true }
source = "own practice"
basis = "unverified"
as_of = 2026-11-21
"""


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return copy_shipped(tmp_path / "shipped")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "partners"
    folder.mkdir(parents=True)
    return folder


def test_a_copy_in_the_home_wins_over_the_draft(shipped: Path, home: Path) -> None:
    draft = load_registry(shipped)
    copy = copy_draft(draft, "CN-MN-2025", to=home)
    edit(copy, "2025-06-01", "2025-07-01")
    both = load_registry(shipped, home)
    assert draft.get_arrangement("CN-MN-2025").in_force_on.value == date(2025, 6, 1)
    assert both.get_arrangement("CN-MN-2025").in_force_on.value == date(2025, 7, 1)
    assert both.file_of("CN-MN-2025") == copy
    assert both.file_of("CN-BY-2019") == shipped / CN_BY


def test_benefit_codes_of_a_home_are_added_to_the_catalogue(shipped: Path, home: Path) -> None:
    file = home / CATALOGUE
    file.parent.mkdir()
    file.write_text(NEW_CODE, encoding="utf-8")
    benefits = load_registry(shipped, home).benefits
    assert "tea_with_the_director" in benefits
    assert "inspection_lower" in benefits
    assert "tea_with_the_director" not in load_registry(shipped).benefits


def test_a_copied_draft_keeps_its_comments_and_means_the_same(shipped: Path, home: Path) -> None:
    draft = load_registry(shipped)
    copy = copy_draft(draft, "CN-BY-2019", to=home)
    assert copy == home / CN_BY
    assert (
        copy.read_text(encoding="utf-8").splitlines()[1:]
        == ((shipped / CN_BY).read_text(encoding="utf-8").splitlines()[1:])
    )
    assert "# Type 3 only." in copy.read_text(encoding="utf-8")
    both = load_registry(shipped, home)
    assert arrangement_digest(both.get_arrangement("CN-BY-2019")) == arrangement_digest(
        draft.get_arrangement("CN-BY-2019")
    )


def test_a_copied_draft_still_names_a_schema_an_editor_can_open(shipped: Path, home: Path) -> None:
    copy = copy_draft(load_registry(shipped), "CN-BY-2019", to=home)
    first = copy.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("#:schema file:///")
    assert Path(first.removeprefix("#:schema file://")).is_file()


def test_a_copy_is_never_overwritten(shipped: Path, home: Path) -> None:
    draft = load_registry(shipped)
    copy = copy_draft(draft, "CN-BY-2019", to=home)
    edit(copy, "Type 3 only.", "Type 3 only, says our lawyer.")
    with pytest.raises(RequestRefused) as refused:
        copy_draft(draft, "CN-BY-2019", to=home)
    assert refused.value.reason is Reason.ALREADY_EXISTS
    assert "says our lawyer" in copy.read_text(encoding="utf-8")


@pytest.mark.parametrize(("id_", "folder"), [("MN-AEO", "programmes"), ("MN", "administrations")])
def test_every_kind_of_draft_is_copied_to_where_the_home_looks_for_it(
    shipped: Path, home: Path, id_: str, folder: str
) -> None:
    copy = copy_draft(load_registry(shipped), id_, to=home)
    assert copy == home / folder / f"{id_}.toml"
    assert load_registry(shipped, home).file_of(id_) == copy


def test_an_unknown_draft_cannot_be_copied(shipped: Path, home: Path) -> None:
    with pytest.raises(RequestRefused) as refused:
        copy_draft(load_registry(shipped), "CN-XX-1999", to=home)
    assert refused.value.reason is Reason.NOT_FOUND


def test_the_digest_follows_the_meaning_and_not_the_layout(shipped: Path) -> None:
    before = arrangement_digest(load_registry(shipped).get_arrangement("CN-MN-2025"))
    file = shipped / CN_MN
    file.write_text(
        "# another comment\n" + file.read_text(encoding="utf-8") + "\n# and the last\n",
        encoding="utf-8",
    )
    same = arrangement_digest(load_registry(shipped).get_arrangement("CN-MN-2025"))
    edit(file, "2025-06-01", "2025-06-02")
    other = arrangement_digest(load_registry(shipped).get_arrangement("CN-MN-2025"))
    assert before == same
    assert before != other


def test_any_changed_scope_or_basis_changes_the_digest(shipped: Path) -> None:
    before = arrangement_digest(load_registry(shipped).get_arrangement("CN-BY-2019"))
    edit(shipped / CN_BY, 'tiers = ["3"]', 'tiers = ["2", "3"]')
    wider = arrangement_digest(load_registry(shipped).get_arrangement("CN-BY-2019"))
    edit(shipped / CN_BY, 'basis = "read"', 'basis = "partial"')
    weaker = arrangement_digest(load_registry(shipped).get_arrangement("CN-BY-2019"))
    assert len({before, wider, weaker}) == 3


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('territory = "BY"', "territory = BY", "TOML"),
        ('territory = "BY"', 'territory = "Belarus"', "territory"),
        ('territory = "BY"', 'territory = "BE"', "named after"),
        ("[display_name]", "[shown_as]", "display_name"),
        ('basis = "unverified"', 'basis = "sure"', "name.basis"),
    ],
)
def test_a_file_that_cannot_be_used_stops_loading_with_file_key_and_reason(
    shipped: Path, old: str, new: str, key: str
) -> None:
    load_registry(shipped)
    edit(shipped / BY, old, new)
    with pytest.raises(SetupError) as failed:
        load_registry(shipped)
    assert failed.value.reason is Reason.DATA_FILE_INVALID
    assert str(shipped / BY) in str(failed.value.where)
    assert key in failed.value.text


def test_a_broken_copy_in_the_home_is_not_passed_over(shipped: Path, home: Path) -> None:
    copy = copy_draft(load_registry(shipped), "CN-BY-2019", to=home)
    load_registry(shipped, home)
    edit(copy, 'id = "CN-BY-2019"', 'id = "CN-BY-2019')
    with pytest.raises(SetupError) as failed:
        load_registry(shipped, home)
    assert failed.value.reason is Reason.DATA_FILE_INVALID


def test_a_missing_folder_is_told_by_loading_and_by_the_check(
    shipped: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "nowhere"
    with pytest.raises(SetupError) as failed:
        load_registry(shipped, missing)
    assert failed.value.reason is Reason.DATA_FILE_INVALID
    assert [finding.file for finding in check_folders(shipped, missing)] == [missing]


def test_one_id_for_a_programme_and_an_arrangement_is_refused(shipped: Path, home: Path) -> None:
    copy = copy_draft(load_registry(shipped), "CN-BY-2019", to=home)
    edit(copy, 'id = "CN-BY-2019"', 'id = "CN-AEO"')
    copy.rename(copy.with_name("CN-AEO.toml"))
    with pytest.raises(SetupError) as failed:
        load_registry(shipped, home)
    assert failed.value.reason is Reason.DATA_FILE_INVALID
    assert Reason.DATA_ID_DOUBLED in {finding.code for finding in check_folders(shipped, home)}
