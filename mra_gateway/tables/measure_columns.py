"""Which column of a file is which column of an event table: by headings, or as an officer says.

Headings are data: those of declarations stand in the forms of `partners/declarations/`, those of
study samples in the languages of `partners/mappings/`. The name of a column of the event table is
always known.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.declaration_forms import TableForm
from mra_gateway.tables.cleaning import key_of, shown
from mra_gateway.tables.declaration_columns import quoted

Kind = Literal[
    "key",
    "moment",
    "day",
    "number",
    "yes_no",
    "flow",
    "lane",
    "currency",
    "territory",
    "category",
    "chapter",
    "label",
]
"""How the texts of a field are read."""

DECLARATIONS: Final[Mapping[str, Kind]] = {
    "declaration": "key",
    "lodged_at": "moment",
    "arrived_at": "moment",
    "released_at": "moment",
    "flow": "flow",
    "lane": "lane",
    "inspected": "yes_no",
    "value": "number",
    "currency": "currency",
    "country": "territory",
    "dispatched_from": "territory",
    "destined_to": "territory",
    "aeo": "yes_no",
    "foreign_aeo": "yes_no",
    "arrangement": "label",
    "tier": "label",
    "operator": "key",
    "category": "category",
    "digital": "yes_no",
    "cost": "number",
    "drawback": "yes_no",
    "ruling": "yes_no",
    "office": "label",
    "chapter": "chapter",
    "mode": "label",
}
"""What is read of a declaration; `country` is else that of dispatch on import, of destination on
export."""

SAMPLES: Final[Mapping[str, Kind]] = {
    "study": "label",
    "kind": "label",
    "indicator": "label",
    "flow": "flow",
    "stage": "label",
    "measured": "number",
    "unit": "label",
    "aeo": "yes_no",
    "foreign_aeo": "yes_no",
    "arrangement": "label",
    "phase": "label",
    "taken_on": "day",
}

_OF_FORMS: Final = {
    "reference": "declaration",
    "type": "flow",
    "commodity_codes": "chapter",
    "value_category": "category",
}
"""Fields of a declaration form that have another name here."""


class Said(NamedTuple):
    """What an officer says about the columns of a file.

    Attributes:
        columns: Field → heading.
        stated: Field → the text that stands for it in rows that state none.
        left: Fields that are not read although there is a column.
    """

    columns: Mapping[str, str]
    stated: Mapping[str, str]
    left: Collection[str]


NOTHING_SAID: Final = Said({}, {}, ())


def headings_of(table: TableForm) -> dict[str, str]:
    """Returns the headings a form knows, as `key_of` has them, with the fields they stand for."""
    found: dict[str, str] = {}
    for known in (table.headings, table.measures):
        for name, texts in known.items():
            field = _OF_FORMS.get(name, name)
            if field in DECLARATIONS:
                for text in texts:
                    found.setdefault(key_of(text), field)
    return found


def find_columns(
    headings: Sequence[str],
    *,
    kinds: Mapping[str, Kind],
    known: Mapping[str, str],
    said: Said = NOTHING_SAID,
    where: str,
) -> dict[str, int]:
    """Returns field → place of its column.

    Args:
        headings: As they stand.
        kinds: The fields there are.
        known: Heading, as `key_of` has it → field.
        said: What the officer says; it goes before everything else.
        where: The file, for what is refused.

    Raises:
        RequestRefused: `COLUMN_MISSING`: a heading that was named is not there.
            `HEADINGS_NOT_FOUND`: two columns are the same field. `NOT_FOUND`: no such field.
    """
    found: dict[str, int] = {}
    for field, heading in said.columns.items():
        check_field(field, kinds)
        found[field] = _place_of(heading, headings, where=where)
    taken = set(found.values())
    for place, heading in enumerate(headings):
        own = heading.strip().lower()
        name = own if own in kinds else known.get(key_of(heading))
        if name is None or name in said.left or name in said.columns or place in taken:
            continue
        if name in found:
            first = headings[found[name]]
            raise RequestRefused(
                f"{shown(first)} and {shown(heading)} are both the {name}; say which is "
                f"(--column {name}=HEADING)",
                reason=Reason.HEADINGS_NOT_FOUND,
                where=f"{where}, row 1",
            )
        found[name] = place
    return found


def check_field(field: str, kinds: Mapping[str, Kind]) -> None:
    """Checks that there is such a field.

    Raises:
        RequestRefused: `NOT_FOUND`.
    """
    if field not in kinds:
        near = difflib.get_close_matches(field, kinds, n=1)
        meant = f"; meant {near[0]!r}?" if near else f"; there are {', '.join(kinds)}"
        raise RequestRefused(f"no field {field[:40]!r}{meant}", reason=Reason.NOT_FOUND)


def missing(
    field: str, *, headings: Sequence[str], read: Mapping[str, int], where: str, why: str = ""
) -> RequestRefused:
    """Returns the refusal of a file without a column, naming the columns nothing is read from."""
    unread = [
        text for place, text in enumerate(headings) if place not in read.values() and text.strip()
    ]
    others = f"; columns not read: {quoted(unread)}" if unread else "; every column is read"
    return RequestRefused(
        f"no column is the {field}{why}{others}; say which is (--column {field}=HEADING)",
        reason=Reason.COLUMN_MISSING,
        where=f"{where}, row 1",
    )


def _place_of(heading: str, headings: Sequence[str], *, where: str) -> int:
    places = [at for at, text in enumerate(headings) if text.strip() == heading.strip()]
    if not places:
        key = key_of(heading)
        places = [at for at, text in enumerate(headings) if key and key_of(text) == key]
    if len(places) == 1:
        return places[0]
    what = "more than one column is" if places else "no column is"
    raise RequestRefused(
        f"{what} called {shown(heading)}; there are {quoted(headings)}",
        reason=Reason.COLUMN_MISSING,
        where=f"{where}, row 1",
    )
