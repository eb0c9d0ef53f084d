"""Writes an extract so that a truncated file is noticed.

The last line holds the number of operators and the SHA-256 of every byte before it:
`head -n -1 FILE | sha256sum` says whether the file is whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import BinaryIO, NamedTuple, Protocol

from sqlalchemy import Connection

from mra_gateway.flows.extract import Extract, Mark, read_mark, take_extract
from mra_gateway.model.extract import ExtractHead, ExtractRow
from mra_gateway.model.identifiers import Territory
from mra_gateway.tables.extract_file import csv_end, csv_lines, json_end, json_lines
from mra_gateway.wire.extract import xml_end, xml_lines


class ExtractForm(StrEnum):
    """The forms an extract is written in."""

    CSV = "csv"
    XML = "xml"
    JSON = "json"


class Written(NamedTuple):
    """What was written."""

    mark: str
    operators: int
    digest: str


class _End(Protocol):
    def __call__(self, head: ExtractHead, *, operators: int, digest: str) -> bytes: ...


_Lines = Callable[[ExtractHead, Iterable[ExtractRow]], Iterator[bytes]]
_FORMS: dict[ExtractForm, tuple[_Lines, _End]] = {
    ExtractForm.CSV: (csv_lines, csv_end),
    ExtractForm.XML: (xml_lines, xml_end),
    ExtractForm.JSON: (json_lines, json_end),
}


def extract_to(
    connection: Connection,
    file: BinaryIO,
    *,
    form: ExtractForm,
    mark: Mark,
    partner: Territory | None = None,
    since: str | None = None,
) -> Written:
    """Takes an extract and writes it.

    Args:
        connection: The transaction.
        file: Where to.
        form: CSV, XML or JSON.
        mark: Which extract.
        partner: Only the operators of this one.
        since: The mark of the extract the reader has, as it names it: only what changed after it.

    Raises:
        RequestRefused: `since` is no mark, or a full extract has to be taken.
        StoreError: The database failed; the file has no last line.
    """
    before = None if since is None else read_mark(connection, since)
    extract = take_extract(connection, mark, partner=partner, since=before)
    return write_extract(extract, file, form=form)


def write_extract(extract: Extract, file: BinaryIO, *, form: ExtractForm) -> Written:
    """Writes an extract, row by row, and returns what its last line says.

    Raises:
        StoreError: The database failed while the rows were read; the file has no last line.
    """
    lines, end = _FORMS[form]
    digest = hashlib.sha256()
    operators = 0

    def counted() -> Iterator[ExtractRow]:
        nonlocal operators
        for row in extract.rows:
            operators += 1
            yield row

    for line in lines(extract.head, counted()):
        digest.update(line)
        file.write(line)
    file.write(end(extract.head, operators=operators, digest=digest.hexdigest()))
    return Written(extract.head.mark, operators, digest.hexdigest())
