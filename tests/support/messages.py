"""Messages to test with: plain builders, and Hypothesis strategies for every noun that travels.

Builders return something valid and ordinary; name what matters to your test:
`a_record(tin="MN6101234567", tier="2")`. All operators are fictitious.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from mra_gateway.errors import Reason
from mra_gateway.model.changes import RESULT, ChangeKind, ListedOperator, Status, StatusChange
from mra_gateway.model.facts import ALL, Basis, Fact, Flow, Programme, Tier
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    ChangeId,
    Digest,
    ListId,
    MessageId,
    ProgrammeId,
    Territory,
    Tin,
)
from mra_gateway.model.indicators import Breakdown, IndicatorId
from mra_gateway.model.joint_sheets import GroupPart, JointCell
from mra_gateway.model.measures import (
    CorrespondenceKind,
    DisruptionCause,
    MeasureId,
    SuspensionReason,
)
from mra_gateway.model.messages import (
    MAX_PLACES,
    SEQUENCED,
    WITHOUT_ARRANGEMENT,
    Body,
    Capabilities,
    CorrespondenceAct,
    CorrespondenceNotice,
    DisruptionAct,
    DisruptionNotice,
    Envelope,
    Environment,
    Message,
    MessageKind,
    PerformanceSheet,
    Ping,
    Place,
    ProgrammeProfile,
    Receipt,
    ReceiptOutcome,
    RecordResult,
    StatusAnswer,
    StatusEnquiry,
    StatusListPart,
    StatusNotification,
    SuspensionAct,
    SuspensionNotice,
    Void,
)
from mra_gateway.model.operators import (
    Address,
    OperatorName,
    OperatorRecord,
    PartnerIdentifier,
    ProgrammeKind,
    Role,
)
from mra_gateway.model.periods import Period
from mra_gateway.model.profiles import (
    Cell,
    Instrument,
    Measure,
    Profile,
    Quantity,
    Stated,
    Strength,
)
from mra_gateway.model.requirements import Method, Phrase
from mra_gateway.model.trust import (
    SignerCertificate,
    Verdict,
    VerdictOutcome,
    VerifiedMessage,
)
from mra_gateway.wire.digests import list_root, part_digest
from mra_gateway.wire.xml import digest_of

AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
"""The moment builders use unless told otherwise."""

CN, MN = Territory("CN"), Territory("MN")
CN_MN = ArrangementId("CN-MN-2025")

_numbers = itertools.count(1)


def a_uuid(number: int | None = None) -> str:
    """Returns a UUID's text form: the one of a number, or the next of the run."""
    return f"00000000-0000-4000-8000-{next(_numbers) if number is None else number:012x}"


# plain builders


def a_record(**fields: Any) -> OperatorRecord:
    """Returns a Chinese AEO's record with every element an arrangement may agree on."""
    values: dict[str, Any] = {
        "tin": Tin("CN3302462345"),
        "authorisation": AuthorisationNumber("AEOCN3302462345"),
        "episode": "AEOCN3302462345/1",
        "programme": ProgrammeId("CN-AEO"),
        "tier": "advanced",
        "roles": (Role.EXPORTER, Role.MANUFACTURER),
        "legal_name": "宁波虚构国际贸易有限公司",
        "names": (OperatorName(text="Ningbo Fictitious Trading Co., Ltd.", language="en"),),
        "addresses": (
            Address(
                lines=("No. 12 Fictitious Road", "Beilun District"),
                city="Ningbo",
                postcode="315800",
                territory=CN,
                language="en",
            ),
        ),
        "granted_on": date(2024, 5, 6),
        "expires_on": date(2029, 5, 5),
        "decision_reference": "2024/117",
        "issuing_authority": "Ningbo Customs",
        "partner_identifiers": (PartnerIdentifier(kind="MN-SUPPLIER", value="0042"),),
        "record_version": 1,
    }
    return OperatorRecord(**{**values, **fields})


def a_change(**fields: Any) -> StatusChange:
    """Returns a grant; another `kind` brings the status it leads to."""
    kind = ChangeKind(fields.get("kind", ChangeKind.GRANTED))
    values: dict[str, Any] = {
        "change_id": a_uuid(),
        "change_number": 1,
        "kind": kind,
        "status": RESULT.get(kind, Status.VALID),
        "effective_from": AT,
    }
    if kind in {ChangeKind.CORRECTED, ChangeKind.ANNULLED}:
        values |= {"corrects": a_uuid(), "legal_reference": "Judgment 7/2026 (fictitious)"}
    values |= fields
    values.setdefault("operator", a_record())
    return StatusChange(**values)


