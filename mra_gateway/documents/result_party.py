"""What a statement of reasons tells of one party: operator, steps, benefits, what to correct."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from mra_gateway.documents import reasons
from mra_gateway.documents.page import (
    Block,
    Bullets,
    Cell,
    Column,
    Facts,
    Heading,
    Line,
    Paragraph,
    Said,
    Table,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.documents.tones import GRANTED
from mra_gateway.model.declarations import DeclaredParty
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.recognition import (
    Again,
    BenefitResult,
    PartyResult,
    RecognitionReason,
    RecognitionResult,
    RuleStep,
)
from mra_gateway.model.requirements import Phrase

WORDS: Final = "recognition"
_STEPS: Final = range(1, 8)
_STATUS_STEP: Final = 2


class Reader(StrEnum):
    """Who reads a statement of reasons."""

    INTERNAL = "internal"
    TRADER = "trader"


class GivenResult(NamedTuple):
    """A result as it was given, and what is told beside it.

    Attributes:
        requested_by: Who asked for it.
        again: How it comes out when it is computed again today, by version `again_rule`.
        administration: Who decided.
        zone: In which moments are written.
        benefits: What each code means.
        arrangements: The title of each arrangement, and its sides.
    """

    result: RecognitionResult
    requested_by: str
    again: Again
    again_rule: str
    administration: str
    zone: ZoneInfo
    benefits: Mapping[str, Phrase]
    arrangements: Mapping[ArrangementId, tuple[str, tuple[Territory, ...]]]


class Telling:
    """How one result is told to its reader.

    Attributes:
        has_untold: Whether a sentence was met that has no words in a language of the paper.
    """

    def __init__(self, given: GivenResult, *, printing: Printing, reader: Reader) -> None:
        """Takes the result and the paper it is told on."""
        self.given = given
        self.reader = reader
        self.speaker = Speaker(printing, folder=WORDS)
        self.has_untold = False
        self._languages = printing.languages

    @property
    def is_internal(self) -> bool:
        """Whether officers read it."""
        return self.reader is Reader.INTERNAL

    def reason(self, text: str, *, group: str, reason: RecognitionReason | None = None) -> Said:
        """Returns a stored sentence as the reader may read it."""
        if self.is_internal:
            said = reasons.said(text, group=group, languages=self._languages)
        else:
            said = reasons.said_to_trader(
                text, group=group, reason=reason, languages=self._languages
            )
        for language in self._languages:
            retold = reasons.retell(text, group=group, language=language)
            if not retold.is_told and retold.text in said:
                self.has_untold = True
        return said

    def withheld(self) -> Said:
        """Returns what the trader reads where an operator is not certain."""
        return reasons.to_trader("withheld", languages=self._languages)

    def word(self, kind: str, text: str) -> Said:
        """Returns a word of a list."""
        return reasons.word(kind, text, languages=self._languages)

    def day(self, day: str) -> Said:
        """Returns a day as each language writes it."""
        return reasons.local_days(day, languages=self._languages)

    def moment(self, at: datetime) -> Said:
        """Returns a moment in the administration's own zone, which is named."""
        zone = self.given.zone
        local = at.astimezone(zone)
        rest = f"{local:%H:%M:%S} ({zone.key})"
        return self.speaker.joined((self.day(f"{local:%Y-%m-%d}"), (rest,)), by=" ")

    def level(self, party: DeclaredParty) -> Said:
        """Returns where on the declaration a party stands."""
        if party.item is not None:
            return self.speaker.say("level_item_number", number=str(party.item))
        return self.speaker.say(f"level_{party.level.value}")

    def named(self, one: PartyResult) -> Said:
        """Returns a party by its function and what it was declared by."""
        identifier = one.party.identifier or one.party.name
        role = self.word("function", one.party.role)
        named: Said = (identifier,) if identifier else self.speaker.say("no_identifier")
        return self.speaker.say("of_party", role=role, identifier=named)

    def is_uncertain(self, one: PartyResult) -> bool:
        """Says whether the operator found is not told: it may be another, and somebody else's."""
        doubtful = any(step.reason is RecognitionReason.IDENTIFIER_LOSSY for step in one.steps)
        return doubtful and not self.is_internal


def party_outcome(one: PartyResult, telling: Telling) -> Cell:
    """Returns whether a party is recognised, and the first reason why it is not."""
    say = telling.speaker.say
    outcome = say("recognised" if one.recognised else "not_recognised")
    failed = next((step for step in one.steps if not step.passed), None)
    small = () if failed is None else (_found(failed, one, telling),)
    # most parties stand at our end, where nobody is meant to be a partner's
    is_asked = failed is None or failed.reason is not RecognitionReason.IDENTIFIER_NOT_DECLARED
    return Cell((outcome,), small, GRANTED[one.recognised if is_asked else None])


