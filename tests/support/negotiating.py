"""A negotiation of Korea with China to test with: a comparison, officers, and what is agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection

from mra_gateway.clock import HandMovedClock
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.negotiate import Negotiator
from mra_gateway.flows.negotiate_rows import Wording
from mra_gateway.model.comparison import (
    Audience,
    Comparison,
    Finding,
    InPractice,
    Row,
    Side,
)
from mra_gateway.model.identifiers import OfficerName, ProgrammeId, Territory
from mra_gateway.model.joint_validation import Firm, Seen, Visit
from mra_gateway.model.messages import Environment
from mra_gateway.model.negotiation import NegotiationId, Position
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.requirements import Method, Phrase
from tests.support.simulation import shipped

KR, CN = Territory("KR"), Territory("CN")
KR_CN = NegotiationId("KR-CN-2012")
BEGIN = datetime(2012, 3, 5, 1, 0, tzinfo=UTC)
FINDINGS: Mapping[str, Finding] = {
    "A.a": Finding.EQUIVALENT,
    "C.a": Finding.STRICTER_OURS,
    "F.f": Finding.NOT_ESTABLISHED,
    "G.c": Finding.EQUIVALENT,
    "I.a.5": Finding.PARTIAL,
}
"""Rows of a short comparison; G.c and I.a.5 are seen on site."""


def officer(name: str, *roles: OfficerRole) -> Actor:
    """Returns an officer who has been authenticated."""
    return Actor(name=OfficerName(name), display_name=name.title(), roles=frozenset(roles))


KIM = officer("kim", OfficerRole.LEGAL, OfficerRole.AEO, OfficerRole.SECURITY)
LEE = officer("lee", OfficerRole.LEGAL, OfficerRole.AEO, OfficerRole.SECURITY)
PARK = officer("park", OfficerRole.AEO)
READER = officer("aldo", OfficerRole.AUDITOR)


def a_comparison(
    findings: Mapping[str, Finding] = FINDINGS,
    *,
    ours: str = "KR-AEO",
    theirs: str = "CN-AEO",
    audience: Audience = Audience.INTERNAL,
    why: str = "",
    **fields: Any,
) -> Comparison:
    """Returns a comparison with the findings named; our own says why in words of our own."""
    said = why or f"{audience} words"
    return Comparison(
        ours=_side(ours),
        theirs=_side(theirs),
        catalogue="safe",
        edition="2021",
        at=date(2012, 3, 5),
        audience=audience,
        rows=tuple(
            Row(
                item=item,
                category=item.split(".", maxsplit=1)[0],
                requirement=Phrase(en=f"Requirement {item}"),
                finding=finding,
                why=Phrase(en=f"{item}: {said}"),
            )
            for item, finding in findings.items()
        ),
        categories=(),
        **fields,
    )


def _side(programme: str) -> Side:
    id_ = ProgrammeId(programme)
    return Side(programme=id_, territory=id_.territory, name=programme, version=1)


def a_negotiator(clock: HandMovedClock, *, us: Territory = KR) -> Negotiator:
    """Returns the verbs of an administration's negotiations, over the shipped facts."""
    book = PartnerBook(us=us, environment=Environment.TEST, registry=shipped())
    return Negotiator(book=book, clock=clock)


def open_one(
    connection: Connection,
    negotiator: Negotiator,
    comparison: Comparison | None = None,
    *,
    with_partners: bool = True,
) -> None:
    """Opens the negotiation, with a comparison for the partner unless told otherwise."""
    ours = comparison or a_comparison()
    told = {row.item: row.finding for row in ours.rows}
    negotiator.opener.open(
        connection,
        KR_CN,
        ours,
        for_partner=a_comparison(told, audience=Audience.PARTNER) if with_partners else None,
        phases="korea",
        by=KIM,
    )


def a_visit(**changes: Any) -> Visit:
    """Returns the plan of a visit to China."""
    values: dict[str, Any] = {
        "key": "V0",
        "at": BEGIN,
        "by": KIM.name,
        "host": "theirs",
        "from_on": date(2012, 5, 14),
        "until_on": date(2012, 5, 18),
        "place": "Qingdao",
        "firms": (Firm(name="Qingdao Freight (fictitious)", is_authorised=True),),
        **changes,
    }
    return Visit(**values)


def what_was_seen(item: str, **changes: Any) -> Seen:
    """Returns a finding at the firm of `a_visit`."""
    values: dict[str, Any] = {
        "item": item,
        "firm": "Qingdao Freight (fictitious)",
        "method": Method.SITE,
        "result": InPractice.CONFIRMED,
        "text": f"{item} as described",
        "at": BEGIN,
        "by": KIM.name,
        **changes,
    }
    return Seen(**values)


def agree_all(
    connection: Connection, negotiator: Negotiator, rows: Sequence[str], *, by: Actor = KIM
) -> None:
    """Agrees on rows for good, each over the version that stands."""
    for row in rows:
        standing = negotiator.rows.history(connection, KR_CN, row)
        negotiator.rows.agree(
            connection,
            KR_CN,
            row,
            ad_referendum=False,
            wording=Wording(text=f"agreed: {row}"),
            over=len(standing),
            by=by,
        )


def agree_term(
    connection: Connection, negotiator: Negotiator, term: str, value: Any, *, by: Actor = KIM
) -> Position:
    """Proposes a term and agrees on it, ad referendum and then for good."""
    terms = negotiator.rows
    terms.propose(
        connection, KR_CN, term, side="ours", wording=Wording(value=value), over=None, by=by
    )
    terms.agree(connection, KR_CN, term, ad_referendum=True, wording=Wording(), over=1, by=by)
    return terms.agree(
        connection, KR_CN, term, ad_referendum=False, wording=Wording(), over=2, by=by
    )