def a_listed_operator(**fields: Any) -> ListedOperator:
    """Returns an operator with a valid authorisation, as a list names it."""
    values = {"status": Status.VALID, "effective_from": AT, "change_id": a_uuid(), **fields}
    values.setdefault("operator", a_record())
    return ListedOperator(**values)


def an_envelope(kind: MessageKind = MessageKind.PING, **fields: Any) -> Envelope:
    """Returns an envelope from China to Mongolia that fits the kind."""
    values: dict[str, Any] = {
        "message_id": a_uuid(),
        "kind": kind,
        "environment": Environment.TEST,
        "sender": CN,
        "recipient": MN,
        "arrangement": None if kind in WITHOUT_ARRANGEMENT else CN_MN,
        "sequence": 1 if kind in SEQUENCED else None,
        "created_at": AT,
    }
    return Envelope(**{**values, **fields})


def a_message(body: Body, **fields: Any) -> Message:
    """Returns a body in an envelope that fits it; the fields are the envelope's."""
    return Message(envelope=an_envelope(body.kind, **fields), body=body)


def a_notification(*changes: StatusChange, **fields: Any) -> Message:
    """Returns a notification of the changes, of one grant when there are none."""
    return a_message(StatusNotification(changes=changes or (a_change(),)), **fields)


def list_messages(
    *parts: Sequence[ListedOperator], as_of_change: int = 0, **fields: Any
) -> tuple[Message, ...]:
    """Returns the messages of one full list, sequence numbers counting from `sequence` or 1."""
    first = fields.pop("sequence", 1)
    list_id = ListId(a_uuid())
    root = list_root([part_digest(part) for part in parts])
    return tuple(
        a_message(
            StatusListPart(
                list_id=list_id,
                part=number,
                parts=len(parts),
                total=sum(len(each) for each in parts),
                root=root,
                as_of=AT,
                as_of_change=as_of_change,
                operators=tuple(part),
            ),
            sequence=first + number - 1,
            **fields,
        )
        for number, part in enumerate(parts, start=1)
    )


def a_list_part(*operators: ListedOperator, **fields: Any) -> Message:
    """Returns a full list of one part."""
    return list_messages(operators, **fields)[0]


def an_enquiry(identifier: str = "AEOCN3302462345", **fields: Any) -> Message:
    """Returns an enquiry for the moment `AT`."""
    return a_message(StatusEnquiry(identifier=identifier, at=AT), **fields)


def an_answer(**fields: Any) -> Message:
    """Returns an answer with a hit; the fields are the body's."""
    values: dict[str, Any] = {
        "enquiry_id": a_uuid(),
        "identifier": "AEOCN3302462345",
        "at": AT,
        "hit": True,
        "status": Status.VALID,
    }
    values |= fields
    if values["hit"]:
        values.setdefault("operator", a_record())
    return a_message(StatusAnswer(**values))


def a_receipt(**fields: Any) -> Message:
    """Returns the receipt of an accepted message; the fields are the body's."""
    values: dict[str, Any] = {
        "message_id": a_uuid(),
        "digest": Digest("0123456789abcdef" * 4),
        "outcome": ReceiptOutcome.ACCEPTED,
        "received_at": AT,
        "expected": 2,
    }
    return a_message(Receipt(**{**values, **fields}))


def a_void(**fields: Any) -> Message:
    """Returns the void of some message."""
    return a_message(Void(message_id=MessageId(a_uuid()), why="Sent by mistake"), **fields)


def a_ping(**fields: Any) -> Message:
    """Returns a Ping."""
    return a_message(Ping(), **fields)


def a_suspension(**fields: Any) -> SuspensionNotice:
    """Returns word that all benefits of a Mongolian operator are stopped."""
    values: dict[str, Any] = {
        "suspension_id": MeasureId(a_uuid()),
        "act": SuspensionAct.SUSPENDED,
        "tin": Tin("MN6101234567"),
        "effective_from": AT,
        "codes": (ALL,),
        "reason_class": SuspensionReason.IRREGULARITY,
    }
    return SuspensionNotice(**{**values, **fields})


