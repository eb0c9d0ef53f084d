"""A decision table as the text of its TOML file: what an officer's spreadsheet becomes in a home.

Every key stands on a line of its own, so that two versions can be compared line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mra_gateway.model.benefits import DecisionTable, TableRow
from mra_gateway.registry.toml_text import toml_keys, toml_value


def table_text(table: DecisionTable, *, schema: str, comments: Iterable[str] = ()) -> str:
    """Returns the text of a decision table's file; what repeats a default is left out.

    Args:
        table: The table.
        schema: Where its JSON Schema lies, as seen from the file, for editors.
        comments: Lines to stand above it.
    """
    lines = [f"#:schema {schema}", *(f"# {comment}" for comment in comments)]
    lines += toml_keys(table.model_dump(exclude={"rows"}, exclude_defaults=True))
    lines += ["", "[rows]"]
    lines += toml_keys(table.rows.model_dump(exclude={"value"}))
    if table.rows.value == ():
        lines.append("value = []")
    for row in table.rows.value or ():
        lines += ["", "[[rows.value]]", *_row(row)]
    return "\n".join(lines) + "\n"


def _row(row: TableRow) -> Iterator[str]:
    for key, value in row.model_dump(exclude_defaults=True).items():
        if key == "benefits":
            yield "benefits = ["
            yield from (f"  {toml_value(benefit)}," for benefit in value)
            yield "]"
        else:
            yield f"{key} = {toml_value(value)}"
