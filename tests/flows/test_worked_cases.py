"""Cases from the sources, each from the partner's signed message to the stored answer.

The facts are those we ship (`partners/`): arrangements, scopes, dates, decision tables, what our
own AEOs get, how codes are written. Where a source left something open, the administration has to
fill it in before it can decide; each test does so in the open, in a function named `…_completed`.
Every answer is read back from the store and computed again (`Deciding.decide`). All operators are
fictitious.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mra_gateway.errors import Reason
from mra_gateway.model.changes import ChangeKind, Status, StatusChange
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import ALL, Arrangement, Benefit, Flow, PartyFunction, ScopeItem
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.messages import ReceiptOutcome
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.model.recognition import PartyResult, RecognitionReason
from mra_gateway.registry.load import Registry
from tests.support.deciding import (
    AnAdministration,
    an_operator,
    filled_in,
    goods,
    granted,
    in_force_since,
    stopped_at,
    with_arrangement,
    with_local_benefits,
)
from tests.support.messages import a_change
from tests.support.simulation import MN, AWorld, World, a_row, consent_for, put

_R = RecognitionReason
BY, EU = Territory("BY"), Territory("EU")
DAY = timedelta(days=1)


def a_grant(operator: OperatorRecord, *, number: int) -> StatusChange:
    """What a partner announces when it grants a status."""
    return a_change(operator=operator, change_number=number)


def covering_every_tier(arrangement: Arrangement, partner: str, programme: str) -> Arrangement:
    """A copy in which the partner's scope names no tier: then the decision table alone refuses."""
    scope = filled_in((ScopeItem(programme=ProgrammeId(programme), tiers=ALL),))
    return arrangement.model_copy(
        update={
            "parties": tuple(
                side.model_copy(update={"scope": scope}) if side.territory == partner else side
                for side in arrangement.parties
            )
        }
    )


# --- China - Belarus: type 3 only

TYPE_3 = an_operator("BY100000003", "BY/0003/ТИП 3", "BY-AEO", tier="3")
TYPE_1 = an_operator("BY100000001", "BY/0001/ТИП 1", "BY-AEO", tier="1")


async def test_china_grants_a_belarusian_aeo_of_type_3_and_refuses_type_1(
    an_administration: AnAdministration,
) -> None:
    """Source: GACC notice 101/2019: only AEOs of type 3 of the Eurasian Economic Union."""
    china = await an_administration("CN", "CN-BY-2019")
    await china.is_told_of(TYPE_3)
    party = await china.first(goods(TYPE_3.authorisation))
    assert granted(party) == {
        "document_check_lower",
        "inspection_lower",
        "inspection_priority",
        "liaison",
        "disruption_priority",
    }
    assert {one.legal_reference for one in party.benefits} == {"GACC notice 101/2019"}
    assert [one.code for one in party.holder_benefits] == ["liaison"], "whatever it sends"

    # Belarus ought not to tell us of type 1; where it does, its word is refused and gives nothing
    receipt = await china.is_told("BY", a_grant(TYPE_1, number=2))
    assert receipt.outcome is ReceiptOutcome.REFUSED
    assert [one.reason for one in receipt.results] == [Reason.TIER_OUT_OF_SCOPE]
    assert await china.why(goods(TYPE_1.authorisation)) == (3, _R.IDENTIFIER_NOT_FOUND)


async def test_the_shipped_table_refuses_type_1_even_where_a_copy_lets_it_in(
    an_administration: AnAdministration,
) -> None:
    """Source: GACC notice 101/2019, as the decision table CN-BY-2019.CN says it."""

    def every_type_completed(registry: Registry, arrangement: Arrangement) -> Registry:
        return with_arrangement(registry, covering_every_tier(arrangement, "BY", "BY-AEO"))

    china = await an_administration("CN", "CN-BY-2019", completed=every_type_completed)
    await china.is_listed("BY", TYPE_1, TYPE_3)
    assert await china.why(goods(TYPE_3.authorisation)) is None
    refused = await china.first(goods(TYPE_1.authorisation))
    assert refused.recognised, "it is on the list, and in the scope of this copy"
    assert granted(refused) == set()
    assert {one.reason for one in refused.benefits} == {_R.REFUSED_BY_TABLE}
    assert "Only type 3" in refused.benefits[0].text


# --- European Union - United Kingdom: security, not simplifications


