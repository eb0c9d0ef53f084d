"""A `RegisterRow` ⇄ the flat columns an exported register has, so that it can be read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from mra_gateway.model.operators import Address
from mra_gateway.model.register import RegisterRow

PLAIN = (
    "tin",
    "authorisation",
    "episode",
    "programme",
    "kind",
    "tier",
    "status",
    "effective_from",
    "legal_name",
    "roles",
    "granted_on",
    "expires_on",
    "decision_reference",
    "issuing_authority",
    "tin_as_issued",
)
Cell = str | date | None
_ADDRESS = ("", "_city", "_postcode", "_territory", "_language")


def cells_of(row: RegisterRow) -> dict[str, Cell]:
    """Returns the row's values by the field names its columns have as headings."""
    cells: dict[str, Cell] = {name: _plain(row, name) for name in PLAIN}
    for number, name in enumerate(row.names, 1):
        cells[f"name#{number}"] = name.text
        cells[f"name_language#{number}"] = name.language
    for number, address in enumerate(row.addresses, 1):
        cells |= _address("address", number, address)
    for number, identifier in enumerate(row.partner_identifiers, 1):
        cells[f"partner_identifier#{number}"] = identifier.value
        cells[f"partner_identifier_kind#{number}"] = identifier.kind
        if identifier.site:
            cells |= _address("partner_identifier_site", number, identifier.site)
    for number, consent in enumerate(row.consents, 1):
        cells[f"consent_partner#{number}"] = consent.partner
        cells[f"consent_basis#{number}"] = consent.basis.value
        cells[f"consent_letter#{number}"] = consent.letter_number
        cells[f"consent_on#{number}"] = consent.given_on
        cells[f"consent_withdrawn_on#{number}"] = consent.withdrawn_on
    return cells


def columns_of(rows: Iterable[RegisterRow]) -> tuple[str, ...]:
    """Returns the headings an export of these rows needs, plain fields first."""
    names: dict[str, int] = {}
    for row in rows:
        for name, cell in cells_of(row).items():
            if cell is not None:
                names.setdefault(name, len(names))
    numbered = [name for name in names if name not in PLAIN]
    order = ("name", "address", "partner_identifier", "consent")
    groups = [[name for name in numbered if name.startswith(group)] for group in order]
    return (*PLAIN, *(name for group in groups for name in sorted(group, key=_position)))


def rows_of_cells(
    rows: Iterable[RegisterRow], columns: Sequence[str]
) -> Iterator[tuple[Cell, ...]]:
    """Returns each row's cells in the order of the columns."""
    for row in rows:
        cells = cells_of(row)
        yield tuple(cells.get(name) for name in columns)


def _plain(row: RegisterRow, name: str) -> Cell:
    value = getattr(row, name)
    if name == "roles":
        return "; ".join(value) or None
    if name == "effective_from" and value is not None:
        return str(value.isoformat())
    return value if value is None or isinstance(value, date) else str(value)


def _address(base: str, number: int, address: Address) -> dict[str, Cell]:
    values: tuple[Cell, ...] = (
        "\n".join(address.lines),
        address.city,
        address.postcode,
        address.territory,
        address.language,
    )
    parts = zip(_ADDRESS, values, strict=True)
    return {f"{base}{part}#{number}": value for part, value in parts}


def _position(name: str) -> tuple[int, str]:
    base, _, number = name.partition("#")
    return int(number or 1), base
