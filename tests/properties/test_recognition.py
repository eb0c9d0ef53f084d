"""Recognition as a whole: less is never more, order is nothing, and nobody stands above our own.

Cases are drawn so that many are granted, which every property counts. What is known is made in
memory and decided by the product's own recogniser; one batch of examples takes seconds.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mra_gateway.model.benefits import TableRow
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration, DeclaredAddress, DeclaredParty, Override
from mra_gateway.model.facts import ALL, Flow, PartyFunction
from mra_gateway.model.identifiers import OfficerName, Territory, Tin
from mra_gateway.model.measures import (
    ArrangementStop,
    BenefitSuspension,
    Correspondence,
    CorrespondenceKind,
    MeasureId,
    PilotScope,
    RandomControl,
    SuspensionReason,
    TargetedAlert,
    Where,
)
from mra_gateway.model.operators import Role
from mra_gateway.model.recognition import RecognitionResult
from tests.support.deciding import an_operator
from tests.support.decision_tables import row
from tests.support.messages import a_uuid
from tests.support.recognising import (
    BY,
    CN_BY,
    KNOWN_SINCE,
    NOW,
    OURS,
    ROLES,
    Known,
    Told,
    answer,
    benefits,
    book_of,
    enter,
    state_of,
)
from tests.support.retelling import untold

CODES = ("document_check_lower", "inspection_lower", "inspection_priority", "liaison")
PARAMETERS = {"document_check_lower": "document_check_rate_multiplier",
              "inspection_lower": "inspection_rate_multiplier"}  # fmt: skip
TIN, OTHER = Tin("BY100000001"), Tin("BY200000002")
NUMBERS = {TIN: "BY/0001/ТИП 3", OTHER: "BY/0002/ТИП 3"}
DAY = timedelta(days=1)


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Draws the usual in most cases: else hardly anything would ever be granted."""
    return st.sampled_from([usual] * (16 * len(others)) + list(others))


Focus = frozenset[str]
"""Facts that are to make a difference: rows ask for them, declarations state them otherwise."""

CALM, WATCHED = "calm", "watched"
"""In focus: everything else is as usual; consignments are singled out by a measure."""


