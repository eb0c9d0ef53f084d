"""Reads XML documents of declarations: the WCO Data Model, and national forms kept as data.

Apart from files of other kinds, because a serving process takes these alone: what reads
spreadsheets would stay in its memory for nothing.
"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from mra_gateway.errors import Reason, RequestRefused, SetupError
from mra_gateway.model.declaration_forms import DeclarationForm, PartyCodes
from mra_gateway.model.declarations import DeclaredMessage
from mra_gateway.model.identifiers import Territory
from mra_gateway.registry.load import Registry
from mra_gateway.settings import data_folder
from mra_gateway.wire.declaration_xml import decode_declarations


class XmlReader:
    """Reads declarations by the codes and forms of one registry.

    Attributes:
        forms: The forms that national declarations may be in.
        zone: Of moments that name none.
    """

    def __init__(
        self, registry: Registry, *, zone: ZoneInfo | None = None, form: str | None = None
    ) -> None:
        """Makes a reader.

        Args:
            registry: The codes and forms.
            zone: Of moments that name none: the administration's.
            form: Id of the one form national XML is in; else any that fits.

        Raises:
            SetupError: The registry has no codes of declarations.
            RequestRefused: It has no form of that id.
        """
        if registry.party_codes is None:
            raise SetupError(
                "partners/catalogues/declaration_codes.toml is missing",
                reason=Reason.DATA_FILE_INVALID,
            )
        self._codes: PartyCodes = registry.party_codes
        self.forms = _chosen(registry, form)
        self.zone = zone

    def read(self, content: bytes) -> list[DeclaredMessage]:
        """Returns what the declarations of a document say.

        Raises:
            RequestRefused: `DECLARATION_INVALID`; names line and reason.
        """
        return decode_declarations(content, codes=self._codes, forms=self.forms, zone=self.zone)


def zone_of(registry: Registry, territory: Territory) -> ZoneInfo | None:
    """Returns the time zone of an administration; None where it is not known."""
    us = registry.administrations.get(territory)
    return None if us is None or us.time_zone.value is None else ZoneInfo(us.time_zone.value)


def _chosen(registry: Registry, form: str | None) -> tuple[DeclarationForm, ...]:
    if form is None:
        # an administration's own come first: a shipped one of the same document is but a draft
        forms = registry.declaration_forms.values()
        return tuple(sorted(forms, key=lambda one: _is_shipped(registry.files.get(one.id))))
    found = registry.declaration_forms.get(form)
    if found is None:
        known = ", ".join(sorted(registry.declaration_forms)) or "none"
        raise RequestRefused(
            f"no form of declarations {form[:60]!r}; known: {known}", reason=Reason.NOT_FOUND
        )
    return (found,)


def _is_shipped(file: Path | None) -> bool:
    return file is not None and file.is_relative_to(data_folder("partners"))
