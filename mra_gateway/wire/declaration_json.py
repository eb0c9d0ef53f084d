"""JSON files of declarations: one, a list, `{"declarations": […]}`, or one a line.

Files with one a line are read line by line; any other is read as a whole. A request is read into
declarations in one step, elsewhere; whether it names a field twice is told here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

from pydantic import ValidationError

from mra_gateway.model.declarations import Declaration
from mra_gateway.model.faults import faults_of

MAX_BYTES = 200_000_000
"""Longest file read as a whole, and longest line."""


class JsonFault(NamedTuple):
    """One thing that is wrong with a file.

    Attributes:
        where: Line or number of the declaration, then field; None for the file as a whole.
        text: What is wrong; untrusted text is quoted and cut.
    """

    where: str | None
    text: str


def stream_json(file: BinaryIO) -> Iterator[Declaration | JsonFault]:
    """Yields every declaration of a JSON file, and everything that is wrong with it."""
    first = file.readline(MAX_BYTES).removeprefix(b"\xef\xbb\xbf")
    value, fault = _loaded(first)
    if fault is None and isinstance(value, dict) and "declarations" not in value:
        yield from _line(1, first)
        for number, line in enumerate(iter(lambda: file.readline(MAX_BYTES), b""), 2):
            if line.strip():
                yield from _line(number, line)
        return
    whole = first + file.read(MAX_BYTES - len(first) + 1)
    if len(whole) > MAX_BYTES:
        yield JsonFault(None, f"longer than {MAX_BYTES} bytes; write one declaration a line")
        return
    value, fault = _loaded(whole)
    if fault is not None:
        yield fault
        return
    if isinstance(value, dict) and isinstance(value.get("declarations"), list):
        value = value["declarations"]
    if isinstance(value, list):
        for number, one in enumerate(value, 1):
            yield from _declaration(one, f"declaration {number}")
    else:
        yield from _declaration(value, None)


def find_doubled(
    content: bytes, *, declarations: Iterable[Declaration], names: int = 0
) -> str | None:
    """Returns which name stands twice in one object of a request, or None.

    The reader of requests takes the last of the two and does not tell. The colons that end a name
    are counted for that: where they are as many as the fields that were read, nothing was passed
    over, and the text is not read a second time.

    Args:
        content: The request, which was read without a fault.
        declarations: What it was read into.
        names: How many names stand around the declarations.
    """
    fields = names
    for declaration in declarations:
        fields += _fields_given(declaration)
    if content.count(b'":') == fields and not _has_blank_before_colon(content):
        return None
    _, fault = _loaded(content)
    return fault and fault.text


def _fields_given(declaration: Declaration) -> int:
    """Returns how many fields were given, within parties too; for speed, without recursion."""
    given = len(declaration.__pydantic_fields_set__)
    for party in declaration.parties:
        given += len(party.__pydantic_fields_set__)
        if party.address is not None:
            given += len(party.address.__pydantic_fields_set__)
        if party.declared_as is not None:
            given += len(party.declared_as.__pydantic_fields_set__)
    return given


def _has_blank_before_colon(content: bytes) -> bool:
    """Says whether a name may end without its colon; one letter is found faster than two."""
    return (
        b" :" in content
        or (b"\n" in content and b"\n:" in content)
        or (b"\t" in content and b"\t:" in content)
        or (b"\r" in content and b"\r:" in content)
    )


def _line(number: int, line: bytes) -> Iterator[Declaration | JsonFault]:
    value, fault = _loaded(line)
    if fault is not None:
        yield fault._replace(where=f"line {number}")
    else:
        yield from _declaration(value, f"line {number}")


def _loaded(content: bytes) -> tuple[Any, JsonFault | None]:
    try:
        return json.loads(content, object_pairs_hook=_object), None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return None, JsonFault(f"line {line}", "cannot be read: not UTF-8")
    except RecursionError:
        return None, JsonFault(None, "not JSON: nested too deeply")
    except _Doubled as error:
        return None, JsonFault(None, str(error))
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        why = str(getattr(error, "msg", "cannot be read"))[:100]
        return None, JsonFault(f"line {line}", f"not JSON: {why}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns an object; readers of JSON do not agree on which of two values of a name counts."""
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        of = f" of declaration {read['reference']!r}"[:80] if "reference" in read else ""
        msg = f"{doubled[:40]!r} stands twice in an object{of}"
        raise _Doubled(msg)
    return read


class _Doubled(ValueError):
    """A name stands twice in one object."""


def _declaration(value: object, where: str | None) -> Iterator[Declaration | JsonFault]:
    try:
        yield Declaration.model_validate_json(json.dumps(value))
    except ValidationError as error:
        for fault in faults_of(error):
            field = ".".join(str(part) for part in fault.where)[:100]
            places = [place for place in (where, field and f"field {field}") if place]
            yield JsonFault(", ".join(places) or None, f"{fault.text}{fault.found}")