async def test_the_united_kingdom_refuses_aeoc_alone_and_grants_aeos_and_aeof(
    an_administration: AnAdministration,
) -> None:
    """Source: Trade and Cooperation Agreement, Annex CUSTMS-1: security AEOs only."""
    aeoc, aeos, aeof = (
        an_operator(f"DE12345{number}", f"DE{kind}10{number}", "EU-AEO", tier=kind)
        for number, kind in enumerate(("AEOC", "AEOS", "AEOF"))
    )
    britain = await an_administration("GB", "EU-GB-2021")
    await britain.is_listed("EU", aeos, aeof)
    for each in (aeos, aeof):
        party = await britain.first(goods(each.tin))
        assert granted(party) == {"inspection_lower", "inspection_priority"}
        assert {one.reason for one in party.benefits if not one.granted} == {
            _R.NOT_OFFERED_AT_HOME  # that British AEOs go first after a disruption is not known
        }
    receipt = await britain.is_told("EU", a_grant(aeoc, number=2))
    assert [one.reason for one in receipt.results] == [Reason.TIER_OUT_OF_SCOPE]
    assert await britain.why(goods(aeoc.tin)) == (3, _R.IDENTIFIER_NOT_FOUND)


async def test_the_shipped_table_refuses_aeoc_even_where_a_copy_lets_it_in(
    an_administration: AnAdministration,
) -> None:
    """Source: Trade and Cooperation Agreement, Annex CUSTMS-1, as EU-GB-2021.GB says it."""

    def every_kind_completed(registry: Registry, arrangement: Arrangement) -> Registry:
        return with_arrangement(registry, covering_every_tier(arrangement, "EU", "EU-AEO"))

    britain = await an_administration("GB", "EU-GB-2021", completed=every_kind_completed)
    aeoc = an_operator("FR552100554", "FRAEOC7", "EU-AEO", tier="AEOC")
    aeos = an_operator("FR552100555", "FRAEOS8", "EU-AEO", tier="AEOS")
    await britain.is_listed("EU", aeoc, aeos)
    assert await britain.why(goods(aeos.tin)) is None
    refused = await britain.first(goods(aeoc.tin))
    assert {one.reason for one in refused.benefits} == {_R.REFUSED_BY_TABLE}


# --- ASEAN: every member has a day of its own

SINGAPORE = ZoneInfo("Asia/Singapore")


@pytest.mark.parametrize(
    ("operator", "started_on"),
    [
        (an_operator("BN100", "SLMSBN-123456-001", "BN-AEO"), date(2024, 8, 1)),
        (an_operator("MY200", "MY123456789012", "MY-AEO"), date(2024, 8, 1)),
        (an_operator("TH300", "TH300", "TH-AEO"), date(2024, 8, 19)),
        (an_operator("ID400", "ID400", "ID-AEO"), date(2024, 10, 1)),
        (an_operator("PH500", "PH500", "PH-AEO", tier="2"), date(2025, 2, 28)),
    ],
    ids=["Brunei", "Malaysia", "Thailand", "Indonesia", "Philippines"],
)
async def test_singapore_grants_each_member_of_asean_from_its_own_day_on(
    an_administration: AnAdministration, operator: OperatorRecord, started_on: date
) -> None:
    """Source: portcalls.com on the ASEAN arrangement; Singapore Customs Circular 06/2024.

    The day is Singapore's. It is decided in 2026 about goods accepted then, as an audit would.
    """
    singapore = await an_administration("SG", "ASEAN-AEO-2023")
    await singapore.is_listed(operator.programme.territory, operator)
    first = datetime(started_on.year, started_on.month, started_on.day, tzinfo=SINGAPORE)
    before = goods(operator.authorisation, accepted_at=first - timedelta(seconds=1))
    on_the_day = goods(operator.authorisation, accepted_at=first)
    assert await singapore.why(before) == (1, _R.ARRANGEMENT_NOT_IN_FORCE)
    assert granted(await singapore.first(on_the_day)) == {"inspection_lower"}


async def test_thailand_grants_nobody_before_it_started_itself(
    an_administration: AnAdministration,
) -> None:
    """Source: portcalls.com: Thailand applies the ASEAN arrangement since 19 August 2024."""

    def local_benefits_completed(registry: Registry, _: Arrangement) -> Registry:
        return with_local_benefits(registry, "TH-AEO", "inspection_lower")

    thailand = await an_administration("TH", "ASEAN-AEO-2023", completed=local_benefits_completed)
    malaysian = an_operator("MY200", "MY123456789012", "MY-AEO")
    await thailand.is_listed("MY", malaysian)
    first = datetime(2024, 8, 19, tzinfo=ZoneInfo("Asia/Bangkok"))
    before = goods(malaysian.tin, accepted_at=first - timedelta(seconds=1))
    assert await thailand.why(before) == (1, _R.ARRANGEMENT_NOT_IN_FORCE)
    assert await thailand.why(goods(malaysian.tin, accepted_at=first)) is None


