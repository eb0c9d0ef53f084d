"""Nothing internal can enter what is exported for the partner."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any, NamedTuple, get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from mra_gateway.flows.negotiate_export import archive_of, files_of
from mra_gateway.flows.negotiate_redact import Kept
from mra_gateway.flows.negotiate_view import dossier_of
from mra_gateway.model.base import Noun
from mra_gateway.model.comparison import Audience, InPractice
from mra_gateway.model.dossier import Dossier
from mra_gateway.model.identifiers import Digest, OfficerName, Territory
from mra_gateway.model.joint_validation import Firm, Observer, Seen, Visit
from mra_gateway.model.negotiation import (
    Action,
    Attachment,
    Entry,
    Holiday,
    PhaseStep,
    Position,
    Question,
    Remark,
    RowState,
    Workspace,
)
from mra_gateway.model.requirements import Method
from tests.support.negotiating import BEGIN, FINDINGS, KR_CN, a_comparison
from tests.support.simulation import shipped

SECRET, TOLD = "INTERNAL", "told"
NAMES = ("kim.internal", "lee.internal")
"""Login names are internal whoever reads: they hold the mark in small letters."""
ROWS = (*FINDINGS, "exchange.frequency", "benefit.CN.liaison")


class Negotiation(NamedTuple):
    """A negotiation, and the bytes of its documents by digest."""

    kept: Kept
    documents: dict[str, bytes]


class Maker:
    """Makes entries whose every text is marked by the audience it is written for."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._count = 0
        self.documents: dict[str, bytes] = {}

    def mark(self, *audiences: Audience) -> str:
        """A text for a reader; internal where any of what it hangs on is."""
        self._count += 1
        said = SECRET if Audience.INTERNAL in audiences else TOLD
        return f"{said} № {self._count}"

    def audience(self) -> Audience:
        drawn: Audience = self._draw(st.sampled_from(Audience))
        return drawn

    def maybe(self, text: str) -> str | None:
        return text if self._draw(st.booleans()) else None

    def versions(self, kind: type[Entry], keys: tuple[str, ...]) -> Iterator[Any]:
        """Some entries, each in some versions, whose audience may change from one to the next."""
        make = getattr(self, kind.__name__.lower())
        for key in keys[: self._draw(st.integers(0, len(keys)))]:
            for number in range(1, self._draw(st.integers(1, 3)) + 1):
                audience = self.audience()
                yield kind(
                    key=key,
                    version=number,
                    audience=audience,
                    at=BEGIN + timedelta(hours=self._count),
                    by=OfficerName(self._draw(st.sampled_from(NAMES))),
                    **make(audience),
                )

    def position(self, audience: Audience) -> dict[str, Any]:
        why = self.audience()
        return {
            "state": self._draw(st.sampled_from(RowState)),
            "text": self.maybe(self.mark(audience)),
            "value": self._draw(
                st.sampled_from([None, self.mark(audience), {"x": [self.mark(audience)]}])
            ),
            "justification": self.maybe(self.mark(audience, why)),
            "justification_audience": why,
        }

    def remark(self, audience: Audience) -> dict[str, Any]:
        return {"text": self.mark(audience), "row": self.maybe("F.f")}

    def question(self, audience: Audience) -> dict[str, Any]:
        answer = self.audience()
        return {
            "text": self.mark(audience),
            "asked_by": "ours",
            "answer": self.maybe(self.mark(audience, answer)),
            "answer_audience": answer,
        }

    def seen(self, audience: Audience) -> Seen:
        own, opinion = self.audience(), self.audience()
        return Seen(
            item=self._draw(st.sampled_from(tuple(FINDINGS))),
            firm=self.mark(audience, own),
            method=Method.SITE,
            result=self._draw(st.sampled_from([InPractice.CONFIRMED, InPractice.NOT_CONFIRMED])),
            text=self.mark(audience, own),
            conclusion=self.maybe(self.mark(audience, own)),
            opinion=self.maybe(self.mark(audience, own, opinion)),
            opinion_audience=opinion,
            audience=own,
            at=BEGIN,
            by=OfficerName(NAMES[0]),
        )

    def visit(self, audience: Audience) -> dict[str, Any]:
        report = self.audience()
        return {
            "host": self._draw(st.sampled_from(["ours", "theirs"])),
            "from_on": date(2012, 5, 14),
            "until_on": date(2012, 5, 18),
            "place": self.mark(audience),
            "firms": (Firm(name=self.mark(audience), site=self.mark(audience)),),
            "observers": (Observer(name=self.mark(audience), side="third"),),
            "findings": tuple(self.seen(audience) for _ in range(self._draw(st.integers(0, 3)))),
            "report": self.maybe(self.mark(audience, report)),
            "report_audience": report,
        }

    def action(self, audience: Audience) -> dict[str, Any]:
        result = self.audience()
        return {
            "side": "ours",
            "owner": self.mark(audience),
            "text": self.mark(audience),
            "due_on": date(2012, 6, 1),
            "visit": self.maybe("V1"),
            "result": self.maybe(self.mark(audience, result)),
            "result_audience": result,
        }

    def holiday(self, audience: Audience) -> dict[str, Any]:
        return {"territory": Territory("KR"), "on": BEGIN.date(), "name": self.mark(audience)}

    def phasestep(self, audience: Audience) -> dict[str, Any]:
        return {"began_on": BEGIN.date(), "note": self.maybe(self.mark(audience))}

    def attachment(self, audience: Audience) -> dict[str, Any]:
        content = self.mark(audience).encode()
        digest = Digest(hashlib.sha256(content).hexdigest())
        self.documents[digest] = content
        return {
            "name": self.mark(audience),
            "media_type": "text/plain",
            "digest": digest,
            "size": len(content),
        }


