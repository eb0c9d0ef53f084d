"""The words of printed documents, in several languages.

A language is one TOML file beside the English one, with the same keys; there is no other step. It
may name territories, which else keep the display name of `partners/`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mra_gateway.errors import RequestRefused

_FOLDER = Path(__file__).parent / "words"
_NAME = re.compile(r"\{(\w+)\}")
ENGLISH = "en"


class Words(NamedTuple):
    """The words of one language.

    Attributes:
        language: Its tag.
        instead_of: The languages that were asked for and have no words here.
        texts: Key → text, names in braces.
        territories: Territory → its name in this language.
    """

    language: str
    instead_of: tuple[str, ...]
    texts: Mapping[str, str]
    territories: Mapping[str, str]

    def say(self, key: str, **names: str) -> str:
        """Returns a text with its names filled in."""
        # in one go: what is filled in may hold braces of its own
        return _NAME.sub(lambda name: names.get(name[1], name[0]), self.texts[key])


def languages() -> tuple[str, ...]:
    """Returns the languages there are words in."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def choose_words(wanted: Sequence[str]) -> Words:
    """Returns the words of the first language wanted that has some; else English, which says so.

    A tag without a script (`zh`) is served by words that name theirs (`zh-Hans`); words in another
    script than the one wanted serve nobody.
    """
    for tag in wanted:
        for known in languages():
            if known == tag or known.split("-")[0] == tag or tag.split("-")[0] == known:
                return _words(known)
    return _words(ENGLISH, instead_of=tuple(wanted))


def words_of(folder: str, language: str) -> Words:
    """Returns the words of a group of documents, which stand in a folder of their own.

    Raises:
        RequestRefused: There are none in that language.
    """
    known = tuple(sorted(file.stem for file in (_FOLDER / folder).glob("*.toml")))
    if language not in known:
        raise RequestRefused(f"these documents are written in {' or '.join(known)}")
    texts = dict(_load(f"{folder}/{language}"))
    # names of territories are those of all documents of the language
    territories = {} if language == ENGLISH else _load(language).get("territories", {})
    return Words(language, (), texts, territories)


def groups_of(folder: str, language: str) -> Mapping[str, Any]:
    """Returns words that stand in groups, as their file has them."""
    return _load(f"{folder}/{language}")


def _words(language: str, *, instead_of: tuple[str, ...] = ()) -> Words:
    texts = dict(_load(language))
    territories = texts.pop("territories", {})
    return Words(language, instead_of, texts, territories)


@cache
def _load(language: str) -> Mapping[str, Any]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