def varied(fact: str, focus: Focus, usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Draws the usual in most cases; of a fact in focus anything as often."""
    if fact in focus:
        return st.sampled_from([usual] * len(others) + list(others))
    return st.just(usual) if CALM in focus else mostly(usual, *others)


@st.composite
def table_rows(draw: st.DrawFn, focus: Focus = frozenset()) -> TableRow:
    def some(fact: str, fits: Any, *others: Any) -> Any:
        """What a row asks of a fact: mostly what most declarations state, if anything."""
        asked = [(fits,), (fits, *others), others or (fits,)]
        if fact in focus:
            return draw(st.sampled_from(asked))
        return ALL if CALM in focus else draw(st.sampled_from([*[ALL] * 24, *asked]))

    codes = draw(st.sampled_from([CODES, CODES, CODES[:2], CODES[1:]]))
    made = row(
        codes=codes,
        effect=draw(mostly("grant", "refuse")),
        tiers=some("tier", "3", "2", "1"),
        roles=some("roles", *ROLES),
        functions=some("role", PartyFunction.EXPORTER, PartyFunction.CONSIGNOR),
        flows=some("flow", Flow.IMPORT, Flow.EXPORT),
        also=some("parties", PartyFunction.CONSIGNOR, PartyFunction.DECLARANT),
        operators=some("operators", TIN, OTHER),
        offices=some("office", "A", "B"),
        modes=some("mode", "3", "1"),
        procedures=some("procedures", "40", "71"),
        chapters_excluded=draw(varied("chapters", focus, (), ("93",))),
        value_categories=some("value_category", 4, 1),
        ecommerce_roles=some("ecommerce_roles", Role.ECOMMERCE_PLATFORM),
        direct_delivery=draw(varied("direct", focus, False, True)),
        counterpart=draw(varied("parties", focus, "anyone", "local_aeo")),
        valid_until=draw(mostly(None, date(2026, 3, 1))),
    )
    given_with = [
        one.model_copy(update={"parameters": {PARAMETERS[one.code]: draw(st.sampled_from(RATES))}})
        if one.code in PARAMETERS and draw(mostly(False, True))
        else one
        for one in made.benefits
    ]
    return made.model_copy(update={"benefits": tuple(given_with)})


RATES = (0.05, 0.2, 0.5, 0.9)


@st.composite
def tables(draw: st.DrawFn, focus: Focus) -> tuple[TableRow, ...] | None:
    if draw(st.sampled_from([True, False, False])):
        return None
    made = draw(st.lists(table_rows(focus), min_size=1, max_size=3))
    return tuple(one.model_copy(update={"id": f"r{number}"}) for number, one in enumerate(made))


wheres = st.builds(
    Where,
    offices=mostly(("A",), (), ("B",)),
    modes=st.sampled_from([(), ("1",), ("3",)]),
    dispatched_from=st.sampled_from([(), (BY,)]),
    destined_to=st.sampled_from([(), (Territory("CN"),)]),
    through=st.sampled_from([(), (Territory("RU"),)]),
    flows=st.sampled_from([(), (Flow.IMPORT,)]),
)


def measured(kind: Any, **fields: Any) -> st.SearchStrategy[Any]:
    return st.builds(
        kind,
        id=st.builds(lambda: MeasureId(a_uuid())),
        from_at=st.sampled_from([NOW - 9 * DAY, NOW - DAY, NOW + DAY]),
        until_at=st.sampled_from([None, NOW + 9 * DAY]),
        ordered_by=st.just(OfficerName("olga")),
        ordered_at=st.just(NOW - 9 * DAY),
        **fields,
    )


watching = st.one_of(
    measured(
        BenefitSuspension,
        partner=st.just(BY),
        tin=st.sampled_from([TIN, OTHER]),
        where=wheres,
        site=st.sampled_from([None, "Minsk"]),
        codes=st.sampled_from([ALL, CODES[:1]]),
        reason_class=st.just(SuspensionReason.OTHER),
        reason=st.just("r"),
        confirm_before=st.just(NOW),
    ),
    measured(
        TargetedAlert,
        tin=st.sampled_from([None, TIN, OTHER]),
        chapters=st.sampled_from([(), ("93",)]),
        where=wheres,
        reason=st.just("r"),
    ),
)
measures = st.one_of(
    watching,
    measured(RandomControl, rate=st.sampled_from([0.0, 0.3]), seed=st.just("0123456789abcdef")),
    measured(ArrangementStop, arrangement=st.just(CN_BY), reason=st.just("r")),
    measured(
        PilotScope,
        arrangement=st.just(CN_BY),
        operators=st.sampled_from([ALL, (TIN,)]),
        offices=st.sampled_from([ALL, ("A",)]),
        reason=st.just("r"),
    ),
)
correspondences = st.builds(
    Correspondence,
    kind=st.just(CorrespondenceKind.IDENTIFIER),
    text=st.sampled_from(["SUPPLIER 42", TIN.national]),
    partner=st.just(BY),
    tin=st.sampled_from([TIN, TIN, OTHER]),
    site=st.sampled_from([None, "Minsk", "Brest"]),
    confirmed_by=st.just("olga"),
    confirmed_at=st.just(NOW),
    why=st.just("letter"),
)


@st.composite
def grounds(draw: st.DrawFn, focus: Focus) -> tuple[tuple[int, Any], ...]:
    if WATCHED in focus:
        return ((0, draw(watching)),)
    some_measures = draw(st.lists(measures, max_size=2)) if draw(st.integers(0, 2)) == 2 else []
    return tuple(enumerate([*some_measures, *draw(st.lists(correspondences, max_size=2))]))


@st.composite
def operators(draw: st.DrawFn, tin: Tin, focus: Focus) -> Any:
    record = an_operator(
        tin,
        NUMBERS[tin],
        "BY-AEO",
        tier=draw(varied("tier", focus, "3", "1", None)),
        roles=draw(varied("roles", focus, (Role.EXPORTER,), ROLES, (Role.CARRIER,), ())),
        expires_on=draw(mostly(None, date(2026, 3, 1), date(2026, 3, 3))),
    )
    first = Told(draw(mostly(Status.VALID, Status.SUSPENDED)), KNOWN_SINCE, 1)
    later = Told(draw(mostly(Status.VALID, Status.SUSPENDED, Status.REVOKED)), NOW - 2 * DAY, 2)
    ahead = Told(Status.REVOKED, NOW + DAY, 3)
    return record, (first, later, ahead)[: draw(st.integers(1, 3))]


def knowns(focus: Focus = frozenset()) -> st.SearchStrategy[Known]:
    """What China may know."""
    return st.builds(
    Known,
    rows=tables(focus),
    offered=mostly(CODES, CODES[:2], CODES[1:], ()),
    parameters=mostly(
        {"document_check_lower": {PARAMETERS["document_check_lower"]: 0.5},
         "inspection_lower": {PARAMETERS["inspection_lower"]: 0.2}},
        {"inspection_lower": {PARAMETERS["inspection_lower"]: 0.2}},
        {},
    ),
    is_confirmed=mostly(True, False),
    is_heard=mostly(True, False),
    operators=st.tuples(operators(TIN, focus), operators(OTHER, focus)),
    is_ours=mostly(True, False),
    grounds=grounds(focus),
)  # fmt: skip


identifiers = mostly(
    str(TIN), NUMBERS[TIN], "by-100000001", TIN.national, "SUPPLIER 42", str(OTHER), "BY999", None
)


@st.composite
def declarations(draw: st.DrawFn, focus: Focus = frozenset()) -> Declaration:
    """Declarations about which most is stated."""
    identifier = draw(identifiers)
    party = DeclaredParty(
        role=draw(
            varied(
                "role",
                focus,
                PartyFunction.EXPORTER,
                PartyFunction.CONSIGNOR,
                PartyFunction.CARRIER,
            )
        ),
        identifier=identifier,
        name=draw(varied("name", focus, None, "Fictitious Trading", "Another House")),
        address=draw(varied("address", focus, None, DeclaredAddress(city="Minsk"))),
        territory=draw(varied("territory", focus, BY, None)),
    )
    others = [
        DeclaredParty(role=PartyFunction.CONSIGNOR, identifier=identifier),
        DeclaredParty(role=PartyFunction.IMPORTER, identifier=OURS.tin),
        DeclaredParty(role=PartyFunction.DECLARANT, identifier=identifier),
    ]
    return Declaration(
        reference=draw(st.sampled_from(["D-1", "D-2", "D-3"])),
        type=draw(mostly(Flow.IMPORT, Flow.EXPORT)),
        accepted_at=draw(mostly(NOW, NOW - DAY)),
        parties=(party, *draw(st.lists(st.sampled_from(others), max_size=3, unique_by=id))),
        office=draw(varied("office", focus, "A", "B", None)),
        mode=draw(varied("mode", focus, "3", "1", None)),
        procedures=draw(varied("procedures", focus, ("40",), ("40", "71"), ())),
        chapters=draw(varied("chapters", focus, ("84",), ("84", "93"), ())),
        value_category=draw(varied("value_category", focus, 4, 1, None)),
        dispatched_from=draw(varied("dispatched_from", focus, BY, Territory("PL"), None)),
        destined_to=draw(varied("destined_to", focus, Territory("CN"), None)),
        through=draw(varied("through", focus, (), (Territory("RU"),))),
        direct=draw(varied("direct", focus, True, False, None)),
        ecommerce_roles=draw(
            varied("ecommerce_roles", focus, (Role.ECOMMERCE_PLATFORM,), (Role.FULFILMENT_CENTRE,))
        ),
        overrides=draw(mostly((), (Override.RANDOM_CONTROL,))),
    )


class Less(NamedTuple):
    """What is left out of a declaration and of what is known.

    Not left out are: a moment, for without one now counts; a measure or an override, which only
    take away; one status of several, for the one before then stands longer. Nor is anything turned
    into another fact: who is declared at our end and is not in our register is known to be no AEO,
    so all at our end go together; and a party without an identifier is looked up by a confirmed
    name, so no names are confirmed here.
    """

    facts: frozenset[str]
    of_party: frozenset[str]
    parties: frozenset[int]
    of_record: frozenset[str]
    known: frozenset[str]

    def kept(self, full: Declaration) -> list[int]:
        """Returns which parties stay; one has to."""
        gone = {full.parties[n].role for n in self.parties if n < len(full.parties)}
        at_our_end = {PartyFunction.IMPORTER, PartyFunction.DECLARANT}
        return [
            number
            for number, one in enumerate(full.parties)
            if number not in self.parties
            and not (one.role in at_our_end and not gone.isdisjoint(at_our_end))
        ] or [0]

    def declared(self, full: Declaration) -> Declaration:
        parties = [self._party(full.parties[number]) for number in self.kept(full)]
        dropped = {name: Declaration.model_fields[name].get_default() for name in self.facts}
        return full.model_copy(update={**dropped, "parties": tuple(parties)})

    def _party(self, full: DeclaredParty) -> DeclaredParty:
        dropped: dict[str, Any] = dict.fromkeys(self.of_party - {"role"})
        if "role" in self.of_party:
            dropped["role"] = PartyFunction.NOT_STATED
        return full.model_copy(update=dropped)

    def left(self, known: Known) -> Known:
        blank = {"tier": None, "roles": ()}
        dropped = {name: blank[name] for name in self.of_record}
        told = tuple(
            (record.model_copy(update=dropped), () if "told" in self.known else told)
            for record, told in known.operators
        )
        left = known._replace(operators=told)
        if "offered" in self.known:
            left = left._replace(offered=known.offered[1:])
        if "parameters" in self.known:
            left = left._replace(parameters={})
        if "grounds" in self.known:
            kept = [one for one in known.grounds if not isinstance(one[1], Correspondence)]
            left = left._replace(grounds=tuple(kept))
        return left._replace(
            is_confirmed=known.is_confirmed and "is_confirmed" not in self.known,
            is_heard=known.is_heard and "is_heard" not in self.known,
        )


FACTS = (
    "office",
    "mode",
    "procedures",
    "chapters",
    "value_category",
    "dispatched_from",
    "destined_to",
    "through",
    "direct",
    "ecommerce_roles",
)
OF_PARTY = ("identifier", "name", "address", "territory", "role")
OF_RECORD = ("tier", "roles")
LOOKED_AT_BY_MEASURES = ("office", "mode", "dispatched_from", "destined_to", "through", "chapters")
KNOWN = ("is_confirmed", "is_heard", "offered", "parameters", "grounds", "told")


@st.composite
def lesses(draw: st.DrawFn) -> tuple[Focus, Less]:
    """What is left out, and with it the facts that are to make a difference."""
    names = [*FACTS * 2, *OF_PARTY, *OF_RECORD, *KNOWN]
    focus = draw(st.frozensets(st.sampled_from(names), min_size=1, max_size=3))
    parties = draw(mostly(frozenset(), frozenset({0}), frozenset({1}), frozenset({1, 2, 3})))
    return focus, less_of(focus)._replace(parties=parties)


def less_of(focus: Focus) -> Less:
    """Leaves out the facts in focus."""
    return Less(
        facts=focus & set(FACTS),
        of_party=focus & set(OF_PARTY),
        parties=frozenset(),
        of_record=focus & set(OF_RECORD),
        known=focus & set(KNOWN),
    )


class Seen:
    """Counts how many cases were granted anything: a property of refusals shows nothing."""

    def __init__(self) -> None:
        self.cases = self.granted = 0

    def count(self, granted: list[dict[str, Any]]) -> None:
        self.cases += 1
        self.granted += any(granted)

    def check(self) -> None:
        assert self.granted >= 0.3 * max(self.cases, 50), (self.granted, self.cases)


def check_less(
    focus: Focus, less: Less, data: st.DataObject, seen: Seen, *, only_granted: bool = False
) -> None:
    known, full = data.draw(knowns(focus)), data.draw(declarations(focus))
    more = benefits(answer(state_of(known), full))
    assume(any(more) or not only_granted)
    left = benefits(answer(state_of(less.left(known)), less.declared(full)))
    seen.count(more)
    for number, of_party in zip(less.kept(full), left, strict=True):
        for code, parameters in of_party.items():
            assert code in more[number], code
            if less.known.isdisjoint({"parameters", "offered"}):
                assert parameters == more[number][code]


def test_fewer_facts_of_declaration_or_entitlement_never_give_more_benefits() -> None:
    seen = Seen()

    @settings(max_examples=100, deadline=None)
    @given(leaving=lesses(), data=st.data())
    def of_any(leaving: tuple[Focus, Less], data: st.DataObject) -> None:
        check_less(*leaving, data, seen)

    @settings(max_examples=100, deadline=None)
    @given(leaving=lesses(), data=st.data())
    def of_granted(leaving: tuple[Focus, Less], data: st.DataObject) -> None:
        check_less(*leaving, data, seen, only_granted=True)

    of_any()  # what was refused is not granted for saying less, either
    of_granted()
    seen.check()


def test_no_single_fact_is_worth_leaving_out() -> None:
    """Fact by fact, where it makes the difference: a row asks for it, or a measure looks at it."""
    seen = Seen()
    one_by_one = [(fact, CALM) for fact in (*FACTS, *OF_PARTY, *OF_RECORD, *KNOWN)]
    watched = [(fact, CALM, WATCHED) for fact in LOOKED_AT_BY_MEASURES]
    for named in (*one_by_one, *watched):
        check_one(frozenset(named), seen)
    seen.check()


def check_one(focus: Focus, seen: Seen) -> None:
    @settings(max_examples=40, deadline=None)
    @given(data=st.data())
    def property_(data: st.DataObject) -> None:
        check_less(focus, less_of(focus), data, seen)

    property_()


def test_the_order_in_which_lists_and_changes_arrive_makes_no_difference() -> None:
    seen = Seen()

    @settings(max_examples=75, deadline=None)
    @given(known=knowns(), declaration=declarations(), data=st.data())
    def of_any(known: Known, declaration: Declaration, data: st.DataObject) -> None:
        check_order(known, declaration, data, seen)

    @settings(max_examples=75, deadline=None)
    @given(known=knowns(), declaration=declarations(), data=st.data())
    def of_granted(known: Known, declaration: Declaration, data: st.DataObject) -> None:
        check_order(known, declaration, data, seen, only_granted=True)

    of_any()
    of_granted()
    seen.check()


def check_order(
    known: Known,
    declaration: Declaration,
    data: st.DataObject,
    seen: Seen,
    *,
    only_granted: bool = False,
) -> None:
    book = book_of(known)
    at_once = answer(state_of(known, book=book), declaration)
    assume(any(benefits(at_once)) or not only_granted)
    # operator by operator in another order, and in pieces: a list first, or what follows it
    shuffled = data.draw(st.permutations(known.operators))
    state = state_of(known._replace(operators=()), book=book)
    for record, told in shuffled:
        for some_ in data.draw(st.lists(st.sampled_from([told, told[:1], ()]), max_size=3)):
            enter(state.index, record, some_, book=book)
    for record, told in data.draw(st.permutations(known.operators)):
        arrived = data.draw(st.permutations(range(len(told))))
        again = [one._replace(arrived=n) for one, n in zip(told, arrived, strict=True)]
        enter(state.index, record, data.draw(st.permutations(again)), book=book)
    seen.count(benefits(at_once))
    assert answer(state, declaration) == at_once


def test_no_foreign_aeo_gets_what_a_local_one_does_not_or_gets_it_better() -> None:
    seen = Seen()

    @settings(max_examples=300, deadline=None)
    @given(known=knowns(), declaration=declarations())
    def property_(known: Known, declaration: Declaration) -> None:
        found = benefits(answer(state_of(known), declaration))
        seen.count(found)
        for code, parameters in (one for of_party in found for one in of_party.items()):
            assert code in known.offered
            for name, value in parameters.items():
                assert value >= known.parameters[code][name], "an unknown one is not given at all"

    property_()
    seen.check()


@settings(max_examples=200, deadline=None)
@given(known=knowns(), several=st.lists(declarations(), min_size=1, max_size=4))
def test_what_is_answered_in_one_go_is_what_the_steps_answer_one_by_one(
    known: Known, several: list[Declaration]
) -> None:
    state, again = state_of(known), state_of(known)
    for declaration in [*several, *several]:  # the second time all is remembered
        given_ = answer(state, declaration)
        assert orjson.loads(given_) == orjson.loads(answer(again, declaration, plain=False))
        assert given_ == answer(again, declaration, plain=False)
        assert untold(RecognitionResult.model_validate_json(given_)) == [], "said in Russian too"


ODD = Tin("BY0042TIP3")
"""A TIN that reads as a certificate of the Union: texts are looked up in another form."""


@pytest.mark.parametrize("other", ["BY/0042/ТИП 3", "BY/0001/ТИП 3"])
def test_a_tin_that_reads_as_a_certificate_is_answered_alike_however_often_it_was_asked(
    other: str,
) -> None:
    operators = tuple(
        (
            an_operator(tin, number, "BY-AEO", tier="3", roles=ROLES),
            (Told(Status.VALID, KNOWN_SINCE, 1),),
        )
        for tin, number in ((ODD, "BY/0007/ТИП 3"), (Tin("BY777"), other))
    )
    known = Known(
        rows=None,
        offered=("document_check_lower", "inspection_lower", "inspection_priority", "liaison"),
        parameters={
            "document_check_lower": {"document_check_rate_multiplier": 0.5},
            "inspection_lower": {"inspection_rate_multiplier": 0.2},
        },
        is_confirmed=True,
        is_heard=True,
        operators=operators,
        is_ours=True,
        grounds=(),
    )
    state, again = state_of(known), state_of(known)
    for identifier in ("BY/0007/ТИП 3", str(ODD), "BY0042ТИП3", str(ODD)):
        declaration = Declaration(
            reference="D-1",
            type=Flow.IMPORT,
            accepted_at=NOW,
            parties=(DeclaredParty(role=PartyFunction.EXPORTER, identifier=identifier),),
        )
        for _ in range(2):
            given = orjson.loads(answer(state, declaration))
            assert given == orjson.loads(answer(again, declaration, plain=False)), identifier
