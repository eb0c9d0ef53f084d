"""The elements of an operator record, and the fields they hold.

Changes and lists, which carry records, are in `wire/changes.py`.
"""

from __future__ import annotations

from mra_gateway.wire.shapes import Shape, Slot
from mra_gateway.wire.values import DAY, NUMBER

ADDRESS = Shape(
    (
        Slot("Line", "lines", many=True),
        Slot("PostcodeID", "postcode"),
        Slot("CityName", "city"),
        Slot("CountryCode", "territory"),
    ),
    language=True,
)

NAME = Shape(language=True, content="text")

PARTNER_IDENTIFIER = Shape(
    (
        Slot("TypeCode", "kind"),
        Slot("ID", "value"),
        Slot("Site", "site", ADDRESS),
    )
)

OPERATOR = Shape(
    (
        Slot("ID", "tin"),
        Slot("NationalID", "tin_as_issued"),
        Slot("AuthorisationID", "authorisation"),
        Slot("EpisodeID", "episode"),
        Slot("ProgrammeID", "programme"),
        Slot("ProgrammeCode", "kind"),
        Slot("TierCode", "tier"),
        Slot("RoleCode", "roles", many=True),
        Slot("Name", "legal_name"),
        Slot("AlternateName", "names", NAME, many=True),
        Slot("Address", "addresses", ADDRESS, many=True),
        Slot("GrantDate", "granted_on", DAY),
        Slot("ExpirationDate", "expires_on", DAY),
        Slot("DecisionID", "decision_reference"),
        Slot("IssuingAuthorityName", "issuing_authority"),
        Slot("PartnerIdentifier", "partner_identifiers", PARTNER_IDENTIFIER, many=True),
        Slot("VersionNumeric", "record_version", NUMBER),
    )
)
"""`AEOMutualRecognitionParty`."""
