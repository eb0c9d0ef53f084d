"""The story the demonstration tells, chapter by chapter, each with what must have happened.

1. found: keys, officers, registers, cards pinned and the arrangement confirmed by two officers each
2. exchange full lists
3. decide declarations
4. change: a grant, a suspension, a revocation, and its annulment on appeal
5. decide the same goods anew; the earlier result, recomputed, stays as it was
6. notify: benefits of an operator stopped and given again, a road closed and open again
7. ask and ping
8. withdraw a message while the partner is down, and catch up
9. attack: forged, tampered, replayed
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mra_gateway.cli.demo import attack, fiction, homes, restrain
from mra_gateway.cli.demo.processes import GatewayProcess, free_port
from mra_gateway.cli.demo.record import Recorder
from mra_gateway.flows.follow_feed import CURRENT_FOR
from mra_gateway.flows.import_register import ImportOutcome, ImportReport
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.gateway import Gateway, open_gateway
from mra_gateway.identifiers.canonical import canonical_tin
from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.identifiers import MessageId, ProgrammeId, Territory, Tin
from mra_gateway.model.messages import MessageKind
from mra_gateway.store import facts, lanes, message_log, outbox
from mra_gateway.tables.register import read_register

CN, MN = homes.CN, homes.MN
WAIT_SECONDS = 60.0
"""Longer than anything takes on a machine that is busy with other things."""

SUSPENDED, REVOKED, STEADY = 5, 10, 15
"""Chinese exporters of the register that the story follows."""

MN_SUSPENDED, MN_STEADY = 3, 6
"""Mongolian exporters of the register that the story follows."""


@dataclass
class Chapter:
    """One chapter: what was checked, and whether it held."""

    title: str
    checks: list[tuple[str, bool]] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every check held, and there was one."""
        return bool(self.checks) and all(ok for _, ok in self.checks)


