"""A JSON register → records: the documented form (`schemas/register/`), or flat objects.

The file is read piece by piece and one operator at a time, for as a whole it takes ten times its
size in memory.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from mra_gateway.model.packed import Packed, as_json
from mra_gateway.model.register import SourceAddress, SourceRecord, SourceRecords
from mra_gateway.tables.limits import DEFAULT, Limits, open_file, unreadable

FORMAT = "mra-gateway-register-1"
LONGEST = 4_000_000
"""Most characters of one value; an operator has some hundreds."""

_PIECE = 1 << 18
_SPACE = re.compile(r"[ \t\r\n]*")
_TAIL = 3
"""Characters after a number without which it may go on: `1` of `1e+5`."""


def read_json(path: Path, *, flat: bool, limits: Limits = DEFAULT) -> SourceRecords:
    """Reads a JSON register.

    Args:
        path: UTF-8, with or without a byte order mark.
        flat: Whether the objects are an administration's own, to be read by a mapping.
        limits: The largest file and the most records taken.

    Raises:
        RequestRefused: `FILE_UNREADABLE`: not JSON, a name twice in one object, not a list of
            objects.
    """
    file = path.name
    operators = _Operators(file, limits)
    with open_file(path, limits=limits, largest=limits.streamed_bytes) as content:
        text = _Text(io.TextIOWrapper(content, encoding="utf-8-sig", newline=""))
        try:
            is_documented = operators.read(text)
        except RecursionError:
            raise unreadable(file, "is nested too deeply") from None
        except json.JSONDecodeError as error:
            after = f"after operator {len(operators.found)}"
            raise unreadable(file, f"is not JSON, {after}: {error.msg[:100]!r}") from None
        except ValueError as error:
            raise unreadable(file, f"is not JSON: {repr(str(error))[:150]}") from None
    return SourceRecords(
        file=file,
        form="register" if is_documented or not flat else "flat",
        records=operators.found,
    )


class _Operators:
    """The operators of a file, each taken when it has been read."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.found: Packed[SourceRecord] = Packed(as_json(SourceRecord))
        self._file = file
        self._limits = limits

    def read(self, text: _Text) -> bool:
        """Reads the whole file; says whether it is an object, as the documented form is."""
        is_object = text.peek() == "{"
        if is_object:
            self._read_object(text)
        elif text.peek() == "[":
            self._take(text)
        else:
            text.value()
            raise self._no_list()
        if text.peek():
            msg = "something follows the end"
            raise ValueError(msg)
        return is_object

    def _read_object(self, text: _Text) -> None:
        values: dict[str, Any] = {}
        for _ in text.items("{", "}"):
            name = text.name()
            if name in values:
                raise _twice()
            if name == "operators" and text.peek() == "[":
                values[name] = True
                self._take(text)
            else:
                value = text.value()
                values[name] = value if name == "format" else None
        if values.get("format") != FORMAT or not values.get("operators"):
            raise self._no_list()

    def _take(self, text: _Text) -> None:
        for number, _ in enumerate(text.items("[", "]"), start=1):
            values = text.value()
            if number > self._limits.rows:
                raise unreadable(self._file, f"more than {self._limits.rows} operators")
            if not isinstance(values, dict):
                raise unreadable(self._file, f"operator {number} is not an object")
            address = SourceAddress(file=self._file, row=number)
            self.found.append(SourceRecord(address=address, values=values))

    def _no_list(self) -> Exception:
        return unreadable(
            self._file, f"is neither a list of operators nor an object of format {FORMAT}"
        )


class _Text:
    """JSON text of which only a piece is held."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._held = ""
        self._at = 0

    def peek(self) -> str:
        """Returns the next character that is no space; nothing at the end."""
        while True:
            self._at = _end_of_space(self._held, self._at)
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._read_on():
                return ""

    def items(self, opening: str, closing: str) -> Iterator[None]:
        """Yields before every item of a list or object; the caller reads the item."""
        self._expect(opening)
        if self.peek() != closing:
            yield
            while self.peek() == ",":
                self._expect(",")
                yield
        self._expect(closing)

    def name(self) -> str:
        """Returns the name before a value, and goes to the value."""
        name = self.value() if self.peek() == '"' else None
        if not isinstance(name, str):
            raise self._wrong("Expecting property name enclosed in double quotes")
        self._expect(":")
        return name

    def value(self) -> Any:
        """Returns the next value."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError:
                # wrong, or not yet whole
                if not self._read_on():
                    raise
                continue
            if len(self._held) - end >= _TAIL or not self._read_on():
                self._at = end
                return value

    def _expect(self, character: str) -> None:
        if self.peek() != character:
            raise self._wrong(f"Expecting {character!r}")
        self._at += 1

    def _read_on(self) -> bool:
        rest = self._held[self._at :]
        if len(rest) > LONGEST:
            msg = f"one value has more than {LONGEST} characters"
            raise ValueError(msg)
        # as much again as is held, so that one long value is not tried too often
        more = self._file.read(max(_PIECE, len(rest)))
        if more:
            self._held, self._at = rest + more, 0
        return bool(more)

    def _wrong(self, what: str) -> json.JSONDecodeError:
        return json.JSONDecodeError(what, self._held, self._at)


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # of a name that stands twice two readers would take different values
    values = dict(pairs)
    if len(values) != len(pairs):
        raise _twice()
    return values


def _twice() -> ValueError:
    return ValueError("a name stands twice in one object")


def _no_constant(name: str) -> None:
    msg = f"{name} is not a JSON number"
    raise ValueError(msg)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
