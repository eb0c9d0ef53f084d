"""Names of the exchange's XML vocabulary: its namespace, its root, its versions.

What the elements mean stands in `schemas/exchange/`; how they become nouns in `wire/operators.py`,
`wire/changes.py`, `wire/bodies.py` and `wire/header.py`.
"""

from __future__ import annotations

NAMESPACE = "urn:mra-gateway:exchange:1.0"
"""Namespace of every minor version of major version 1; a major version has a new one."""

MAJOR_VERSION = "1"
"""The major version this gateway reads: every `1.x`, for a minor version adds only what an older
reader may ignore, inside `Extension`."""


def qualified(name: str) -> str:
    """Returns an element name of ours as lxml spells it."""
    return f"{{{NAMESPACE}}}{name}"


ROOT = qualified("ExchangeMessage")
HEADER = qualified("Header")
