"""Files that few commands need, read one by one when they are asked for.

Profiles and catalogues of requirements outweigh everything that is exchanged and decided by; a
gateway that serves reads none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar, cast

from mra_gateway.model.base import Noun

K = TypeVar("K", bound=str)
V = TypeVar("V", bound=Noun)


class Shelf(Mapping[K, V], Generic[K, V]):
    """Nouns by the names of their files.

    Looking one up reads its file, and raises SetupError where it cannot be used.
    """

    def __init__(
        self, paths: Mapping[str, Path], *, key: Callable[[str], K], read: Callable[[Path], Noun]
    ) -> None:
        """Takes the files.

        Args:
            paths: By name, without the ending.
            key: Makes a key of a name.
            read: Reads a file; keeps what it read.
        """
        self._paths = {key(name): path for name, path in sorted(paths.items())}
        self._read = read

    def __getitem__(self, key: K) -> V:
        """Reads one."""
        return cast("V", self._read(self._paths[key]))

    def __iter__(self) -> Iterator[K]:
        """Yields the keys; nothing is read."""
        return iter(self._paths)

    def __len__(self) -> int:
        """Returns how many there are; nothing is read."""
        return len(self._paths)
