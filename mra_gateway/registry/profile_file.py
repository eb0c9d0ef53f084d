"""A profile as the text of its TOML file: what an administration's answers become in a home.

Every key stands on a line of its own, so that two versions can be compared line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Fact
from mra_gateway.model.profiles import Cell, Profile
from mra_gateway.registry.toml_text import toml_keys, toml_value


def profile_text(profile: Profile, *, schema: str, comments: Iterable[str] = ()) -> str:
    """Returns the text of a profile's file; what repeats a default is left out.

    Args:
        profile: The profile.
        schema: Where its JSON Schema lies, as seen from the file, for editors.
        comments: Lines to stand above it.
    """
    lines = [f"#:schema {schema}", *(f"# {comment}" for comment in comments)]
    lines += toml_keys(
        profile.model_dump(exclude={"cells", "notes", "title"}, exclude_defaults=True)
    )
    if profile.title is not None:
        lines += ["", "[title]", *_evidence(profile.title), *_value(profile.title)]
    for note in profile.notes:
        lines += ["", "[[notes]]", *_value(note), *_evidence(note)]
    for fact in profile.cells:
        lines += ["", "[[cells]]", *_evidence(fact)]
        if fact.value is not None:
            lines += ["", "[cells.value]", *_cell(fact.value)]
    return "\n".join(lines) + "\n"


def _evidence(fact: Fact[Any]) -> list[str]:
    return toml_keys(fact.model_dump(exclude={"value"}))


def _value(fact: Fact[Any]) -> list[str]:
    if fact.value is None:
        return []
    is_noun = isinstance(fact.value, Noun)
    value = fact.value.model_dump(exclude_defaults=True) if is_noun else fact.value
    return [f"value = {toml_value(value)}"]


def _cell(cell: Cell) -> Iterator[str]:
    values = cell.model_dump(exclude={"thresholds"}, exclude_defaults=True)
    yield from toml_keys(values)
    if cell.thresholds:
        yield "thresholds = ["
        for figures in cell.thresholds:
            yield f"  {toml_value([_figure(one.model_dump()) for one in figures])},"
        yield "]"


def _figure(values: dict[str, Any]) -> dict[str, Any]:
    whole = float(values["value"]).is_integer()
    return {**values, "value": int(values["value"]) if whole else values["value"]}
