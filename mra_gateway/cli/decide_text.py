"""What `decide` prints for a person: parties, steps, benefits, in English or Russian.

English sentences are printed as they are stored; in another language they are told from these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mra_gateway.cli import show
from mra_gateway.cli.spoken import Spoken
from mra_gateway.documents.result_party import WORDS
from mra_gateway.documents.words import ENGLISH, words_of
from mra_gateway.model.recognition import Again

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mra_gateway.cli.session import Session
    from mra_gateway.model.declarations import DeclaredMessage, DeclaredParty
    from mra_gateway.model.facts import BenefitDefinition, Fact
    from mra_gateway.model.recognition import BenefitResult, PartyResult, RecognitionResult

    _Definitions = Mapping[str, Fact[BenefitDefinition]]

_PARTY = ("role", "level", "identifier", "name", "territory", "declared_as")
_STEP = ("step", "what", "passed", "reason", "found")
_BENEFIT = ("benefit", "what", "granted", "why", "parameters")


class DecideText(Spoken):
    """Prints what was read and decided, in one language."""

    def __init__(self, language: str) -> None:
        """Takes the language.

        Raises:
            RequestRefused: There are no words in it.
        """
        super().__init__(language, folder=WORDS)

    def parties(self, message: DeclaredMessage) -> None:
        """Prints the parties of a declaration as declared."""
        key = "as_declared_of" if message.changes else "as_declared"
        show.table(
            self.headings(*_PARTY),
            [self._party_row(party) for party in message.parties],
            title=self.say(
                key,
                reference=message.reference,
                type=self.say(f"type_{message.type}"),
                changes=message.changes or "",
            ),
            empty=self.say("nobody_named"),
        )

    @staticmethod
    def in_json(key: str) -> str:
        """Returns a text for machines, which are always told the same."""
        return words_of(WORDS, ENGLISH).say(key)

    def result(self, result: RecognitionResult, *, session: Session, is_stored: bool) -> None:
        """Prints a result, party by party."""
        zone, definitions = session.zone, session.gateway.registry.benefits
        show.line(
            self.say(
                "head",
                reference=result.reference,
                flow=self.word("flow", result.type),
                moment=self.moment(result.accepted_at, zone),
                outcome=self._outcome(is_recognised=result.recognised),
            )
        )
        known_at = self.moment(result.known_at, zone)
        show.line(self.say("stored" if is_stored else "not_stored", id=result.id, moment=known_at))
        for party in result.results:
            self._party(party, zone, definitions)

    def likeness(self, given: RecognitionResult, now: RecognitionResult) -> str:
        """Returns how an answer computed again is like the one that was given."""
        said = self.say(
            {
                Again.SAME: "same",
                Again.IN_OTHER_WORDS: "same_in_other_words",
                Again.DIFFERENT: "differs",
            }[given.compare(now)]
        )
        if given.rule == now.rule:
            return said
        return self.say("by_versions", said=said, given=given.rule, now=now.rule)

    def _party(self, one: PartyResult, zone: ZoneInfo, definitions: _Definitions) -> None:
        found = ", ".join(
            str(value)
            for value in (one.tin, one.authorisation, one.arrangement, self._status(one))
            if value
        )
        title = self.say(
            "party",
            role=self.word("function", one.party.role),
            identifier=one.party.identifier or self.say("bare_identifier"),
            outcome=self._outcome(is_recognised=one.recognised),
        )
        since = self.moment(one.as_of, zone) if one.as_of else ""
        show.table(
            self.headings(*_STEP),
            [
                (
                    step.number,
                    step.name if self.is_stored else self.say(f"step_{step.number}"),
                    self._yes(is_so=step.passed),
                    step.reason,
                    self.told(step.text, "step"),
                )
                for step in one.steps
            ],
            title=f"  {title}"
            + (f" ({found})" if found else "")
            + (self.say("party_as_of", moment=since) if since else ""),
        )
        for key, benefits in (
            ("for_consignment", one.benefits),
            ("for_holder", one.holder_benefits),
        ):
            if benefits:
                title = f"  {self.say(key, table=str(one.table))}"
                self._benefits(benefits, definitions, title=title)
        for flag in one.flags:
            kind, text = self.say(f"flag_{flag.kind}"), self.told(flag.text, "flag")
            show.line(f"  {self.say('look', kind=kind, text=text)}")
        for correction in one.corrections:
            show.line(f"  {self.say('to_correct', text=self.told(correction, 'correction'))}")

    def _benefits(
        self, benefits: Sequence[BenefitResult], definitions: _Definitions, *, title: str
    ) -> None:
        headings = self.headings(*_BENEFIT)
        rows: list[list[object]] = [
            [
                benefit.code,
                self._title(benefit, definitions),
                self._yes(is_so=benefit.granted),
                "; ".join(
                    filter(None, (self.told(benefit.text, "benefit"), benefit.legal_reference))
                ),
                ", ".join(f"{name} {value}" for name, value in benefit.parameters.items()),
            ]
            for benefit in benefits
        ]
        if not any(row[-1] for row in rows):  # the others need its place
            headings, rows = headings[:-1], [row[:-1] for row in rows]
        show.table(headings, rows, title=title)

    def _title(self, benefit: BenefitResult, definitions: _Definitions) -> str:
        """Returns what a benefit is called: an arrangement's own words have no translation."""
        meant = definitions.get(benefit.code)
        if self.is_stored or meant is None or meant.value is None:
            return benefit.title
        return meant.value.title_ru or benefit.title

    def _party_row(self, party: DeclaredParty) -> tuple[object, ...]:
        level = party.level if self.is_stored else self.say(f"level_{party.level}")
        if party.item is not None:
            level = f"{level} {party.item}"
        code = party.declared_as
        declared_as = None if code is None else f"{code.code} ({code.list})"
        role = self.word("function", party.role)
        return (role, level, party.identifier, party.name, party.territory, declared_as)

    def _outcome(self, *, is_recognised: bool) -> str:
        return self.say("recognised" if is_recognised else "not_recognised")

    def _yes(self, *, is_so: bool) -> str:
        return self.say("yes" if is_so else "no")

    def _status(self, one: PartyResult) -> str:
        return "" if one.status is None else self.word("status", one.status)
