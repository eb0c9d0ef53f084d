"""A JSON register → records: the documented form (`schemas/register/`), or flat objects."""

from __future__ import annotations

import json
from typing import Any

from mra_gateway.model.register import SourceAddress, SourceRecord, SourceRecords
from mra_gateway.tables.limits import DEFAULT, Limits, unreadable

FORMAT = "mra-gateway-register-1"


def read_json(content: bytes, *, file: str, flat: bool, limits: Limits = DEFAULT) -> SourceRecords:
    """Reads a JSON register.

    Args:
        content: UTF-8, with or without a byte order mark.
        file: Its name, for addresses.
        flat: Whether the objects are an administration's own, to be read by a mapping.
        limits: The most records taken.

    Raises:
        RequestRefused: `FILE_UNREADABLE`: not JSON, a name twice in one object, not a list of
            objects.
    """
    try:
        found = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
        )
    except RecursionError:
        raise unreadable(file, "is nested too deeply") from None
    except ValueError as error:
        raise unreadable(file, f"is not JSON: {repr(str(error))[:150]}") from None
    operators = _operators(found, file)
    if len(operators) > limits.rows:
        raise unreadable(file, f"more than {limits.rows} operators")
    records = []
    for number, values in enumerate(operators, start=1):
        if not isinstance(values, dict):
            raise unreadable(file, f"operator {number} is not an object")
        address = SourceAddress(file=file, row=number)
        records.append(SourceRecord(address=address, values=values))
    documented = isinstance(found, dict) or not flat
    return SourceRecords(
        file=file, form="register" if documented else "flat", records=tuple(records)
    )


def _operators(found: Any, file: str) -> list[Any]:
    is_documented = isinstance(found, dict) and found.get("format") == FORMAT
    operators = found.get("operators") if is_documented else found
    if not isinstance(operators, list):
        raise unreadable(file, f"is neither a list of operators nor an object of format {FORMAT}")
    return operators


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # of a name that stands twice two readers would take different values
    values = dict(pairs)
    if len(values) != len(pairs):
        msg = "a name stands twice in one object"
        raise ValueError(msg)
    return values


def _no_constant(name: str) -> None:
    msg = f"{name} is not a JSON number"
    raise ValueError(msg)