@st.composite
def negotiations(draw: st.DrawFn) -> Negotiation:
    maker = Maker(draw)

    def some(kind: type[Entry], *keys: str) -> Any:
        return tuple(maker.versions(kind, keys))

    told = a_comparison(audience=Audience.PARTNER, why=f"{TOLD} in the comparison")
    kept = Kept(
        workspace=Workspace(
            id=KR_CN,
            ours=told.ours.programme,
            theirs=told.theirs.programme,
            catalogue="safe",
            edition="2021",
            phases="korea",
            opened_at=BEGIN,
            opened_by=OfficerName(NAMES[0]),
        ),
        comparison=a_comparison(why=f"{SECRET} in the comparison"),
        for_partner=told if draw(st.booleans()) else None,
        positions=some(Position, *ROWS),
        remarks=some(Remark, "N1", "N2"),
        questions=some(Question, "Q1", "Q2"),
        visits=some(Visit, "V1", "V2"),
        actions=some(Action, "A1", "A2"),
        holidays=some(Holiday, "KR-2012-03-05"),
        phases=some(PhaseStep, "comparison", "joint-validation"),
        documents=some(Attachment, "D1", "D2"),
    )
    return Negotiation(kept, maker.documents)


def made_for(negotiation: Negotiation, audience: Audience) -> Dossier:
    return dossier_of(
        negotiation.kept,
        audience=audience,
        phases=shipped().phases["korea"].known(),
        on=BEGIN.date(),
    )


def everything_in(archive: bytes) -> bytes:
    """The bytes of an archive, as they lie and member by member."""
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        members = [name.encode() + opened.read(name) for name in opened.namelist()]
    return b"\n".join([archive, *members])


