"""Two gateways as processes of their own, looked at and stopped from the command line."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.cli import FIRST, SECOND, Home, Init

DEADLINE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def home_of(territory: str, folder: Path, init_home: Init) -> Home:
    ports = ("--partner-port", str(free_port()), "--national-port", str(free_port()))
    url = f"https://127.0.0.1:{ports[1]}"
    ran = init_home(folder, territory, "--url", url, "--listen", "127.0.0.1", *ports)
    assert ran.code == 0, ran
    return Home(folder)


@contextmanager
def serving(home: Home) -> Iterator[dict[str, Any]]:
    """Runs `serve`; it prints where it listens, and ends with 0 when told to stop."""
    environment = {**os.environ, "MRA_GATEWAY_DELIVERY__FIRST_RETRY_SECONDS": "0.2"}
    process = subprocess.Popen(
        [sys.executable, "-m", "mra_gateway", "serve", "--home", str(home.path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def pin(ours: Home, theirs: Home, folder: Path) -> None:
    card = folder / f"{theirs.path.name}.card"
    theirs.ok("partners", "card", "-o", card)
    ours.ok("partners", "pin", card, "--compared")
    ours.approve_all(by=SECOND)


def test_a_register_imported_here_is_told_there_and_the_receipt_is_explained(
    init_home: Init, tmp_path: Path
) -> None:
    mongolia = home_of("MN", tmp_path / "mongolia", init_home)
    china = home_of("CN", tmp_path / "china", init_home)
    for ours, theirs in ((mongolia, china), (china, mongolia)):
        pin(ours, theirs, tmp_path)
        ours.ok("partners", "confirm", "CN-MN-2025", "--act", "Act 1", "--date", "2026-01-05")
        ours.approve_all(by=SECOND)
    file = tmp_path / "register.csv"
    file.write_text(
        "TIN;Authorisation number;Name;Status;Issued on;Consent partner;Consent basis;"
        "Consent letter;Consent date\n"
        "MN1000001;MNAEO0001;Fictitious LLC;valid;2024-02-01;CN;consent;12/1;2024-02-03\n",
        encoding="utf-8",
    )
    with serving(china), serving(mongolia) as where:
        assert where["territory"] == "MN"
        healthy = mongolia.run("doctor", "--json").document
        (answered,) = [one for one in healthy["checks"] if one["check"] == "partner CN"]
        assert answered["level"] == "ok", healthy
        mongolia.ok("register", "import", file, "--programme", "MN-AEO")
        notification = wait_for(mongolia, kind="StatusNotification", state="settled")
        found = mongolia.ok("messages", "show", notification["message_id"], "--json").document
        assert found["verdict"]["outcome"] == found["receipt_verdict"]["outcome"] == "PASSED"
        assert found["receipt"]["outcome"] == "accepted"
        told = china.ok("messages", "show", notification["message_id"]).out
        assert "in, partner MN" in told
        assert "outcome:      accepted" in told
        assert "as MN told us under CN-MN-2025" in china.ok("register", "show", "MNAEO0001").out
    out = tmp_path / "messages"
    files = mongolia.ok("messages", "export", out, "--json", by=FIRST).document["files"]
    assert files == len(list(out.iterdir())) >= 6
    for message in out.iterdir():
        home = mongolia if message.name.startswith("MN") else china
        anchor = home.path / "keys" / "anchor.cert.pem"
        assert home.run("message", "verify", message, "--anchor", anchor).code == 0
    assert mongolia.run("messages", "export", out).err.startswith("ALREADY_EXISTS")


def wait_for(home: Home, *, kind: str, state: str) -> dict[str, Any]:
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        for one in home.ok("messages", "list", "--json").document:
            if (one["kind"], one["state"]) == (kind, state):
                found: dict[str, Any] = one
                return found
    raise AssertionError(f"no {kind} was {state} in time")
