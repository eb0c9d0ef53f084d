"""What was agreed becomes an arrangement's file that passes the check, or nothing is written."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.negotiate import Negotiator
from mra_gateway.flows.negotiate_conclude import Concluded
from mra_gateway.flows.negotiate_rows import Wording
from mra_gateway.model.facts import Basis, Flow, PartyFunction
from mra_gateway.model.identifiers import ArrangementId
from mra_gateway.model.negotiation import RowState
from mra_gateway.model.officers import Actor
from mra_gateway.registry.check import check_folders
from mra_gateway.registry.load import load_registry
from mra_gateway.settings import data_folder
from mra_gateway.store import negotiations
from mra_gateway.store.database import Database
from tests.support.negotiating import (
    BEGIN,
    CN,
    FINDINGS,
    KIM,
    KR,
    KR_CN,
    PARK,
    a_negotiator,
    agree_all,
    agree_term,
    open_one,
)

TARGET = ArrangementId("KR-CN-2013")
BENEFIT = {"flows": ["import"], "functions": ["exporter", "consignor"]}
TERMS: dict[str, Any] = {
    "scope.KR-AEO": {"tiers": ["A", "AA", "AAA"]},
    "scope.CN-AEO": {"tiers": ["advanced"], "name_at_signature": "Class AA enterprises"},
    "exchange.data_elements": ["legal_name", "tier"],
    "exchange.consent": "not_required",
    "signed_on": "2013-06-27",
    "in_force_on": "2014-04-01",
    "started_on.KR": "2014-04-01",
    "started_on.CN": "2014-04-01",
    "pilot": {"from_on": "2013-08-01", "until_on": "2013-10-31"},
    "benefit.KR.inspection_lower": {**BENEFIT, "parameters": {"inspection_rate_multiplier": 0.5}},
    "benefit.CN.liaison": BENEFIT,
}
DIFFERENT = ("C.a", "F.f", "I.a.5")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home without a `partners` folder."""
    return tmp_path / "home"


def is_begun(home: Path) -> bool:
    return home.exists()


@pytest.fixture
async def negotiator(database: Database) -> Negotiator:
    made = a_negotiator(HandMovedClock(BEGIN))
    await database.write(lambda c: open_one(c, made))
    return made


async def agree(database: Database, negotiator: Negotiator, *without: str, **terms: Any) -> None:
    """Agrees on all terms but those named, and on every row that differs."""
    for term, value in {**TERMS, **terms}.items():
        if term not in without:
            await database.write(
                lambda c, t=term, v=value: agree_term(c, negotiator, t, v)  # type: ignore[misc]
            )
    rows = [row for row in DIFFERENT if row not in without]
    await database.write(lambda c: agree_all(c, negotiator, rows))


async def conclude(
    database: Database, negotiator: Negotiator, home: Path, *, by: Actor = KIM, **options: Any
) -> Concluded:
    stated = {"source": "customs.go.kr/mra/china (fictitious)", **options}
    return await database.write(
        lambda c: negotiator.concluder.conclude(c, KR_CN, TARGET, home=home, by=by, **stated)
    )


async def refusal(work: Any) -> RequestRefused:
    with pytest.raises(RequestRefused) as refused:
        await work
    return refused.value


async def test_what_was_agreed_stands_in_the_file_and_nothing_else(
    database: Database, negotiator: Negotiator, home: Path
) -> None:
    await agree(database, negotiator)
    done = await conclude(database, negotiator, home)
    assert done.file == home / "partners" / "arrangements" / "KR-CN-2013.toml"
    assert done.left_open == ()
    findings = check_folders(data_folder("partners"), home / "partners")
    assert [str(one) for one in findings if one.file == done.file] == []

    read = load_registry(data_folder("partners"), home / "partners").get_arrangement(TARGET)
    assert read == done.arrangement
    korea, china = read.parties
    assert (korea.territory, china.territory) == (KR, CN)
    assert korea.scope.value is not None
    assert korea.scope.value[0].tiers == ("A", "AA", "AAA")
    assert china.scope.value is not None
    assert china.scope.value[0].name_at_signature == "Class AA enterprises"
    assert read.in_force(date(2014, 4, 1), parties=(KR, CN))
    assert not read.in_force(date(2014, 3, 31))
    assert read.benefits.value is not None
    china_gives, korea_gives = read.benefits.value
    assert (china_gives.code, china_gives.granted_by) == ("liaison", CN)
    assert korea_gives.flows == (Flow.IMPORT,)
    assert korea_gives.functions == (PartyFunction.EXPORTER, PartyFunction.CONSIGNOR)
    assert korea_gives.parameters == {"inspection_rate_multiplier": 0.5}
    assert korea_gives.title != korea_gives.code
    assert read.signed_on.basis is Basis.READ
    assert "KR-CN-2012: signed_on version 3" in read.signed_on.source
    # what was never agreed grants nothing
    assert read.exchange.retention_days.value is None
    assert read.exchange.retention_days.basis is Basis.UNVERIFIED
    assert set(done.missing) == {
        "legal_reference", "termination_notice", "exchange.frequency", "exchange.retention_days",
        "exchange.notification",
    }  # fmt: skip


