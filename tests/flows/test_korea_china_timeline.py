"""Korea and China, from the first comparison to a recognised declaration.

The days are those researched of the real negotiation (partners/arrangements/KR-CN-2013.toml names
its sources); what was said, seen and agreed on them is made up, for it was not published.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.compare import Asked
from mra_gateway.flows.negotiate_actions import NewAction
from mra_gateway.flows.negotiate_conclude import Concluded
from mra_gateway.flows.negotiate_rows import Wording
from mra_gateway.gateway import Gateway
from mra_gateway.model.comparison import Audience, InPractice
from mra_gateway.model.dossier import Dossier
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.joint_validation import Firm, Observer
from mra_gateway.model.negotiation import Party
from mra_gateway.store import message_log, negotiations
from tests.support.cli import run
from tests.support.databases import NewStore
from tests.support.deciding import goods, granted
from tests.support.negotiating import (
    BEGIN,
    CN,
    KIM,
    KR,
    KR_CN,
    LEE,
    PARK,
    a_visit,
    agree_term,
    what_was_seen,
)
from tests.support.simulation import a_row, put
from tests.support.two_sides import TwoSides

ARRANGEMENT = ArrangementId("KR-CN-2013")
CHINESE = "AEOCN3302462345"
EASED: dict[str, Any] = {"flows": ["import"], "functions": ["exporter", "consignor"]}
VISITS = (
    ("theirs", date(2012, 5, 14), date(2012, 5, 18), "Qingdao", True),
    ("ours", date(2012, 8, 28), date(2012, 8, 31), "Busan", False),
    ("theirs", date(2012, 10, 22), date(2012, 10, 26), "Shenzhen and Nanjing", True),
    ("ours", date(2012, 11, 13), date(2012, 11, 16), "Incheon", True),
)


@pytest.fixture
async def world(new_store: NewStore, tmp_path: Path) -> AsyncIterator[TwoSides]:
    async with AsyncExitStack() as stores:
        opened = [await stores.enter_async_context(new_store()) for _ in range(2)]
        yield await TwoSides(tmp_path, begin=BEGIN, databases=opened).found()


class Delegation:
    """One side's officers at their gateway."""

    def __init__(self, world: TwoSides, territory: Territory) -> None:
        self.world = world
        self.territory = territory

    @property
    def gateway(self) -> Gateway:
        return self.world.gateways[self.territory]

    async def write(self, work: Any) -> Any:
        return await self.gateway.database.write(work)

    async def dossier(self, audience: Audience = Audience.INTERNAL) -> Dossier:
        viewer = self.gateway.negotiator.viewer
        return await self.gateway.database.read(
            lambda c: viewer.dossier(c, KR_CN, audience=audience)
        )

    async def rows_to_visit(self, host: Party) -> tuple[str, ...]:
        visits = self.gateway.negotiator.visits
        return await self.gateway.database.read(lambda c: visits.rows_to_visit(c, KR_CN, host=host))

    async def phase(self, phase: str, *, ended: bool = False) -> None:
        keeper = self.gateway.negotiator.phases
        on = self.gateway.book.day_of(self.world.clock.now())
        act = keeper.end if ended else keeper.begin
        await self.write(lambda c: act(c, KR_CN, phase, on=on, by=PARK))

    async def confirm(self) -> None:
        """Two officers confirm the arrangement, and pin the other side's card."""
        overseer, approver = self.gateway.overseer, self.gateway.approver
        other = CN if self.territory == KR else KR
        requests = [
            await self.write(
                lambda c: overseer.request_pin(c, self.world.sides[other].card(), by=KIM)
            ),
            await self.write(
                lambda c: overseer.request_confirmation(
                    c, ARRANGEMENT, legal_act="Notice 2014-1 (fictitious)",
                    act_on=date(2014, 3, 20), by=KIM,
                )
            ),
        ]  # fmt: skip
        for request in requests:
            with pytest.raises(RequestRefused) as alone:
                await self.write(lambda c, r=request: approver.approve(c, r, by=KIM))
            assert alone.value.reason is Reason.SECOND_OFFICER_REQUIRED
            await self.write(lambda c, r=request: approver.approve(c, r, by=LEE))
        await self.gateway.book.refresh(self.gateway.database)


