"""Which column of one administration's register is which field: data, kept per source.

Written in TOML, described by `schemas/register/mapping.schema.json`. Guessing one from a file is in
`proposal.py`; the words all administrations share are in `vocabulary.py`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.base import Noun
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.operators import Code, ProgrammeKind, Role, Text
from mra_gateway.model.register import ConsentBasis
from mra_gateway.tables.fields import IGNORE, field_of

FORMAT: Literal["mra-gateway-mapping-1"] = "mra-gateway-mapping-1"
DateOrder = Literal["dmy", "mdy", "ymd"]


def _is_field(text: str) -> str:
    field_of(text)
    return text


FieldName = Annotated[str, AfterValidator(_is_field)]


class ColumnRule(Noun):
    """One column of the source.

    Attributes:
        heading: The heading as it stands in the file; of two heading rows, `upper / lower`. For
            JSON the key, for XML the element's path below the record.
        field: The field it fills; `ignore` for a column that is none of ours.
        column: Column letters, needed only where two columns have the same heading.
        digits: How many digits the identifier has, so that a lost leading zero is seen.
    """

    heading: Annotated[str, Field(min_length=1, max_length=500)]
    field: FieldName
    column: Annotated[str, Field(pattern=r"^[A-Z]{1,3}$")] | None = None
    digits: int | None = Field(default=None, ge=1, le=33)


class Values(Noun):
    """The source's own words, which win over the shared vocabulary."""

    status: dict[str, Status] = Field(default_factory=dict)
    roles: dict[str, Role] = Field(default_factory=dict)
    kind: dict[str, ProgrammeKind] = Field(default_factory=dict)
    tier: dict[str, Code] = Field(default_factory=dict)
    programme: dict[str, ProgrammeId] = Field(default_factory=dict)
    territory: dict[str, Territory] = Field(default_factory=dict)
    consent: dict[str, bool] = Field(default_factory=dict)
    consent_basis: dict[str, ConsentBasis] = Field(default_factory=dict)


class Defaults(Noun):
    """What holds for every row in which the source says nothing else."""

    programme: ProgrammeId | None = None
    kind: ProgrammeKind | None = None
    tier: Code | None = None
    roles: tuple[Role, ...] = ()
    status: Status | None = None
    issuing_authority: Text | None = None
    consent_basis: ConsentBasis | None = None


class Mapping(Noun):
    """How one administration's register is read.

    Attributes:
        sheet: The one sheet to read; without it every sheet in which the headings are found.
        encoding: Of a CSV that cannot be told apart otherwise (`cp1251`, `gb18030`).
        row_element: Of a foreign XML register, the name of the element that is one operator.
        date_order: How `05/06/2025` is meant; without it such a date is a problem.
        look_alikes: What is done with letters that only look Latin in an identifier.
        episode_from: Which field names the decision that opened the episode, where no column does.
    """

    format: Literal["mra-gateway-mapping-1"] = FORMAT
    name: Text
    sheet: str | None = None
    encoding: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{2,20}$")] | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    row_element: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    date_order: DateOrder | None = None
    look_alikes: Literal["refuse", "keep", "to_latin"] = "refuse"
    episode_from: Literal["granted_on", "decision_reference", "authorisation"] = "authorisation"
    columns: tuple[ColumnRule, ...] = Field(min_length=1, max_length=500)
    values: Values = Values()
    defaults: Defaults = Defaults()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        plain = [rule.field for rule in self.columns if rule.field != IGNORE]
        doubled = sorted({field for field in plain if plain.count(field) > 1})
        if doubled:
            msg = f"two columns for {', '.join(doubled)}; number the fields of a group: name#2"
            raise ValueError(msg)
        return self


def load_mapping(path: Path) -> Mapping:
    """Reads a mapping file.

    Raises:
        RequestRefused: `MAPPING_INVALID`, with the key that is wrong.
    """
    try:
        return Mapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _invalid(str(error), path) from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise _invalid(f"{key or 'mapping'}: {first['msg']}", path) from None


def save_mapping(mapping: Mapping, path: Path, *, remarks: dict[str, str] | None = None) -> None:
    """Writes a mapping for the officer to check and keep.

    Args:
        mapping: What to write.
        path: Where; an existing file is not overwritten.
        remarks: Heading → a remark put beside its column.

    Raises:
        RequestRefused: `ALREADY_EXISTS`.
    """
    text = "".join(f"{line}\n" for line in _toml_lines(mapping, remarks or {}))
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise RequestRefused(
            "this file exists; a mapping is not overwritten",
            reason=Reason.ALREADY_EXISTS,
            where=str(path),
        ) from None


def _toml_lines(mapping: Mapping, remarks: dict[str, str]) -> Iterator[str]:
    values = mapping.model_dump(mode="json", exclude_none=True)
    columns, tables = values.pop("columns"), {k: values.pop(k) for k in ("values", "defaults")}
    for key, value in values.items():
        yield f"{key} = {_toml(value)}"
    for column in columns:
        yield ""
        if column["heading"] in remarks:
            yield f"# {' '.join(remarks[column['heading']].split())}"
        yield "[[columns]]"
        yield from (f"{key} = {_toml(value)}" for key, value in column.items())
    for name, words in tables["values"].items():
        if words:
            yield from ("", f"[values.{name}]")
            yield from (f"{_toml(key)} = {_toml(value)}" for key, value in words.items())
    defaults = {key: value for key, value in tables["defaults"].items() if value}
    if defaults:
        yield from ("", "[defaults]")
        yield from (f"{key} = {_toml(value)}" for key, value in defaults.items())


def _toml(value: Any) -> str:
    # a JSON string, list, number or boolean is a TOML one, but for the delete character
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _invalid(text: str, path: Path) -> RequestRefused:
    return RequestRefused(text, reason=Reason.MAPPING_INVALID, where=path.name)