async def test_a_member_of_asean_whose_day_is_not_known_is_not_even_heard(
    an_administration: AnAdministration,
) -> None:
    """Source: portcalls.com names Viet Nam among the later ones, without a day."""
    singapore = await an_administration("SG", "ASEAN-AEO-2023")
    vietnamese = an_operator("VN600", "VN600", "VN-AEO")
    receipt = await singapore.is_listed("VN", vietnamese)
    assert receipt.reason is Reason.ARRANGEMENT_NOT_IN_FORCE
    assert await singapore.why(goods(vietnamese.tin)) == (3, _R.IDENTIFIER_NOT_FOUND)


async def test_the_philippines_bring_in_level_2_only(an_administration: AnAdministration) -> None:
    """Source: portcalls.com/ph-fully-implements-asean-aeo-mutual-recognition-agreement."""
    singapore = await an_administration("SG", "ASEAN-AEO-2023")
    level_1, level_2 = (
        an_operator(f"PH50{level}", f"PH50{level}", "PH-AEO", tier=str(level)) for level in (1, 2)
    )
    receipt = await singapore.is_told("PH", a_grant(level_1, number=1), a_grant(level_2, number=2))
    assert receipt.outcome is ReceiptOutcome.ACCEPTED_IN_PART
    assert [(one.index, one.reason) for one in receipt.results] == [(1, Reason.TIER_OUT_OF_SCOPE)]
    assert await singapore.why(goods(level_1.tin)) == (3, _R.IDENTIFIER_NOT_FOUND)
    assert await singapore.why(goods(level_2.tin)) is None


# --- China - Mongolia: the importer need not be an AEO


async def test_an_importer_that_is_no_aeo_profits_from_its_suppliers_status(
    an_administration: AnAdministration,
) -> None:
    """Source: readings of GACC's notice of 15 May 2025 (gmteight.com, reportify.ai)."""
    mongolia = await an_administration("MN", "CN-MN-2025")
    supplier = an_operator("CN3302462345", "AEOCN3302462345", "CN-AEO", tier="advanced")
    await mongolia.is_listed("CN", supplier)
    own = a_row(tin="MN6100000001", authorisation="MN-AEO-1", programme="MN-AEO", tier=None)
    await put(mongolia.gateway, own)
    for importer in (own.tin, "MN6199999999", None):
        at_our_end = DeclaredParty(role=PartyFunction.IMPORTER, identifier=importer)
        result = await mongolia.decide(goods(supplier.authorisation, at_our_end))
        assert granted(result.results[0]) == {"inspection_lower"}, "as far as Mongolia's own get"
        assert not result.results[1].recognised, "its status is no business of recognition"


# --- Belarus - Uzbekistan: direct delivery


def start_and_benefits_completed(registry: Registry, arrangement: Arrangement) -> Registry:
    """What the text was not read for: the start, Belarus's scope, and which benefits."""
    benefits = tuple(
        Benefit(
            code=code,
            title=code.replace("_", " "),
            granted_by=Territory("UZ"),
            flows=(Flow.IMPORT, Flow.EXPORT),
            functions=(PartyFunction.CONSIGNOR, PartyFunction.CONSIGNEE),
        )
        for code in ("release_priority", "inspection_priority")
    )
    started = in_force_since(covering_every_tier(arrangement, "BY", "BY-AEO"), date(2025, 1, 1))
    return with_arrangement(registry, started.model_copy(update={"benefits": filled_in(benefits)}))


def from_minsk(**facts: object) -> Declaration:
    """Goods sent over Russia and Kazakhstan by a consignor that is the exporter, too."""
    exporter = DeclaredParty(role=PartyFunction.EXPORTER, identifier=TYPE_3.authorisation)
    declared = goods(
        TYPE_3.authorisation,
        exporter,
        role=PartyFunction.CONSIGNOR,
        dispatched_from=Territory("BY"),
        destined_to=Territory("UZ"),
        through=(Territory("RU"), Territory("KZ")),
        direct=True,
    )
    return declared.model_copy(update=facts)


