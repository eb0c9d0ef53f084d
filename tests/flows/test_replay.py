"""Ten thousand results, computed again after everything they rested on has changed.

A year of China's is played by the product's own code: three partners, their lists and changes, and
between the batches of declarations everything officers can do that decisions rest on. Then more of
the same, other facts and a restart; and every result has to come out byte for byte as it was given
out, from what was known at its position, without its answer being read.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
import zstandard
from sqlalchemy import Connection, delete, select, update

from mra_gateway.clock import HandMovedClock
from mra_gateway.model.benefits import TableMode
from mra_gateway.model.changes import ChangeKind, Status
from mra_gateway.model.declarations import (
    Declaration,
    DeclaredAddress,
    DeclaredParty,
    Override,
)
from mra_gateway.model.facts import ALL, Flow, PartyFunction
from mra_gateway.model.identifiers import ArrangementId, OfficerName, Territory
from mra_gateway.model.measures import (
    ArrangementStop,
    BenefitSuspension,
    Correspondence,
    CorrespondenceKind,
    GroundKind,
    MeasureId,
    PilotScope,
    RandomControl,
    SuspensionReason,
    TargetedAlert,
    Where,
)
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.registry.load import Registry
from mra_gateway.store import grounds
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database, open_database
from mra_gateway.store.recognition_tables import result_batches
from mra_gateway.store.register_tables import facts as facts_table
from tests.support import pki, replay
from tests.support.deciding import (
    Deciding,
    an_operator,
    filled_in,
    gateway_of,
    with_arrangement,
    with_programmes,
)
from tests.support.messages import a_uuid
from tests.support.simulation import shipped

CN = Territory("CN")
OLGA = OfficerName("olga")
BATCH, BATCHES, OPERATORS = 500, 20, 60
DAY = timedelta(days=1)
PARTNERS = {
    "CN-BY-2019": ("BY", "BY-AEO", "3"),
    "CN-MN-2025": ("MN", "MN-AEO", None),
    "CN-CH-2017": ("CH", "CH-AEO", None),
}

Act = Callable[[], Awaitable[object]]


def operators_of(partner: str, programme: str, tier: str | None) -> list[OperatorRecord]:
    # numbers of Belarus and Mongolia are alike but for the territory, those of Switzerland are not
    first = 500 if partner == "CH" else 1
    return [
        an_operator(
            f"{partner}{number:09d}",
            f"{partner}/{number:04d}/ТИП 3" if partner == "BY" else f"AEO{partner}{number:09d}",
            programme,
            tier=tier,
            legal_name=f"Fictitious {number} GmbH",
            expires_on=date(2026, 3, 20) if number % 20 == 0 else None,
        )
        for number in range(first, first + OPERATORS)
    ]


OF = {id_: operators_of(*facts) for id_, facts in PARTNERS.items()}


class Story:
    """China's year: what it is told, what its officers do, and what it answers.

    Attributes:
        given: Every result as it was given out, by its id.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandMovedClock(pki.AT)
        self.registry = shipped()
        self.random = random.Random(7)
        self.given: dict[str, bytes] = {}
        self.standing: dict[str, int] = {}
        self._sent: dict[str, Counter[Territory]] = {id_: Counter() for id_ in PARTNERS}
        self.start()

    def start(self) -> None:
        """Starts a gateway over the database and the facts as they stand."""
        self.gateway = gateway_of(
            CN, database=self.database, registry=self.registry, clock=self.clock
        )

    def under(self, id_: str) -> Deciding:
        """Returns China under one of its arrangements."""
        arrangement = self.registry.get_arrangement(ArrangementId(id_))
        return Deciding(self.gateway, arrangement, self.clock, self._sent[id_])

    async def found(self) -> None:
        """Joins every arrangement and hears the first lists."""
        await self.under("CN-BY-2019").found()
        for id_ in PARTNERS:
            if id_ != "CN-BY-2019":
                await self.under(id_).join()
        for id_, known in OF.items():
            await self.under(id_).is_listed(PARTNERS[id_][0], *known)

    # --- what decisions rest on changes

    async def is_told(self, id_: str, number: int, kind: ChangeKind, **fields: Any) -> Any:
        """Hears a partner about one of its operators."""
        return await self.under(id_).is_told_of(OF[id_][number], kind, **fields)

    async def is_listed(self, id_: str, *without: int) -> None:
        """Hears a partner's full list again, without some of its operators."""
        left = [one for number, one in enumerate(OF[id_]) if number not in without]
        await self.under(id_).is_listed(PARTNERS[id_][0], *left, since=self.clock.now())

    async def orders(self, name: str, kind: GroundKind, noun: Any) -> None:
        """Puts a ground in place that a later act can end by its name."""

        def write(connection: Connection) -> int:
            content = noun.model_dump_json(exclude_defaults=True)
            return grounds.add(
                connection, kind, subject=name, content=content, at=self.clock.now(), by=OLGA
            )

        self.standing[name] = await self.database.write(write)

    async def ends(self, name: str) -> None:
        """Ends a ground."""
        ids = [self.standing.pop(name)]
        await self.database.write(
            lambda c: grounds.end(c, ids, at=self.clock.now(), by="olga, pavel")
        )

    async def table(self, id_: str, **changes: Any) -> None:
        """Has another version of a decision table accepted."""
        shipped_table = self.registry.tables[f"{id_}.CN"]
        await self.under(id_).accept(shipped_table.model_copy(update=changes))

    async def withdraws_confirmation(self, id_: str) -> None:
        """Stops everything under an arrangement until it is confirmed again."""
        await self.database.write(
            lambda c: decided.withdraw_confirmation(c, ArrangementId(id_), at=self.clock.now())
        )

    async def restarts_with(self, change: Callable[[Registry], Registry]) -> None:
        """Starts anew by other facts."""
        self.registry = change(self.registry)
        self.start()

    def measure(self, **fields: Any) -> dict[str, Any]:
        """Returns what every measure says, in effect from now on."""
        values = {"id": MeasureId(a_uuid()), "from_at": self.clock.now(), "ordered_by": OLGA,
                  "ordered_at": self.clock.now()}  # fmt: skip
        return {**values, **fields}

    # --- what is asked

    async def answers(self, count: int = BATCH) -> None:
        """Decides a batch and keeps what was given out."""
        asked = [self._declaration() for _ in range(count)]
        for part in await self.gateway.decider.decide_fast(asked, requested_by="test"):
            for content in part.results:
                self.given[orjson.loads(content)["id"]] = content

    def _declaration(self) -> Declaration:
        chance = self.random
        parties = [self._party() for _ in range(chance.choice([1, 1, 1, 2, 3]))]
        ago = chance.choice([0, 0, 0, 1, 3, 30]) * DAY
        return Declaration(
            reference=f"D-{chance.randrange(10**9)}",
            type=chance.choice([Flow.IMPORT] * 14 + [Flow.EXPORT, Flow.TRANSIT]),
            accepted_at=self.clock.now() - ago if chance.random() < 0.6 else None,
            parties=tuple(parties),
            office=chance.choice([None, "0208", "5301"]),
            mode=chance.choice([None, "1", "3"]),
            chapters=chance.choice([("84",)] * 4 + [(), ("93", "84")]),
            dispatched_from=chance.choice([None, Territory("BY")]),
            overrides=chance.choice([()] * 15 + [(Override.PROHIBITED_GOODS,)]),
        )

    def _party(self) -> DeclaredParty:
        chance = self.random
        operator = chance.choice(OF[chance.choice(list(OF))])
        identifier = chance.choice(
            [str(operator.authorisation), str(operator.tin)] * 6
            + [
                str(operator.tin).lower(),
                f"{str(operator.tin)[:2]}-{operator.tin.national}",
                operator.tin.national,
                f"AEO{operator.tin}",
                f"{operator.tin}0",
                "SUPPLIER 42",
                None,
            ]
        )
        named = chance.random() < 0.3
        return DeclaredParty(
            role=chance.choice([PartyFunction.EXPORTER] * 40 + list(PartyFunction)),
            identifier=identifier,
            name=chance.choice([operator.legal_name, "Another House Ltd"]) if named else None,
            address=DeclaredAddress(city="Minsk") if named and chance.random() < 0.5 else None,
        )


