"""Reads files of declarations, whatever they are: XML, JSON, CSV or Parquet, told by their content.

A file is read as a stream where its form allows it. Nothing is decided here: whoever decides finds
every problem first by reading once for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.read_declaration_xml import XmlReader, zone_of
from mra_gateway.model.as_declared import OUT_OF_RANGE, is_in_range
from mra_gateway.model.declarations import Declaration, DeclaredMessage
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.settings import data_folder, load_settings
from mra_gateway.tables.declaration_files import PARQUET, open_csv, open_parquet
from mra_gateway.tables.declaration_rows import RowFault
from mra_gateway.wire.declaration_json import stream_json
from mra_gateway.wire.declaration_xml import MAX_BYTES

_WIDE = (b"\xff\xfe", b"\xfe\xff")
_NO_TEXT = (
    (b"PK\x03\x04", "a workbook (.xlsx, .ods) or a compressed file"),
    (b"\xd0\xcf\x11\xe0", "a workbook (.xls)"),
    (b"\x1f\x8b", "compressed"),
    (b"%PDF", "a PDF"),
)


class DeclarationProblem(NamedTuple):
    """One thing that must be corrected.

    Attributes:
        where: File, then line, row or number of the declaration, then field or column.
        text: What is wrong; untrusted text is quoted and cut.
    """

    where: str
    text: str
    reason: Reason = Reason.DECLARATION_INVALID


class DeclarationReader:
    """Reads declarations by the codes and forms of one registry.

    Attributes:
        remarks: What a person should know about the files read so far.
    """

    def __init__(
        self, registry: Registry, *, zone: ZoneInfo | None = None, form: str | None = None
    ) -> None:
        """Makes a reader: it takes and raises what `XmlReader` does; tables have forms too."""
        self.remarks: list[str] = []
        self._of_xml = XmlReader(registry, zone=zone, form=form)

    def read(self, files: Iterable[Path]) -> Iterator[DeclaredMessage | DeclarationProblem]:
        """Yields what every declaration of some files says, and everything that is wrong."""
        for file in files:
            try:
                for read in self._read(file):
                    yield _in_range(file, read)
            except RequestRefused as error:
                where = error.where or ""
                place = where if where.startswith(str(file)) else f"{file}, {where}".rstrip(", ")
                yield DeclarationProblem(place, error.text, error.reason)
            except OSError as error:
                why = error.strerror or type(error).__name__
                yield DeclarationProblem(str(file), f"cannot be read: {why}")

    def _read(self, file: Path) -> Iterator[DeclaredMessage | DeclarationProblem]:
        with file.open("rb") as opened:
            head = opened.read(4096)
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if head.startswith(_WIDE):
            start = head[2:].replace(b"\x00", b"").lstrip()[:1]
        if not head:
            yield DeclarationProblem(str(file), "holds nothing")
        elif (kind := _no_text(head)) is not None:
            yield DeclarationProblem(
                str(file),
                f"is {kind}: declarations come as XML, JSON, CSV or Parquet; of a workbook, save "
                "the sheet as CSV",
                Reason.FILE_UNREADABLE,
            )
        elif head.startswith(PARQUET):
            yield from self._table(file, is_parquet=True)
        elif start == b"<":
            yield from self._xml(file)
        elif start in {b"{", b"["}:
            yield from self._json(file)
        else:
            yield from self._table(file, is_parquet=False)

    def _xml(self, file: Path) -> Iterator[DeclaredMessage]:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        yield from self._of_xml.read(content)

    def _json(self, file: Path) -> Iterator[DeclaredMessage | DeclarationProblem]:
        with file.open("rb") as opened:
            for read in stream_json(opened):
                if isinstance(read, Declaration):
                    yield DeclaredMessage.of(read)
                else:
                    where = str(file) if read.where is None else f"{file}, {read.where}"
                    yield DeclarationProblem(where, read.text)

    def _table(
        self, file: Path, *, is_parquet: bool
    ) -> Iterator[DeclaredMessage | DeclarationProblem]:
        opener = open_parquet if is_parquet else open_csv
        table = opener(file, forms=self._of_xml.forms, zone=self._of_xml.zone)
        if table.remark is not None and (remark := f"{file}: {table.remark}") not in self.remarks:
            self.remarks.append(remark)
        for read in table.rows():
            yield _problem(file, read) if isinstance(read, RowFault) else read


def _no_text(head: bytes) -> str | None:
    """Returns what a file is that could be taken for a table without a heading that is known."""
    kind = next((kind for mark, kind in _NO_TEXT if head.startswith(mark)), None)
    if kind is None and b"\x00" in head and not head.startswith((*_WIDE, PARQUET)):
        kind = "no text"
    return kind


def open_reader(home: Path | None, *, form: str | None = None) -> DeclarationReader:
    """Returns a reader by what is shipped and, where there is a home, by its copies and zone.

    Raises:
        SetupError: The home cannot be opened, or a data file cannot be used.
        RequestRefused: There is no form of that id.
    """
    folders = [data_folder("partners")]
    if home is None:
        # nothing is decided without a home, so the zone of a moment matters to nobody
        return DeclarationReader(load_registry(*folders), zone=ZoneInfo("UTC"), form=form)
    settings = load_settings(home)
    if (settings.home / "partners").is_dir():
        folders.append(settings.home / "partners")
    registry = load_registry(*folders)
    zone = zone_of(registry, settings.territory)
    return DeclarationReader(registry, zone=zone, form=form)


def _in_range(
    file: Path, read: DeclaredMessage | DeclarationProblem
) -> DeclaredMessage | DeclarationProblem:
    if isinstance(read, DeclarationProblem) or read.declaration is None:
        return read
    at = read.declaration.accepted_at
    if at is None or is_in_range(at):
        return read
    where = f"{file}, declaration {read.reference[:80]!r}, field accepted_at"
    return DeclarationProblem(where, OUT_OF_RANGE)


def _problem(file: Path, fault: RowFault) -> DeclarationProblem:
    column = "" if fault.column is None else f", column {fault.column[:80]!r}"
    return DeclarationProblem(f"{file}, row {fault.row}{column}", fault.text, fault.reason)