async def negotiate(korea: Delegation) -> None:
    """March 2012 to March 2013: comparison, four joint validations, final talks."""
    world, verbs = korea.world, korea.gateway.negotiator
    # March 2012: the criteria are compared
    asked = Asked(at=date(2012, 3, 5))
    await korea.write(
        lambda c: verbs.comparer.open(c, KR_CN, theirs="CN", asked=asked, phases="korea", by=KIM)
    )
    await korea.phase("comparison")
    await korea.write(
        lambda c: verbs.clerk.ask(
            c, KR_CN, "How are firms re-examined?", asked_by="ours", audience=Audience.PARTNER,
            by=PARK,
        )
    )  # fmt: skip
    await korea.write(
        lambda c: verbs.clerk.note(c, KR_CN, "INTERNAL: we need this by 2014", by=KIM)
    )
    # May to November 2012: two visits to each side
    world.move_to(2012, 5, 14)
    await korea.phase("comparison", ended=True)
    await korea.phase("joint-validation")
    for number, visit in enumerate(VISITS, start=1):
        await validate(korea, f"V{number}", *visit)
    await korea.phase("joint-validation", ended=True)
    hosts: tuple[Party, ...] = ("ours", "theirs")
    for host in hosts:
        assert await korea.rows_to_visit(host) == ()
    # March 2013: text, benefits, how operators are identified, data
    world.move_to(2013, 3, 11)
    await korea.phase("procedures")
    await korea.write(lambda c: verbs.clerk.answer(c, KR_CN, "Q1", text="every year", by=PARK))


async def validate(
    korea: Delegation, number: str, host: str, since: date, until: date, place: str, aeo: bool
) -> None:
    """One joint validation: plan, what was seen, what follows, report."""
    korea.world.move_to(until.year, until.month, until.day)
    visits = korea.gateway.negotiator.visits
    firm = Firm(name=f"{place} Logistics (fictitious)", is_authorised=aeo)
    planned = a_visit(
        host=host, from_on=since, until_on=until, place=place, firms=(firm,),
        observers=(Observer(name="Observer (fictitious)", side="theirs"),),
        audience=Audience.PARTNER,
    )  # fmt: skip
    visit = await korea.write(lambda c: visits.plan(c, KR_CN, planned, by=PARK))
    assert visit.key == number
    is_first = number in {"V1", "V2"}
    # the first visit to a side sees half of the rows; the second sees what is left of them
    looked_at = visit.checklist[::2] if is_first else visit.checklist
    assert len(looked_at) >= 10
    for item in looked_at:
        seen = what_was_seen(
            item, firm=firm.name, audience=Audience.PARTNER,
            opinion=f"INTERNAL opinion on {item}",
        )  # fmt: skip
        await korea.write(lambda c, s=seen: visits.record(c, KR_CN, number, seen=s, by=PARK))
    await korea.write(
        lambda c: korea.gateway.negotiator.actions.add(
            c, KR_CN,
            NewAction("theirs", "GACC", "send the records", working_days=10, visit=number),
            by=PARK,
        )
    )  # fmt: skip
    await korea.write(
        lambda c: visits.report(
            c, KR_CN, number, text="as on paper", over=1 + len(looked_at), by=PARK
        )
    )


async def agree(korea: Delegation) -> None:
    """The final talks of Qingdao: terms, and every row that differs."""
    verbs = korea.gateway.negotiator
    terms: dict[str, Any] = {
        "scope.KR-AEO": {"tiers": ["A", "AA", "AAA"]},
        "scope.CN-AEO": {"tiers": ["advanced"]},
        "exchange.data_elements": ["legal_name", "tier"],
        "exchange.consent": "not_required",
        "benefit.KR.inspection_lower": EASED,
        "benefit.CN.inspection_lower": EASED,
    }
    for term, value in terms.items():
        await korea.write(lambda c, t=term, v=value: agree_term(c, verbs, t, v))
    rows = [row.key for row in (await korea.dossier()).rows if not row.is_settled]
    assert rows
    for row in rows:
        await korea.write(
            lambda c, r=row: verbs.rows.agree(
                c, KR_CN, r, ad_referendum=False,
                wording=Wording(justification="compatible, seen on site"), over=None, by=KIM,
            )
        )  # fmt: skip


