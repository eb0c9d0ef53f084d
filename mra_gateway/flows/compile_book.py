"""Makes the rule book of this administration, and compiles one for deciding.

1. take from the registry what concerns us: our arrangements, their parties and programmes
2. add what officers decided: confirmations that fit our copies, accepted decision tables
3. compile: alias rules, decision tables (one that follows from the arrangement where none was
   accepted), legal days

What a book holds is in `model/rule_book.py`; keeping it is the store's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from mra_gateway.benefits.derive import derive_table, table_id
from mra_gateway.benefits.evaluate import CompiledTable, compile_table
from mra_gateway.benefits.home import find_at_home
from mra_gateway.flows.consult import PartnerBook, zone_of
from mra_gateway.identifiers.book import AliasBook, compile_rules
from mra_gateway.identifiers.diagnose import diagnose
from mra_gateway.identifiers.names import rules_of
from mra_gateway.model.benefits import AcceptedTable, DecisionTable, Outcome
from mra_gateway.model.facts import Administration, Arrangement, Flow, PartyFunction
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.rule_book import RuleBook, digest_of
from mra_gateway.recognition.answer import Judged, put_in_order
from mra_gateway.recognition.legal_days import LegalDays

_KEPT = 20_000


def make_book(book: PartnerBook, *, tables: Iterable[AcceptedTable]) -> RuleBook:
    """Steps 1 and 2: returns the rule book as it stands now.

    Args:
        book: Facts and confirmations.
        tables: The decision tables accepted.
    """
    registry, us = book.registry, book.us
    arrangements = {
        id_: arrangement
        for id_, arrangement in sorted(registry.arrangements.items())
        if arrangement.party(us) is not None
    }
    parties = {us} | {side.territory for each in arrangements.values() for side in each.parties}
    confirmed = {}
    for id_ in arrangements:
        confirmation = book.find_confirmation(id_)
        if confirmation is not None:
            confirmed[id_] = confirmation.digest
    return RuleBook(
        us=us,
        administrations={
            territory: registry.administrations[territory]
            for territory in sorted(parties)
            if territory in registry.administrations
        },
        programmes={
            id_: programme
            for id_, programme in sorted(registry.programmes.items())
            if programme.administration in parties
        },
        arrangements=arrangements,
        confirmed=confirmed,
        benefits=dict(sorted(registry.benefits.items())),
        tables={one.table.id: one.table for one in tables if one.table.arrangement in arrangements},
        identification=registry.identification.get(us),
        names=registry.names,
    )


class CompiledBook:
    """Step 3: a rule book, ready for deciding.

    Attributes:
        book: As it was compiled.
        content: Its JSON, and `digest` the digest of it.
        aliases: How foreign AEOs are identified on our declarations.
        judged: What a table gives for a programme, shape, flow and function, where it looks at no
            more.
    """

    def __init__(self, book: RuleBook) -> None:
        """Compiles a book.

        Raises:
            SetupError: An alias rule cannot be used.
        """
        self.book = book
        self.content = book.content()
        self.digest = digest_of(self.content)
        self.us = book.us
        self.zone = zone_of(book.administrations[book.us])
        facts = book.identification.rules if book.identification else ()
        self.aliases: AliasBook = compile_rules(facts, declared_in=book.us)
        rules = [fact.value for fact in facts if fact.value is not None]
        self._rule_days = {rule.valid_from for rule in rules if rule.valid_from is not None} | {
            rule.valid_until + timedelta(days=1) for rule in rules if rule.valid_until is not None
        }
        self._definitions = {
            code: fact.value for code, fact in book.benefits.items() if fact.value is not None
        }
        self.name_rules = rules_of(book.names)
        self._advice: dict[tuple[str, Territory | None, date], str | None] = {}
        self._at_home = find_at_home(
            book.programmes.values(), territory=book.us, definitions=self._definitions
        )
        self.judged: dict[tuple[str, str, object, Flow, PartyFunction], Judged] = {}
        self._ordered: dict[tuple[int, Flow], tuple[Sequence[Outcome], Judged]] = {}
        self._tables: dict[ArrangementId, CompiledTable] = {}
        self.days = LegalDays(self.zone)
        self._days_of = {
            territory: LegalDays(zone_of(administration))
            for territory, administration in book.administrations.items()
        }
        self.unions: dict[Territory, frozenset[Territory]] = {
            territory: frozenset(administration.tin_territories.value or ())
            for territory, administration in book.administrations.items()
        }
        self.partner_territories = tuple(
            sorted({code for who, codes in self.unions.items() if who != book.us for code in codes})
        )
        """The codes with which the TINs of partners begin."""

    def finds_alike(self, other: CompiledBook) -> bool:
        """Says whether every operator is found by the same forms and names under another book."""
        ours, theirs = self.book, other.book
        return (ours.us, ours.identification, ours.names) == (
            theirs.us,
            theirs.identification,
            theirs.names,
        ) and _matched_by_name(ours) == _matched_by_name(theirs)

    def epoch(self, on: date) -> date:
        """Returns since when the alias rules in force on a day have been in force."""
        return max((day for day in self._rule_days if day <= on), default=date.min)

    def find_cover(
        self, arrangement: ArrangementId, *, partner: Territory
    ) -> tuple[Arrangement, Administration, bool] | None:
        """Returns an arrangement, a partner, and whether our copy is confirmed; None if unknown."""
        facts = self.book.arrangements.get(arrangement)
        administration = self.book.administrations.get(partner)
        if facts is None or administration is None:
            return None
        return facts, administration, arrangement in self.book.confirmed

    def advise(self, text: str, *, issuer: Territory | None, on: date) -> str | None:
        """Returns what to correct in an identifier nobody is known by; None without advice."""
        key = (text, issuer, on)
        if key not in self._advice:
            if len(self._advice) > 20_000:
                self._advice.clear()
            found = diagnose(text, book=self.aliases, on=on, issuer=issuer)
            self._advice[key] = found.correction
        return self._advice[key]

    def put_in_order(self, outcomes: Sequence[Outcome], flow: Flow) -> Judged:
        """Returns outcomes as steps and benefits; a table gives equal cases the same outcomes."""
        place = (id(outcomes), flow)
        held = self._ordered.get(place)
        if held is None:
            if len(self._ordered) > _KEPT:
                self._ordered.clear()
            # the outcomes are kept too, so that no others can come to stand at their place
            held = self._ordered[place] = (outcomes, put_in_order(outcomes, flow=flow))
        return held[1]

    def table(self, arrangement: Arrangement) -> CompiledTable:
        """Returns what we grant under an arrangement."""
        compiled = self._tables.get(arrangement.id)
        if compiled is None:
            compiled = self._tables[arrangement.id] = self.compile(
                self.table_of(arrangement), arrangement=arrangement
            )
        return compiled

    def compile(self, table: DecisionTable, *, arrangement: Arrangement) -> CompiledTable:
        """Returns a table of an arrangement ready to judge, be it in use or not."""
        return compile_table(
            table,
            agreed=arrangement.benefits.value or (),
            definitions=self._definitions,
            at_home=self._at_home,
        )

    def table_of(self, arrangement: Arrangement) -> DecisionTable:
        """Returns the accepted table of an arrangement, or the one that follows from it."""
        accepted = self.book.tables.get(table_id(arrangement, granted_by=self.us))
        return accepted or derive_table(arrangement, granted_by=self.us)

    def day(self, at: datetime, *, of: Territory | None = None) -> date:
        """Returns the legal day of a moment in an administration's time zone (ours when None)."""
        return (self.days if of is None else self._days_of.get(of, self.days)).of(at)


def _matched_by_name(book: RuleBook) -> dict[ArrangementId, object]:
    return {
        id_: arrangement.name_matching
        for id_, arrangement in book.arrangements.items()
        if arrangement.name_matching is not None
    }
