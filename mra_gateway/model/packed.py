"""A long list kept as compressed slices: a register of any size in the memory of a slice.

A row of a register costs some 5,000 bytes as a noun and some 50 packed. Who goes through the list
gets one slice of nouns after the other; a short list is never packed at all.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar, overload

import zstandard
from pydantic import TypeAdapter

T = TypeVar("T")

SLICE = 500
"""How many items are packed together."""

_QUICKLY = 1
"""Zstandard's quickest level: records of one register are alike, so it leaves a tenth already."""


class Packing(Generic[T]):
    """How a slice of items becomes bytes, and items again."""

    def __init__(self, dump: Callable[[list[T]], bytes], load: Callable[[bytes], list[T]]) -> None:
        self.dump = dump
        self.load = load


@functools.cache
def as_json(kind: Any) -> Packing[Any]:
    """Returns the packing of nouns, or of named tuples of nouns: JSON, checked when read."""
    adapter: TypeAdapter[list[Any]] = TypeAdapter(list[kind])
    return Packing(
        lambda items: adapter.dump_json(items, exclude_defaults=True), adapter.validate_json
    )


class Slice(NamedTuple):
    """Some items, packed."""

    length: int
    packed: bytes


class Packed(Sequence[T]):
    """A list that grows at its end, and of which all but the last items are packed."""

    def __init__(self, packing: Packing[T], items: Iterable[T] = ()) -> None:
        self.packing = packing
        self._slices: list[Slice] = []
        self._packed = 0
        self._last: list[T] = []
        self.extend(items)

    def slices(self) -> Iterator[Slice]:
        """Yields the packed form of the whole list, to be kept somewhere else."""
        yield from self._slices
        if self._last:
            yield self._pack(self._last)

    def append(self, item: T) -> None:
        """Adds an item at the end."""
        self._last.append(item)
        if len(self._last) >= SLICE:
            self._close()

    def extend(self, items: Iterable[T]) -> None:
        """Adds items at the end; of a long packed list, the slices as they are."""
        if isinstance(items, Packed) and len(items) > SLICE and items.packing is self.packing:
            self.add_slices(items.slices())
            return
        for item in items:
            self.append(item)

    def add_slices(self, slices: Iterable[Slice]) -> None:
        """Adds, at the end, slices another list gave out."""
        self._close()
        for one in slices:
            self._slices.append(one)
            self._packed += one.length

    def __len__(self) -> int:
        return self._packed + len(self._last)

    def __iter__(self) -> Iterator[T]:
        for _, packed in self._slices:
            yield from self._load(packed)
        yield from self._last

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            first, end, step = index.indices(len(self))
            if step != 1:
                return list(self)[index]
            return list(islice(self, first, max(first, end)))
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        for length, packed in self._slices:
            if place < length:
                return self._load(packed)[place]
            place -= length
        return self._last[place]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # it grows

    def _close(self) -> None:
        if self._last:
            last, self._last = self._last, []
            self.add_slices([self._pack(last)])

    def _pack(self, items: list[T]) -> Slice:
        packed = zstandard.compress(self.packing.dump(items), _QUICKLY)
        # copied: what it returns holds on to all the room that might have been needed
        return Slice(len(items), bytes(memoryview(packed)))

    def _load(self, packed: bytes) -> list[T]:
        return self.packing.load(zstandard.decompress(packed))
