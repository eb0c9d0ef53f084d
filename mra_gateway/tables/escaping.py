"""Text that a spreadsheet program would run as a formula, and how it is written so that it is not.

An apostrophe is put before a text that begins with a dangerous character, or with apostrophes
followed by one; reading takes one away again. So what was written comes back exactly, and a name
such as `''Ромашка''` is left alone.
"""

from __future__ import annotations

import re

_DANGEROUS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_ESCAPED = re.compile(r"''*[=+\-@\t\r\n＝＋－＠]")


def is_dangerous(text: str) -> bool:
    """Says whether a spreadsheet program might take the text for a formula.

    Source: OWASP, CSV Injection: `=`, `+`, `-`, `@`, tab and carriage return at the beginning; the
        full-width forms of the signs are taken for them by some programs.
    """
    return bool(_DANGEROUS.match(text))


def escape(text: str) -> str:
    """Returns the text as it is written to CSV."""
    return f"'{text}" if is_dangerous(text) else text


def unescape(text: str) -> str:
    """Returns the text as it was before `escape`."""
    return text[1:] if _ESCAPED.match(text) else text