async def test_uzbekistan_grants_direct_deliveries_and_says_what_to_declare(
    an_administration: AnAdministration,
) -> None:
    """Source: agreement of 26 April 2024 (cis-legislation.com rgn=158537): direct deliveries, of
    a consignor that is also exporter or declarant."""
    uzbekistan = await an_administration("UZ", "BY-UZ-2024", completed=start_and_benefits_completed)
    await uzbekistan.is_listed("BY", TYPE_3)

    direct = await uzbekistan.first(from_minsk())
    assert granted(direct) == {"release_priority", "inspection_priority"}
    assert direct.corrections == ()

    trans_shipped = await uzbekistan.first(from_minsk(direct=False))
    assert stopped_at(trans_shipped) == (4, _R.DELIVERY_NOT_DIRECT)
    assert trans_shipped.corrections == (), "nothing declared otherwise would be true"
    from_poland = await uzbekistan.first(from_minsk(dispatched_from=Territory("PL")))
    assert stopped_at(from_poland) == (4, _R.DELIVERY_NOT_DIRECT)

    for not_declared in ({"direct": None}, {"dispatched_from": None}):
        silent = await uzbekistan.first(from_minsk(**not_declared))
        assert stopped_at(silent) == (4, _R.FACT_NOT_DECLARED)
        assert {one.missing for one in silent.benefits} == {"direct"}
        (correction,) = silent.corrections
        assert "neither trans-shipped nor stored" in correction


async def test_uzbekistan_asks_that_the_consignor_is_also_exporter_or_declarant(
    an_administration: AnAdministration,
) -> None:
    """Source: agreement of 26 April 2024: a right can depend on who declares."""
    uzbekistan = await an_administration("UZ", "BY-UZ-2024", completed=start_and_benefits_completed)
    await uzbekistan.is_listed("BY", TYPE_3)
    consignor, _ = from_minsk().parties
    declarant = DeclaredParty(role=PartyFunction.DECLARANT, identifier=TYPE_3.authorisation)
    somebody_else = DeclaredParty(role=PartyFunction.EXPORTER, identifier="BY900000009")
    assert await uzbekistan.why(from_minsk(parties=(consignor, declarant))) is None
    for parties in ((consignor,), (consignor, somebody_else)):
        alone = await uzbekistan.first(from_minsk(parties=parties))
        assert stopped_at(alone) == (4, _R.FACT_NOT_DECLARED)
        (correction,) = alone.corrections
        assert "exporter" in correction
        assert "declarant" in correction


# --- Macao: class A only


async def test_china_grants_macaos_class_a_and_refuses_class_b(
    an_administration: AnAdministration,
) -> None:
    """Source: GACC notice 49/2023: class A only; the code stands in the overseas consignor code."""
    class_a = an_operator("MO123456789", "MO123456789", "MO-AEO", tier="A")
    class_b = an_operator("MO987654321", "MO987654321", "MO-AEO", tier="B")

    def start_completed(registry: Registry, arrangement: Arrangement) -> Registry:
        return with_arrangement(registry, in_force_since(arrangement, date(2023, 5, 18)))

    china = await an_administration("CN", "CN-MO-2023", completed=start_completed)
    receipt = await china.is_told("MO", a_grant(class_a, number=1), a_grant(class_b, number=2))
    assert [(one.index, one.reason) for one in receipt.results] == [(2, Reason.TIER_OUT_OF_SCOPE)]
    party = await china.first(goods("MO123456789", role=PartyFunction.CONSIGNOR))
    assert granted(party) == {
        "inspection_lower",
        "inspection_priority",
        "liaison",
        "disruption_priority",
    }
    refused = await china.first(goods("MO987654321", role=PartyFunction.CONSIGNOR))
    assert stopped_at(refused) == (3, _R.IDENTIFIER_NOT_FOUND)

    # and where China's copy named no class, the table says it
    def every_class_completed(registry: Registry, arrangement: Arrangement) -> Registry:
        started = in_force_since(arrangement, date(2023, 5, 18))
        return with_arrangement(registry, covering_every_tier(started, "MO", "MO-AEO"))

    other = await an_administration("CN", "CN-MO-2023", completed=every_class_completed)
    await other.is_listed("MO", class_a, class_b)
    assert await other.why(goods("MO123456789")) is None
    by_table = await other.first(goods("MO987654321"))
    assert {one.reason for one in by_table.benefits} == {_R.REFUSED_BY_TABLE}
    assert "Only class A" in by_table.benefits[0].text


# --- consent, suspension, appeal: what happens to a status on its way