@settings(max_examples=200)
@given(negotiation=negotiations())
def test_no_internal_text_name_or_document_is_in_any_byte_of_an_export_for_the_partner(
    negotiation: Negotiation,
) -> None:
    dossier = made_for(negotiation, Audience.PARTNER)
    exported = everything_in(archive_of(files_of(dossier, documents=negotiation.documents)))
    for mark in (SECRET, *NAMES):
        assert mark.encode() not in exported
        assert mark.encode("utf-16-le") not in exported
    # the untouched twin: what is told to the partner is there, and we see everything
    told = [one for one in negotiation.kept.remarks if one.audience is Audience.PARTNER]
    last = {one.key: one.text for one in told}
    assert all(text.encode() in exported for text in last.values())
    ours = made_for(negotiation, Audience.INTERNAL)
    seen = everything_in(archive_of(files_of(ours, documents=negotiation.documents)))
    assert f"{SECRET} in the comparison".encode() in seen


@given(negotiation=negotiations())
def test_the_partner_cannot_tell_from_numbers_how_often_we_thought_again(
    negotiation: Negotiation,
) -> None:
    for row in made_for(negotiation, Audience.PARTNER).rows:
        assert [one.version for one in row.history] == list(range(1, len(row.history) + 1))
        assert all(one.by is None for one in row.history)
    told: dict[str, Any] = {
        name: tuple(one for one in entries if one.audience is Audience.PARTNER)
        for name, entries in negotiation.kept._asdict().items()
        if isinstance(entries, tuple)
    }
    without = negotiation.kept._replace(comparison=None, **told)
    # whatever is internal as a whole might as well not be there
    assert made_for(Negotiation(without, {}), Audience.PARTNER) == made_for(
        negotiation, Audience.PARTNER
    )


def test_every_text_an_entry_can_hold_is_marked_by_this_test() -> None:
    """A field added later would go unwatched: here it is missed."""
    maker = {name for name in dir(Maker) if not name.startswith("_")}
    watched: dict[type[Noun], set[str]] = {
        Position: {"text", "value", "justification"},
        Remark: {"text"},
        Question: {"text", "answer"},
        Visit: {"place", "firms", "observers", "findings", "report"},
        Seen: {"firm", "text", "conclusion", "opinion"},
        Action: {"owner", "text", "result"},
        Holiday: {"name"},
        PhaseStep: {"note"},
        Attachment: {"name", "media_type", "digest"},
    }
    chosen = {"key", "row", "visit", "item", "by", "checklist", "languages"}
    """Keys and numbers, which are chosen from lists or counted by the program."""
    for kind, fields in watched.items():
        assert kind.__name__.lower() in maker
        texts = {name for name, field in kind.model_fields.items() if _is_text(field.annotation)}
        assert texts - chosen <= fields, kind


def _is_text(annotation: Any) -> bool:
    """Whether a field may hold words: a text that is no code of a list, moment or number."""
    if annotation in {str, Digest, OfficerName}:
        return True
    return any(_is_text(one) for one in get_args(annotation) if one is not None)


def test_the_moments_of_internal_changes_are_not_told() -> None:
    late = BEGIN + timedelta(days=40)
    told = Remark(key="N1", audience=Audience.PARTNER, at=BEGIN, by=None, text=TOLD)
    again = told.model_copy(update={"version": 2, "at": late, "audience": Audience.INTERNAL})
    base = Workspace(
        id=KR_CN,
        ours=a_comparison().ours.programme,
        theirs=a_comparison().theirs.programme,
        catalogue="safe",
        edition="2021",
        phases="korea",
        opened_at=BEGIN,
        opened_by=None,
    )
    shown = made_for(Negotiation(Kept(base, remarks=(told, again)), {}), Audience.PARTNER)
    assert [one.at for one in shown.remarks] == [BEGIN]
    assert _moments(shown) == {BEGIN}


def _moments(value: Any) -> set[datetime]:
    if isinstance(value, datetime):
        return {value}
    if isinstance(value, BaseModel):
        return set().union(*(_moments(getattr(value, name)) for name in type(value).model_fields))
    if isinstance(value, tuple):
        return set().union(*map(_moments, value))
    return set()