async def play(story: Story) -> None:
    """A batch after each act, and the acts of a year between them."""
    annulled: list[Any] = []

    async def revokes() -> None:
        annulled.append(await story.is_told("CN-MN-2025", 7, ChangeKind.REVOKED))

    async def annuls() -> None:
        await story.is_told(
            "CN-MN-2025",
            7,
            ChangeKind.ANNULLED,
            status=Status.VALID,
            corrects=annulled[0].change_id,
            effective_from=annulled[0].effective_from,
            legal_reference="Judgment 7/2026 (fictitious)",
        )

    def later(**fields: Any) -> Callable[[type[Any]], Any]:
        return lambda noun: noun(**story.measure(**fields))

    by, mn, ch = PARTNERS
    acts: list[Act] = [
        lambda: story.is_told(by, 3, ChangeKind.SUSPENDED),
        lambda: story.is_listed(mn, 1, 2),
        lambda: story.orders(
            "suspension",
            GroundKind.BENEFIT_SUSPENSION,
            later(
                partner=Territory("BY"),
                tin=OF[by][5].tin,
                where=Where(offices=("0208",)),
                reason_class=SuspensionReason.IRREGULARITY,
                reason="seals broken",
                confirm_before=story.clock.now() + 5 * DAY,
            )(BenefitSuspension),
        ),
        lambda: story.orders(
            "code",
            GroundKind.CORRESPONDENCE,
            Correspondence(
                kind=CorrespondenceKind.IDENTIFIER,
                text="SUPPLIER 42",
                partner=Territory("CH"),
                tin=OF[ch][11].tin,
                confirmed_by="olga",
                confirmed_at=story.clock.now(),
                why="a letter of the operator",
            ),
        ),
        lambda: story.orders(
            "alert",
            GroundKind.TARGETED_ALERT,
            later(tin=None, chapters=("93",), reason="arms")(TargetedAlert),
        ),
        lambda: story.is_told(by, 3, ChangeKind.RESUMED),
        lambda: story.orders(
            "draw",
            GroundKind.RANDOM_CONTROL,
            later(rate=0.2, seed="0123456789abcdef")(RandomControl),
        ),
        lambda: story.orders(
            "name",
            GroundKind.CORRESPONDENCE,
            Correspondence(
                kind=CorrespondenceKind.NAME,
                text=OF[by][9].legal_name or "",
                partner=Territory("BY"),
                tin=OF[by][9].tin,
                confirmed_by="olga",
                confirmed_at=story.clock.now(),
                why="a letter of the operator",
            ),
        ),
        revokes,
        lambda: story.table(mn, version=2, mode=TableMode.SHADOW),
        lambda: story.orders(
            "stop",
            GroundKind.ARRANGEMENT_STOP,
            later(arrangement=ArrangementId(ch), reason="negotiation")(ArrangementStop),
        ),
        lambda: story.ends("alert"),
        lambda: story.table(mn, version=3),
        lambda: story.restarts_with(without_liaison_at_home),
        annuls,
        lambda: story.orders(
            "pilot",
            GroundKind.PILOT,
            later(
                arrangement=ArrangementId(by),
                operators=tuple(one.tin for one in OF[by][::2]),
                offices=ALL,
                reason="trial",
                until_at=story.clock.now() + 2 * DAY,
            )(PilotScope),
        ),
        lambda: story.withdraws_confirmation(by),
        lambda: story.under(by).confirm(),
        lambda: story.ends("stop"),
    ]
    assert len(acts) == BATCHES - 1
    await story.answers()
    for number, act in enumerate(acts):
        # some happen at the very moment of the batch before
        story.clock.move_to(story.clock.now() + (0 if number % 5 == 2 else 1.3) * DAY)
        await act()
        await story.answers()


