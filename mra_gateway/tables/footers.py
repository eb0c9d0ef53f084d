"""Rows of a register's sheet that are no operator: totals and signatures below the list.

A row is passed over only when it is clearly no operator; every other row without TIN and
authorisation number is a problem, for it may be an operator whose cells were lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mra_gateway.model.register import NoteKind
from mra_gateway.tables.cleaning import key_of
from mra_gateway.tables.sheet import Row, Value, is_empty
from mra_gateway.tables.vocabulary import Vocabulary

LONGEST = 60
"""Longest text taken for a total."""
_NUMERIC = re.compile(r"[\d\s.,]+")
_COUNTED = re.compile(
    r"\d+\s*(?:家|个|operators|companies|операторов|оператора|оператор|operadores)?"
)


def is_footer(row: Row, vocabulary: Vocabulary) -> NoteKind | None:
    """Returns what kind of footer a row is, or None when it is not clearly one.

    Args:
        row: Any row of the sheet below the headings.
        vocabulary: The words totals and signatures begin with.
    """
    filled = [value for value in row.values if not is_empty(value)]
    if not filled or not isinstance(filled[0], str):
        return None
    counting = any(_is_total(value, vocabulary) for value in filled)
    if counting and all(_is_number(value) or _is_total(value, vocabulary) for value in filled):
        return NoteKind.TOTALS_ROW
    key = key_of(filled[0])
    begins = any(key == word or key.startswith(f"{word} ") for word in vocabulary.signature)
    if begins and len(filled) <= 3 and all(isinstance(value, str) for value in filled):
        return NoteKind.SIGNATURE_ROW
    return None


def has_no_key(row: Row, keys: Sequence[int], vocabulary: Vocabulary) -> bool:
    """Says whether no TIN and no authorisation number stands in a row.

    A total or signature often begins in the first column, whichever that is.
    """
    filled = [row.value(number) for number in keys if not is_empty(row.value(number))]
    if not filled:
        return True
    first = next(value for value in row.values if not is_empty(value))
    begins_here = len(filled) == 1 and filled[0] is first
    return begins_here and is_footer(row, vocabulary) is not None


def stated_total(row: Row) -> int | None:
    """Returns the one number a totals row states, when it states exactly one."""
    numbers = re.findall(r"\d+", " ".join(str(value) for value in row.values if value is not None))
    return int(numbers[0]) if len(numbers) == 1 and len(numbers[0]) < 9 else None


def _is_number(value: Value) -> bool:
    if isinstance(value, str):
        key = key_of(value)
        return not key or bool(_NUMERIC.fullmatch(key) or _COUNTED.fullmatch(key))
    return isinstance(value, (int, float))


def _is_total(value: Value, vocabulary: Vocabulary) -> bool:
    if not isinstance(value, str) or len(value) > LONGEST:
        return False
    key = key_of(value)
    for word in vocabulary.totals:
        rest = key.removeprefix(word).strip()
        if key.startswith(word) and (not rest or _COUNTED.fullmatch(rest)):
            return True
        if key.startswith(word) and rest.strip(" /") in vocabulary.totals:
            return True  # in two languages
    return False
