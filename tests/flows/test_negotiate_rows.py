"""Positions row by row: nobody overwrites another's, and everything that stood is remembered."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.negotiate import Negotiator
from mra_gateway.flows.negotiate_rows import Wording
from mra_gateway.model.comparison import Audience, Finding
from mra_gateway.model.negotiation import NegotiationId, Position, RowState
from mra_gateway.model.officers import Actor
from mra_gateway.store import journal, negotiations
from mra_gateway.store.database import Database
from tests.support.negotiating import (
    BEGIN,
    FINDINGS,
    KIM,
    KR_CN,
    LEE,
    PARK,
    READER,
    a_comparison,
    a_negotiator,
    open_one,
)


@pytest.fixture
def clock() -> HandMovedClock:
    return HandMovedClock(BEGIN)


@pytest.fixture
async def negotiator(database: Database, clock: HandMovedClock) -> Negotiator:
    made = a_negotiator(clock)
    await database.write(lambda c: open_one(c, made))
    return made


def propose(
    negotiator: Negotiator, row: str = "F.f", *, over: int | None = None, by: Actor = KIM, **w: Any
) -> Any:
    wording = Wording(**{"text": f"by {by.name}", **w})
    return lambda c: negotiator.rows.propose(
        c, KR_CN, row, side="ours", wording=wording, over=over, by=by
    )


async def refusal(work: Any) -> RequestRefused:
    with pytest.raises(RequestRefused) as refused:
        await work
    return refused.value


async def test_a_negotiator_who_writes_over_a_newer_row_is_told_who_changed_what(
    database: Database, negotiator: Negotiator, clock: HandMovedClock
) -> None:
    await database.write(propose(negotiator))
    clock.move_to(BEGIN + timedelta(hours=2))
    await database.write(propose(negotiator, over=1, by=LEE, text="logs kept for three years"))

    late = await refusal(database.write(propose(negotiator, over=1, text="mine")))
    assert late.reason is Reason.ROW_CHANGED
    for said in ("F.f", "version 2 by lee", "2012-03-05 03:00", "logs kept", "proposed by us"):
        assert said in late.text
    blind = await refusal(database.write(propose(negotiator, text="mine")))
    assert blind.reason is Reason.ROW_CHANGED
    assert "version 1 by kim" in blind.text
    ahead = await refusal(database.write(propose(negotiator, over=7)))
    assert ahead.reason is Reason.ROW_CHANGED

    stands = await database.write(propose(negotiator, over=2, text="mine"))
    assert (stands.version, stands.text) == (3, "mine")
    kept = await database.read(lambda c: negotiator.rows.history(c, KR_CN, "F.f"))
    assert [(one.version, one.by, one.text) for one in kept] == [
        (1, "kim", "by kim"),
        (2, "lee", "logs kept for three years"),
        (3, "kim", "mine"),
    ]


async def test_of_two_who_write_at_the_same_moment_one_is_refused(
    database: Database, negotiator: Negotiator
) -> None:
    done = await asyncio.gather(
        database.write(propose(negotiator, by=KIM)),
        database.write(propose(negotiator, by=LEE)),
        return_exceptions=True,
    )
    (stands,) = [one for one in done if isinstance(one, Position)]
    (refused,) = [one for one in done if isinstance(one, RequestRefused)]
    assert refused.reason is Reason.ROW_CHANGED
    assert f"by {stands.by}" in refused.text


async def test_a_row_goes_from_proposal_over_reservation_to_agreement_and_back(
    database: Database, negotiator: Negotiator
) -> None:
    rows = negotiator.rows

    def play(connection: Connection) -> list[RowState]:
        def write(verb: str, over: int, why: str | None = None, **more: Any) -> None:
            getattr(rows, verb)(
                connection, KR_CN, "F.f", wording=Wording(justification=why), over=over, by=KIM,
                **more,
            )  # fmt: skip

        propose(negotiator, by=PARK, text="firewalls documented")(connection)
        write("reserve", 1, "the ministry has to be asked", side="theirs")
        write("agree", 2, "the ministry has agreed", ad_referendum=True)
        write("agree", 3, ad_referendum=False)
        write("reopen", 4, "Order 282 changed it")
        return [one.state for one in rows.history(connection, KR_CN, "F.f")]

    assert await database.write(play) == [
        RowState.PROPOSED_BY_US,
        RowState.RESERVED,
        RowState.AGREED_AD_REFERENDUM,
        RowState.AGREED,
        RowState.OPEN,
    ]
    kept = await database.read(lambda c: rows.history(c, KR_CN, "F.f"))
    assert {one.text for one in kept} == {"firewalls documented"}
    assert kept[1].reserved_by == "theirs"


@pytest.mark.parametrize(
    ("row", "wording", "by", "reason"),
    [
        ("Z.z", {"text": "x"}, KIM, Reason.NOT_FOUND),
        ("exchange.colour", {"text": "x"}, KIM, Reason.NOT_FOUND),
        ("scope.US-CTPAT", {"value": {"tiers": "all"}}, KIM, Reason.NOT_A_PARTY),
        ("exchange.consent", {"value": "perhaps"}, KIM, Reason.REQUEST_INVALID),
        ("scope.KR-AEO", {"value": {"tier": "AA"}}, KIM, Reason.REQUEST_INVALID),
        ("F.f", {"value": "not_required"}, KIM, Reason.REQUEST_INVALID),
        ("F.f", {"text": None}, KIM, Reason.REQUEST_INVALID),
        ("F.f", {"text": "x\u0007"}, KIM, Reason.REQUEST_INVALID),
        ("F.f", {"text": "x"}, READER, Reason.NOT_PERMITTED),
    ],
)
async def test_what_cannot_be_proposed_is_refused_and_nothing_is_kept(
    database: Database,
    negotiator: Negotiator,
    row: str,
    wording: dict[str, Any],
    by: Actor,
    reason: Reason,
) -> None:
    refused = await refusal(database.write(propose(negotiator, row, by=by, **wording)))
    assert refused.reason is reason
    kept = await database.read(lambda c: negotiator.viewer.dossier(c, KR_CN))
    assert all(one.position is None for one in kept.rows)
    assert (await database.write(propose(negotiator, "F.f", by=KIM))).version == 1


async def test_what_is_agreed_is_reopened_before_it_changes_and_only_with_a_reason(
    database: Database, negotiator: Negotiator
) -> None:
    rows = negotiator.rows

    def agree(connection: Connection, *, by: Actor, over: int | None = None) -> Position:
        return rows.agree(
            connection,
            KR_CN,
            "A.a",
            ad_referendum=False,
            wording=Wording(),
            over=over,
            by=by,
        )

    refused = await refusal(database.write(lambda c: agree(c, by=PARK)))
    assert refused.reason is Reason.NOT_PERMITTED
    await database.write(lambda c: agree(c, by=KIM))
    for again in (propose(negotiator, "A.a", over=1), lambda c: agree(c, by=KIM, over=1)):
        assert (await refusal(database.write(again))).reason is Reason.STATE_NOT_SUITABLE

    def reopen(wording: Wording, by: Actor) -> Any:
        return lambda c: rows.reopen(c, KR_CN, "A.a", wording=wording, over=1, by=by)

    assert "say why" in (await refusal(database.write(reopen(Wording(), KIM)))).text
    said = Wording(justification="their law has changed")
    assert (await refusal(database.write(reopen(said, PARK)))).reason is Reason.NOT_PERMITTED
    assert (await database.write(reopen(said, KIM))).state is RowState.OPEN
    assert (await database.write(propose(negotiator, "A.a", over=2))).version == 3


async def test_a_term_is_not_agreed_without_a_value(
    database: Database, negotiator: Negotiator
) -> None:
    def agree(over: int | None) -> Any:
        return lambda c: negotiator.rows.agree(
            c, KR_CN, "in_force_on", ad_referendum=True, wording=Wording(), over=over, by=KIM
        )

    assert (await refusal(database.write(agree(None)))).reason is Reason.STATE_NOT_SUITABLE
    await database.write(propose(negotiator, "in_force_on", value="2014-04-01", text=None))
    agreed = await database.write(agree(1))
    assert (agreed.state, agreed.value) == (RowState.AGREED_AD_REFERENDUM, "2014-04-01")


async def test_what_was_written_for_ourselves_does_not_become_the_partners_with_a_state(
    database: Database, negotiator: Negotiator
) -> None:
    await database.write(propose(negotiator, text="we would concede two years"))

    def agree(**wording: Any) -> Any:
        return lambda c: negotiator.rows.agree(
            c,
            KR_CN,
            "F.f",
            ad_referendum=True,
            wording=Wording(audience=Audience.PARTNER, **wording),
            over=1,
            by=KIM,
        )

    refused = await refusal(database.write(agree()))
    assert refused.reason is Reason.STATE_NOT_SUITABLE
    assert "concede" not in refused.text
    await database.write(agree(text="three years"))
    shown = await database.read(
        lambda c: negotiator.viewer.dossier(c, KR_CN, audience=Audience.PARTNER)
    )
    assert "concede" not in shown.model_dump_json()
    assert [one.position.text for one in shown.rows if one.position] == ["three years"]


async def test_a_negotiation_is_opened_once_on_our_own_programme_with_known_phases(
    database: Database, negotiator: Negotiator
) -> None:
    def opening(id_: str, comparison: Any, **more: Any) -> Any:
        values = {"phases": "korea", "by": KIM, **more}
        return lambda c: negotiator.opener.open(c, NegotiationId(id_), comparison, **values)

    other, theirs = "KR-CN-2020", a_comparison(audience=Audience.PARTNER)
    wrong: list[tuple[Any, Reason]] = [
        (opening(str(KR_CN), a_comparison()), Reason.ALREADY_EXISTS),
        (opening(other, a_comparison(), phases="dance"), Reason.NOT_FOUND),
        (opening(other, a_comparison(ours="CN-AEO", theirs="KR-AEO")), Reason.REQUEST_INVALID),
        (opening(other, theirs), Reason.REQUEST_INVALID),
        (opening(other, a_comparison(), for_partner=a_comparison()), Reason.REQUEST_INVALID),
        (opening(other, a_comparison({}), for_partner=theirs), Reason.REQUEST_INVALID),
        (opening(other, a_comparison(), by=READER), Reason.NOT_PERMITTED),
    ]
    for work, reason in wrong:
        assert (await refusal(database.write(work))).reason is reason
    await database.write(opening(other, a_comparison(), for_partner=theirs))
    assert [one.id for one in await database.read(negotiations.listed)] == [KR_CN, other]


async def test_a_newer_comparison_says_which_rows_moved_and_keeps_the_positions(
    database: Database, negotiator: Negotiator
) -> None:
    await database.write(propose(negotiator))
    newer = a_comparison({**FINDINGS, "F.f": Finding.PARTIAL, "M.a": Finding.EQUIVALENT})
    moved = await database.write(lambda c: negotiator.opener.renew(c, KR_CN, newer, by=KIM))
    assert [tuple(one) for one in moved] == [
        ("F.f", Finding.NOT_ESTABLISHED, Finding.PARTIAL),
        ("M.a", None, Finding.EQUIVALENT),
    ]
    shown = await database.read(lambda c: negotiator.viewer.dossier(c, KR_CN))
    row = next(one for one in shown.rows if one.key == "F.f")
    assert row.compared is not None
    assert (row.compared.finding, row.history[0].text) == (Finding.PARTIAL, "by kim")
    other = a_comparison(theirs="JP-AEO")
    refused = await refusal(
        database.write(lambda c: negotiator.opener.renew(c, KR_CN, other, by=KIM))
    )
    assert refused.reason is Reason.REQUEST_INVALID


async def test_the_journal_says_who_wrote_what_version_and_never_the_words(
    database: Database, negotiator: Negotiator
) -> None:
    await database.write(propose(negotiator, text="SECRET"))
    entries = await database.read(lambda c: journal.latest(c, limit=99))
    rows = [one for one in entries if one.act == "negotiation row"]
    assert [(one.actor, one.subject, one.detail) for one in rows] == [
        ("kim", KR_CN, {"key": "F.f", "version": 1})
    ]
    assert "SECRET" not in str(entries)
