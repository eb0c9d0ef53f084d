"""Starts, asks and stops the gateways: real processes, on free ports of this machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

START_SECONDS = 30.0
STOP_SECONDS = 15.0


def free_port() -> int:
    """Returns a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class GatewayProcess:
    """One `mra-gateway serve`, with its national API.

    Raises:
        RuntimeError: From `start`: it did not become ready; its log says why.
    """

    def __init__(self, home: Path, *, national_port: int) -> None:
        self.home = home
        self.url = f"http://127.0.0.1:{national_port}"
        self.key = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id, 0 when it does not run."""
        return 0 if self._process is None else self._process.pid

    def launch(self) -> None:
        """Starts the process in a session of its own, so that it may outlive this one."""
        with (self.home / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "mra_gateway", "serve", "--home", str(self.home)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Waits until `/readyz` says yes."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:  # noqa: S310
                    if answer.status == 200:
                        return
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
        tail = (self.home / "serve.log").read_text(encoding="utf-8", errors="replace")[-2000:]
        msg = f"the gateway of {self.home} did not start:\n{tail}"
        raise RuntimeError(msg)

    def stop(self) -> int:
        """Asks the process to stop and returns its exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGTERM)
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._process = None
        return code

    def ask(self, path: str, body: object | None = None) -> Any:
        """Calls the national API and returns its JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            self.url + path,
            data=data,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.load(answer)
