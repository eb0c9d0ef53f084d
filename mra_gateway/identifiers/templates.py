"""Templates of identifiers: named parts between fixed characters, written and read (pure).

`SG{number}` with `number = "[0-9]{12}"` writes twelve digits after `SG`, and reads them back out of
a text that has this form as a whole. A template takes each part once; at most one part has no fixed
length, so that a text is taken apart in one way only.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

_CLASS = re.compile(r"\[[^\]]+\](?:\{(\d+)(?:,(\d+))?\})?")


class Template:
    """A compiled template.

    Attributes:
        text: As it stands in the data.
        names: Its parts in the order they stand.
    """

    __slots__ = ("_format", "_groups", "_match", "names", "text")

    def __init__(self, text: str, *, parts: Mapping[str, str]) -> None:
        """Compiles a template.

        Raises:
            ValueError: A brace is open, a part is unknown or stands twice, or more than one part
                has no fixed length.
        """
        pieces: list[str] = []
        plain: list[str] = []
        names: list[str] = []
        open_ended = 0
        for literal, name, spec, conversion in string.Formatter().parse(text):
            pieces.append(re.escape(literal))
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
            pieces.append(f"(?P<{name}>{parts[name]})")
            plain.append("%s")
            open_ended += not has_fixed_length(parts[name])
        if open_ended > 1:
            msg = f"more than one part of {text!r} has no fixed length: it reads in two ways"
            raise ValueError(msg)
        self.text = text
        self.names = tuple(names)
        self._format = "".join(plain)
        self._match = re.compile("".join(pieces)).fullmatch
        self._groups = self.names if names else (0,)

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


def has_fixed_length(form: str) -> bool:
    """Says whether every text of a part's form is equally long."""
    if "[" not in form:
        return len({len(word) for word in form.split("|")}) == 1
    return all(most is None or most == least for least, most in lengths(form))


def lengths(form: str) -> list[tuple[str, str | None]]:
    """Returns least and most repetitions of each class in a part's form."""
    return [(found[1] or "1", found[2]) for found in _CLASS.finditer(form)]