def without_liaison_at_home(registry: Registry) -> Registry:
    own = registry.get_programme("CN-AEO")
    fewer = tuple(code for code in own.local_benefits.value or () if code != "liaison")
    return with_programmes(registry, own.model_copy(update={"local_benefits": filled_in(fewer)}))


async def change_everything(story: Story) -> None:
    """Afterwards: lists, tables, arrangements, officers, silence; and other facts altogether."""
    story.clock.move_to(story.clock.now() + 3 * DAY)
    for id_ in PARTNERS:
        await story.is_listed(id_, 10, 11, 12)
        since = story.clock.now() - 40 * DAY
        await story.is_told(id_, 20, ChangeKind.REVOKED, effective_from=since)
    for name in tuple(story.standing):
        await story.ends(name)
    await story.table("CN-BY-2019", version=9, rows=filled_in(()))
    await story.withdraws_confirmation("CN-CH-2017")

    def ended(registry: Registry) -> Registry:
        old = registry.get_arrangement("CN-MN-2025")
        update = {"ended_on": filled_in(date(2025, 12, 31)), "title": "Another text"}
        return with_arrangement(registry, old.model_copy(update=update))

    await story.restarts_with(ended)
    await story.answers(50)
    story.clock.move_to(story.clock.now() + 60 * DAY)
    await story.answers(50)


