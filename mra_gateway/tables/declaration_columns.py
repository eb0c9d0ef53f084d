"""Which column of a table of declarations is which field, by a form of `partners/declarations/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import TypeAdapter, ValidationError

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.declaration_forms import DeclarationForm, FieldName, TableForm
from mra_gateway.tables.cleaning import key_of, shown

NEEDED = ("reference", "type")
"""Without these a table holds no declarations."""

IDENTIFIER = ".identifier"
_FIELD = TypeAdapter[str](FieldName)


@dataclass(frozen=True)
class Columns:
    """The columns of a table, as one form reads them.

    Attributes:
        form: The form.
        table: Its part about tables.
        headings: The headings, as they stand.
        fields: The field of each column; None for one that is not read.
    """

    form: DeclarationForm
    table: TableForm
    headings: tuple[str, ...]
    fields: tuple[str | None, ...]

    @property
    def known(self) -> int:
        """How many columns are read."""
        return sum(field is not None for field in self.fields)

    @property
    def unread(self) -> tuple[str, ...]:
        """The headings that mean nothing to the form."""
        pairs = zip(self.headings, self.fields, strict=True)
        return tuple(heading for heading, field in pairs if field is None and heading.strip())

    def heading_of(self, field: str) -> str | None:
        """Returns the heading of the column that holds a field."""
        return next(
            (
                heading
                for heading, known in zip(self.headings, self.fields, strict=True)
                if known == field
            ),
            None,
        )


def table_forms(forms: Sequence[DeclarationForm]) -> list[tuple[DeclarationForm, TableForm]]:
    """Returns the forms that are about tables."""
    return [(form, form.reads.value) for form in forms if isinstance(form.reads.value, TableForm)]


def columns_of(headings: Sequence[str], *, form: DeclarationForm, table: TableForm) -> Columns:
    """Returns which column is which field."""
    known = _known(form.id, table)
    fields = tuple(known.get(key_of(heading)) or _own_name(heading) for heading in headings)
    return Columns(form, table, tuple(headings), fields)


def check_columns(columns: Columns, *, file: str) -> None:
    """Checks that a table can be read at all.

    Raises:
        RequestRefused: `HEADINGS_NOT_FOUND`: a column that is needed is missing, two columns mean
            the same, or no column names a party.
    """
    fields = [field for field in columns.fields if field is not None]
    for needed in NEEDED:
        if needed not in fields:
            raise _not_found(file, f"no column of the form {columns.form.id} is the {needed}")
    for field in fields:
        if fields.count(field) > 1:
            raise _not_found(file, f"two columns are the {field}")
    if not any(field.endswith((IDENTIFIER, ".name")) for field in fields):
        raise _not_found(file, f"no column of the form {columns.form.id} names a party")


def _not_found(file: str, why: str) -> RequestRefused:
    text = f"{why}; write your headings into a form (partners/declarations/README.md)"
    return RequestRefused(text, reason=Reason.HEADINGS_NOT_FOUND, where=file)


_KNOWN: dict[str, tuple[TableForm, dict[str, str]]] = {}


def _known(form_id: str, table: TableForm) -> dict[str, str]:
    held = _KNOWN.get(form_id)
    if held is None or held[0] != table:
        keys = {
            key_of(heading): field for field, texts in table.headings.items() for heading in texts
        }
        held = _KNOWN[form_id] = (table, keys)
    return held[1]


@cache
def _own_name(heading: str) -> str | None:
    """The name of a field is always known."""
    try:
        return _FIELD.validate_python(heading.strip().lower())
    except ValidationError:
        return None


def quoted(headings: Sequence[str]) -> str:
    """Returns headings as they may be shown."""
    return ", ".join(shown(heading) for heading in headings[:20])
