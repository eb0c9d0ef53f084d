"""What a partner signs well and is no message: the verifier passes it, and nothing decodes it.

Answered like what does not verify: an unsigned problem document, the bytes kept, nothing consumed.
The rows are those of `attacks.py` in form; they are run on a running service only, for the verifier
has nothing against them.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from lxml import etree

from mra_gateway.errors import Reason
from mra_gateway.model.messages import Body
from mra_gateway.model.trust import VerdictOutcome
from mra_gateway.wire.codec import encode
from mra_gateway.wire.header import peek
from mra_gateway.wire.xml import parse
from tests.support.attacks import Attack, Build, Scene, edit, one
from tests.support.messages import a_correspondence, a_message, a_programme_profile
from tests.support.pki import with_header

BODY = "m:StatusNotification"
CHANGE = f"{BODY}/m:StatusChange"
PARTY = f"{CHANGE}/m:AEOMutualRecognitionParty"
PROFILED = "m:ProgrammeProfile/m:Profile/m:Cell"
ROWS: list[Attack] = []


def _row(name: str, reason: Reason, description: str, build: Build) -> None:
    ROWS.append(Attack(name, description, reason, VerdictOutcome.PASSED, "sender", build))


def _signed(change: Callable[[etree._Element], None]) -> Build:
    def build(scene: Scene) -> bytes:
        return scene.sender.signer.sign(edit(scene.document, change), at=scene.at)

    return build


def _headed(**fields: str) -> Build:
    def build(scene: Scene) -> bytes:
        return scene.sender.signer.sign(with_header(scene.document, **fields), at=scene.at)

    return build


def _text(path: str, text: str) -> Build:
    def change(root: etree._Element) -> None:
        one(root, path).text = text

    return _signed(change)


def _without(path: str) -> Build:
    def change(root: etree._Element) -> None:
        gone = one(root, path)
        parent = gone.getparent()
        assert parent is not None
        parent.remove(gone)

    return _signed(change)


def _added(path: str, name: str) -> Build:
    def change(root: etree._Element) -> None:
        parent = one(root, path)
        etree.SubElement(parent, etree.QName(parent, name)).text = "more"

    return _signed(change)


def _other(body: Body, change: Callable[[etree._Element], None]) -> Build:
    """A message of another kind, from the same sender to the same side, changed before signing."""

    def build(scene: Scene) -> bytes:
        claimed = peek(parse(scene.document, max_bytes=len(scene.document)))
        assert claimed.sender is not None
        message = a_message(
            body, sender=claimed.sender, recipient=claimed.recipient, created_at=scene.at
        )
        return scene.sender.signer.sign(edit(encode(message), change), at=scene.at)

    return build


def _put(path: str, text: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        one(root, path).text = text

    return change


def _absent_with_threshold(root: etree._Element) -> None:
    cell = one(root, f"{PROFILED}/m:Value")
    one(cell, "m:StatedCode").text = "absent"


def _under_an_arrangement(root: etree._Element) -> None:
    epoch = one(root, "m:Header/m:EpochNumeric")
    named = etree.Element(etree.QName(epoch, "ArrangementID"))
    named.text = "CN-MN-2025"
    epoch.addprevious(named)


def _name_of_a_list(root: etree._Element) -> None:
    one(root, "m:CorrespondenceNotice/m:MatterCode").text = "name"


def _twice(root: etree._Element) -> None:
    change = one(root, CHANGE)
    change.addnext(deepcopy(change))


for _case in (
    (
        "version-of-tomorrow",
        Reason.SCHEMA_VERSION_UNKNOWN,
        "A version of the message set that is not read.",
        _headed(VersionID="2.0"),
    ),
    (
        "kind-of-tomorrow",
        Reason.KIND_NOT_ACCEPTED,
        "A kind of message that is not known.",
        _headed(TypeCode="LogProof"),
    ),
    (
        "kind-of-another-body",
        Reason.VALUE_NOT_ALLOWED,
        "A header that says another kind than the body is.",
        _headed(TypeCode="Void"),
    ),
    (
        "sequence-missing",
        Reason.VALUE_NOT_ALLOWED,
        "A notification without a number of its lane.",
        _without("m:Header/m:SequenceNumeric"),
    ),
    (
        "sequence-zero",
        Reason.SCHEMA_VIOLATION,
        "A lane number before the first.",
        _headed(SequenceNumeric="0"),
    ),
    (
        "sequence-too-long",
        Reason.SCHEMA_VIOLATION,
        "A lane number of nineteen digits, which no lane would ever reach.",
        _headed(SequenceNumeric="9" * 19),
    ),
    (
        "arrangement-missing",
        Reason.VALUE_NOT_ALLOWED,
        "A notification under no arrangement.",
        _without("m:Header/m:ArrangementID"),
    ),
    (
        "element-unknown",
        Reason.SCHEMA_VIOLATION,
        "An element nobody knows, in an operator's record.",
        _added(PARTY, "Rating"),
    ),
    (
        "element-missing",
        Reason.SCHEMA_VIOLATION,
        "An operator without its programme.",
        _without(f"{PARTY}/m:ProgrammeID"),
    ),
    ("no-change", Reason.SCHEMA_VIOLATION, "A notification of nothing.", _without(CHANGE)),
    (
        "change-twice",
        Reason.SCHEMA_VIOLATION,
        "One change twice in one message.",
        _signed(_twice),
    ),
    (
        "status-unknown",
        Reason.SCHEMA_VIOLATION,
        "A status nobody knows.",
        _text(f"{CHANGE}/m:StatusCode", "excellent"),
    ),
    (
        "status-against-its-change",
        Reason.VALUE_NOT_ALLOWED,
        "A grant that leads to a revocation.",
        _text(f"{CHANGE}/m:StatusCode", "revoked"),
    ),
    (
        "correction-of-nothing",
        Reason.VALUE_NOT_ALLOWED,
        "A correction that names neither what it corrects nor the order.",
        _text(f"{CHANGE}/m:ChangeCode", "corrected"),
    ),
    (
        "moment-impossible",
        Reason.SCHEMA_VIOLATION,
        "A change on the thirtieth of February.",
        _text(f"{CHANGE}/m:EffectiveDateTime", "2026-02-30T00:00:00Z"),
    ),
    (
        "moment-without-zone",
        Reason.SCHEMA_VIOLATION,
        "A moment that does not say in which zone.",
        _text(f"{CHANGE}/m:EffectiveDateTime", "2026-03-01T08:30:00"),
    ),
    (
        "tin-with-dashes",
        Reason.SCHEMA_VIOLATION,
        "A TIN that is not in its canonical form.",
        _text(f"{PARTY}/m:ID", "CN-3302-462345"),
    ),
    (
        "tin-in-other-digits",
        Reason.SCHEMA_VIOLATION,
        "A TIN in digits of another script.",
        _text(f"{PARTY}/m:ID", "CN３３０２462345"),
    ),
    (
        "profile-of-no-item",
        Reason.SCHEMA_VIOLATION,
        "A programme's profile with a cell about no item of a catalogue.",
        _other(a_programme_profile(), _put(f"{PROFILED}/m:Value/m:ItemID", "everything")),
    ),
    (
        "profile-figure-below-zero",
        Reason.SCHEMA_VIOLATION,
        "A programme's profile with a threshold of minus three years.",
        _other(
            a_programme_profile(),
            _put(f"{PROFILED}/m:Value/m:Threshold/m:Figure/m:FigureNumeric", "-3"),
        ),
    ),
    (
        "profile-absent-and-required",
        Reason.VALUE_NOT_ALLOWED,
        "A programme's profile that says of an item both that it is absent and how strong it is.",
        _other(a_programme_profile(), _absent_with_threshold),
    ),
    (
        "profile-under-an-arrangement",
        Reason.VALUE_NOT_ALLOWED,
        "A programme's profile under an arrangement, which it precedes.",
        _other(a_programme_profile(), _under_an_arrangement),
    ),
    (
        "correspondence-of-unknown-act",
        Reason.SCHEMA_VIOLATION,
        "A correspondence that is neither confirmed nor withdrawn.",
        _other(a_correspondence(), _put("m:CorrespondenceNotice/m:ActCode", "perhaps")),
    ),
    (
        "correspondence-name-of-a-list",
        Reason.VALUE_NOT_ALLOWED,
        "A name variant said to be of a list of codes.",
        _other(a_correspondence(), _name_of_a_list),
    ),
):
    _row(*_case)


def all_contents() -> dict[str, Attack]:
    """Returns every row by its name."""
    named = {row.name: row for row in ROWS}
    assert len(named) == len(ROWS), "two rows have one name"
    return named
