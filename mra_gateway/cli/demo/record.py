"""What stays in the folder for a person to inspect: messages as sent, anchors, results, summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mra_gateway.gateway import Gateway
from mra_gateway.model.identifiers import Territory
from mra_gateway.store import outbox


class Recorder:
    """Writes the folder of one demonstration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: dict[str, dict[str, int]] = {}
        self.refused: list[str] = []

    @property
    def messages(self) -> Path:
        """The folder of every message and receipt."""
        return self.folder / "messages"

    async def outgoing(self, gateway: Gateway) -> list[outbox.OutMessage]:
        """Returns every message a gateway sent, oldest first."""
        return await gateway.database.read(outbox.all_outgoing)

    async def record(self, territory: Territory, gateway: Gateway) -> None:
        """Writes every message a gateway sent, the receipts it got, and its signing anchor."""
        self.messages.mkdir(exist_ok=True)
        for number, sent in enumerate(await self.outgoing(gateway), start=1):
            name = f"{territory}-{number:03d}-{sent.kind}"
            (self.messages / f"{name}.xml").write_bytes(sent.content)
            self._count(sent.kind, territory)
            if sent.receipt is not None:
                answered = f"{sent.partner}-{territory}{number:03d}-Receipt"
                (self.messages / f"{answered}.xml").write_bytes(sent.receipt)
                self._count("Receipt", sent.partner)
        anchors = self.folder / "anchors"
        anchors.mkdir(exist_ok=True)
        source = gateway.settings.path(gateway.settings.keys.signing_anchor)
        (anchors / f"{territory.lower()}.pem").write_bytes(source.read_bytes())

    def keep_refused(self, name: str, content: bytes, answer: bytes) -> None:
        """Writes what an attacker posted, and the problem it was answered with."""
        self.messages.mkdir(exist_ok=True)
        (self.messages / f"{name}-CN-StatusNotification.xml").write_bytes(content)
        (self.folder / f"{name}-answer.json").write_bytes(answer)
        self.refused.append(json.loads(answer)["code"])

    def write_results(self, results: dict[str, Any]) -> None:
        """Writes the recognition results, before and after."""
        folder = self.folder / "results"
        folder.mkdir(exist_ok=True)
        for when, by_territory in results.items():
            text = json.dumps(by_territory, ensure_ascii=False, indent=1)
            (folder / f"{when}.json").write_text(text + "\n", encoding="utf-8")

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Writes `summary.json`."""
        text = json.dumps(summary, ensure_ascii=False, indent=1)
        (self.folder / "summary.json").write_text(text + "\n", encoding="utf-8")

    def _count(self, kind: str, sender: Territory) -> None:
        by_sender = self.counts.setdefault(str(kind), {})
        by_sender[sender] = by_sender.get(sender, 0) + 1
