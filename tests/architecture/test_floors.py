"""The product keeps the rules of its architecture, and each rule can tell when it does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.architecture import rules
from tests.architecture.rules import RULES, Rule
from tests.architecture.sources import read_modules

ROOT = Path(__file__).resolve().parents[2]

DOC = '"""What is here."""\n'

# keeps every rule, and holds what each might trip over
SOUND: Mapping[str, str] = {
    "mra_gateway/__init__.py": DOC,
    "mra_gateway/errors.py": DOC
    + "from typing import TYPE_CHECKING\n"
    + "if TYPE_CHECKING:\n    from mra_gateway.model.trust import VerifiedMessage\n",
    "mra_gateway/clock.py": DOC + "import random, uuid\nfrom datetime import datetime\n"
    "def now():\n    return datetime.now()\n",
    "mra_gateway/settings.py": DOC + "from mra_gateway.model.trust import VerifiedMessage\n",
    "mra_gateway/model/__init__.py": DOC,
    "mra_gateway/model/base.py": DOC,
    "mra_gateway/model/trust.py": DOC
    + "from mra_gateway.errors import Reason\nfrom mra_gateway.model.base import Noun\n"
    + "class VerifiedMessage: ...\n",
    "mra_gateway/wire/__init__.py": DOC,
    "mra_gateway/wire/xml.py": DOC + "from lxml import etree\netree.fromstring('<a/>')\n",
    "mra_gateway/wire/codec.py": DOC + "from lxml import etree\netree.Element('a')\n",
    "mra_gateway/tables/__init__.py": DOC,
    "mra_gateway/tables/sheet.py": DOC + "import openpyxl\n",
    "mra_gateway/trust/__init__.py": DOC,
    "mra_gateway/trust/verifier.py": DOC
    + "from cryptography import x509\nfrom mra_gateway.model.trust import VerifiedMessage\n"
    + "VerifiedMessage()\n",
    "mra_gateway/store/__init__.py": DOC,
    "mra_gateway/store/facts.py": DOC + "from sqlalchemy import Connection, select\n",
    "mra_gateway/transport/__init__.py": DOC,
    "mra_gateway/transport/https.py": DOC + "import aiohttp\naiohttp.ClientSession()\n",
    "mra_gateway/flows/__init__.py": DOC,
    "mra_gateway/flows/receive.py": DOC
    + "import secrets\nfrom sqlalchemy import Connection\n"
    + "from mra_gateway.store import facts\n"
    + "from mra_gateway.model.trust import VerifiedMessage\n"
    + "def take(clock, message: VerifiedMessage):\n    return clock.now()\n",
    "mra_gateway/web/__init__.py": DOC,
    "mra_gateway/web/api.py": DOC + "from aiohttp import web\n",
    "partners/a.toml": 'source = "https://www.example.org/home/news/work/1"\n',
    "picture.png": "",
}


class Break(NamedTuple):
    """One change to the sound tree, and what the rule says about it."""

    rule: Rule
    file: str
    content: str
    finding: str


def broken(rule: Rule, file: str, line: str, finding: str) -> Break:
    return Break(rule, file, DOC + line + "\n", finding)


def _machine(*parts: str) -> str:
    return "".join(parts)


FLOWS = "mra_gateway/flows/deliver.py"
BREAKS = [
    broken(
        rules.imports_go_down,
        "mra_gateway/store/lanes.py",
        "from mra_gateway.trust.verifier import Verifier",
        "store/lanes.py:2: store imports trust: a neighbour",
    ),
    broken(
        rules.imports_go_down,
        "mra_gateway/store/lanes.py",
        "from mra_gateway.flows import receive",
        "store/lanes.py:2: store imports flows: upwards",
    ),
    broken(
        rules.imports_go_down,
        "mra_gateway/store/lanes.py",
        "def late():\n    import mra_gateway.gateway",
        "store/lanes.py:3: store imports gateway: upwards",
    ),
    broken(
        rules.imports_go_down,
        "mra_gateway/store/lanes.py",
        "from ..web import api",
        "store/lanes.py:2: store imports web: upwards",
    ),
    broken(
        rules.imports_go_down,
        "mra_gateway/model/facts.py",
        "from mra_gateway.settings import Settings",
        "model/facts.py:2: model imports settings: a neighbour",
    ),
    broken(
        rules.imports_go_down,
        "mra_gateway/clock.py",
        "from mra_gateway.errors import Reason",
        "clock.py:2: clock imports errors: a neighbour",
    ),
    broken(
        rules.imports_go_down,
        "mra_gateway/errors.py",
        "from mra_gateway.model.trust import VerifiedMessage",
        "errors.py:2: errors imports model: upwards",
    ),
    broken(
        rules.imports_go_down,
        "mra_gateway/mailer.py",
        "",
        "mailer.py: mailer stands on no floor",
    ),
    broken(
        rules.imports_make_no_circle,
        "mra_gateway/model/base.py",
        "from mra_gateway.model.trust import VerifiedMessage",
        "model.base -> model.trust -> model.base: a circle",
    ),
    broken(
        rules.imports_make_no_circle,
        "mra_gateway/model/base.py",
        "def late():\n    from mra_gateway.model import trust",
        "model.base -> model.trust -> model.base: a circle",
    ),
    broken(
        rules.package_files_are_empty,
        "mra_gateway/store/__init__.py",
        "from mra_gateway.store.facts import Fact",
        "store/__init__.py: more than a docstring",
    ),
    Break(
        rules.package_files_are_empty,
        "mra_gateway/store/__init__.py",
        "",
        "store/__init__.py: more than a docstring",
    ),
    *(
        broken(
            rules.names_say_what_is_inside,
            f"mra_gateway/{place}",
            "",
            f"{place}: a name that says nothing",
        )
        for place in (
            "flows/utils.py",
            "flows/lane_manager.py",
            "wire/xml_helpers.py",
            "wire/base.py",
            "common/things.py",
        )
    ),
    *(
        broken(
            rules.time_and_chance_come_from_the_clock,
            FLOWS,
            line,
            finding,
        )
        for line, finding in (
            ("import uuid", "deliver.py:2: uuid is not for here"),
            ("from random import random", "deliver.py:2: random.random is not for here"),
            ("from time import time", "deliver.py:2: time.time is not for here"),
            ("import time\ntime.time()", "deliver.py:3: time.time is the clock's"),
            (
                "from datetime import datetime, UTC\ndatetime.now(UTC)",
                "deliver.py:3: datetime.now is the clock's",
            ),
            (
                "import datetime\ndatetime.date.today()",
                "deliver.py:3: datetime.date.today is the clock's",
            ),
        )
    ),
    broken(
        rules.time_and_chance_come_from_the_clock,
        "mra_gateway/store/clients.py",
        "import secrets",
        "store/clients.py:2: secrets is not for here",
    ),
    *(
        broken(
            rules.only_the_verifier_makes_verified_messages,
            "mra_gateway/trust/shape.py",
            f"from mra_gateway.model import trust\n{call}",
            "trust/shape.py:3: makes a VerifiedMessage",
        )
        for call in (
            "VerifiedMessage(signed=b'')",
            "trust.VerifiedMessage(signed=b'')",
            "VerifiedMessage.model_construct()",
            "VerifiedMessage.model_validate({})",
        )
    ),
    broken(
        rules.only_the_verifier_makes_verified_messages,
        FLOWS,
        "from mra_gateway.model.trust import VerifiedMessage as Verified",
        "deliver.py:2: VerifiedMessage under another name",
    ),
    *(
        broken(rules.libraries_stay_in_their_places, f"mra_gateway/{place}", line, finding)
        for place, line, finding in (
            ("flows/a.py", "from lxml import etree", "lxml is only for"),
            ("flows/a.py", "import openpyxl.styles", "openpyxl is only for"),
            ("flows/a.py", "from sqlalchemy import select", "sqlalchemy is only for"),
            ("flows/a.py", "from sqlalchemy.engine import Connection", "sqlalchemy is only for"),
            ("web/a.py", "from sqlalchemy import Connection", "sqlalchemy is only for"),
            ("flows/a.py", "import sqlite3", "sqlite3 is only for"),
            ("flows/a.py", "import asyncpg", "asyncpg is only for"),
            ("flows/a.py", "import alembic", "alembic is only for"),
            ("flows/a.py", "import aiohttp", "aiohttp is only for"),
            ("web/a.py", "from aiohttp import ClientSession", "aiohttp.ClientSession is only for"),
            ("web/a.py", "from aiohttp.client import request", "aiohttp.client is only for"),
            ("web/a.py", "import aiohttp\naiohttp.ClientSession()", "is only for transport"),
            ("transport/a.py", "from aiohttp import web", "aiohttp.web is only for"),
            ("transport/a.py", "import aiohttp\naiohttp.web.Application()", "is only for web"),
            ("flows/a.py", "from cryptography import x509", "cryptography is only for"),
            ("wire/a.py", "import signxml", "signxml is only for"),
            ("wire/a.py", "from xml.etree import ElementTree", "xml is only for nobody"),
        )
    ),
    *(
        broken(rules.xml_is_parsed_in_one_place, "mra_gateway/wire/codec.py", line, finding)
        for line, finding in (
            ("from lxml import etree\netree.fromstring('<a/>')", "codec.py:3: etree.fromstring"),
            ("from lxml import etree\netree.XMLParser()", "codec.py:3: etree.XMLParser"),
            ("from lxml import etree\netree.parse('a.xml')", "codec.py:3: etree.parse"),
            ("import lxml.etree\nlxml.etree.XML('<a/>')", "codec.py:3: lxml.etree.XML"),
            ("from lxml.etree import fromstring", "codec.py:2: lxml.etree.fromstring"),
            ("from lxml import objectify", "codec.py:2: lxml.objectify"),
        )
    ),
    *(
        Break(rules.nothing_names_a_machine, file, content, finding)
        for file, content, finding in (
            (
                "tests/test_a.py",
                _machine('KEY = "/ho', 'me/ana/key.pem"'),
                "tests/test_a.py:1: a machine's path",
            ),
            ("README.md", _machine("\nsee /ro", "ot/w/venv"), "README.md:2: a machine's path"),
            (".ci/run", _machine("cd /wo", "rk/main"), ".ci/run:1: a machine's path"),
            (
                "partners/README.md",
                _machine("from sha", "red/domain/a.md"),
                "README.md:1: a machine",
            ),
            ("notes.md", _machine("C:\\Us", "ers\\ana"), "notes.md:1: a machine's path"),
            ("README.md", _machine("https://py", "pi.org/simple"), "README.md:1: a registry"),
            (".ci/run", _machine("pip --extra-ind", "ex-url x"), ".ci/run:1: a registry"),
        )
    ),
]


def plant(root: Path, files: Mapping[str, str]) -> None:
    for place, content in files.items():
        file = root / place
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".png":
            file.write_bytes(b"\x89PNG\r\n\x00\xff")
        else:
            file.write_text(content, encoding="utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    assert rule(ROOT) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sound_tree_keeps_the_rule(rule: Rule, tmp_path: Path) -> None:
    plant(tmp_path, SOUND)

    assert rule(tmp_path) == []


@pytest.mark.parametrize(
    "case", BREAKS, ids=lambda case: f"{case.rule.__name__}: {case.finding[:60]}"
)
def test_a_tree_that_breaks_the_rule_is_found(case: Break, tmp_path: Path) -> None:
    plant(tmp_path, {**SOUND, case.file: case.content})

    found = case.rule(tmp_path)

    assert any(case.finding in each for each in found), found


def test_every_rule_is_shown_able_to_fail() -> None:
    assert {case.rule for case in BREAKS} == set(RULES)


def test_the_rules_read_the_product_and_not_an_empty_folder() -> None:
    places = {module.place for module in read_modules(ROOT)}

    assert {"errors.py", "wire/xml.py", "trust/verifier.py", "store/facts.py"} <= places
