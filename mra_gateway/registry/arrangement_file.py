"""An arrangement as the text of its TOML file: what a negotiation ends in.

Laid out as the shipped drafts: a table for each fact, long lists an item a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mra_gateway.model.facts import Arrangement, Fact
from mra_gateway.registry.toml_text import toml_keys, toml_value

_FACTS = (
    "legal_reference",
    "signed_on",
    "in_force_on",
    "ended_on",
    "pilot",
    "termination_notice",
)
_EXCHANGE = ("data_elements", "frequency", "consent", "retention_days", "notification")


def arrangement_text(arrangement: Arrangement, *, schema: str, comments: Iterable[str] = ()) -> str:
    """Returns the text of an arrangement's file.

    Args:
        arrangement: The arrangement.
        schema: Where its JSON Schema lies, as seen from the file, for editors.
        comments: Lines to stand above it.
    """
    lines = [f"#:schema {schema}", *(f"# {comment}" for comment in comments)]
    lines += toml_keys({"id": arrangement.id, "title": arrangement.title})
    for name in _FACTS:
        lines += _fact(name, getattr(arrangement, name))
    for party in arrangement.parties:
        lines += ["", "[[parties]]", *toml_keys({"territory": party.territory})]
        lines += _fact("parties.started_on", party.started_on)
        lines += _fact("parties.scope", party.scope)
    for name in _EXCHANGE:
        lines += _fact(f"exchange.{name}", getattr(arrangement.exchange, name))
    lines += _fact("benefits", arrangement.benefits)
    if arrangement.name_matching is not None:
        lines += _fact("name_matching", arrangement.name_matching)
    for note in arrangement.notes:
        lines += _fact("notes", note, brackets=("[[", "]]"))
    return "\n".join(lines) + "\n"


def _fact(name: str, fact: Fact[Any], *, brackets: tuple[str, str] = ("[", "]")) -> Iterator[str]:
    yield ""
    yield f"{brackets[0]}{name}{brackets[1]}"
    values = fact.model_dump(exclude_none=True, exclude_defaults=True)
    value = values.pop("value", None)
    if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        yield "value = ["
        yield from (f"  {toml_value(item)}," for item in value)
        yield "]"
    elif value is not None:
        yield f"value = {toml_value(value)}"
    yield from toml_keys(values)