async def test_consent_withdrawn_yesterday_ends_the_benefits_and_the_partner_is_not_told_why(
    a_world: AWorld,
) -> None:
    """Source: taxation-customs.ec.europa.eu/mutual-recognition-aeos_da: consent is withdrawn at
    any time by a written request, and the benefits end with it."""
    world = await a_world(consent="required")
    operator = a_row(consents=(consent_for(MN),))
    await put(world.cn, operator)
    await world.settle()
    world.move()
    lodged = goods(operator.authorisation, accepted_at=world.clock.now())
    assert stopped_at(await _decided(world, lodged)) is None

    # the day after, the letter arrives; the next day it is yesterday's
    world.move(DAY)
    withdrawn_on = world.cn.book.day_of(world.clock.now())
    await put(world.cn, a_row(consents=(consent_for(MN, withdrawn_on=withdrawn_on),)))
    world.move(DAY)
    await world.settle()

    today = await _decided(world, goods(operator.authorisation))
    assert stopped_at(today) == (2, _R.STATUS_NOT_VALID)
    assert today.status == Status.WITHDRAWN
    assert "consent" not in today.model_dump_json(), "the partner is not told which it was"
    # the status at acceptance counts: goods accepted before the letter keep what they had
    assert stopped_at(await _decided(world, lodged)) is None


async def test_an_operator_suspended_between_lodging_and_acceptance_gets_nothing(
    an_administration: AnAdministration,
) -> None:
    """Source: the status at the moment of acceptance counts, not at lodging (architecture's main
    path 3; EU-Switzerland 2009, Article 12: the date from which a suspension takes effect)."""
    mongolia = await an_administration("MN", "CN-MN-2025")
    operator = an_operator("CN3302462345", "AEOCN3302462345", "CN-AEO", tier="advanced")
    await mongolia.is_listed("CN", operator)
    lodged_at = mongolia.clock.now()
    suspended_at = mongolia.move(timedelta(hours=1))
    await mongolia.is_told_of(operator, ChangeKind.SUSPENDED, effective_from=suspended_at)
    accepted_at = mongolia.move(timedelta(hours=1))

    def accepted(at: datetime) -> Declaration:
        return goods(operator.tin, lodged_at=lodged_at, accepted_at=at)

    assert await mongolia.why(accepted(accepted_at)) == (2, _R.STATUS_NOT_VALID)
    assert await mongolia.why(accepted(suspended_at)) == (2, _R.STATUS_NOT_VALID)
    just_before = suspended_at - timedelta(microseconds=1)
    assert await mongolia.why(accepted(just_before)) is None


@pytest.mark.parametrize("is_retroactive", [True, False], ids=["retroactive", "from now on"])
async def test_a_revocation_annulled_on_appeal_restores_what_the_order_says(
    an_administration: AnAdministration, is_retroactive: bool
) -> None:
    """Source: appeals of operators in national law: an annulment restores the same number, and
    retroactively where the order says so."""
    mongolia = await an_administration("MN", "CN-MN-2025")
    operator = an_operator("CN3302462345", "AEOCN3302462345", "CN-AEO", tier="advanced")
    await mongolia.is_listed("CN", operator)
    before = await mongolia.decide(goods(operator.tin))

    revoked_at = mongolia.move(DAY)
    revocation = await mongolia.is_told_of(operator, ChangeKind.REVOKED, effective_from=revoked_at)
    between_at = mongolia.move(DAY)
    between = await mongolia.decide(goods(operator.tin, accepted_at=between_at))

    annulled_at = mongolia.move(10 * DAY)
    await mongolia.is_told_of(
        operator,
        ChangeKind.ANNULLED,
        status=Status.VALID,
        effective_from=revoked_at if is_retroactive else annulled_at,
        corrects=revocation.change_id,
        legal_reference="Judgment 7/2026 (fictitious)",
    )
    mongolia.move()
    after = await mongolia.decide(goods(operator.tin))
    anew = await mongolia.first(goods(operator.tin, accepted_at=between_at))

    assert stopped_at(before.results[0]) is None
    assert stopped_at(between.results[0]) == (2, _R.STATUS_NOT_VALID)
    assert stopped_at(after.results[0]) is None
    # goods accepted in between, looked at again: only the retroactive order gives them the benefit
    assert stopped_at(anew) == (None if is_retroactive else (2, _R.STATUS_NOT_VALID))
    # and what was answered then is computed again as it was answered then
    for result in (before, between, after):
        assert await mongolia.gateway.decider.recompute(result.id) == result


async def _decided(world: World, declaration: Declaration) -> PartyResult:
    (result,) = await world.mn.decider.decide([declaration], requested_by="test")
    return result.results[0]
