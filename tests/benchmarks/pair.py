"""Two homes on this machine and their real `mra-gateway serve` processes, over mutual TLS.

What officers do happens in this process or in one of its own (`importing.py`), as on the command
line: the serving processes learn of it from the database.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from mra_gateway.cli.demo.homes import ARRANGEMENT, CN, LEGAL_ACT, MN, Side, make_home, pin
from mra_gateway.cli.demo.processes import GatewayProcess, free_port
from mra_gateway.gateway import open_gateway
from mra_gateway.model.identifiers import ArrangementId
from tests.benchmarks.measuring import peak_megabytes

GIVE_UP_SECONDS = 900.0


class Pair:
    """China sends, Mongolia receives, on one lane for each arrangement."""

    def __init__(
        self,
        china: Side,
        mongolia: Side,
        processes: tuple[GatewayProcess, GatewayProcess],
        arrangements: list[ArrangementId],
    ) -> None:
        self.china = china
        self.mongolia = mongolia
        self.arrangements = arrangements
        self._processes = processes
        self._sent = _reader(china.home)
        self._taken = _reader(mongolia.home)

    @contextmanager
    def serving(self, *, merge: bool) -> Iterator[None]:
        """Runs both gateways."""
        with _environment({"MRA_GATEWAY_DELIVERY__MERGE": str(merge).lower()}):
            for process in self._processes:
                process.launch()
        try:
            for process in self._processes:
                process.wait_ready()
            yield
        finally:
            self.go_on()
            for process in self._processes:
                process.stop()

    def pause(self) -> None:
        """Halts both gateways where they are, so that something else can be measured."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Lets both gateways go on."""
        self._signal(signal.SIGCONT)

    def peaks(self) -> tuple[float, float]:
        """Returns the most memory each gateway had resident, in MB."""
        first, second = (peak_megabytes(process.pid) for process in self._processes)
        return first, second

    async def confirm(self, *, side: Side | None = None) -> None:
        """Confirms every arrangement, on one side or on both; full lists go out."""
        for one in (self.china, self.mongolia) if side is None else (side,):
            first, second = one.officers
            async with open_gateway(one.home) as gateway:
                for arrangement in self.arrangements:

                    def ask(c: Any, arrangement: ArrangementId = arrangement) -> str:
                        return gateway.overseer.request_confirmation(
                            c,
                            arrangement,
                            legal_act=LEGAL_ACT,
                            act_on=date(2026, 1, 5),
                            by=first,  # noqa: B023
                        )

                    request = await gateway.database.write(ask)
                    await gateway.database.write(
                        lambda c, request=request: gateway.approver.approve(c, request, by=second)  # type: ignore[misc]  # noqa: B023
                    )

    async def import_rows(self, first: int, count: int, *, status: str = "valid") -> dict[str, Any]:
        """Imports operators into China's register in a process of its own; returns what it says."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.benchmarks.importing",
            str(self.china.home),
            str(first),
            str(count),
            status,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        said: dict[str, Any] = json.loads(out)
        assert process.returncode == 0, said
        return said

    def settled(self) -> int:
        """Returns how many messages China settled on Mongolia's receipt."""
        return self._ask(
            self._sent,
            "SELECT count(*) FROM messages WHERE direction = 'out' AND state = 'settled'",
        )

    def settled_records(self) -> int:
        """Returns how many changes those messages carried."""
        return self._ask(
            self._sent,
            "SELECT coalesce(sum(records), 0) FROM messages WHERE direction = 'out' AND "
            "state = 'settled' AND kind = 'StatusNotification'",
        )

    def unsettled(self) -> int:
        """Returns how many messages and changes wait at China."""
        return self._ask(
            self._sent,
            "SELECT (SELECT count(*) FROM messages WHERE direction = 'out' AND state <> 'settled')"
            " + (SELECT count(*) FROM changes WHERE message_row IS NULL)"
            " + (SELECT count(*) FROM lists WHERE state = 'open')",
        )

    def held_abroad(self) -> int:
        """Returns how many facts Mongolia believes of China's operators."""
        return self._ask(
            self._taken,
            "SELECT count(*) FROM facts WHERE issuer = 'CN' AND retracted_at IS NULL",
        )

    async def until_held_abroad(self, tin: str, status: str) -> None:
        """Waits until Mongolia's database shows a status of an operator."""
        query = "SELECT 1 FROM facts WHERE issuer = 'CN' AND tin = ? AND status = ?"
        while self._taken.execute(query, (tin, status)).fetchone() is None:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    async def quiet(self) -> None:
        """Waits until China has nothing left to send."""
        until = time.monotonic() + GIVE_UP_SECONDS
        while self.unsettled():
            if time.monotonic() > until:
                msg = f"{self.unsettled()} messages and changes are still waiting"
                raise TimeoutError(msg)
            await asyncio.sleep(0.05)

    def close(self) -> None:
        self._sent.close()
        self._taken.close()

    def _ask(self, connection: sqlite3.Connection, query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            if process.pid:
                os.kill(process.pid, number)


@asynccontextmanager
async def make_pair(folder: Path, *, lanes: int = 1) -> AsyncIterator[Pair]:
    """Founds two homes that trust each other; nothing is confirmed, imported or served yet.

    Four lanes are four arrangements between the two: the same terms under four ids, so that each
    change of the register goes out four times, on lanes that do not wait for each other.
    """
    ports = {territory: (free_port(), free_port()) for territory in (CN, MN)}
    china, mongolia = [
        await make_home(
            territory,
            folder / territory.lower(),
            partner_port=ports[territory][0],
            national_port=ports[territory][1],
        )
        for territory in (CN, MN)
    ]
    others = [_another(number, china.home, mongolia.home) for number in range(2, lanes + 1)]
    async with open_gateway(china.home) as ours, open_gateway(mongolia.home) as theirs:
        await pin(ours, china, theirs=theirs)
        await pin(theirs, mongolia, theirs=ours)
    processes = (
        GatewayProcess(china.home, national_port=ports[CN][1]),
        GatewayProcess(mongolia.home, national_port=ports[MN][1]),
    )
    pair = Pair(china, mongolia, processes, [ARRANGEMENT, *others])
    try:
        yield pair
    finally:
        pair.close()


def _another(number: int, *homes: Path) -> ArrangementId:
    """Writes the same arrangement once more, under another id."""
    other = ArrangementId(f"{ARRANGEMENT}-{number}")
    for home in homes:
        folder = home / "partners" / "arrangements"
        text = (folder / f"{ARRANGEMENT}.toml").read_text(encoding="utf-8")
        (folder / f"{other}.toml").write_text(text.replace(ARRANGEMENT, other), encoding="utf-8")
    return other


def _reader(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{home / 'gateway.db'}?mode=ro", uri=True, isolation_level=None)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
