"""Records of JSON and XML registers → rows: in the documented form, or flat with a mapping."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.identifiers import Tin
from mra_gateway.model.packed import Packed, as_json
from mra_gateway.model.register import (
    AddressedRow,
    NoteKind,
    RegisterNote,
    RegisterRow,
    RowProblem,
    SourceAddress,
    SourceRecord,
    SourceRecords,
)
from mra_gateway.tables.cleaning import shown
from mra_gateway.tables.doubles import Repeats
from mra_gateway.tables.fields import IGNORE, field_of
from mra_gateway.tables.mapping import Mapping
from mra_gateway.tables.rows import REQUIRED, Column, Context, RowBuilder
from mra_gateway.tables.sheet import Row
from mra_gateway.tables.values import ValueReader
from mra_gateway.tables.vocabulary import Vocabulary


@dataclass(slots=True)
class Reading:
    """What one sheet or list of records gave."""

    repeats: Repeats
    rows: Packed[AddressedRow] = field(default_factory=lambda: Packed(as_json(AddressedRow)))
    problems: Packed[RowProblem] = field(default_factory=lambda: Packed(as_json(RowProblem)))
    notes: list[RegisterNote] = field(default_factory=list)
    rows_read: int = 0

    def add(self, found: AddressedRow) -> None:
        """Takes a valid row."""
        self.rows.append(found)
        self.repeats.note(found.row)


def missing_fields(present: Collection[str], mapping: Mapping, context: Context) -> tuple[str, ...]:
    """Returns the required fields that no column and no default states."""
    stated = set(present)
    if context.programme or mapping.defaults.programme:
        stated.add("programme")
    if mapping.defaults.status:
        stated.add("status")
    needed = [*REQUIRED, *(() if "episode" in stated else (mapping.episode_from,))]
    return tuple(name for name in dict.fromkeys(needed) if name not in stated)


def read_documented(records: SourceRecords, context: Context, *, repeats: Repeats) -> Reading:
    """Reads records whose names are those of `RegisterRow`."""
    reading = Reading(repeats, rows_read=len(records.records))
    for record in records.records:
        try:
            row = RegisterRow.model_validate_json(_completed(record, context), strict=True)
        except RequestRefused as refused:
            reading.problems.append(_problem(record, ("tin",), refused.reason, refused.text))
        except ValidationError as error:
            for found in error.errors():
                reason = _REASONS.get(found["type"], Reason.VALUE_NOT_ALLOWED)
                reading.problems.append(_problem(record, found["loc"], reason, found["msg"]))
        else:
            reading.problems.extend(_scope_problems(record, row, context))
            reading.add(AddressedRow(address=record.address, row=row))
    return reading


def read_flat(
    records: SourceRecords,
    *,
    mapping: Mapping,
    vocabulary: Vocabulary,
    context: Context,
    repeats: Repeats,
) -> Reading:
    """Reads flat records by a mapping whose headings are their names."""
    reading = Reading(repeats, rows_read=len(records.records))
    columns = tuple(
        Column(number, rule.heading, rule.heading, field_of(rule.field), rule.digits)
        for number, rule in enumerate(
            (rule for rule in mapping.columns if rule.field != IGNORE), start=1
        )
    )
    _check_names(records, mapping, context, reading)
    values = ValueReader(mapping, vocabulary=vocabulary)
    for record in records.records:
        cells = tuple(_scalar(record.values.get(column.heading)) for column in columns)
        row = Row(record.address.row or 0, cells)
        builder = RowBuilder(row, record.address, reader=values, context=context)
        built = builder.build(columns)
        reading.problems.extend(builder.problems)
        if built is not None:
            reading.add(AddressedRow(address=record.address, row=built))
    for change, count in values.changes.items():
        note = RegisterNote(
            kind=NoteKind.VALUES_CLEANED,
            text=f"{count} × {change}",
            address=SourceAddress(file=records.file),
        )
        reading.notes.append(note)
    return reading


_REASONS = {"missing": Reason.VALUE_MISSING}


def _completed(record: SourceRecord, context: Context) -> str:
    # as JSON text: strictly read, a number is no date and a date is a text
    values = dict(record.values)
    tin = values.get("tin")
    if isinstance(tin, str):
        canonical: Tin = context.canonical_tin(tin)
        if tin not in {canonical, canonical.national}:
            values.setdefault("tin_as_issued", tin)
        values["tin"] = canonical
    if context.programme:
        values.setdefault("programme", context.programme)
    return json.dumps(values)


def _scope_problems(record: SourceRecord, row: RegisterRow, context: Context) -> list[RowProblem]:
    if row.programme.territory != context.territory:
        text = f"{row.programme} is not a programme of {context.territory}"
    elif context.programme not in {None, row.programme}:
        text = f"{row.programme} is not {context.programme}, which is being imported"
    else:
        return []
    return [_problem(record, ("programme",), Reason.VALUE_NOT_ALLOWED, text)]


def _problem(
    record: SourceRecord, location: tuple[int | str, ...], reason: Reason, text: str
) -> RowProblem:
    value: Any = record.values
    for step in location:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            value = None
            break
    path = "/".join(str(step) for step in location)[:100]
    return RowProblem(
        address=record.address.at(path or None),
        heading=str(location[0])[:60] if location else None,
        value=None if value is None or value is record.values else shown(value),
        reason=reason,
        text=text.removeprefix("Value error, "),
    )


def _check_names(
    records: SourceRecords, mapping: Mapping, context: Context, reading: Reading
) -> None:
    names = {name for record in records.records for name in record.values}
    address = SourceAddress(file=records.file)
    present = {field_of(rule.field).base for rule in mapping.columns if rule.heading in names}
    for name in missing_fields(present, mapping, context):
        reading.problems.append(
            RowProblem(
                address=address,
                reason=Reason.COLUMN_MISSING,
                text=f"no record states {name}; add it, or state it in the mapping",
            )
        )
    mapped = {rule.heading for rule in mapping.columns}
    for name in sorted(names - mapped):
        text = f"{shown(name)} is not read: not named in the mapping"
        reading.notes.append(
            RegisterNote(kind=NoteKind.COLUMN_NOT_MAPPED, text=text, address=address)
        )


def _scalar(value: Any) -> str | int | float | bool | date | datetime | None:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return str(value)