def a_disruption(**fields: Any) -> DisruptionNotice:
    """Returns word that trade is disrupted at a border post."""
    values: dict[str, Any] = {
        "disruption_id": MeasureId(a_uuid()),
        "act": DisruptionAct.BEGINS,
        "cause": DisruptionCause.NATURAL_DISASTER,
        "effective_at": AT,
        "place": Place(offices=("CNERE",)),
        "text": "Dust storm at Erenhot (fictitious)",
    }
    return DisruptionNotice(**{**values, **fields})


def a_correspondence(**fields: Any) -> CorrespondenceNotice:
    """Returns word that a supplier code of China's stands for a Mongolian operator."""
    values: dict[str, Any] = {
        "correspondence_id": MeasureId(a_uuid()),
        "act": CorrespondenceAct.CONFIRMED,
        "matter": CorrespondenceKind.IDENTIFIER,
        "text": "MN-SUP-0042",
        "list": "CN-SUPPLIER",
        "tin": Tin("MN6101234567"),
        "effective_at": AT,
    }
    return CorrespondenceNotice(**{**values, **fields})


def a_fact(value: Any) -> Any:
    """Returns a fact that was read, with its source."""
    return Fact[Any](value=value, source="fictitious.example", basis=Basis.READ, as_of=AT.date())


def a_cell(item: str = "safe:A.a", **fields: Any) -> Any:
    """Returns a fact of a requirement, three years without an infringement."""
    values: dict[str, Any] = {
        "item": item,
        "stated": Stated.REQUIRED,
        "text": Phrase(en="No serious infringement (fictitious)"),
        "strength": Strength.MUST,
        "thresholds": ((Quantity(measure=Measure.LOOK_BACK, value=3, unit="year"),),),
    }
    return a_fact(Cell(**{**values, **fields}))


def a_programme_profile(programme: str = "CN-AEO", **fields: Any) -> ProgrammeProfile:
    """Returns the first version of a programme's profile; the fields are the profile's."""
    values: dict[str, Any] = {
        "programme": ProgrammeId(programme),
        "version": 1,
        "cells": (a_cell(),),
        **fields,
    }
    return ProgrammeProfile(profile=Profile(**values), programme=header_facts(programme))


def header_facts(programme: str = "CN-AEO", **fields: Any) -> Programme:
    """Returns header facts of a programme."""
    values: dict[str, Any] = {
        "id": ProgrammeId(programme),
        "administration": Territory(programme[:2]),
        "name": a_fact("Authorised economic operators (fictitious)"),
        "kind": a_fact(ProgrammeKind.AEO),
        "legal_basis": a_fact("Order 1 (fictitious)"),
        "launched_on": a_fact("2018"),
        "tiers": a_fact((Tier(code="advanced", name="Advanced", mra_eligible=True),)),
        "roles": a_fact((Role.IMPORTER, Role.EXPORTER)),
        "validity": a_fact(None),
        "numbers": a_fact(None),
        "authorisation_form": a_fact(None),
        "local_benefits": a_fact(("inspection_lower",)),
    }
    return Programme(**{**values, **fields})


def a_joint_cell(indicator: str = "gateway:reciprocity.given", **fields: Any) -> JointCell:
    """Returns a figure of a sheet: benefits given under the arrangement of the tests."""
    values: dict[str, Any] = {
        "arrangement": CN_MN,
        "indicator": indicator,
        "definition": Digest("1" * 64),
        "value": 40.0,
        "numerator": 40.0,
        "cases": 40,
    }
    return JointCell(**{**values, **fields})


def a_performance_sheet(*cells: JointCell, period: str = "2026-01") -> PerformanceSheet:
    """Returns a sheet with the figures given, or with one of its own and a suppressed one."""
    shown = cells or (
        a_joint_cell(),
        a_joint_cell(
            "gateway:benefits.granted",
            group=(GroupPart(column="benefit", value="priority"),),
            suppressed=True,
            value=None,
            numerator=None,
            cases=None,
        ),
    )
    return PerformanceSheet(period=Period(period), cells=shown)


