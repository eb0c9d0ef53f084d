"""Templates of identifiers: named parts between fixed characters, written and read (pure).

`SG{number}` with `number = "[0-9]{12}"` writes twelve digits after `SG`, and reads them back out of
a text that has this form as a whole. A template takes each part once; at most one part has no fixed
length, so that a text is taken apart in one way only.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping

_CLASS = re.compile(r"\[[^\]]+\](?:\{(\d+)(?:,(\d+))?\})?")


class Template:
    """A compiled template.

    Attributes:
        text: As it stands in the data.
        names: Its parts in the order they stand.
    """

    __slots__ = ("_folded", "_format", "_match", "_pieces", "names", "text")

    def __init__(self, text: str, *, parts: Mapping[str, str]) -> None:
        """Compiles a template.

        Raises:
            ValueError: A brace is open, a part is unknown or stands twice, or more than one part
                has no fixed length.
        """
        pieces: list[tuple[str, str]] = []
        plain: list[str] = []
        names: list[str] = []
        open_ended = 0
        for literal, name, spec, conversion in string.Formatter().parse(text):
            pieces.append((literal, ""))
            plain.append(literal.replace("%", "%%"))
            if name is None:
                continue
            if spec or conversion or name not in parts:
                msg = f"{{{name}}} in {text!r} is no part of this rule"
                raise ValueError(msg)
            if name in names:
                msg = f"{{{name}}} stands twice in {text!r}"
                raise ValueError(msg)
            names.append(name)
            pieces.append(("", f"(?P<{name}>{parts[name]})"))
            plain.append("%s")
            open_ended += not has_fixed_length(parts[name])
        if open_ended > 1:
            msg = f"more than one part of {text!r} has no fixed length: it reads in two ways"
            raise ValueError(msg)
        self.text = text
        self.names = tuple(names)
        self._format = "".join(plain)
        self._pieces = pieces
        self._match = _matcher(pieces)
        self._folded: Template | None = None

    def write(self, values: Mapping[str, str]) -> str:
        """Returns the text with these parts.

        Raises:
            KeyError: A part is missing.
        """
        return self._format % tuple(values[name] for name in self.names)

    def read(self, text: str) -> dict[str, str] | None:
        """Returns the parts of a text, or None when it has another form."""
        found = self._match(text)
        return None if found is None else found.groupdict()

    def folded(self, fold: Callable[[str], str]) -> Template:
        """Returns the template of the folded text: its fixed characters folded, its parts kept."""
        if self._folded is None:
            copy = object.__new__(Template)
            copy.text, copy.names, copy._format = self.text, self.names, self._format
            copy._pieces = [(fold(literal), part) for literal, part in self._pieces]
            copy._match = _matcher(copy._pieces)
            copy._folded = copy
            self._folded = copy
        return self._folded


def _matcher(pieces: list[tuple[str, str]]) -> Callable[[str], re.Match[str] | None]:
    expression = "".join(re.escape(literal) + part for literal, part in pieces)
    try:
        return re.compile(expression).fullmatch
    except re.error as error:
        msg = f"a part cannot be read: {error.msg}"
        raise ValueError(msg) from None


def has_fixed_length(form: str) -> bool:
    """Says whether every text of a part's form is equally long."""
    return shortest(form) == longest(form)


def shortest(form: str) -> int:
    """Returns the least number of characters of a part."""
    return min(_lengths(form))


def longest(form: str) -> int:
    """Returns the greatest number of characters of a part."""
    return max(_lengths(form))


def _lengths(form: str) -> list[int]:
    if "[" not in form:
        return [len(word) for word in form.split("|")]
    counts = [(int(each[1] or 1), each[2]) for each in _CLASS.finditer(form)]
    least = sum(count for count, _ in counts)
    return [least, sum(count if most is None else int(most) for count, most in counts)]
