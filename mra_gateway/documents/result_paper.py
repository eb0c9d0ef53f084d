"""The statement of reasons for one stored result of recognition, for officers or for the trader.

It tells what was given, in one language or two; nothing is decided here. What the trader does not
read: flags, who asked, reason codes, what risk management and officers said, and whose number a
doubtful one may be. What is told of one party: `result_party.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mra_gateway.documents.page import (
    Block,
    Bullets,
    Cell,
    Column,
    Facts,
    Heading,
    Line,
    Page,
    Paragraph,
    Said,
    SignatureLines,
    Table,
)
from mra_gateway.documents.result_party import (
    GivenResult,
    Reader,
    Telling,
    party_blocks,
    party_outcome,
)
from mra_gateway.documents.speaking import Printing
from mra_gateway.model.declarations import DeclaredParty
from mra_gateway.model.recognition import Again

_AGAIN: Final = {
    Again.SAME: "again_same",
    Again.IN_OTHER_WORDS: "again_words",
    Again.DIFFERENT: "again_differs",
}
_CHECKS: Final = (1, 2)


def compose_result_paper(given: GivenResult, *, printing: Printing, reader: Reader) -> Page:
    """Returns the statement of reasons for a result.

    Args:
        given: The result, and what is told beside it.
        printing: Languages, date, letterhead.
        reader: Who reads it.
    """
    telling = Telling(given, printing=printing, reader=reader)
    say = telling.speaker.say
    blocks = (
        *_lead(telling),
        _head(telling),
        Heading(say("parties"), 2),
        _parties(telling),
        *(
            block
            for number, one in enumerate(given.result.results, 1)
            for block in party_blocks(one, telling, number=number)
        ),
        *_grounds(telling),
        SignatureLines(
            (say("customs_office"),),
            (say("sign_name"), say("sign_signature")),
        ),
    )
    return Page(
        kind="result",
        languages=printing.languages,
        title=say("title"),
        subtitle=telling.speaker.joined((say("declaration"), (given.result.reference,)), by=" "),
        marking=say(f"marking_{reader.value}"),
        printed=say("printed_on", day=telling.day(printing.printed_on.isoformat())),
        page_of=say("page_of"),
        printed_on=printing.printed_on,
        blocks=blocks,
        letterhead=printing.letterhead,
        is_wide=len(printing.languages) > 1,
        controls=tuple((key, say(f"filter_{key}")) for key in ("all", "search", "shown")),
        cover=say("sheet_cover"),
    )


def _lead(telling: Telling) -> Iterator[Block]:
    say, result = telling.speaker.say, telling.given.result
    reference = result.reference
    recognised = [one for one in result.results if one.recognised]
    if recognised:
        named = telling.speaker.joined(map(telling.named, recognised))
        yield Paragraph(say("lead_recognised", reference=reference, parties=named), "lead")
        granted = sum(each.granted for one in recognised for each in one.benefits)
        held = sum(each.granted for one in recognised for each in one.holder_benefits)
        yield Paragraph(say("lead_granted", count=str(granted), count_holder=str(held)))
    else:
        yield Paragraph(say("lead_none", reference=reference), "lead")
    yield Paragraph(say("lead_law"), "small")


def _head(telling: Telling) -> Facts:
    given, say = telling.given, telling.speaker.say
    result = given.result
    told: list[tuple[str, Said]] = [
        ("administration", (given.administration,)),
        ("declaration", (result.reference,)),
        ("type", telling.word("flow", result.type)),
        ("accepted", telling.moment(result.accepted_at)),
        ("decided", telling.moment(result.decided_at)),
        ("result", (result.id,)),
    ]
    if telling.is_internal:
        told.append(("requested_by", (given.requested_by,)))
    return Facts((), tuple((say(label), (Cell((value,)),)) for label, value in told))


def _parties(telling: Telling) -> Table:
    say = telling.speaker.say
    columns = (
        Column(say("column_party"), 2.2),
        Column(say("column_declared"), 2.6),
        Column(say("column_outcome"), 3.6),
    )
    lines = tuple(
        Line(
            (
                Cell((telling.word("function", one.party.role),), (telling.level(one.party),)),
                _declared(one.party, telling),
                party_outcome(one, telling),
            )
        )
        for one in telling.given.result.results
    )
    return Table(say("parties"), "Parties", columns, lines)


def _declared(party: DeclaredParty, telling: Telling) -> Cell:
    say = telling.speaker.say
    small: list[Said] = []
    if party.address is not None:
        address = party.address
        parts = (*address.lines, address.postcode, address.city, address.territory)
        small.append((", ".join(part for part in parts if part),))
    elif party.territory is not None:
        small.append(telling.speaker.territory(party.territory))
    if party.declared_as is not None:
        code = party.declared_as
        small.append(say("party_code", code=code.code, list=code.list))
    identifier = (party.identifier,) if party.identifier else say("no_identifier")
    name = (party.name,) if party.name else say("no_name")
    return Cell((identifier, name), tuple(small))


def _grounds(telling: Telling) -> Iterator[Block]:
    given, say = telling.given, telling.speaker.say
    result = given.result
    yield Heading(say("rests_on"), 2)
    told: tuple[tuple[str, Said], ...] = (
        ("known_at", telling.moment(result.known_at) if result.position else say("nothing_known")),
        ("position", (str(result.position),)),
        ("rule", (result.rule,)),
        ("book", (result.book,)),
    )
    yield Facts((), tuple((say(label), (Cell((value,)),)) for label, value in told))
    yield Heading(say("again"), 2)
    today = telling.day(telling.speaker.printing.printed_on.isoformat())
    yield Paragraph(say(_AGAIN[given.again], day=today, rule=given.again_rule))
    yield Heading(say("check"), 2)
    checks: list[Said] = [
        say(f"check_{telling.reader.value}_{number}", id=result.id, reference=result.reference)
        for number in _CHECKS
    ]
    if telling.has_untold:
        checks.append(say("untold"))
    yield Bullets(tuple(checks))
