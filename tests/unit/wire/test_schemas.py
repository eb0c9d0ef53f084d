"""The schema as a text others rely on: documented, portable, in step with the codecs and nouns."""

from __future__ import annotations

import threading
from enum import StrEnum

import pytest
from lxml import etree

from mra_gateway.errors import MalformedMessage, Reason
from mra_gateway.model.changes import ChangeKind, Status
from mra_gateway.model.facts import Basis, Flow
from mra_gateway.model.indicators import Breakdown
from mra_gateway.model.measures import CorrespondenceKind, DisruptionCause, SuspensionReason
from mra_gateway.model.messages import (
    MAX_PLACES,
    MAX_RECORDS,
    CorrespondenceAct,
    DisruptionAct,
    Environment,
    MessageKind,
    ReceiptOutcome,
    SuspensionAct,
)
from mra_gateway.model.operators import ProgrammeKind, Role
from mra_gateway.model.profiles import Instrument, Measure, Stated, Strength
from mra_gateway.model.requirements import Method
from mra_gateway.settings import data_folder
from mra_gateway.wire import profiles, sheets
from mra_gateway.wire.bodies import BODIES, PLACE
from mra_gateway.wire.changes import CHANGE, LISTED
from mra_gateway.wire.codec import encode
from mra_gateway.wire.header import ENVELOPE
from mra_gateway.wire.operators import ADDRESS, OPERATOR, PARTNER_IDENTIFIER
from mra_gateway.wire.schemas import check_schema
from mra_gateway.wire.shapes import Shape
from mra_gateway.wire.xml import parse
from tests.support.messages import (
    a_change,
    a_disruption,
    a_list_part,
    a_listed_operator,
    a_message,
    a_notification,
    a_ping,
    a_receipt,
    a_record,
    a_suspension,
    an_answer,
    one_of_each,
)

XS = "{http://www.w3.org/2001/XMLSchema}"
FILES = sorted(data_folder("schemas").glob("exchange/*/*.xsd"))
DOCUMENTED = tuple(
    XS + kind for kind in ("schema", "element", "attribute", "simpleType", "complexType", "unique")
)


def _nodes(*kinds: str) -> list[etree._Element]:
    return [
        node
        for file in FILES
        for node in etree.parse(str(file)).getroot().iter(*(XS + kind for kind in kinds))
    ]


def _documentation(node: etree._Element) -> str:
    return (node.findtext(f"{XS}annotation/{XS}documentation") or "").strip()


def test_every_element_and_type_of_the_schema_is_documented() -> None:
    nodes = [
        node
        for file in FILES
        for node in etree.parse(str(file)).getroot().iter(*DOCUMENTED)
        if node.tag == f"{XS}schema" or node.get("name")
    ]
    assert len(nodes) > 120
    assert [node.get("name") for node in nodes if len(_documentation(node)) < 20] == []


def test_every_element_names_its_wco_concept_and_its_source() -> None:
    bare = [
        node.get("name")
        for node in _nodes("element", "attribute")
        if "WCO: " not in _documentation(node) or "Source: " not in _documentation(node)
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("type_name", "shape"),
    [
        ("HeaderType", ENVELOPE),
        ("AEOMutualRecognitionPartyType", OPERATOR),
        ("AddressType", ADDRESS),
        ("PartnerIdentifierType", PARTNER_IDENTIFIER),
        ("StatusChangeType", CHANGE),
        ("ListedOperatorType", LISTED),
        ("PlaceType", PLACE),
        ("ProfileType", profiles.PROFILE),
        ("CellType", profiles.CELL),
        ("CellFactType", profiles.CELL_FACT),
        ("PhraseType", profiles.PHRASE),
        ("PhraseFactType", profiles.PHRASE_FACT),
        ("TextFactType", profiles.TEXT_FACT),
        ("FigureType", profiles.FIGURES),
        ("ProgrammeType", profiles.PROGRAMME),
        ("ProgrammeCodeFactType", profiles.PROGRAMME_CODE_FACT),
        ("TierType", profiles.TIER),
        ("TiersFactType", profiles.TIERS_FACT),
        ("RolesFactType", profiles.ROLES_FACT),
        ("BenefitsFactType", profiles.BENEFITS_FACT),
        ("JointCellType", sheets.CELL),
        ("GroupType", sheets.GROUP),
        *((f"{kind}Type", shape) for kind, (shape, _) in BODIES.items()),
    ],
)
def test_the_codec_knows_the_elements_of_a_type_in_the_order_of_the_schema(
    type_name: str, shape: Shape
) -> None:
    (found,) = (node for node in _nodes("complexType") if node.get("name") == type_name)
    elements = [node.get("name") for node in found.iter(f"{XS}element")]
    assert [slot.element for slot in shape.slots] == elements


