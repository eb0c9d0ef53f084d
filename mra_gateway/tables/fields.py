"""The fields of a register a column can be mapped to, and how a field is written.

`base`, `base:QUALIFIER`, `base#N`: plain fields stand alone; fields of a group (name, address,
partner identifier, consent) may stand several times, told apart by qualifier or number. `name:en`
is a name in English, `consent_letter:CN` the letter by which an operator consented to China,
`address_city#2` the city of the second address.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PLAIN = frozenset(
    {
        "tin",
        "tin_as_issued",
        "authorisation",
        "episode",
        "programme",
        "kind",
        "tier",
        "roles",
        "legal_name",
        "granted_on",
        "expires_on",
        "decision_reference",
        "issuing_authority",
        "status",
        "effective_from",
    }
)
_SITE = ("", "_city", "_postcode", "_territory", "_language")
GROUPS: dict[str, frozenset[str]] = {
    "name": frozenset({"name", "name_language"}),
    "address": frozenset(f"address{part}" for part in _SITE),
    "partner_identifier": frozenset(
        {"partner_identifier", "partner_identifier_kind"}
        | {f"partner_identifier_site{part}" for part in _SITE}
    ),
    "consent": frozenset(
        {
            "consent",
            "consent_partner",
            "consent_basis",
            "consent_letter",
            "consent_on",
            "consent_withdrawn_on",
        }
    ),
}
IGNORE = "ignore"
"""A column that is known and holds nothing of ours."""

DATES = frozenset(
    {"granted_on", "expires_on", "effective_from", "consent_on", "consent_withdrawn_on"}
)
IDENTIFIERS = frozenset({"tin", "tin_as_issued", "authorisation", "partner_identifier"})
"""Fields in which a digit or letter more or less names somebody else."""

_GROUP_OF = {base: group for group, bases in GROUPS.items() for base in bases}
BASES = PLAIN | frozenset(_GROUP_OF) | {IGNORE}
_FORM = re.compile(r"([a-z_]+)(?::([A-Za-z0-9._-]{1,35}))?(?:#([1-9][0-9]{0,2}))?")


class Field(NamedTuple):
    """A field taken apart."""

    base: str
    qualifier: str | None = None
    number: int | None = None

    @property
    def group(self) -> str | None:
        """The group the field belongs to, or None for a plain field."""
        return _GROUP_OF.get(self.base)


def field_of(text: str) -> Field:
    """Takes the written form of a field apart.

    Raises:
        ValueError: No such field, or a qualifier on a plain one.
    """
    match = _FORM.fullmatch(text)
    if match is None or match[1] not in BASES:
        msg = f"{text[:60]!r} is not a field of a register"
        raise ValueError(msg)
    field = Field(match[1], match[2], int(match[3]) if match[3] else None)
    if field.group is None and (field.qualifier or field.number):
        msg = f"{field.base} stands once and takes no qualifier or number"
        raise ValueError(msg)
    is_territory = re.fullmatch("[A-Z]{2}", field.qualifier or "")
    if field.group == "consent" and field.qualifier and not is_territory:
        msg = f"{text[:60]!r}: consent is for a customs territory (two capital letters)"
        raise ValueError(msg)
    return field