def one_of_each() -> tuple[Message, ...]:
    """Returns a message of every kind."""
    return (
        a_notification(),
        a_list_part(a_listed_operator()),
        an_enquiry(),
        an_answer(),
        a_receipt(),
        a_void(),
        a_ping(),
        a_message(a_suspension(place=Place(through=(MN,)), until=datetime(2027, 1, 1, tzinfo=UTC))),
        a_message(a_disruption()),
        a_message(a_correspondence(site="Plant 2, Darkhan (fictitious)")),
        a_message(a_programme_profile()),
        a_message(a_performance_sheet()),
    )


def as_verified(signed: bytes) -> VerifiedMessage:
    """Returns canonical bytes as if a verifier had passed them: for testing what comes after."""
    certificate = SignerCertificate(
        der=b"",
        fingerprint=Digest("0" * 64),
        subject="CN=fictitious signer",
        issuer="CN=fictitious anchor",
        serial="1",
        not_before=AT,
        not_after=AT,
    )
    return VerifiedMessage(
        signed=signed,
        digest=digest_of(signed),
        sender=CN,
        signer=certificate,
        signed_at=AT,
        verdict=Verdict(outcome=VerdictOutcome.PASSED, reason=Reason.OK, at=AT, steps=()),
    )


# strategies

_PRINTABLE = st.characters(exclude_categories=("C", "Z"), codec="utf-8")


def _is_text(text: str, *, longest: int) -> bool:
    return text.isprintable() and text == text.strip() and 1 <= len(text) <= longest


def texts(longest: int = 512) -> st.SearchStrategy[str]:
    """One line in any script, in NFC: what `Text` takes."""
    words = st.text(_PRINTABLE, min_size=1, max_size=12)
    lines = st.lists(words, min_size=1, max_size=4).map(" ".join)
    awkward = st.sampled_from(
        (
            'O\'Brien & Sons <Ltd> "Est." 1900',
            "0042",
            "]]>",
            "Монголын хуурамч ХХК",
            "宁波虚构国际贸易有限公司",
            "𠮷野家 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
            "two  spaces",
            "\u0338 begins with a mark",
            "한국 가상 주식회사",
            "BY/0042/ТИП 3",
        )
    )
    normal = (awkward | lines).map(lambda text: unicodedata.normalize("NFC", text))
    return normal.filter(lambda text: _is_text(text, longest=longest))


def uuids() -> st.SearchStrategy[str]:
    """UUIDs in lower case."""
    return st.uuids().map(str)


def moments() -> st.SearchStrategy[datetime]:
    """Moments in UTC, with and without a fraction."""
    any_moment = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001 - made aware by the strategy
    return any_moment.map(lambda at: at.replace(tzinfo=UTC)) | st.just(AT)


def territories() -> st.SearchStrategy[Territory]:
    """Territory codes."""
    return st.from_regex(r"[A-Z]{2}", fullmatch=True).map(Territory)


def tins() -> st.SearchStrategy[Tin]:
    """TINs, leading zeros and longest included."""
    return st.from_regex(r"[A-Z]{2}[A-Z0-9]{1,33}", fullmatch=True).map(Tin)


def _codes() -> st.SearchStrategy[str]:
    return st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,34}", fullmatch=True)


def _languages() -> st.SearchStrategy[str]:
    return st.sampled_from(("mn", "ru", "zh-Hans", "en", "kk-Cyrl-KZ"))


def _counts(smallest: int = 1) -> st.SearchStrategy[int]:
    return st.integers(smallest, 50) | st.just(10**18 - 1)


def addresses() -> st.SearchStrategy[Address]:
    """Addresses."""
    return st.builds(
        Address,
        lines=st.lists(texts(), min_size=1, max_size=6).map(tuple),
        city=st.none() | texts(),
        postcode=st.none() | texts(),
        territory=territories(),
        language=st.none() | _languages(),
    )


def operator_records() -> st.SearchStrategy[OperatorRecord]:
    """Records with any choice of optional elements."""
    return st.builds(
        OperatorRecord,
        tin=tins(),
        tin_as_issued=st.none() | texts(),
        authorisation=texts(70).map(AuthorisationNumber),
        episode=texts(),
        programme=st.from_regex(r"[A-Z]{2}-[A-Z0-9-]{1,30}", fullmatch=True).map(ProgrammeId),
        kind=st.sampled_from(ProgrammeKind),
        tier=st.none() | _codes(),
        roles=st.lists(st.sampled_from(Role), max_size=4).map(tuple),
        legal_name=st.none() | texts(),
        names=st.lists(
            st.builds(OperatorName, text=texts(), language=st.none() | _languages()), max_size=2
        ).map(tuple),
        addresses=st.lists(addresses(), max_size=2).map(tuple),
        granted_on=st.none() | st.dates(),
        expires_on=st.none() | st.dates(),
        decision_reference=st.none() | texts(),
        issuing_authority=st.none() | texts(),
        partner_identifiers=st.lists(
            st.builds(
                PartnerIdentifier, kind=_codes(), value=texts(), site=st.none() | addresses()
            ),
            max_size=2,
        ).map(tuple),
        record_version=_counts(),
    )