@pytest.mark.parametrize(
    ("type_name", "codes"),
    [
        ("EnvironmentCodeType", Environment),
        ("MessageKindType", MessageKind),
        ("StatusCodeType", Status),
        ("ChangeCodeType", ChangeKind),
        ("ProgrammeCodeType", ProgrammeKind),
        ("RoleCodeType", Role),
        ("OutcomeCodeType", ReceiptOutcome),
        ("SuspensionActCodeType", SuspensionAct),
        ("SuspensionReasonCodeType", SuspensionReason),
        ("DisruptionActCodeType", DisruptionAct),
        ("DisruptionCauseCodeType", DisruptionCause),
        ("FlowCodeType", Flow),
        ("CorrespondenceActCodeType", CorrespondenceAct),
        ("CorrespondenceMatterCodeType", CorrespondenceKind),
        ("BasisCodeType", Basis),
        ("StatedCodeType", Stated),
        ("StrengthCodeType", Strength),
        ("InstrumentCodeType", Instrument),
        ("MethodCodeType", Method),
        ("FigureMeasureCodeType", Measure),
        ("BreakdownCodeType", Breakdown),
    ],
)
def test_the_code_lists_of_schema_and_model_are_the_same(
    type_name: str, codes: type[StrEnum]
) -> None:
    (found,) = (node for node in _nodes("simpleType") if node.get("name") == type_name)
    assert [node.get("value") for node in found.iter(f"{XS}enumeration")] == list(codes)


def test_every_reason_code_has_the_form_the_schema_asks_for() -> None:
    results = tuple({"index": 1, "reason": reason} for reason in Reason)
    check_schema(parse(encode(a_receipt(results=results)), max_bytes=1_000_000))


def _repeated(content: bytes, element: str, times: int) -> bytes:
    opening, closing = f"<{element}>".encode(), f"</{element}>".encode()
    start, end = content.index(opening), content.index(closing) + len(closing)
    return content[:start] + content[start:end] * times + content[end:]


BARE = a_record(names=(), addresses=(), partner_identifiers=(), roles=("exporter",))
ADDRESSED = a_record().addresses[0].model_copy(update={"lines": ("one",), "language": None})


