"""Makes the two throw-away homes: keys, officers, completed copies of the data files, pins.

Every officer, legal act and completed fact is fictitious and says so. The environment is `test`.
"""

from __future__ import annotations

import re
import secrets
from datetime import date
from pathlib import Path
from typing import NamedTuple

from mra_gateway.clock import SystemClock
from mra_gateway.flows.found import Founding, NewOfficer, found_home
from mra_gateway.gateway import Gateway
from mra_gateway.model.identifiers import ArrangementId, OfficerName, Territory
from mra_gateway.model.messages import Environment
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.registry.load import copy_draft, load_registry
from mra_gateway.settings import FILE_NAME
from mra_gateway.trust.card import own_card

CN, MN = Territory("CN"), Territory("MN")
ARRANGEMENT = ArrangementId("CN-MN-2025")
FICTITIOUS = "fictitious, for the demonstration"
LEGAL_ACT = "Fictitious act 1/2026 of the demonstration"

QUICK_RETRIES = """
# For the demonstration only: nobody wants to wait a minute for the second attempt.
[delivery]
first_retry_seconds = 1.0
last_retry_seconds = 1.0
"""

_OFFICERS = {
    CN: (("wang.demo", "Wang (fictitious officer)"), ("li.demo", "Li (fictitious officer)")),
    MN: (("bat.demo", "Bat (fictitious officer)"), ("saran.demo", "Saran (fictitious officer)")),
}
_ELEMENTS = (
    '["legal_name", "names", "addresses", "tier", "roles", "granted_on", "expires_on", '
    '"decision_reference", "issuing_authority"]'
)
_BENEFITS = (
    '["document_check_lower", "inspection_lower", "inspection_priority", "liaison", '
    '"disruption_priority"]'
)


class Side(NamedTuple):
    """One administration of the demonstration.

    Attributes:
        officers: The two officers, as they act.
    """

    territory: Territory
    home: Path
    officers: tuple[Actor, Actor]


async def make_home(
    territory: Territory, home: Path, *, partner_port: int, national_port: int
) -> Side:
    """Founds a home with keys and two officers, and completes its copies of the data files."""
    first, second = (
        NewOfficer(OfficerName(name), display, secrets.token_urlsafe(18))
        for name, display in _OFFICERS[territory]
    )
    founding = Founding(
        home=home,
        territory=territory,
        environment=Environment.TEST,
        officers=(first, second),
        url=f"https://127.0.0.1:{partner_port}",
        hosts=("127.0.0.1", "localhost"),
        partner_host="127.0.0.1",
        national_port=national_port,
    )
    founded = await found_home(founding, clock=SystemClock())
    with (founded.home / FILE_NAME).open("a", encoding="utf-8") as settings:
        settings.write(QUICK_RETRIES)
    _complete(founded.home / "partners")
    for officer in (first, second):
        _keep_password(founded.home / f"{officer.name}.password", officer.password)
    roles = frozenset(OfficerRole)
    actors = [
        Actor(name=one.name, display_name=one.display_name, roles=roles) for one in (first, second)
    ]
    return Side(territory, founded.home, (actors[0], actors[1]))


def _keep_password(file: Path, password: str) -> None:
    """Leaves a throw-away password for whoever tries the commands afterwards."""
    file.touch(mode=0o600)
    file.write_text(password + "\n", encoding="utf-8")


async def pin(ours: Gateway, side: Side, *, theirs: Gateway) -> None:
    """Pins the partner's card: one officer asks, the other approves."""
    first, second = side.officers
    card = own_card(theirs.settings)
    request = await ours.database.write(lambda c: ours.overseer.request_pin(c, card, by=first))
    await ours.database.write(
        lambda c: ours.approver.approve(c, request, by=second, note="fingerprints compared")
    )


async def confirm(ours: Gateway, side: Side) -> None:
    """Confirms the arrangement: one officer asks, the other approves; its full list goes out."""
    first, second = side.officers
    request = await ours.database.write(
        lambda c: ours.overseer.request_confirmation(
            c, ARRANGEMENT, legal_act=LEGAL_ACT, act_on=date(2026, 1, 5), by=first
        )
    )
    await ours.database.write(lambda c: ours.approver.approve(c, request, by=second))


def _complete(partners: Path) -> None:
    """Fills what the shipped drafts leave empty, marked as fictitious."""
    registry = load_registry()
    arrangement = copy_draft(registry, ARRANGEMENT, to=partners)
    _fill(arrangement, "exchange.data_elements", _ELEMENTS)
    _fill(arrangement, "exchange.consent", '"not_required"')
    for programme in ("CN-AEO", "MN-AEO"):
        _fill(copy_draft(registry, programme, to=partners), "local_benefits", _BENEFITS)


def _fill(file: Path, section: str, value: str) -> None:
    """Gives a fact of a data file a value, with a source that says it is made up."""
    text = file.read_text(encoding="utf-8")
    fact = (
        f'[{section}]\nvalue = {value}\nsource = "{FICTITIOUS}"\nbasis = "unverified"\n'
        "as_of = 2026-01-05\n"
    )
    filled, count = re.subn(
        rf"(?m)^\[{re.escape(section)}\]\n(?:(?!\[).*\n)*", lambda _: fact + "\n", text
    )
    assert count == 1, section
    file.write_text(filled, encoding="utf-8")