@st.composite
def status_changes(draw: st.DrawFn, *, kind: ChangeKind | None = None) -> StatusChange:
    """Changes of every kind, each with a status it may lead to."""
    kind = draw(st.sampled_from(ChangeKind)) if kind is None else kind
    undoes = kind in {ChangeKind.CORRECTED, ChangeKind.ANNULLED}
    status = RESULT.get(kind)
    return StatusChange(
        change_id=ChangeId(draw(uuids())),
        change_number=draw(_counts()),
        kind=kind,
        status=draw(st.sampled_from(Status)) if status is None else status,
        effective_from=draw(moments()),
        corrects=ChangeId(draw(uuids())) if undoes else None,
        legal_reference=draw(texts() if undoes else st.none() | texts()),
        operator=draw(operator_records()),
    )


def listed_operators() -> st.SearchStrategy[ListedOperator]:
    """Operators as a list names them."""
    return st.builds(
        ListedOperator,
        status=st.sampled_from(Status),
        effective_from=moments(),
        change_id=st.none() | uuids().map(ChangeId),
        operator=operator_records(),
    )


def notifications() -> st.SearchStrategy[StatusNotification]:
    """Notifications whose changes have different ids and numbers."""
    changes = st.lists(
        status_changes(),
        min_size=1,
        max_size=3,
        unique_by=(lambda change: change.change_id, lambda change: change.change_number),
    )
    return changes.map(lambda each: StatusNotification(changes=tuple(each)))


def list_parts() -> st.SearchStrategy[StatusListPart]:
    """Parts of lists, empty ones included."""
    return st.builds(
        StatusListPart,
        list_id=uuids().map(ListId),
        part=st.integers(1, 100_000),
        parts=st.integers(1, 100_000),
        total=_counts(0),
        root=digests(),
        as_of=moments(),
        as_of_change=_counts(0),
        operators=st.lists(listed_operators(), max_size=3).map(tuple),
    )


def digests() -> st.SearchStrategy[Digest]:
    """SHA-256 digests."""
    return st.binary(min_size=32, max_size=32).map(lambda digest: Digest(digest.hex()))


@st.composite
def answers(draw: st.DrawFn) -> StatusAnswer:
    """Answers; data only with a hit."""
    hit = draw(st.booleans())
    return StatusAnswer(
        enquiry_id=MessageId(draw(uuids())),
        identifier=draw(texts()),
        at=draw(moments()),
        hit=hit,
        status=draw(st.none() | st.sampled_from(Status)) if hit else None,
        operator=draw(st.none() | operator_records()) if hit else None,
    )


def receipts() -> st.SearchStrategy[Receipt]:
    """Receipts with any outcome."""
    return st.builds(
        Receipt,
        message_id=uuids().map(MessageId),
        digest=digests(),
        outcome=st.sampled_from(ReceiptOutcome),
        reason=st.sampled_from(Reason),
        received_at=moments(),
        expected=st.none() | _counts(),
        results=st.lists(
            st.builds(
                RecordResult,
                index=st.integers(1, 1000),
                change_id=st.none() | uuids().map(ChangeId),
                reason=st.sampled_from(Reason),
            ),
            max_size=3,
        ).map(tuple),
        capabilities=st.none()
        | st.builds(
            Capabilities,
            kinds=st.lists(st.sampled_from(MessageKind), unique=True).map(tuple),
            versions=st.lists(texts(), max_size=2).map(tuple),
            max_bytes=_counts(),
            max_records=_counts(),
        ),
    )


