"""Slices of IN lists: SQLite takes 999 parameters on old builds, and plans stay cached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

CHUNK = 500


def chunked(values: Iterable[T]) -> Iterator[list[T]]:
    """Yields the values in lists of at most `CHUNK`."""
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