async def sign(korea: Delegation) -> Concluded:
    """June 2013, and what follows from it."""
    world, verbs = korea.world, korea.gateway.negotiator
    world.move_to(2013, 6, 27)
    await korea.phase("procedures", ended=True)
    await korea.phase("signature")
    days = {
        "signed_on": "2013-06-27",
        "pilot": {"from_on": "2013-08-01", "until_on": "2013-10-31"},
        "in_force_on": "2014-04-01",
        "started_on.KR": "2014-04-01",
        "started_on.CN": "2014-04-01",
    }
    for term, value in days.items():
        await korea.write(lambda c, t=term, v=value: agree_term(c, verbs, t, v))
    done: Concluded = await korea.write(
        lambda c: verbs.concluder.conclude(
            c, KR_CN, ARRANGEMENT, home=world.homes[KR], source="treaty register, no 1", by=KIM
        )
    )
    return done


async def test_from_the_first_comparison_to_a_recognised_declaration(world: TwoSides) -> None:
    korea, china = Delegation(world, KR), Delegation(world, CN)
    await negotiate(korea)
    before = (await korea.dossier()).progress
    assert (before.visits, before.reported) == ({"theirs": 2, "ours": 2},) * 2
    assert before.in_practice[InPractice.CONFIRMED] >= 10
    assert before.phase == "procedures"
    with pytest.raises(RequestRefused) as early:
        await sign_too_early(korea)
    assert early.value.reason is Reason.STATE_NOT_SUITABLE
    await agree(korea)

    done = await sign(korea)
    assert done.left_open == ()
    after = await korea.dossier()
    assert after.progress.settled == after.progress.rows
    assert after.progress.overdue == 4
    told = (await korea.dossier(Audience.PARTNER)).model_dump_json()
    assert "INTERNAL" not in told
    assert "How are firms re-examined?" in told

    # what was agreed is what the gateways run: each side takes the file, two officers confirm it
    assert_check_accepts(done.file)
    theirs = world.homes[CN] / "partners" / "arrangements" / done.file.name
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(done.file.read_bytes())
    for side in (korea, china):
        await world.restart(side.territory)
    world.move_to(2014, 4, 1)
    for side in (korea, china):
        await side.confirm()
    await world.settle()

    await put(
        china.gateway,
        a_row(
            tin="CN3302462345",
            authorisation=CHINESE,
            effective_from=datetime(2014, 4, 1, tzinfo=UTC),
        ),
    )
    await world.settle()
    sent = await china.gateway.database.read(lambda c: message_log.newest(c, limit=20))
    assert {one.outcome for one in sent if one.direction == "out" and one.outcome} == {"accepted"}
    assert await recognised(korea, CHINESE) == {"inspection_lower"}
    assert await recognised(korea, "AEOCN9999999999") == set()
    kept = await korea.gateway.database.read(lambda c: negotiations.get(c, KR_CN))
    assert kept.arrangement == ARRANGEMENT


async def sign_too_early(korea: Delegation) -> None:
    """The same conclusion before anything was agreed."""
    concluder = korea.gateway.negotiator.concluder
    await korea.write(
        lambda c: concluder.conclude(
            c, KR_CN, ARRANGEMENT, home=korea.world.homes[KR], source="x", by=KIM
        )
    )


def assert_check_accepts(file: Path) -> None:
    """`partners check` of the home finds nothing in the file."""
    ran = run("partners", "check", str(file.parents[1]), "--json")
    findings = json.loads(ran.out)["findings"]
    assert [one for one in findings if one["file"] == str(file)] == []


async def recognised(korea: Delegation, identifier: str) -> set[str]:
    """What Korea gives on a consignment of an exporter."""
    declared = goods(identifier)
    (result,) = await korea.gateway.decider.decide([declared], requested_by="test")
    return {code for party in result.results for code in granted(party)}