@pytest.fixture
async def story(database_url: str) -> AsyncIterator[Story]:
    database = open_database(database_url)
    made = Story(database)
    await made.found()
    yield made
    await database.close()


async def test_ten_thousand_results_come_out_as_they_were_given_whatever_happened_since(
    story: Story, database_url: str
) -> None:
    await play(story)
    given = dict(story.given)
    assert len(given) == BATCH * BATCHES == 10_000
    check_variety(given)
    await change_everything(story)

    # 1. another process, with nothing but the database
    again = replay.in_another_process(database_url)
    assert set(again) == set(story.given)
    wrong = [id_ for id_, was in story.given.items() if again[id_] != replay.digest_of(was)]
    assert wrong == []

    # 2. one by one, as an officer asks for it, in no order
    decider = story.gateway.decider
    for id_ in random.Random(3).sample(sorted(given), 25):
        assert await decider.compute_again(id_) == given[id_]
        assert await decider.find_given(id_) == given[id_]


def check_variety(given: dict[str, bytes]) -> None:
    """What was given is worth computing again: much granted, and refused for many reasons."""
    results = [orjson.loads(content) for content in given.values()]
    granted = sum(
        any(one["granted"] for party in result["results"] for one in party["benefits"])
        for result in results
    )
    assert granted >= 0.3 * len(results), granted
    reasons = Counter(
        found["reason"]
        for result in results
        for party in result["results"]
        for found in (*party["steps"], *party["benefits"], *party["holder_benefits"])
    )
    expected = {
        "IDENTIFIER_NOT_DECLARED",
        "IDENTIFIER_NOT_FOUND",
        "IDENTIFIER_LOSSY",
        "IDENTIFIER_AMBIGUOUS",
        "ARRANGEMENT_NOT_CONFIRMED",
        "ARRANGEMENT_STOPPED",
        "NOT_IN_PILOT",
        "STATUS_NOT_VALID",
        "STATUS_NOT_LISTED",
        "AUTHORISATION_EXPIRED",
        "FLOW_NOT_COVERED",
        "FUNCTION_NOT_COVERED",
        "NOT_OFFERED_AT_HOME",
        "BENEFITS_SUSPENDED",
        "TARGETED_ALERT",
        "RANDOM_CONTROL",
        "OVERRIDDEN",
        "SHADOW_MODE",
    }
    assert expected <= set(reasons), expected - set(reasons)
    assert len({result["position"] for result in results}) >= BATCHES - 3
    assert len({result["book"] for result in results}) >= 4
    assert any(party["flags"] for result in results for party in result["results"])


async def test_a_result_altered_in_the_database_is_found_out(story: Story) -> None:
    await story.answers(40)
    await story.is_told("CN-BY-2019", 3, ChangeKind.SUSPENDED)
    await story.answers(40)
    assert await story.database.read(replay.differing) == []
    altered = next(id_ for id_, content in story.given.items() if b'"granted":false' in content)

    def alter(connection: Connection) -> None:
        of_batch = result_batches.c.batch == altered.partition(".")[0]
        line = story.given[altered]
        kept = zstandard.decompress(
            connection.scalars(select(result_batches.c.results).where(of_batch)).one()
        )
        assert line in kept
        other = line.replace(b'"granted":false', b'"granted":true', 1)
        forged = zstandard.compress(kept.replace(line, other))
        connection.execute(update(result_batches).where(of_batch).values(results=forged))

    await story.database.write(alter)
    assert await story.database.read(replay.differing) == [altered]


async def test_a_history_altered_in_the_database_is_found_out(story: Story) -> None:
    await story.answers(100)
    assert await story.database.read(replay.differing) == []
    await story.database.write(
        lambda c: c.execute(delete(facts_table).where(facts_table.c.tin == OF["CN-BY-2019"][0].tin))
    )
    gone = OF["CN-BY-2019"][0].tin.encode()
    rested = {id_ for id_, content in story.given.items() if b'"tin":"%s"' % gone in content}
    assert rested
    assert set(await story.database.read(replay.differing)) == rested