def places() -> st.SearchStrategy[Place]:
    """Places that name something."""

    def some(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
        return st.lists(one, max_size=2).map(tuple)

    fields = st.fixed_dictionaries(
        {
            "offices": some(_codes()),
            "dispatched_from": some(territories()),
            "destined_to": some(territories()),
            "through": some(territories()),
            "modes": some(_codes()),
            "flows": some(st.sampled_from(Flow)),
        }
    )
    return fields.filter(lambda each: any(each.values())).map(lambda each: Place(**each))


@st.composite
def suspensions(draw: st.DrawFn) -> SuspensionNotice:
    """Suspensions of benefits, and their end."""
    act, first = draw(st.sampled_from(SuspensionAct)), draw(moments())
    ends = act is SuspensionAct.SUSPENDED
    return SuspensionNotice(
        suspension_id=MeasureId(draw(uuids())),
        act=act,
        tin=draw(tins()),
        authorisation=draw(st.none() | texts(70).map(AuthorisationNumber)),
        effective_from=first,
        until=draw(_none_or_after(first)) if ends else None,
        codes=draw(
            st.just((ALL,)) | st.lists(_codes(), min_size=1, max_size=MAX_PLACES).map(tuple)
        ),
        place=draw(st.none() | places()),
        site=draw(st.none() | texts()),
        reason_class=draw(st.sampled_from(SuspensionReason)),
    )


@st.composite
def disruptions(draw: st.DrawFn) -> DisruptionNotice:
    """Disruptions of trade, resumed and ended."""
    act, first = draw(st.sampled_from(DisruptionAct)), draw(moments())
    return DisruptionNotice(
        disruption_id=MeasureId(draw(uuids())),
        act=act,
        cause=draw(st.sampled_from(DisruptionCause)),
        effective_at=first,
        until=None if act is DisruptionAct.ENDS else draw(_none_or_after(first)),
        place=draw(places()),
        text=draw(texts()),
    )


def _none_or_after(first: datetime) -> st.SearchStrategy[datetime | None]:
    return st.none() | moments().filter(lambda at: at > first)


@st.composite
def correspondences(draw: st.DrawFn) -> CorrespondenceNotice:
    """Correspondences confirmed and withdrawn."""
    matter = draw(st.sampled_from(CorrespondenceKind))
    is_code = matter is CorrespondenceKind.IDENTIFIER
    return CorrespondenceNotice(
        correspondence_id=MeasureId(draw(uuids())),
        act=draw(st.sampled_from(CorrespondenceAct)),
        matter=matter,
        text=draw(texts()),
        list=draw(st.none() | _codes()) if is_code else None,
        tin=draw(tins()),
        site=draw(st.none() | texts()),
        effective_at=draw(moments()),
    )


def _programme_ids() -> st.SearchStrategy[ProgrammeId]:
    return st.from_regex(r"[A-Z]{2}-[A-Z0-9-]{1,30}", fullmatch=True).map(ProgrammeId)


def _some(one: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=most).map(tuple)


def _facts(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Facts, and what was looked for and not found."""
    return st.builds(
        Fact[Any],
        value=st.none() | value,
        source=texts(),
        basis=st.sampled_from(Basis),
        as_of=st.dates(),
    )


def _phrases() -> st.SearchStrategy[Phrase]:
    return st.builds(Phrase, en=texts(), ru=st.none() | texts())


def quantities() -> st.SearchStrategy[Quantity]:
    """Figures with their units, as a message can spell them."""
    whole = st.integers(0, 10**15).map(float)
    pieces = st.integers(0, 10**12).map(lambda number: number / 10**6)
    return st.builds(
        Quantity,
        measure=st.sampled_from(Measure),
        relation=st.sampled_from(("at_least", "at_most", "exactly")),
        value=whole | pieces,
        unit=st.sampled_from(("year", "percent", "USD", "UZ-MINIMUM_WAGE")),
    )


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    """Cells; only what is required has a strength or thresholds."""
    stated = draw(st.sampled_from(Stated))
    required = stated is Stated.REQUIRED
    codes = _codes().filter(lambda code: code != ALL)
    alternatives = st.lists(quantities(), min_size=1, max_size=2).map(tuple)
    return Cell(
        item=draw(st.sampled_from(("safe:A.a", "safe:G", "dimensions:D3", "benefits:B1.a"))),
        stated=stated,
        text=draw(_phrases()),
        clause=draw(st.none() | texts()),
        strength=draw(st.none() | st.sampled_from(Strength)) if required else None,
        instrument=draw(st.none() | st.sampled_from(Instrument)),
        methods=draw(_some(st.sampled_from(Method))),
        tiers=draw(st.just(ALL) | _some(codes)),
        roles=draw(st.just(ALL) | _some(st.sampled_from(Role))),
        thresholds=draw(_some(alternatives)) if required else (),
        values=draw(_some(_codes())),
    )


def _headers(programme: ProgrammeId) -> st.SearchStrategy[Programme]:
    words = _facts(texts())
    tiers = st.builds(Tier, code=_codes(), name=texts(), mra_eligible=st.none() | st.booleans())
    return st.builds(
        Programme,
        id=st.just(programme),
        administration=territories(),
        name=words,
        kind=_facts(st.sampled_from(ProgrammeKind)),
        legal_basis=words,
        launched_on=words,
        tiers=_facts(_some(tiers)),
        roles=_facts(_some(st.sampled_from(Role))),
        validity=words,
        numbers=words,
        authorisation_form=words,
        local_benefits=_facts(_some(_codes())),
        local_parameters=st.none(),
        successor_of=st.none() | words,
        notes=_some(words, 1),
    )


@st.composite
def programme_profiles(draw: st.DrawFn) -> ProgrammeProfile:
    """Profiles of programmes, with header facts and without."""
    programme = draw(_programme_ids())
    profile = Profile(
        programme=programme,
        version=draw(_counts()),
        extends=draw(st.none() | _programme_ids()),
        title=draw(st.none() | _facts(_phrases())),
        cells=draw(_some(_facts(cells()))),
        notes=draw(_some(_facts(texts()), 1)),
    )
    return ProgrammeProfile(profile=profile, programme=draw(st.none() | _headers(programme)))


@st.composite
def performance_sheets(draw: st.DrawFn) -> PerformanceSheet:
    """Sheets of any figures, as many digits as a computed one may have."""
    amounts = st.none() | st.floats(min_value=1e-9, max_value=9e17) | st.just(0.0)
    told = st.fixed_dictionaries(
        {
            "value": amounts,
            "numerator": amounts,
            "denominator": amounts,
            "cases": st.none() | st.integers(0, 10**9),
            "suppressed": st.just(value=False),
        }
    )
    parts = st.builds(GroupPart, column=st.sampled_from(("tier", "benefit")), value=texts())
    cells = st.builds(
        lambda told, **fields: JointCell(**told, **fields),
        told=told | st.just({"suppressed": True}),
        arrangement=st.just(CN_MN),
        indicator=st.sampled_from(("gateway:a.b", "own-2:use.rate_2")).map(IndicatorId),
        definition=digests(),
        breakdown=st.sampled_from(Breakdown),
        group=st.lists(parts, max_size=2).map(tuple),
        partial=st.booleans(),
    )
    period = draw(st.sampled_from(("1990", "2026-Q4", "2099-12")))
    return PerformanceSheet(
        period=Period(period), cells=tuple(draw(st.lists(cells, min_size=1, max_size=3)))
    )


def bodies() -> st.SearchStrategy[Body]:
    """Bodies of every kind."""
    return st.one_of(
        notifications(),
        list_parts(),
        st.builds(StatusEnquiry, identifier=texts(), at=moments()),
        answers(),
        receipts(),
        st.builds(Void, message_id=uuids().map(MessageId), why=texts()),
        st.just(Ping()),
        suspensions(),
        disruptions(),
        correspondences(),
        programme_profiles(),
        performance_sheets(),
    )


@st.composite
def messages(draw: st.DrawFn, body: st.SearchStrategy[Body] | None = None) -> Message:
    """Messages of every kind, or around the bodies of one strategy."""
    content = draw(bodies() if body is None else body)
    arrangement: ArrangementId | None = CN_MN
    if content.kind in WITHOUT_ARRANGEMENT:
        arrangement = None
    elif content.kind is MessageKind.RECEIPT:
        arrangement = draw(st.sampled_from((None, CN_MN)))
    return Message(
        envelope=Envelope(
            message_id=MessageId(draw(uuids())),
            kind=content.kind,
            environment=draw(st.sampled_from(Environment)),
            sender=draw(territories()),
            recipient=draw(territories()),
            arrangement=arrangement,
            sequence=draw(_counts()) if content.kind in SEQUENCED else None,
            epoch=draw(_counts()),
            created_at=draw(moments()),
        ),
        body=content,
    )
