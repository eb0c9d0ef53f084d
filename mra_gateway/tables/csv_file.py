"""CSV as officers' programs write it → a sheet: encoding and delimiter found soundly, or refused.

Many byte strings are good cp1251 *and* good GB18030, so an encoding other than UTF-8 or UTF-16 is
taken only when it is named in the mapping, or when it alone makes known headings readable.
"""

from __future__ import annotations

import codecs
import csv
import io
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TextIO

from mra_gateway.model.register import NoteKind
from mra_gateway.tables.cleaning import INVISIBLE
from mra_gateway.tables.escaping import unescape
from mra_gateway.tables.limits import DEFAULT, Limits, unreadable
from mra_gateway.tables.sheet import Row, Sheet, Source, packed_rows

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}
_PIECE = 1 << 20
LEGACY = ("cp1251", "gb18030", "cp1252")
DELIMITERS = (";", ",", "\t", "|")
HEAD_LINES = 60
HEAD_CHARACTERS = 200_000

Knows = Callable[[str], bool]
"""Says whether a text is a known heading."""


def read_csv(
    content: bytes,
    *,
    file: str,
    knows: Knows,
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: Limits = DEFAULT,
) -> Source:
    """Reads a CSV file.

    Args:
        content: Its bytes.
        file: Its name, for addresses.
        knows: Recognises a heading: what encoding and delimiter are judged by.
        encoding: Named by the mapping.
        delimiter: Named by the mapping.
        limits: The largest file taken.

    Raises:
        RequestRefused: `FILE_UNREADABLE`: not text, an encoding that cannot be told, a quote that
            never closes, too many rows or columns.
    """
    encoding, why = _encoding(content, file=file, knows=knows, named=encoding)
    remarks = [(NoteKind.ENCODING, f"read as {encoding}: {why}")]
    with _text(content, encoding) as text:
        head = text.read(HEAD_CHARACTERS)
    first, _, rest = head.partition("\n")
    names_delimiter = first.strip().lower().startswith("sep=") and len(first.strip()) == 5
    if names_delimiter:
        delimiter, head = delimiter or first.strip()[4], rest
        remarks.append((NoteKind.ENCODING, "the first line only names the delimiter"))
    delimiter = delimiter or _delimiter(head, knows)
    rows = packed_rows()
    with _text(content, encoding) as text:
        if names_delimiter:
            text.readline()
        rows.extend(_rows(text, delimiter=delimiter, file=file, limits=limits))
    return Source(file=file, sheets=[Sheet(file=file, name=None, rows=rows)], remarks=remarks)


def _text(content: bytes, encoding: str) -> TextIO:
    """Opens the content as text, behind a byte order mark; decoded piece by piece."""
    name = codecs.lookup(encoding).name
    if name in _WIDE and not content.startswith(_WIDE[name]):
        encoding = f"{encoding}-{sys.byteorder[0]}e"  # a stream demands the mark, `decode` does not
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    if text.read(1) != "\ufeff":
        text.seek(0)
    return text


def _is_valid(content: bytes, encoding: str) -> bool:
    try:
        with _text(content, encoding) as text:
            while text.read(_PIECE):
                pass
    except (UnicodeError, LookupError):
        return False
    return True


def _encoding(content: bytes, *, file: str, knows: Knows, named: str | None) -> tuple[str, str]:
    """Returns the encoding of all of the content, and why it was taken for that."""
    if named:
        if _is_valid(content, named):
            return named, "named in the mapping"
        raise unreadable(file, f"is not {named}, which the mapping names")
    for mark, name in _MARKS:
        if content.startswith(mark):
            if _is_valid(content, name):
                return name, "byte order mark"
            raise unreadable(file, f"begins as {name} but is not")
    if b"\x00" in content[:4096]:
        return _bare_utf16(content, file=file)
    if _is_valid(content, "utf-8"):
        return "utf-8", "valid throughout"
    return _legacy(content, file=file, knows=knows)


def _bare_utf16(content: bytes, *, file: str) -> tuple[str, str]:
    even, odd = content[:4096:2].count(0), content[1:4096:2].count(0)
    name = "utf-16-le" if odd > even else "utf-16-be"
    if not _is_valid(content, name):
        raise unreadable(file, "is not text")
    return name, "every second byte is zero"


def _legacy(content: bytes, *, file: str, knows: Knows) -> tuple[str, str]:
    found: dict[str, int] = {}
    for name in LEGACY:
        if _is_valid(content, name):
            with _text(content, name) as text:
                head = text.read(HEAD_CHARACTERS)
            found[name] = max(_known(head, mark, knows, foreign=True) for mark in DELIMITERS)
    best = sorted(found, key=lambda name: found[name], reverse=True)
    if not best or found[best[0]] == 0:
        raise unreadable(file, "its encoding cannot be told; name it in a mapping (encoding = …)")
    if len(best) > 1 and found[best[0]] == found[best[1]]:
        raise unreadable(
            file, f"could be {best[0]} or {best[1]}; name the encoding in a mapping (encoding = …)"
        )
    return best[0], f"only so are {found[best[0]]} headings known ones"


def _delimiter(text: str, knows: Knows) -> str:
    # most known headings; where none is known, most columns in the first line
    return max(
        DELIMITERS,
        key=lambda mark: (
            _known(text, mark, knows, foreign=False),
            max(map(len, _head(text, mark)[:1]), default=0),
        ),
    )


def _known(text: str, delimiter: str, knows: Knows, *, foreign: bool) -> int:
    # the most known headings in one line; ASCII ones say nothing about an encoding
    counts = (
        sum(1 for cell in line if not (foreign and cell.isascii()) and knows(cell))
        for line in _head(text, delimiter)
    )
    return max(counts, default=0)


def _head(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return list(islice(reader, HEAD_LINES))
    except csv.Error:
        return []


def _rows(text: TextIO, *, delimiter: str, file: str, limits: Limits) -> Iterator[Row]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, line in enumerate(reader, start=1):
            if number > limits.rows or len(line) > limits.columns:
                raise unreadable(file, f"more than {limits.rows} rows or {limits.columns} columns")
            yield Row(number, tuple(unescape(_visible(cell)) or None for cell in line))
    except csv.Error as error:
        raise unreadable(
            file, f"after record {number}: {str(error)[:100]}; is a quotation mark left open?"
        ) from None


def _visible(cell: str) -> str:
    return cell if cell.isascii() else cell.translate(INVISIBLE)