class Story:
    """Runs the demonstration in a folder that does not exist yet."""

    def __init__(self, folder: Path, *, tell: Callable[[Chapter], None]) -> None:
        self.folder = folder
        self.chapters: list[Chapter] = []
        self.recorder = Recorder(folder)
        self.processes: dict[Territory, GatewayProcess] = {}
        self._tell = tell
        self._sides: dict[Territory, homes.Side] = {}
        self._open: dict[Territory, Gateway] = {}
        self._results: dict[str, Any] = {}

    async def run(self) -> None:
        """Plays every chapter; what fails stands in the chapters.

        Raises:
            RuntimeError: A gateway did not start, or something did not happen in time.
        """
        async with AsyncExitStack() as stack:
            await self._chapter("Two administrations found their gateways", self._found, stack)
            await self._chapter("Full lists cross the border", self._lists)
            await self._chapter("Declarations are decided", self._decide_before)
            await self._chapter("The registers change", self._change)
            await self._chapter("The same goods, lodged anew", self._decide_after)
            await self._chapter("Benefits are stopped; a road is closed", self._notify)
            await self._chapter("A question, an answer, a ping", self._ask)
            await self._chapter("A partner is down; a message is withdrawn", self._withdraw)
            await self._chapter("A forger, a tamperer and an echo", self._attack)
            await self._record()

    async def _chapter(
        self, title: str, play: Callable[..., Awaitable[None]], *arguments: object
    ) -> None:
        chapter = Chapter(title)
        self.chapters.append(chapter)
        await play(*arguments)
        chapter.seconds = time.monotonic() - chapter.started
        self._tell(chapter)

    def _check(self, text: str, ok: bool) -> None:
        self.chapters[-1].checks.append((text, ok))

    # --- the chapters

    async def _found(self, stack: AsyncExitStack) -> None:
        for territory in (CN, MN):
            home = self.folder / territory.lower()
            ports = free_port(), free_port()
            self._sides[territory] = await homes.make_home(
                territory, home, partner_port=ports[0], national_port=ports[1]
            )
            self.processes[territory] = GatewayProcess(home, national_port=ports[1])
            self._open[territory] = await stack.enter_async_context(open_gateway(home))
        for ours, theirs in ((CN, MN), (MN, CN)):
            await homes.pin(self._open[ours], self._sides[ours], theirs=self._open[theirs])
            key = await self._new_key(ours)
            (self._sides[ours].home / "api-key").write_text(key + "\n", encoding="utf-8")
            self.processes[ours].key = key
        cn = await self._import(CN, fiction.write_chinese_register)
        mn = await self._import(MN, fiction.write_mongolian_register)
        self._check(
            f"China's register taken from a spreadsheet in Chinese: {fiction.CHINESE} operators",
            cn.plan.by_kind() == {"granted": fiction.CHINESE},
        )
        self._check(
            f"Mongolia's from one in Mongolian: {fiction.MONGOLIAN} operators",
            mn.plan.by_kind() == {"granted": fiction.MONGOLIAN},
        )
        for process in self.processes.values():
            process.launch()
        for territory, process in self.processes.items():
            await asyncio.to_thread(process.wait_ready)
            self._check(f"gateway of {territory} runs as process {process.pid}", process.pid > 0)

    async def _new_key(self, territory: Territory) -> str:
        gateway, first = self._open[territory], self._sides[territory].officers[0]
        return await gateway.database.write(
            lambda c: gateway.authenticator.add_client(c, "demonstration", by=first)
        )

    async def _lists(self) -> None:
        for territory in (CN, MN):
            await homes.confirm(self._open[territory], self._sides[territory])
        await self._quiet()
        for territory, partner, count in ((CN, MN, fiction.CHINESE), (MN, CN, fiction.MONGOLIAN)):
            held = await self._held(territory, partner)
            self._check(
                f"{partner} holds {held} of {count} operators of {territory}", held == count
            )

    async def _decide_before(self) -> None:
        await self._decide("before")
        decided = self._results["before"]
        self._check(
            "Mongolia recognises the Chinese exporter and grants the agreed benefits",
            decided["MN"]["suspended"]["recognised"] and _granted(decided["MN"]["suspended"]) > 0,
        )
        self._check(
            "China recognises the Mongolian exporter by its TIN",
            decided["CN"]["suspended"]["recognised"],
        )
        self._check(
            "an unknown number gets nothing, and is told why",
            not decided["MN"]["unknown"]["recognised"]
            and _reasons(decided["MN"]["unknown"]) == {"IDENTIFIER_NOT_FOUND"},
        )

    async def _change(self) -> None:
        cn = await self._import(
            CN,
            partial(
                fiction.write_chinese_register,
                status={SUSPENDED: "暂停", REVOKED: "撤销"},
                count=fiction.CHINESE + 1,
            ),
        )
        await self._import(
            MN,
            partial(
                fiction.write_mongolian_register,
                status={MN_SUSPENDED: "түдгэлзүүлсэн"},
                count=fiction.MONGOLIAN + 1,
            ),
        )
        await self._quiet()
        await self._status("granted in China", MN, fiction.CHINESE + 1, "valid")
        await self._status("suspended in China", MN, SUSPENDED, "suspended")
        await self._status("revoked in China", MN, REVOKED, "revoked")
        await self._status("suspended in Mongolia", CN, MN_SUSPENDED, "suspended")
        revoked = next(change for change in cn.plan.changes if change.kind is ChangeKind.REVOKED)
        await self._open[CN].corrector.correct(
            revoked.change_id,
            kind=ChangeKind.ANNULLED,
            legal_reference="Fictitious judgment 2/2026 of the demonstration",
            officer=self._sides[CN].officers[0].name,
        )
        await self._quiet()
        await self._status("restored on appeal, as if never revoked", MN, REVOKED, "valid")

    async def _decide_after(self) -> None:
        await self._decide("after")
        before, after = self._results["before"], self._results["after"]
        self._check(
            "the goods of the suspended exporter are decided differently now",
            before["MN"]["suspended"]["recognised"]
            and not after["MN"]["suspended"]["recognised"]
            and _reasons(after["MN"]["suspended"]) == {"STATUS_NOT_VALID"},
        )
        self._check(
            "the exporter that was not touched keeps its benefits",
            _granted(after["MN"]["steady"]) == _granted(before["MN"]["steady"]) > 0,
        )
        earlier = before["MN"]["suspended"]
        again = await self._ask_api(MN, f"/api/v1/decisions/{earlier['id']}/recomputed")
        self._check("the earlier result, computed again, is the same", again == earlier)

    async def _notify(self) -> None:
        operators = {CN: f"CN{fiction.cn_number(STEADY)}", MN: f"MN{fiction.mn_number(MN_STEADY)}"}
        for ours, theirs in ((CN, MN), (MN, CN)):
            gateway, side = self._open[ours], self._sides[ours]
            stopped = await restrain.stop(gateway, side, operator=operators[theirs])
            await self._quiet()
            await restrain.give_again(gateway, side, stopped)
            await self._quiet()
            told = await restrain.heard(self._open[theirs])
            self._check(
                f"{theirs} is told whose benefits {ours} stopped, and that it gives them again",
                told == ["suspended", "begins", "resumed", "ends"],
            )
            self._check(
                f"{theirs} knows the road {ours} closed, and that it is open again",
                await restrain.is_open_again(self._open[theirs], by=ours),
            )

    async def _ask(self) -> None:
        for ours, theirs, number in (
            (CN, MN, fiction.mn_number(MN_STEADY)),
            (MN, CN, fiction.cn_number(STEADY)),
        ):
            gateway = self._open[ours]
            await gateway.enquirer.ping(theirs)
            asked = await gateway.enquirer.enquire(
                f"{theirs}{number}",
                partner=theirs,
                arrangement=homes.ARRANGEMENT,
                at=gateway.clock.now(),
            )
            answered = await self._until(
                f"{theirs} answers the question of {ours}",
                partial(self._has_answer, ours, theirs, asked),
            )
            self._check(f"{theirs} answers the question of {ours}", answered)
        await self._quiet()

    async def _withdraw(self) -> None:
        for ours, theirs in ((CN, MN), (MN, CN)):
            self.processes[theirs].stop()
            await self._import(ours, partial(self._register(ours), status=self._mistake(ours)))
            sent = await self._in_flight(ours)
            void = await self._open[ours].intervener.void(
                sent.message_id, by=self._sides[ours].officers[0], why="imported by mistake"
            )
            await self._import(ours, self._register(ours))
            self.processes[theirs].launch()
            await asyncio.to_thread(self.processes[theirs].wait_ready)
            await self._quiet()
            settled = await self._find(ours, void)
            self._check(
                f"{ours} withdraws a message while {theirs} is down: a Void takes its number",
                settled is not None and settled.outcome == "accepted",
            )
        await self._status("back as it was", MN, STEADY, "valid")
        await self._status("back as it was", CN, MN_STEADY, "valid")

    async def _attack(self) -> None:
        cn = self._open[CN]
        genuine = await self._last_notification(CN)
        before = await self._history(MN, STEADY)
        record = await self._record_of(STEADY)
        forged = attack.forge(cn, to=MN, record=record)
        tampered = attack.tamper(genuine.content)
        for name, content in (("forged", forged), ("tampered", tampered)):
            answer = await asyncio.to_thread(attack.post, cn, to=MN, content=content)
            self.recorder.keep_refused(name, content, answer.content)
            refused = answer.status >= 400 and answer.content_type == "application/problem+json"
            self._check(f"a {name} message is refused, unsigned, and kept as evidence", refused)
        echo = await asyncio.to_thread(attack.post, cn, to=MN, content=genuine.content)
        self._check(
            "a replayed message is answered with the stored receipt",
            echo.status == 200 and echo.content == genuine.receipt,
        )
        self._check(
            "and nothing was applied twice, or at all", before == await self._history(MN, STEADY)
        )

    async def _record(self) -> None:
        for territory, gateway in self._open.items():
            await self.recorder.record(territory, gateway)
        self.recorder.write_results(self._results)

    # --- the means

    def _register(self, territory: Territory) -> Callable[..., None]:
        """The register as it stands in the second half of the story."""
        if territory == CN:
            return partial(
                _with_status,
                fiction.write_chinese_register,
                base={SUSPENDED: "暂停"},
                count=fiction.CHINESE + 1,
            )
        return partial(
            _with_status,
            fiction.write_mongolian_register,
            base={MN_SUSPENDED: "түдгэлзүүлсэн"},
            count=fiction.MONGOLIAN + 1,
        )

    def _mistake(self, territory: Territory) -> dict[int, str]:
        return {STEADY: "暂停"} if territory == CN else {MN_STEADY: "түдгэлзүүлсэн"}

    async def _import(self, territory: Territory, write: Callable[[Path], None]) -> ImportReport:
        side, gateway = self._sides[territory], self._open[territory]
        number = len(list(side.home.glob("register-*.xlsx"))) + 1
        path = side.home / f"register-{number}.xlsx"
        await asyncio.to_thread(write, path)
        file = await asyncio.to_thread(
            read_register,
            path,
            mapping=None,
            programme=ProgrammeId(f"{territory}-AEO"),
            territory=territory,
            canonical_tin=partial(canonical_tin, territory=territory),
        )
        report = await gateway.importer.apply(
            file, mode=ImportMode.FULL, officer=side.officers[0].name
        )
        if report.outcome is not ImportOutcome.APPLIED:
            problems = "; ".join(problem.text for problem in report.problems[:3])
            msg = f"{path.name} was {report.outcome}: {problems}"
            raise RuntimeError(msg)
        return report

    async def _decide(self, when: str) -> None:
        # what was settled is in every process's decisions within a second
        await asyncio.sleep(CURRENT_FOR.total_seconds())
        cases = {
            MN: {
                "suspended": f"AEOCN{fiction.cn_number(SUSPENDED)}",
                "steady": f"AEOCN{fiction.cn_number(STEADY)}",
                "unknown": "AEOCN1234567890",
            },
            CN: {
                "suspended": f"MN{fiction.mn_number(MN_SUSPENDED)}",
                "steady": f"MN-AEO-{MN_STEADY:04d}",
            },
        }
        self._results[when] = {
            territory: {
                name: await self._ask_api(
                    territory, "/api/v1/decisions", _declaration(f"{when}-{name}", identifier)
                )
                for name, identifier in identifiers.items()
            }
            for territory, identifiers in cases.items()
        }

    async def _ask_api(self, territory: Territory, path: str, body: object | None = None) -> Any:
        return await asyncio.to_thread(self.processes[territory].ask, path, body)

    async def _status(self, text: str, at: Territory, number: int, status: str) -> None:
        issuer, tin = self._operator(at, number)
        found = await self._ask_api(at, f"/api/v1/operators/{quote(tin, safe='')}")
        statuses = [
            held["status"]
            for register in found["registers"]
            if register["issuer"] == issuer
            for held in register["authorisations"]
        ]
        self._check(f"{tin}, {text}, is {status} in {at}", statuses == [status])

    def _operator(self, at: Territory, number: int) -> tuple[Territory, str]:
        if at == MN:
            return CN, f"CN{fiction.cn_number(number)}"
        return MN, f"MN{fiction.mn_number(number)}"

    async def _held(self, issuer: Territory, at: Territory) -> int:
        register = facts.Register(issuer, homes.ARRANGEMENT)
        return await self._open[at].database.read(lambda c: facts.count_authorisations(c, register))

    async def _history(self, at: Territory, number: int) -> list[facts.Fact]:
        issuer, tin = self._operator(at, number)
        register = facts.Register(issuer, homes.ARRANGEMENT)
        return await self._open[at].database.read(lambda c: facts.history(c, register, Tin(tin)))

    async def _record_of(self, number: int) -> Any:
        return (await self._history(MN, number))[-1].record

    async def _quiet(self) -> None:
        await self._until("nothing waits on either side", self._is_quiet)

    async def _is_quiet(self) -> bool:
        waits = [
            await gateway.database.read(outbox.oldest_unsettled) for gateway in self._open.values()
        ]
        return waits == [None, None]

    async def _find(self, ours: Territory, message: MessageId) -> outbox.OutMessage | None:
        return await self._open[ours].database.read(lambda c: outbox.find(c, message))

    async def _has_answer(self, ours: Territory, theirs: Territory, asked: MessageId) -> bool:
        answer = await self._open[ours].database.read(
            lambda c: message_log.find_answer(c, asked, partner=theirs)
        )
        return answer is not None

    async def _in_flight(self, ours: Territory) -> outbox.OutMessage:
        database = self._open[ours].database
        lane = (await database.read(lambda c: lanes.all_lanes(c, "out")))[0]

        async def tried() -> bool:
            sent = await database.read(lambda c: outbox.in_flight(c, lane.id))
            return sent is not None and sent.attempts > 0

        await self._until(f"{ours} has tried to deliver", tried)
        sent = await database.read(lambda c: outbox.in_flight(c, lane.id))
        assert sent is not None
        return sent

    async def _last_notification(self, ours: Territory) -> outbox.OutMessage:
        messages = await self.recorder.outgoing(self._open[ours])
        return [one for one in messages if one.kind is MessageKind.STATUS_NOTIFICATION][-1]

    async def _until(self, what: str, happened: Callable[[], Awaitable[bool]]) -> bool:
        until = time.monotonic() + WAIT_SECONDS
        while not await happened():
            if time.monotonic() > until:
                msg = f"not within {timedelta(seconds=WAIT_SECONDS)}: {what}"
                raise RuntimeError(msg)
            await asyncio.sleep(0.03)
        return True


def _with_status(
    write: Callable[..., None],
    path: Path,
    *,
    base: dict[int, str],
    count: int,
    status: dict[int, str] | None = None,
) -> None:
    write(path, status={**base, **(status or {})}, count=count)


def _declaration(reference: str, identifier: str) -> dict[str, object]:
    return {
        "reference": f"DEMO-{reference}",
        "type": "import",
        "parties": [
            {"role": "exporter", "level": "shipment", "identifier": identifier},
            {"role": "importer", "level": "header", "name": "An importer that is no AEO"},
        ],
    }


def _granted(result: dict[str, Any]) -> int:
    return sum(benefit["granted"] for party in result["results"] for benefit in party["benefits"])


def _reasons(result: dict[str, Any]) -> set[str]:
    """Why the exporter was not recognised."""
    return {
        step["reason"]
        for party in result["results"]
        if party["party"]["role"] == "exporter"
        for step in party["steps"]
        if not step["passed"]
    }
