"""One name against many, beside plain rapidfuzz and an exact look-up in SQL; and how good it is.

All on one thread, in this process. Precision and recall are those of the labelled pairs on which
the rules were made: they show that nothing got worse, not how registers at large would fare.
"""

from __future__ import annotations

import gc
import os
import random
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rapidfuzz import fuzz, process

from mra_gateway.identifiers.matching import CONFIRMING, NameIndex, contradiction
from mra_gateway.identifiers.names import NameRules
from mra_gateway.model.declarations import DeclaredAddress, DeclaredParty
from mra_gateway.model.facts import PartyFunction
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Address
from mra_gateway.registry.load import load_registry
from tests.benchmarks.measuring import (
    Finding,
    at_least,
    at_most,
    median,
    milliseconds,
    peak_megabytes,
)
from tests.support.name_pairs import PAIRS, declared_place, held_place

BOUND = 50
SYLLABLES = "an bo cha da er fu gan hai jin ka lo mon nar or pu qi ra shan tai ul van xin yu zha"
BUSINESS = ("Trading", "Logistics", "Electronics", "Machinery", "Import Export", "Food", "")
FORMS = ("Co., Ltd.", "LLC", "JSC", "GmbH")
PLACES = (("MN", "Ulaanbaatar"), ("CN", "Ningbo"), ("KZ", "Almaty"), ("UZ", "Tashkent"))


class Firm(NamedTuple):
    """A made-up firm."""

    name: str
    address: Address


async def run(folder: Path, *, count: int, questions: int) -> list[Finding]:
    """Measures looking names up among many."""
    chance = random.Random(3)
    rules = NameRules(load_registry().names)
    firms = _firms(chance, count)
    before = _resident()
    index = NameIndex[int](rules)
    building = milliseconds(lambda: _fill(index, firms))
    size = _resident() - before
    asked = chance.sample(firms, questions // 2) + _firms(chance, questions // 2)
    plain = [firm.name.casefold() for firm in firms]
    table = _table(folder / "names.db", firms)

    def ours(firm: Firm) -> object:
        return index.propose(firm.name, address=_declared(firm))

    def theirs(firm: Firm) -> object:
        return process.extract(firm.name.casefold(), plain, scorer=fuzz.WRatio, limit=5)

    def exact(firm: Firm) -> object:
        return table.execute("select id from names where name = ?", (firm.name,)).fetchall()

    mine, wratio, sql = (_times(work, asked) for work in (ours, theirs, exact))
    table.close()
    found = sum(bool(index.propose(_typed(firm.name, chance))) for firm in asked)
    return [
        at_most(
            f"One name and address matched against {count:,}",
            value=median(mine),
            bound=BOUND,
            unit=" ms",
            measured=f"median {median(mine):.1f} ms, slowest {max(mine):.1f} ms; "
            f"{size:.0f} MB; built in {building / 1000:.1f} s",
            compared=f"rapidfuzz WRatio {median(wratio):.1f} ms; exact in SQL {median(sql):.3f} ms "
            f"(finds none of the names typed otherwise, this {found} of {len(asked)})",
        ),
        _hot_path(rules),
        _precision(rules),
    ]


def _hot_path(rules: NameRules) -> Finding:
    held = Address(lines=("Энхтайваны 17",), city="Улаанбаатар", territory=Territory("MN"))
    names = ("Алтан Тариа ХХК",)

    def cost(name: str, address: DeclaredAddress | None, times: int = 2000) -> float:
        party = DeclaredParty(role=PartyFunction.EXPORTER, name=name, address=address)

        def work() -> None:
            for _ in range(times):
                contradiction(party, names=names, addresses=(held,), rules=rules)

        work()
        return milliseconds(work) * 1000 / times

    where = DeclaredAddress(lines=("Peace Ave 17",), city="Ulaanbaatar")
    same, script, other = cost(names[0], None), cost("Altan Taria", None), cost("Zarya", where)
    return at_most(
        "A name beside a code compared with the register",
        value=other,
        bound=500,
        unit=" µs",
        measured=f"{other:.0f} µs with another name and an address",
        compared=f"{same:.1f} µs where it is the same, {script:.0f} µs in another script",
    )


def _precision(rules: NameRules) -> Finding:
    scored = []
    for pair in PAIRS:
        index = NameIndex[int](rules)
        index.add(0, names=[pair.held], addresses=held_place(pair.held_at))
        found = index.propose(pair.declared, address=declared_place(pair.declared_at))
        scored.append((found[0].score if found else 0.0, pair.same))
    lines = []
    for threshold in (80, 85, 90, CONFIRMING, 98):
        precision, recall = _quality(scored, threshold)
        lines.append(f"{precision:.3f} / {recall:.2f} from {threshold:g}")
    precision, recall = _quality(scored, CONFIRMING)
    return at_least(
        f"Precision at the confirming score, {CONFIRMING:g}, on {len(PAIRS)} labelled pairs",
        value=precision,
        bound=1,
        measured=f"recall {recall:.2f}",
        compared="precision / recall " + ", ".join(lines),
    )


def _quality(scored: Sequence[tuple[float, bool]], threshold: float) -> tuple[float, float]:
    taken = [same for score, same in scored if score >= threshold]
    return sum(taken) / max(len(taken), 1), sum(taken) / sum(same for _, same in scored)


def _firms(chance: random.Random, count: int) -> list[Firm]:
    syllables = SYLLABLES.split()

    def word() -> str:
        return "".join(chance.choices(syllables, k=chance.randint(2, 3))).capitalize()

    firms = []
    for number in range(count):
        territory, city = chance.choice(PLACES)
        words = [word() for _ in range(chance.randint(1, 3))]
        name = " ".join(filter(None, [*words, chance.choice(BUSINESS), chance.choice(FORMS)]))
        lines = (f"{word()} Street {number % 200}",)
        address = Address(
            lines=lines,
            city=city,
            postcode=f"{100000 + number % 900}",
            territory=Territory(territory),
        )
        firms.append(Firm(name, address))
    return firms


def _typed(name: str, chance: random.Random) -> str:
    """A name as somebody else types it: capitals, no punctuation, a letter doubled."""
    at = chance.randrange(1, len(name.split(" ", maxsplit=1)[0]))
    return (name[:at] + name[at - 1] + name[at:]).upper().replace(".", "").replace(",", "")


def _fill(index: NameIndex[int], firms: Sequence[Firm]) -> None:
    for number, firm in enumerate(firms):
        index.add(
            number, names=[firm.name], addresses=[firm.address], territory=firm.address.territory
        )


def _declared(firm: Firm) -> DeclaredAddress:
    return DeclaredAddress.model_validate(firm.address.model_dump(exclude={"language"}))


def _table(file: Path, firms: Sequence[Firm]) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    connection.execute("create table names (id integer primary key, name text)")
    connection.executemany("insert into names (name) values (?)", [(one.name,) for one in firms])
    connection.execute("create index by_name on names (name)")
    connection.commit()
    return connection


def _times(work: Callable[[Firm], object], asked: Sequence[Firm]) -> list[float]:
    work(asked[0])
    return [milliseconds(partial(work, firm)) for firm in asked]


def _resident() -> float:
    """The most memory there ever was: what is added to it was needed."""
    gc.collect()
    return peak_megabytes(os.getpid())