async def test_a_source_nobody_can_open_makes_the_facts_partial(
    database: Database, negotiator: Negotiator, home: Path
) -> None:
    await agree(database, negotiator)
    done = await conclude(database, negotiator, home, source="treaty office, file 12")
    assert done.arrangement.in_force_on.basis is Basis.PARTIAL


@pytest.mark.parametrize(
    ("without", "named"),
    [
        (("scope.CN-AEO",), "scope.CN-AEO"),
        (("F.f",), "F.f (open)"),
        (("F.f", "I.a.5"), "2 rows"),
    ],
)
async def test_what_is_not_agreed_is_named_and_nothing_is_written(
    database: Database,
    negotiator: Negotiator,
    home: Path,
    without: tuple[str, ...],
    named: str,
) -> None:
    await agree(database, negotiator, *without)
    refused = await refusal(conclude(database, negotiator, home))
    assert refused.reason is Reason.STATE_NOT_SUITABLE
    assert named in refused.text
    assert not is_begun(home)
    for missing in without:
        if missing in TERMS:
            await database.write(
                lambda c, t=missing: agree_term(c, negotiator, t, TERMS[t])  # type: ignore[misc]
            )
        else:
            await database.write(
                lambda c, t=missing: agree_all(c, negotiator, [t])  # type: ignore[misc]
            )
    assert (await conclude(database, negotiator, home)).file.is_file()


async def test_rows_may_be_left_open_with_a_reason_but_a_reservation_or_half_a_term_may_not(
    database: Database, negotiator: Negotiator, home: Path
) -> None:
    await agree(database, negotiator, "F.f", "exchange.consent")
    options: dict[str, Any] = {"despite": "both sides look again after the pilot"}
    rows = negotiator.rows
    await database.write(
        lambda c: rows.reserve(
            c, KR_CN, "F.f", side="ours", wording=Wording(justification="law"), over=None, by=KIM
        )
    )
    refused = await refusal(conclude(database, negotiator, home, **options))
    assert "F.f (reserved)" in refused.text
    await database.write(
        lambda c: rows.reopen(
            c, KR_CN, "F.f", wording=Wording(justification="passed"), over=1, by=KIM
        )
    )
    await database.write(
        lambda c: rows.propose(
            c, KR_CN, "exchange.consent", side="theirs", wording=Wording(value="required"),
            over=None, by=KIM,
        )
    )  # fmt: skip
    refused = await refusal(conclude(database, negotiator, home, **options))
    assert "exchange.consent (proposed by them)" in refused.text
    await database.write(
        lambda c: rows.agree(
            c, KR_CN, "exchange.consent", ad_referendum=False, wording=Wording(), over=1, by=KIM
        )
    )
    done = await conclude(database, negotiator, home, **options)
    assert done.left_open == ("F.f",)
    assert "1 rows compared were left open" in done.text
    assert done.arrangement.exchange.consent.value == "required"


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"scope.KR-AEO": {"tiers": ["AAAA"]}}, "AAAA"),
        ({"benefit.KR.free_lunch": BENEFIT}, "free_lunch"),
        ({"in_force_on": "2013-01-01"}, "in_force_on"),
    ],
)
async def test_terms_that_do_not_fit_together_are_refused_with_what_is_wrong(
    database: Database,
    negotiator: Negotiator,
    home: Path,
    terms: dict[str, Any],
    named: str,
) -> None:
    await agree(database, negotiator, **terms)
    refused = await refusal(conclude(database, negotiator, home))
    assert refused.reason is Reason.DATA_FILE_INVALID
    assert named in refused.text
    assert not is_begun(home)
    still = await database.read(lambda c: negotiations.get(c, KR_CN))
    assert still.concluded_at is None


async def test_the_homes_own_copy_is_replaced_only_when_asked_and_the_negotiation_then_closed(
    database: Database, negotiator: Negotiator, home: Path
) -> None:
    await agree(database, negotiator)
    file = home / "partners" / "arrangements" / "KR-CN-2013.toml"
    file.parent.mkdir(parents=True)
    draft = data_folder("partners") / "arrangements" / file.name
    file.write_bytes(draft.read_bytes())
    refused = await refusal(conclude(database, negotiator, home))
    assert refused.reason is Reason.ALREADY_EXISTS
    assert file.read_bytes() == draft.read_bytes()
    assert (await refusal(conclude(database, negotiator, home, by=PARK))).reason is (
        Reason.NOT_PERMITTED
    )
    await conclude(database, negotiator, home, replace=True)
    assert file.read_bytes() != draft.read_bytes()

    closed = await database.read(lambda c: negotiator.viewer.dossier(c, KR_CN))
    assert closed.workspace.arrangement == TARGET
    assert all(row.state is RowState.AGREED for row in closed.rows if row.key not in FINDINGS)
    late = await refusal(
        database.write(lambda c: negotiator.clerk.note(c, KR_CN, "too late", by=KIM))
    )
    assert late.reason is Reason.STATE_NOT_SUITABLE


async def test_concluding_again_after_a_commit_that_failed_finds_its_own_file(
    database: Database, negotiator: Negotiator, home: Path
) -> None:
    await agree(database, negotiator)

    def fail(connection: Any) -> None:
        negotiator.concluder.conclude(
            connection, KR_CN, TARGET, home=home, source="customs.go.kr", by=KIM
        )
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(fail)
    done = await conclude(database, negotiator, home, source="customs.go.kr")
    assert done.file.read_text(encoding="utf-8") == done.text
