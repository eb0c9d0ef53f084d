"""The words of names of all files as one, and words that stand for two things.

A file of a home wins over the shipped one of the same name; a file of another name adds to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mra_gateway.errors import Reason
from mra_gateway.model.facts import Fact
from mra_gateway.model.names import NameWord, NameWords, PlaceName
from mra_gateway.registry.findings import Finding


def merge_names(files: Iterable[NameWords]) -> NameWords:
    """Returns the words of several files as one."""
    merged = NameWords(id="all")
    for file in files:
        merged = NameWords(
            id="all",
            forms=merged.forms + file.forms,
            words=merged.words + file.words,
            places=merged.places + file.places,
            address_words=merged.address_words + file.address_words,
            han_variants=file.han_variants or merged.han_variants,
        )
    return merged


def find_doubled_words(files: Iterable[tuple[Path, NameWords]]) -> Iterator[Finding]:
    """Yields words that stand in two entries of one kind: only the first would ever be found.

    A legal form may: `SRL` is written in Italian and in Spanish, and stands for both.
    """
    seen: dict[tuple[str, str], tuple[Path, str]] = {}
    for path, file in files:
        for kind, index, written in _written(file):
            key = f"{kind}[{index}].value.written"
            bare = "".join(filter(str.isalnum, written.casefold())) or written
            earlier = seen.setdefault((kind, bare), (path, key))
            if earlier != (path, key):
                yield Finding(
                    path,
                    key,
                    f"{written[:60]!r} stands also in {earlier[0].name}, {earlier[1]}",
                    Reason.DATA_ID_DOUBLED,
                )


def _written(file: NameWords) -> Iterator[tuple[str, int, str]]:
    kinds: dict[str, Sequence[Fact[NameWord] | Fact[PlaceName]]] = {
        "words": file.words,
        "places": file.places,
        "address_words": file.address_words,
    }
    for kind, facts in kinds.items():
        for index, fact in enumerate(facts):
            written = fact.value.written if fact.value is not None else ()
            yield from zip(itertools.repeat(kind), itertools.repeat(index), written)
