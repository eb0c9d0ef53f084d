"""Officers of this administration, and the acts that need two of them."""

from __future__ import annotations

from enum import StrEnum

from mra_gateway.model.base import Noun
from mra_gateway.model.identifiers import OfficerName


class OfficerRole(StrEnum):
    """What an officer may do; an officer may have several roles."""

    AEO = "aeo"
    """Keeps the register, announces changes, decides declarations."""

    SECURITY = "security"
    """Keeps officers, API clients, keys and the trust in partners."""

    LEGAL = "legal"
    """Confirms arrangements, and accepts decision tables."""

    RISK = "risk"
    """Suspends benefits, puts out alerts and sets controls, around the clock."""

    AUDITOR = "auditor"
    """Reads everything, changes nothing."""


class Actor(Noun):
    """An officer who has been authenticated for one act."""

    name: OfficerName
    display_name: str
    roles: frozenset[OfficerRole]


class ApprovalKind(StrEnum):
    """The acts that wait for a second officer."""

    CONFIRM_ARRANGEMENT = "confirm_arrangement"
    PIN_PARTNER = "pin_partner"
    APPLY_LIST = "apply_list"
    APPLY_IMPORT = "apply_import"
    CONFIRM_SUSPENSION = "confirm_suspension"
    RESTORE_BENEFITS = "restore_benefits"
    RESUME_ARRANGEMENT = "resume_arrangement"
    PILOT_ARRANGEMENT = "pilot_arrangement"
    END_PILOT = "end_pilot"
    ACCEPT_TABLE = "accept_table"
    WITHDRAW_TABLE = "withdraw_table"
    PURGE_DATA = "purge_data"


NEEDED_ROLES: dict[ApprovalKind, tuple[OfficerRole, ...]] = {
    ApprovalKind.CONFIRM_ARRANGEMENT: (OfficerRole.LEGAL,),
    ApprovalKind.PIN_PARTNER: (OfficerRole.SECURITY,),
    ApprovalKind.APPLY_LIST: (OfficerRole.AEO,),
    ApprovalKind.APPLY_IMPORT: (OfficerRole.AEO,),
    ApprovalKind.CONFIRM_SUSPENSION: (OfficerRole.AEO, OfficerRole.RISK),
    ApprovalKind.RESTORE_BENEFITS: (OfficerRole.AEO, OfficerRole.RISK),
    ApprovalKind.RESUME_ARRANGEMENT: (OfficerRole.LEGAL,),
    ApprovalKind.PILOT_ARRANGEMENT: (OfficerRole.LEGAL,),
    ApprovalKind.END_PILOT: (OfficerRole.LEGAL,),
    ApprovalKind.ACCEPT_TABLE: (OfficerRole.LEGAL,),
    ApprovalKind.WITHDRAW_TABLE: (OfficerRole.LEGAL,),
    ApprovalKind.PURGE_DATA: (OfficerRole.LEGAL,),
}
"""The roles of which an officer needs one, to request and to approve each kind."""