def party_blocks(one: PartyResult, telling: Telling, *, number: int) -> Iterator[Block]:
    """Yields what is told of a party beyond the table of parties; nothing where that is all.

    Args:
        one: What was given for it.
        telling: How it is told.
        number: Its place on the declaration.
    """
    if one.tin is None and len(one.steps) < _STATUS_STEP and not one.corrections:
        return
    heading = tuple(text[:1].upper() + text[1:] for text in telling.named(one))
    yield Heading(heading, 2)
    if one.tin is not None:
        yield _operator(one, telling)
    yield _steps(one, telling, sheet=f"Steps {number}")
    for name, sheet, benefits in (
        ("benefits", "Benefits", one.benefits),
        ("holder_benefits", "Of the operator", one.holder_benefits),
    ):
        if benefits:
            yield Heading(telling.speaker.say(name), 3)
            yield _benefits(benefits, one.table, telling, name=name, sheet=f"{sheet} {number}")
    if one.corrections:
        yield Heading(telling.speaker.say("corrections"), 3)
        yield Bullets(tuple(telling.reason(text, group="correction") for text in one.corrections))
    if one.flags and telling.is_internal:
        yield Heading(telling.speaker.say("flags"), 3)
        for flag in one.flags:
            kind = telling.speaker.say(f"flag_{flag.kind.value}")
            text = telling.reason(flag.text, group="flag")
            yield Paragraph(telling.speaker.joined((kind, text), by=": "))


def _operator(one: PartyResult, telling: Telling) -> Facts:
    speaker, say = telling.speaker, telling.speaker.say
    if telling.is_uncertain(one):
        return Facts((), ((say("operator"), (Cell((say("operator_not_certain"),)),)),))
    told: list[tuple[str, tuple[Said, ...]]] = [
        (
            "operator",
            (
                say("operator_tin", tin=one.tin or ""),
                say("operator_number", number=one.authorisation or ""),
            ),
        ),
        ("programme", ((", ".join(filter(None, (one.programme, one.tier))),),)),
        ("arrangement", _arrangement(one, telling)),
    ]
    if one.status is not None:
        told.append(("status", (telling.word("status", one.status),)))
    if one.read_by is not None:
        told.append(("read_by", (telling.reason(one.read_by, group="form"),)))
    if one.as_of is not None:
        told.append(("list_as_of", (telling.moment(one.as_of),)))
    if one.table is not None:
        table: Said = (one.table,)
        told.append(("table", (say("table_shadow", table=table) if one.shadow else table,)))
    return Facts((), tuple((speaker.say(label), (Cell(lines),)) for label, lines in told))


def _arrangement(one: PartyResult, telling: Telling) -> tuple[Said, ...]:
    if one.arrangement is None:
        return ()
    held = telling.given.arrangements.get(one.arrangement)
    if held is None:
        return ((one.arrangement,),)
    title, sides = held
    parties = telling.speaker.joined(map(telling.speaker.territory, sides), by=" – ")
    between = telling.speaker.say("mutual_recognition", parties=parties)
    return ((one.arrangement,), between, (title,))


def _steps(one: PartyResult, telling: Telling, *, sheet: str) -> Table:
    say = telling.speaker.say
    columns = (
        Column(say("column_step"), 2.2),
        Column(say("column_passed"), 1.2),
        Column(say("column_found"), 4.6),
    )
    judged = {step.number: step for step in one.steps}
    lines = tuple(_step_line(number, judged.get(number), one, telling) for number in _STEPS)
    return Table(say("steps"), sheet, columns, lines)


def _step_line(number: int, step: RuleStep | None, one: PartyResult, telling: Telling) -> Line:
    speaker, say = telling.speaker, telling.speaker.say
    name = Cell((speaker.joined(((f"{number}.",), say(f"step_{number}")), by=" "),))
    if step is None:
        told = Cell((say("not_judged_why"),))
        return Line((name, Cell((say("not_judged"),), (), GRANTED[None]), told))
    passed = Cell((say("passed" if step.passed else "not_passed"),), (), GRANTED[step.passed])
    return Line((name, passed, Cell((_found(step, one, telling),), _code(step.reason, telling))))


def _found(step: RuleStep, one: PartyResult, telling: Telling) -> Said:
    if step.number == _STATUS_STEP and telling.is_uncertain(one):
        return telling.withheld()
    return telling.reason(step.text, group="step", reason=step.reason)


def _code(reason: RecognitionReason, telling: Telling) -> tuple[Said, ...]:
    if reason is RecognitionReason.OK or not telling.is_internal:
        return ()
    return (telling.speaker.say("reason_code", code=reason.value),)


def _benefits(
    benefits: Sequence[BenefitResult],
    table: str | None,
    telling: Telling,
    *,
    name: str,
    sheet: str,
) -> Table:
    say = telling.speaker.say
    columns = (
        Column(say("column_benefit"), 2.8),
        Column(say("column_decision"), 1.4),
        Column(say("column_why"), 3.8),
    )
    lines = tuple(_benefit_line(benefit, table, telling) for benefit in benefits)
    return Table(say(name), sheet, columns, lines)


def _benefit_line(benefit: BenefitResult, table: str | None, telling: Telling) -> Line:
    say = telling.speaker.say
    meant = telling.given.benefits.get(benefit.code)
    title: Said = (benefit.title,) if meant is None else telling.speaker.phrase(meant)
    small = [say("benefit_code", code=benefit.code)]
    if meant is not None and benefit.title != meant.en:
        small.append(say("benefit_worded", title=benefit.title))
    why: list[Said] = list(_code(benefit.reason, telling))
    if benefit.legal_reference is not None:
        why.append(say("legal_reference", reference=benefit.legal_reference))
    if benefit.row is not None and table is not None:
        why.append(say("row", table=table, row=benefit.row))
    why += [
        say("parameter", name=name, value=str(value)) for name, value in benefit.parameters.items()
    ]
    text = telling.reason(benefit.text, group="benefit", reason=benefit.reason)
    decision = say("granted" if benefit.granted else "refused")
    return Line(
        (
            Cell((title,), tuple(small)),
            Cell((decision,), (), GRANTED[benefit.granted]),
            Cell((text,), tuple(why)),
        )
    )
