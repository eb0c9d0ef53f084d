"""A decision table as the text of its TOML file: what an officer's spreadsheet becomes in a home.

Every key stands on a line of its own, so that two versions can be compared line by line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from mra_gateway.model.benefits import DecisionTable, TableRow


def table_text(table: DecisionTable, *, schema: str, comments: Iterable[str] = ()) -> str:
    """Returns the text of a decision table's file; what repeats a default is left out.

    Args:
        table: The table.
        schema: Where its JSON Schema lies, as seen from the file, for editors.
        comments: Lines to stand above it.
    """
    lines = [f"#:schema {schema}", *(f"# {comment}" for comment in comments)]
    lines += _keys(table.model_dump(exclude={"rows"}, exclude_defaults=True))
    lines += ["", "[rows]"]
    lines += _keys(table.rows.model_dump(exclude={"value"}))
    if table.rows.value == ():
        lines.append("value = []")
    for row in table.rows.value or ():
        lines += ["", "[[rows.value]]", *_row(row)]
    return "\n".join(lines) + "\n"


def _row(row: TableRow) -> Iterator[str]:
    for key, value in row.model_dump(exclude_defaults=True).items():
        if key == "benefits":
            yield "benefits = ["
            yield from (f"  {_value(benefit)}," for benefit in value)
            yield "]"
        else:
            yield f"{key} = {_value(value)}"


def _keys(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in values.items()]


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=False)


def _key(key: str) -> str:
    plain = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if plain else json.dumps(key, ensure_ascii=False)
