"""The samples of real declarations, what must be read from them, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mra_gateway.model.declarations import DeclaredMessage, DeclaredParty
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.wire.declaration_xml import decode_declarations

SAMPLES = Path(__file__).parents[1] / "samples" / "uk_cds"
MALFORMED = "TT_EX002a.xml"


class Expected(NamedTuple):
    """What a person read from one sample."""

    file: str
    facts: dict[str, str]
    parties: list[tuple[str, ...]]


@cache
def shipped() -> Registry:
    return load_registry()


def read(content: bytes) -> list[DeclaredMessage]:
    codes = shipped().party_codes
    assert codes is not None
    return decode_declarations(
        content, codes=codes, forms=tuple(shipped().declaration_forms.values())
    )


def expected() -> Iterator[Expected]:
    """Reads `expected.md`, section by section."""
    text = (SAMPLES / "expected.md").read_text(encoding="utf-8")
    for section in text.split("\n## ")[1:]:
        file, _, body = section.partition("\n")
        facts = dict(re.findall(r"^- (\w+): (.+)$", body, re.MULTILINE))
        rows = [
            tuple(cell.strip() for cell in line.strip("|").split("|"))
            for line in body.splitlines()
            if line.startswith("|")
        ]
        yield Expected(file.strip(), facts, rows[2:])


def facts_of(message: DeclaredMessage) -> dict[str, str]:
    """Writes what was read the way `expected.md` does."""
    facts = {
        "reference": message.reference,
        "type": message.type.value,
        "changes": message.changes or "-",
    }
    declaration = message.declaration
    if declaration is None:
        return facts
    return facts | {
        "accepted": declaration.accepted_at.isoformat() if declaration.accepted_at else "-",
        "mode": declaration.mode or "-",
        "procedures": " ".join(declaration.procedures) or "-",
        "chapters": " ".join(declaration.chapters) or "-",
        "from": declaration.dispatched_from or "-",
        "to": declaration.destined_to or "-",
        "through": " ".join(declaration.through) or "-",
        "office": declaration.office or "-",
    }


def row_of(party: DeclaredParty) -> tuple[str, ...]:
    code = party.declared_as
    return (
        party.role.value,
        party.level.value,
        "-" if party.item is None else str(party.item),
        party.identifier or "-",
        party.name or "-",
        party.territory or "-",
        "-" if code is None else f"{code.list} {code.code}",
    )
