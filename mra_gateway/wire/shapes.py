"""The engine of the codecs: one table per element says which child holds which field.

Writing and reading go by the same table, so they cannot drift apart. Writing produces canonical
XML (Canonical XML 1.0) directly; reading turns elements that the schema has accepted into plain
dictionaries for pydantic. The tables themselves stand in `wire/operators.py`, `wire/changes.py`,
`wire/bodies.py` and `wire/header.py`; single values in `wire/values.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from mra_gateway.model.facts import ALL
from mra_gateway.wire.names import qualified
from mra_gateway.wire.values import IGNORED, TEXT, Spelling, escape, escape_attribute

LANGUAGE = "languageID"
"""The one attribute of the vocabulary: the language of a name or an address."""

Reader = Callable[[Any], Any]
Writer = Callable[[Any, list[str]], None]


@dataclass(frozen=True, slots=True)
class Slot:
    """One child element of a shape and the field it holds.

    Attributes:
        element: Local name of the child.
        field: Name of the field of the noun.
        holds: A value, or a noun with a shape of its own.
        many: The element may repeat; the field is a tuple.
        wraps: The element stands once and holds the repeated elements of this name; with `many`
            it may repeat too, and the field is a tuple of tuples.
        or_all: Of a repeated code: the code `all`, alone, stands for the field's value "all".
    """

    element: str
    field: str
    holds: Spelling | Shape = TEXT
    many: bool = False
    wraps: str | None = None
    or_all: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The children of an element, in the order of the schema.

    Attributes:
        language: The element bears the attribute `languageID`, the field `language`.
        content: The element holds text of its own, in the field named here, and no children.
    """

    slots: tuple[Slot, ...] = ()
    language: bool = False
    content: str | None = None
    _writers: list[tuple[str, Writer]] = field(init=False, repr=False, compare=False)
    _readers: dict[str, tuple[str, Reader | None, bool]] = field(
        init=False, repr=False, compare=False
    )
    _many: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _or_all: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compiles the table into writers and readers once."""
        object.__setattr__(self, "_or_all", tuple(slot.field for slot in self.slots if slot.or_all))
        object.__setattr__(self, "_many", tuple(slot.field for slot in self.slots if slot.many))
        object.__setattr__(self, "_writers", [(slot.field, _writer(slot)) for slot in self.slots])
        object.__setattr__(
            self,
            "_readers",
            {
                qualified(slot.element): (slot.field, _reader(slot), slot.many)
                for slot in self.slots
            },
        )

    def write(self, noun: Any, element: str, out: list[str]) -> None:
        """Appends the canonical text of a noun under an element name."""
        if self.language and noun.language is not None:
            out.append(f'<{element} {LANGUAGE}="{escape_attribute(noun.language)}">')
        else:
            out.append(f"<{element}>")
        if self.content is not None:
            out.append(escape(getattr(noun, self.content)))
        for name, write in self._writers:
            value = getattr(noun, name)
            if value is not None:
                write(value, out)
        out.append(f"</{element}>")

    def read(self, element: etree._Element) -> dict[str, Any]:
        """Returns the fields of an element that the schema has accepted."""
        values: dict[str, Any] = {name: [] for name in self._many}
        readers = self._readers
        for child in element:
            name, read, many = readers[child.tag]
            value = child.text if read is None else read(child)
            if not many:
                values[name] = value
            elif value is not IGNORED:
                values[name].append(value)
        for name in self._or_all:
            if values[name] == [ALL]:
                values[name] = ALL
        if self.content is not None:
            values[self.content] = element.text
        if self.language:
            values["language"] = element.get(LANGUAGE)
        return values

    def locate(self, path: Sequence[int | str]) -> str:
        """Returns where in a document a field is, from pydantic's path to it."""
        steps: list[str] = []
        shape: Shape | None = self
        for step in path:
            slot = _slot_of(shape, step)
            if isinstance(step, int) and steps:
                steps[-1] += f"[{step + 1}]"
            elif slot is None:
                steps.append(str(step))
            else:
                steps.append(f"{slot.element}/{slot.wraps}" if slot.wraps else slot.element)
                shape = slot.holds if isinstance(slot.holds, Shape) else None
        return "/".join(steps)


def _slot_of(shape: Shape | None, step: int | str) -> Slot | None:
    slots = () if shape is None else shape.slots
    return next((slot for slot in slots if slot.field == step), None)


def _writer(slot: Slot) -> Writer:
    if slot.wraps is not None:
        write = _write_wrapped(slot, slot.wraps)
    else:
        write = _write_one(slot, slot.element)
    if slot.or_all:
        write = _write_many(write)
        return lambda values, out: write((ALL,) if values == ALL else values, out)
    return _write_many(write) if slot.many else write


def _write_one(slot: Slot, element: str) -> Writer:
    if isinstance(slot.holds, Shape):
        shape = slot.holds
        return lambda value, out: shape.write(value, element, out)
    spell, opening, closing = slot.holds.write, f"<{element}>", f"</{element}>"
    return lambda value, out: out.append(f"{opening}{spell(value)}{closing}")


def _write_many(write: Writer) -> Writer:
    def write_many(values: Any, out: list[str]) -> None:
        for value in values:
            write(value, out)

    return write_many


def _write_wrapped(slot: Slot, inner: str) -> Writer:
    write = _write_one(slot, inner)

    def write_wrapped(values: Any, out: list[str]) -> None:
        out.append(f"<{slot.element}>")
        for value in values:
            write(value, out)
        out.append(f"</{slot.element}>")

    return write_wrapped


def _reader(slot: Slot) -> Reader | None:
    if slot.wraps is not None:
        read_one = _reader(replace(slot, wraps=None))
        if read_one is None:
            return lambda element: [child.text for child in element]
        return lambda element: [read_one(child) for child in element]
    if isinstance(slot.holds, Shape):
        return slot.holds.read
    read_text = slot.holds.read
    if read_text is None:
        return None
    return lambda element: read_text(element.text or "")
