"""Writes the settings of a new home as text for an administrator: each line says why it is there.

What the settings mean is in `settings.py`; which values a new home gets in `found.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import Environment
from mra_gateway.settings import KeySettings


class Stated(Protocol):
    """What an administration states about its new home."""

    @property
    def territory(self) -> Territory:
        """Whose home it is."""

    @property
    def environment(self) -> Environment:
        """Test or production."""

    @property
    def url(self) -> str | None:
        """Under which partners reach it."""

    @property
    def partner_host(self) -> str:
        """Where the partner API listens."""

    @property
    def national_host(self) -> str:
        """Where the national API listens."""

    @property
    def national_port(self) -> int:
        """Where the national API listens."""

    @property
    def database_url(self) -> str:
        """Empty for SQLite in the home."""

    @property
    def database_password_file(self) -> Path | None:
        """Of a PostgreSQL database."""


def settings_text(stated: Stated, *, partner_port: int, keys: KeySettings) -> str:
    """Returns `gateway.toml` of a new home."""
    lines = [
        "# Settings of one MRA Gateway home. Paths are seen from this folder.",
        "# An environment variable wins over a line here: MRA_GATEWAY_NATIONAL_API__PORT=8081.",
        "",
        "# Whose gateway this is, and for what. Neither may change: keys, partners and database",
        "# belong to one administration in one environment.",
        f"territory = {_toml(stated.territory)}",
        f"environment = {_toml(stated.environment.value)}",
        "",
        "# DEBUG, INFO, WARNING or ERROR. Logs hold ids and reason codes, no personal data.",
        'log_level = "INFO"',
        "",
        "[database]",
        *_database(stated),
        "",
        "[partner_api]",
        "# Mutual TLS with pinned partners; TLS ends here, a proxy in front passes it through.",
        f"host = {_toml(stated.partner_host)}",
        f"port = {partner_port}",
        "# Under which address partners reach it; it stands on the card they are given.",
        f"{'' if stated.url else '# '}public_url = "
        f"{_toml(stated.url or 'https://gateway.example:8443')}",
        "",
        "[national_api]",
        "# JSON with API keys, behind the administration's own perimeter.",
        f"host = {_toml(stated.national_host)}",
        f"port = {stated.national_port}",
        "",
        "[keys]",
        "# Keys are encrypted PKCS#8; the password stands in a file of its own, mode 0600.",
        "# mra-gateway keys renew makes new ones under the same anchor. Anchor files hold the",
        "# current anchor and, while partners pin it, the next; so does our card.",
        f"password_file = {_toml(str(keys.password_file))}",
        f"signing_key = {_toml(str(keys.signing_key))}",
        f"signing_certificate = {_toml(str(keys.signing_certificate))}",
        f"signing_anchor = {_toml(str(keys.signing_anchor))}",
        f"tls_key = {_toml(str(keys.tls_key))}",
        f"tls_certificate = {_toml(str(keys.tls_certificate))}",
        f"tls_anchor = {_toml(str(keys.tls_anchor))}",
        "",
        "[guard]",
        "# A list or import that ends more than this share waits for a second officer,",
        "# unless it ends no more than the floor.",
        "mass_change_share = 0.2",
        "mass_change_floor = 5",
        "# One officer suspends benefits at once; within these hours a second one confirms.",
        "confirm_suspension_hours = 24",
        "",
        "[extract]",
        "# For a declaration system that reads this database: how often the views",
        "# recognised_operators and recognised_numbers are made current; 0 is never.",
        "view_minutes = 0",
        "",
    ]
    return "\n".join(lines)


def _database(stated: Stated) -> list[str]:
    lines = ["# Empty: SQLite, gateway.db in this folder. Or postgresql+asyncpg://user@host/name"]
    lines.append(f"url = {_toml(stated.database_url)}")
    if stated.database_password_file is not None:
        lines.append(f"password_file = {_toml(str(stated.database_password_file.absolute()))}")
    return lines


def _toml(text: str) -> str:
    # a JSON string is a TOML one, but for the delete character
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