@pytest.mark.parametrize(
    ("content", "element", "most"),
    [
        (encode(a_list_part(a_listed_operator(operator=BARE))), "ListedOperator", MAX_RECORDS),
        (encode(a_receipt(results=({"index": 1, "reason": "SUPERSEDED"},))), "RecordResult", 1000),
        (encode(a_notification(a_change(operator=BARE))), "RoleCode", 20),
        (
            encode(a_notification(a_change(operator=a_record(names=({"text": "x"},))))),
            "AlternateName",
            20,
        ),
        (
            encode(a_notification(a_change(operator=a_record(addresses=(ADDRESSED,))))),
            "Address",
            50,
        ),
        (encode(a_notification(a_change(operator=a_record(addresses=(ADDRESSED,))))), "Line", 6),
        (encode(a_notification()), "PartnerIdentifier", 200),
        (encode(a_message(a_suspension())), "BenefitCode", MAX_PLACES),
        (encode(a_message(a_disruption())), "OfficeID", MAX_PLACES),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_largest_number_of_repetitions_is_taken_and_one_more_refused(
    content: bytes, element: str, most: int
) -> None:
    check_schema(parse(_repeated(content, element, most), max_bytes=10_000_000))
    with pytest.raises(MalformedMessage) as refused:
        check_schema(parse(_repeated(content, element, most + 1), max_bytes=10_000_000))
    assert refused.value.reason is Reason.SCHEMA_VIOLATION
    assert refused.value.where is not None
    assert f"{element}[{most + 1}]" in refused.value.where


def test_a_notification_of_the_most_changes_is_taken_and_one_more_refused() -> None:
    changes = [a_change(change_number=n, operator=BARE) for n in range(1, MAX_RECORDS + 1)]
    content = encode(a_notification(*changes))
    assert content.count(b"<StatusChange>") == MAX_RECORDS
    extra = encode(a_notification(a_change(change_number=MAX_RECORDS + 1, operator=BARE)))
    one = extra[extra.index(b"<StatusChange>") : extra.index(b"</StatusNotification>")]
    longer = content.replace(b"</StatusNotification>", one + b"</StatusNotification>")
    with pytest.raises(MalformedMessage) as refused:
        check_schema(parse(longer, max_bytes=10_000_000))
    assert refused.value.reason is Reason.SCHEMA_VIOLATION


SPELLINGS = [
    ("<EpochNumeric>1<", "<EpochNumeric>01<"),
    ("<EpochNumeric>1<", "<EpochNumeric>+1<"),
    ("<EpochNumeric>1<", "<EpochNumeric>0<"),
    ("<EpochNumeric>1<", "<EpochNumeric>\u0661<"),
    ("08:30:00Z", "08:30:00+00:00"),
    ("08:30:00Z", "08:30:00"),
    ("08:30:00Z", "24:00:00Z"),
    ("08:30:00Z", "08:30:60Z"),
    ("08:30:00Z", "08:30:00.1234567Z"),
    ("2026-03-01T", "2026-02-30T"),
    ("2026-03-01T", "0000-03-01T"),
    ("2026-03-01T", "12026-03-01T"),
    ("<SenderID>CN<", "<SenderID>cn<"),
    ("<SenderID>CN<", "<SenderID>CN <"),
    ("<EnvironmentCode>test<", "<EnvironmentCode>TEST<"),
    ("<Ping></Ping>", "<Ping> </Ping>"),
    ("<Ping></Ping>", "<Ping/><Ping/>"),
    ("<Ping></Ping>", ""),
    ("<Ping></Ping>", "<Extension/><Ping/>"),
    ("<Ping></Ping>", "<Ping/><Extension/><Extension/>"),
    ("<Ping></Ping>", "<Ping/><Extension><Ping/></Extension>"),
    ("<Ping></Ping>", '<Ping Id="x"/>'),
    ("<Header>", '<Header xml:lang="mn">'),
]


@pytest.mark.parametrize(("old", "new"), SPELLINGS)
def test_a_value_or_shape_has_one_spelling_and_others_are_refused(old: str, new: str) -> None:
    genuine = encode(a_ping()).decode()
    assert old in genuine
    check_schema(parse(genuine.encode(), max_bytes=10_000))
    with pytest.raises(MalformedMessage) as refused:
        check_schema(parse(genuine.replace(old, new, 1).encode(), max_bytes=10_000))
    assert refused.value.reason is Reason.SCHEMA_VIOLATION


def test_a_flag_is_written_true_or_false() -> None:
    genuine = encode(an_answer())
    check_schema(parse(genuine, max_bytes=10_000))
    other = genuine.replace(b"<HitIndicator>true<", b"<HitIndicator>1<")
    with pytest.raises(MalformedMessage) as refused:
        check_schema(parse(other, max_bytes=10_000))
    assert refused.value.reason is Reason.SCHEMA_VIOLATION


SIGNATURE = b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><anything/></Signature>'
EXTENSION = b'<Extension><x xmlns="urn:other"/></Extension>'


def test_a_signature_stands_last_and_once_and_is_not_looked_into() -> None:
    genuine = encode(a_ping())

    def ending(*parts: bytes) -> etree._Element:
        content = genuine.replace(b"</ExchangeMessage>", b"".join(parts) + b"</ExchangeMessage>")
        return parse(content, max_bytes=10_000)

    check_schema(ending(SIGNATURE))
    check_schema(ending(EXTENSION, SIGNATURE))
    for wrong in ((SIGNATURE, EXTENSION), (SIGNATURE, SIGNATURE), (b'<x xmlns="urn:other"/>',)):
        with pytest.raises(MalformedMessage) as refused:
            check_schema(ending(*wrong))
        assert refused.value.reason is Reason.SCHEMA_VIOLATION


def test_refusals_on_several_threads_do_not_mix_their_places() -> None:
    genuine = encode(a_ping())
    wrong = {
        name: parse(genuine.replace(f"<{name}>".encode(), f"<{name}>?".encode()), max_bytes=10_000)
        for name in ("SenderID", "RecipientID", "EpochNumeric", "IssueDateTime")
    }
    mixed: list[str] = []

    def refuse(name: str) -> None:
        for _ in range(50):
            try:
                check_schema(wrong[name])
            except MalformedMessage as refused:
                if refused.where is None or not refused.where.endswith(name):
                    mixed.append(name)
            else:
                mixed.append(name)

    threads = [threading.Thread(target=refuse, args=(name,)) for name in wrong]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mixed == []


def test_all_kinds_are_valid_by_the_schema_as_written() -> None:
    for message in one_of_each():
        check_schema(parse(encode(message), max_bytes=100_000))


def test_the_readme_lists_every_element_of_every_type() -> None:
    readme = (data_folder("schemas") / "README.md").read_text(encoding="utf-8")
    sections = dict(part.split("\n", 1) for part in readme.split("\n### ")[1:])
    for found in _nodes("complexType"):
        elements = [str(node.get("name")) for node in found.iter(f"{XS}element")]
        if not found.get("name") or not elements:
            continue
        rows = sections[str(found.get("name")).removesuffix("Type")].splitlines()
        listed = [row.split("`")[1] for row in rows if row.startswith("| `")]
        assert listed == elements
