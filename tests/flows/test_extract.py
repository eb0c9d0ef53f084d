"""The extract of recognised operators: who is in it, what it gives, what changed, and its bytes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import UTC, date, timedelta
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.extract import Mark, find_mark, read_mark, take_extract
from mra_gateway.flows.extract_file import ExtractForm, Written, write_extract
from mra_gateway.gateway import Gateway
from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.extract import ExtractRow, NumberUse, RowChange
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.identifiers import Digest, OfficerName, Tin
from mra_gateway.model.measures import (
    BenefitSuspension,
    ComplianceScore,
    Correspondence,
    CorrespondenceKind,
    GroundKind,
    MeasureId,
    SuspensionReason,
    Where,
)
from mra_gateway.settings import data_folder
from mra_gateway.store import grounds, purges
from mra_gateway.store import partners as decided
from tests.flows.test_decide import GRANTS, a_registry
from tests.support.messages import (
    a_change,
    a_list_part,
    a_listed_operator,
    a_notification,
    a_record,
    a_uuid,
)
from tests.support.simulation import CN, CN_MN, MN, AWorld, World

TIN, CODE = Tin("CN3302462345"), "AEOCN3302462345"
OTHER_TIN, OTHER = Tin("CN3302462346"), "AEOCN3302462346"


@pytest.fixture
async def world(a_world: AWorld) -> World:
    """Mongolia holds two operators of China."""
    registry = a_registry()
    made = await a_world(registries={CN: registry, MN: registry})
    other = a_record(
        tin=OTHER_TIN, authorisation=OTHER, episode="2", legal_name="=cmd()", expires_on=None
    )
    await made.post(a_list_part(a_listed_operator(), a_listed_operator(operator=other)))
    return made


async def mark_of(gateway: Gateway) -> Mark:
    await gateway.follower.catch_up()
    return await gateway.database.read(lambda c: find_mark(c, now=gateway.clock.now()))


async def rows_of(
    world: World, *, since: Mark | None = None, mark: Mark | None = None
) -> list[ExtractRow]:
    used = mark or await mark_of(world.mn)
    return await world.mn.database.read(lambda c: list(take_extract(c, used, since=since).rows))


async def bytes_of(
    world: World, form: ExtractForm, *, since: Mark | None = None, mark: Mark | None = None
) -> tuple[bytes, Written]:
    used = mark or await mark_of(world.mn)

    def work(connection: Connection) -> tuple[bytes, Written]:
        file = io.BytesIO()
        written = write_extract(take_extract(connection, used, since=since), file, form=form)
        return file.getvalue(), written

    return await world.mn.database.read(work)


async def tell(world: World, *, sequence: int, **fields: Any) -> None:
    fields.setdefault("effective_from", world.clock.now())
    receipt = await world.post(a_notification(a_change(**fields), sequence=sequence))
    assert receipt.reason is Reason.OK


async def ground(world: World, kind: GroundKind, noun: Any, subject: str = TIN) -> None:
    await world.mn.database.write(
        lambda c: grounds.add(
            c,
            kind,
            subject=subject,
            content=noun.model_dump_json(exclude_defaults=True),
            at=world.clock.now(),
            by="olga",
        )
    )


def uses(row: ExtractRow) -> dict[str, NumberUse]:
    return {one.text: one.use for one in row.numbers}


async def test_a_row_says_who_it_is_under_which_numbers_and_what_it_gets(world: World) -> None:
    first, second = await rows_of(world)
    assert (first.partner, first.arrangement, first.tin, first.authorisation) == (
        CN,
        CN_MN,
        TIN,
        CODE,
    )
    assert first.change is RowChange.LISTED
    assert (first.status, first.tier, first.programme) == ("valid", "advanced", "CN-AEO")
    assert uses(first) == {CODE: NumberUse.SURE, TIN: NumberUse.SURE}
    assert {one.code for one in first.benefits} == set(GRANTS)
    assert first.as_of is not None
    assert first.use_until is not None
    assert timedelta(days=45) <= first.use_until - first.as_of <= timedelta(days=46)
    assert second.tin == OTHER_TIN
    assert second.holds_until is None


async def test_what_a_row_gives_is_what_a_declaration_gets(world: World) -> None:
    row, _ = await rows_of(world)
    for flow in Flow:
        for function in (PartyFunction.EXPORTER, PartyFunction.CARRIER, PartyFunction.IMPORTER):
            party = DeclaredParty(role=function, identifier=CODE)
            declaration = Declaration(reference="D", type=flow, parties=(party,))
            (result,) = await world.mn.decider.decide([declaration], requested_by="test")
            granted = {one.code for one in result.results[0].benefits if one.granted}
            listed = {
                one.code for one in row.benefits if one.flow is flow and function in one.functions
            }
            assert listed == granted, (flow, function)


@pytest.mark.parametrize(
    "kind", [ChangeKind.SUSPENDED, ChangeKind.REVOKED, ChangeKind.EXPIRED, ChangeKind.WITHDRAWN]
)
async def test_who_is_not_recognised_is_not_in_it_and_the_other_is(
    world: World, kind: ChangeKind
) -> None:
    world.move()
    before = await mark_of(world.mn)
    await tell(world, sequence=2, kind=kind)
    assert [row.tin for row in await rows_of(world)] == [OTHER_TIN]
    (gone,) = await rows_of(world, since=before)
    assert (gone.change, gone.tin, gone.authorisation) == (RowChange.REMOVED, TIN, CODE)
    assert gone.numbers == ()


async def test_an_arrangement_no_longer_confirmed_lists_nobody(world: World) -> None:
    assert len(await rows_of(world)) == 2
    world.move()
    await world.mn.database.write(
        lambda c: decided.withdraw_confirmation(c, CN_MN, at=world.clock.now())
    )
    assert await rows_of(world) == []


async def test_a_partner_silent_for_too_long_is_left_out_and_its_rows_said_when(
    world: World,
) -> None:
    row, _ = await rows_of(world)
    assert row.use_until is not None
    world.clock.move_to(row.use_until - timedelta(seconds=1))
    assert len(await rows_of(world)) == 2
    world.clock.move_to(row.use_until)
    assert await rows_of(world) == []


async def test_a_scheduled_end_is_told_before_and_taken_out_when_it_comes(world: World) -> None:
    ends = world.clock.now() + timedelta(days=3)
    await tell(world, sequence=2, kind=ChangeKind.REVOKED, effective_from=ends)
    first, second = await rows_of(world)
    assert first.holds_until == first.use_until == ends
    before = await mark_of(world.mn)
    world.clock.move_to(ends)
    assert [row.tin for row in await rows_of(world)] == [OTHER_TIN]
    after = await mark_of(world.mn)
    assert after.position == before.position
    assert [one.change for one in await rows_of(world, since=before)] == [RowChange.REMOVED]
    assert second.holds_until is None


async def test_the_last_day_ends_in_the_partners_zone(world: World) -> None:
    row, _ = await rows_of(world)
    assert row.expires_on == date(2029, 5, 5)
    assert row.holds_until is not None
    assert row.holds_until.astimezone(UTC).isoformat() == "2029-05-05T16:00:00+00:00"


async def test_a_delta_says_who_came_changed_and_went_and_a_quiet_word_nothing(
    world: World,
) -> None:
    before = await mark_of(world.mn)
    world.move()
    third = a_record(tin="CN3302462347", authorisation="AEOCN3302462347", episode="3")
    changed = a_record(legal_name="宁波", record_version=2)
    await tell(world, sequence=2, change_number=1, kind=ChangeKind.AMENDED, operator=changed)
    await tell(world, sequence=3, change_number=2, operator=third)
    delta = await rows_of(world, since=before)
    assert [(one.change, one.tin) for one in delta] == [
        (RowChange.CHANGED, TIN),
        (RowChange.ADDED, third.tin),
    ]
    assert delta[0].legal_name == "宁波"
    assert await rows_of(world, since=await mark_of(world.mn)) == []


async def test_the_same_mark_means_the_same_bytes_however_late(world: World) -> None:
    mark = await mark_of(world.mn)
    made = {form: (await bytes_of(world, form, mark=mark))[0] for form in ExtractForm}
    world.move(timedelta(minutes=7))
    assert await mark_of(world.mn) == mark
    await tell(world, sequence=2, kind=ChangeKind.SUSPENDED)
    world.move(timedelta(days=1))
    assert await mark_of(world.mn) != mark
    named = await world.mn.database.read(lambda c: read_mark(c, str(mark)))
    assert named == mark
    for form, content in made.items():
        assert (await bytes_of(world, form, mark=named))[0] == content


async def test_who_was_suspended_is_gone_although_a_clock_was_ahead_before(world: World) -> None:
    before = await mark_of(world.mn)
    world.move(timedelta(days=30))
    await tell(world, sequence=2, kind=ChangeKind.AMENDED)
    world.move(timedelta(days=-30, minutes=1))
    await tell(world, sequence=3, change_number=2, kind=ChangeKind.SUSPENDED)
    mark = await mark_of(world.mn)
    assert TIN not in {row.tin for row in await rows_of(world, mark=mark)}
    gone = await rows_of(world, since=before, mark=mark)
    assert [(row.tin, row.change) for row in gone] == [(TIN, RowChange.REMOVED)]
    assert await world.mn.database.read(lambda c: read_mark(c, str(mark))) == mark


@pytest.mark.parametrize("form", ExtractForm)
async def test_a_truncated_file_is_noticed(world: World, form: ExtractForm) -> None:
    content, written = await bytes_of(world, form)
    *lines, last = content.splitlines(keepends=True)
    assert hashlib.sha256(b"".join(lines)).hexdigest() == written.digest
    assert written.digest.encode() in last
    assert written.operators == 2
    assert hashlib.sha256(b"".join(lines[:-1])).hexdigest() != written.digest


async def test_the_xml_is_valid_against_its_schema_in_full_and_as_a_delta(world: World) -> None:
    schema = etree.XMLSchema(
        etree.parse(data_folder("schemas") / "extract" / "1.0" / "extract.xsd")
    )
    before = await mark_of(world.mn)
    score = ComplianceScore(tin=TIN, score=7.5, scale="0-10", as_of=world.clock.now())
    await ground(world, GroundKind.COMPLIANCE_SCORE, score)
    known = Correspondence(
        kind=CorrespondenceKind.IDENTIFIER, text="MNSUP 77", list="MN-SUP", partner=CN, tin=TIN,
        site="Ningbo", confirmed_by="olga", confirmed_at=world.clock.now(), why="letter",
    )  # fmt: skip
    await ground(world, GroundKind.CORRESPONDENCE, known)
    full, _ = await bytes_of(world, ExtractForm.XML)
    schema.assertValid(etree.fromstring(full))
    await tell(
        world,
        sequence=2,
        kind=ChangeKind.REVOKED,
        operator=a_record(tin=OTHER_TIN, authorisation=OTHER, episode="2"),
    )
    delta, _ = await bytes_of(world, ExtractForm.XML, since=before)
    root = etree.fromstring(delta)
    schema.assertValid(root)
    changes = [each.get("change") for each in root.iter("{*}Operator")]
    assert changes == ["changed", "removed"]
    root[1].attrib["change"] = "forgotten"
    assert not schema.validate(root)


async def test_the_csv_has_plain_headings_and_nothing_in_it_can_run(world: World) -> None:
    content, written = await bytes_of(world, ExtractForm.CSV)
    heading, *rows, end = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    as_of = [row for row in rows if row[0] == "as of"]
    listed = [dict(zip(heading, row, strict=True)) for row in rows if row[0] != "as of"]
    assert [row[1:3] for row in as_of] == [[CN, CN_MN]]
    assert listed[0]["Number to declare"] == TIN
    assert listed[0]["Other numbers that settle who is meant"] == CODE
    assert listed[0]["Use until"] == as_of[0][heading.index("Use until")]
    assert "inspection_lower" in listed[0]["Benefits on consignments"]
    assert listed[1]["Name"] == "'=cmd()"
    assert end[:3] == ["end of file", "2", written.digest]


async def test_the_json_holds_every_row_and_the_mark(world: World) -> None:
    content, written = await bytes_of(world, ExtractForm.JSON)
    document = json.loads(content)
    assert document["end"] == {
        "operators": 2,
        "digest": written.digest,
        "mark": document["head"]["mark"],
    }
    assert [ExtractRow.model_validate(one) for one in document["operators"]] == await rows_of(world)


async def test_local_codes_say_whether_they_settle_who_is_meant(world: World) -> None:
    at = world.clock.now()

    def known(text: str, tin: Tin) -> Correspondence:
        return Correspondence(
            kind=CorrespondenceKind.IDENTIFIER, text=text, partner=CN, tin=tin,
            confirmed_by="olga", confirmed_at=at, why="letter",
        )  # fmt: skip

    await ground(world, GroundKind.CORRESPONDENCE, known("SUP-1", TIN))
    await ground(world, GroundKind.CORRESPONDENCE, known("SUP-2", TIN))
    await ground(world, GroundKind.CORRESPONDENCE, known("SUP-2", OTHER_TIN), OTHER_TIN)
    row, _ = await rows_of(world)
    codes = {one.code: one.use for one in row.local_codes}
    assert codes == {
        "0042": NumberUse.LOSSY,
        "SUP-1": NumberUse.SURE,
        "SUP-2": NumberUse.AMBIGUOUS,
    }
    for code, use in codes.items():
        party = DeclaredParty(role=PartyFunction.EXPORTER, identifier=code)
        declaration = Declaration(reference="D", type=Flow.IMPORT, parties=(party,))
        (result,) = await world.mn.decider.decide([declaration], requested_by="test")
        assert result.recognised is (use is NumberUse.SURE), code


async def test_a_tin_of_two_authorisations_settles_nothing_and_their_numbers_do(
    world: World,
) -> None:
    second = a_record(authorisation="AEOCN-B", episode="B", partner_identifiers=())
    await tell(world, sequence=2, operator=second)
    other, first, _ = await rows_of(world)
    assert uses(first) == {CODE: NumberUse.SURE, TIN: NumberUse.AMBIGUOUS}
    assert uses(other) == {"AEOCN-B": NumberUse.SURE, TIN: NumberUse.AMBIGUOUS}


async def test_benefits_we_suspended_are_gone_wherever_the_suspension_is_about(
    world: World,
) -> None:
    at = world.clock.now()
    suspension = BenefitSuspension(
        id=MeasureId(a_uuid(77)), partner=CN, tin=TIN, reason="x",
        reason_class=SuspensionReason.OTHER,
        from_at=at, ordered_at=at, ordered_by=OfficerName("olga"), confirm_before=at,
        codes=(GRANTS[0],), where=Where(offices=("MN001",)),
    )  # fmt: skip
    await ground(world, GroundKind.BENEFIT_SUSPENSION, suspension)
    first, second = await rows_of(world)
    assert {one.code for one in first.benefits} == {GRANTS[1]}
    assert first.note is not None
    assert {one.code for one in second.benefits} == set(GRANTS)
    assert second.note is None


async def test_a_score_is_carried_along(world: World) -> None:
    score = ComplianceScore(tin=TIN, score=7.5, scale="0-10", as_of=world.clock.now())
    await ground(world, GroundKind.COMPLIANCE_SCORE, score)
    first, second = await rows_of(world)
    assert (first.score, first.score_scale) == (7.5, "0-10")
    assert second.score is None


@pytest.mark.parametrize("text", ["", "x", "0", "999999", "1@", "1@2026-03-02", "1@soon"])
async def test_what_is_no_mark_is_refused_and_a_mark_is_not(world: World, text: str) -> None:
    mark = await mark_of(world.mn)
    assert await world.mn.database.read(lambda c: read_mark(c, str(mark))) == mark
    assert (await world.mn.database.read(lambda c: read_mark(c, "1"))).position == 1
    if text == "1@":
        return
    with pytest.raises(RequestRefused) as refused:
        await world.mn.database.read(lambda c: read_mark(c, text))
    assert refused.value.reason is Reason.REQUEST_INVALID


async def test_a_delta_over_a_purge_is_refused_and_a_full_extract_is_not(world: World) -> None:
    mark = await mark_of(world.mn)

    def purged(ended_before: Any) -> purges.Purge:
        return purges.Purge(
            world.clock.now(), CN, CN_MN, 30, ended_before, 1, {}, Digest("0" * 64), "olga", "pavel"
        )

    await world.mn.database.write(lambda c: purges.add(c, purged(mark.at)))
    assert await rows_of(world, since=mark, mark=mark) == []
    later = mark.at + timedelta(days=1)
    await world.mn.database.write(lambda c: purges.add(c, purged(later)))
    with pytest.raises(RequestRefused) as refused:
        await rows_of(world, since=mark, mark=mark)
    assert refused.value.reason is Reason.STATE_NOT_SUITABLE
    assert len(await rows_of(world, mark=mark)) == 2


async def test_only_one_partners_operators_are_taken_when_asked(world: World) -> None:
    mark = await mark_of(world.mn)

    def count(connection: Connection, partner: Any) -> int:
        return len(list(take_extract(connection, mark, partner=partner).rows))

    assert await world.mn.database.read(lambda c: count(c, CN)) == 2
    assert await world.mn.database.read(lambda c: count(c, MN)) == 0
