"""An officer's register file → validated rows with addresses, problems and notes.

1. Open the file by what it is, not by its name. 2. Find the headings of every sheet. 3. Take the
mapping given, or propose one. 4. Pass over what is clearly no operator, and say so. 5. Build every
row. 6. Look for rows that double or contradict each other.

JSON and XML records come through `read_records`; XML is parsed in `wire/register.py`, and a flow
hands the records over. Nothing here is stored or compared with what is held.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.packed import Packed, as_json
from mra_gateway.model.register import (
    AddressedRow,
    NoteKind,
    RegisterFile,
    RegisterNote,
    RowProblem,
    SourceAddress,
    SourceRecords,
)
from mra_gateway.tables.csv_file import read_csv
from mra_gateway.tables.doubles import Repeats, find_doubles
from mra_gateway.tables.headings import Header, Recognise, find_header
from mra_gateway.tables.json_file import read_json
from mra_gateway.tables.limits import DEFAULT, Limits, open_file, read_bytes
from mra_gateway.tables.mapping import Mapping
from mra_gateway.tables.proposal import (
    Proposal,
    propose,
    recognise_by_mapping,
    recognise_by_vocabulary,
)
from mra_gateway.tables.records import Reading, read_documented, read_flat
from mra_gateway.tables.rows import CanonicalTin, Context
from mra_gateway.tables.sheet import Sheet, Source
from mra_gateway.tables.sheet_reading import SheetReading
from mra_gateway.tables.vocabulary import Vocabulary, load_vocabulary
from mra_gateway.tables.workbook import read_workbook


def read_register(
    path: Path,
    *,
    mapping: Mapping | None,
    programme: ProgrammeId | None,
    territory: Territory,
    canonical_tin: CanonicalTin,
    limits: Limits = DEFAULT,
) -> RegisterFile:
    """Reads a register from CSV, XLSX or JSON.

    Args:
        path: The officer's file.
        mapping: How its columns are read; None proposes one from the shared vocabulary. JSON in the
            documented form needs none.
        programme: The programme being imported, where the file does not name it in every row.
        territory: The territory of the administration whose register it is.
        canonical_tin: `identifiers.canonical.canonical_tin` with its territory filled in.
        limits: The largest file taken.

    Raises:
        RequestRefused: `FILE_UNREADABLE`, or `HEADINGS_NOT_FOUND` when no sheet has a heading row
            that names operators.
    """
    context = Context(programme=programme, territory=territory, canonical_tin=canonical_tin)
    if is_json(path, limits=limits):
        records = read_json(path, flat=mapping is not None, limits=limits)
        return _from_records(records, mapping=mapping, context=context)
    vocabulary = load_vocabulary()
    source = _open(path, mapping=mapping, vocabulary=vocabulary, limits=limits)
    found = _with_headers(source, mapping=mapping, vocabulary=vocabulary)
    readings, repeats = [], Repeats()
    for sheet, header in found:
        proposal = None if mapping else _propose(header, path, vocabulary, programme)
        reading = SheetReading(
            sheet,
            header,
            mapping=mapping or _mapping_of(proposal),
            proposal=proposal,
            vocabulary=vocabulary,
            context=context,
            repeats=repeats,
        )
        readings.append(reading.read())
    notes = [*_remarks(source), *_sheets_not_read(source, [sheet for sheet, _ in found])]
    return _collect(path.name, readings, repeats=repeats, notes=notes)


def read_records(
    records: SourceRecords,
    *,
    mapping: Mapping | None,
    programme: ProgrammeId | None,
    territory: Territory,
    canonical_tin: CanonicalTin,
) -> RegisterFile:
    """Reads the records of an XML register, which `wire/register.py` has parsed.

    Raises:
        RequestRefused: `MAPPING_INVALID` when records of a foreign form come without a mapping.
    """
    context = Context(programme=programme, territory=territory, canonical_tin=canonical_tin)
    return _from_records(records, mapping=mapping, context=context)


def propose_mapping(
    path: Path, *, programme: ProgrammeId | None = None, limits: Limits = DEFAULT
) -> Proposal:
    """Guesses a mapping for a CSV or XLSX file from the shared vocabulary, with its reasons.

    Raises:
        RequestRefused: `FILE_UNREADABLE` or `HEADINGS_NOT_FOUND`.
    """
    vocabulary = load_vocabulary()
    source = _open(path, mapping=None, vocabulary=vocabulary, limits=limits)
    (_, header), *_ = _with_headers(source, mapping=None, vocabulary=vocabulary)
    return _propose(header, path, vocabulary, programme)


def open_source(path: Path, *, mapping: Mapping | None = None, limits: Limits = DEFAULT) -> Source:
    """Opens a CSV or XLSX file without interpreting it, for the marked copy of an error report.

    Raises:
        RequestRefused: `FILE_UNREADABLE`.
    """
    return _open(path, mapping=mapping, vocabulary=load_vocabulary(), limits=limits)


def find_headed_sheets(source: Source, *, mapping: Mapping | None) -> list[tuple[Sheet, Header]]:
    """Returns the sheets that have headings of a register, with them.

    Raises:
        RequestRefused: `HEADINGS_NOT_FOUND`.
    """
    return _with_headers(source, mapping=mapping, vocabulary=load_vocabulary())


def _open(path: Path, *, mapping: Mapping | None, vocabulary: Vocabulary, limits: Limits) -> Source:
    content, file = read_bytes(path, limits=limits), path.name
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):  # step 1
        return read_workbook(content, file=file, limits=limits)
    own = {rule.heading.rpartition(" / ")[2] for rule in mapping.columns} if mapping else set()
    return read_csv(
        content,
        file=file,
        knows=lambda text: text in own or vocabulary.find_heading(text.strip()) is not None,
        encoding=mapping.encoding if mapping else None,
        delimiter=mapping.delimiter if mapping else None,
        limits=limits,
    )


def _with_headers(
    source: Source, *, mapping: Mapping | None, vocabulary: Vocabulary
) -> list[tuple[Sheet, Header]]:
    recognise: Recognise = (
        recognise_by_mapping(mapping) if mapping else recognise_by_vocabulary(vocabulary)
    )
    wanted = [
        sheet
        for sheet in source.sheets
        if mapping is None or mapping.sheet is None or sheet.name == mapping.sheet
    ]
    headers = [(sheet, find_header(sheet, recognise=recognise)) for sheet in wanted]  # step 2
    found = [(sheet, header) for sheet, header in headers if header is not None]
    if not found:
        names = ", ".join(repr(sheet.name)[:60] for sheet in source.sheets if sheet.name)
        raise RequestRefused(
            "no row of headings that names TIN or authorisation number was found"
            + (f" (sheets: {names})" if names else "")
            + ("; do the headings in the mapping match?" if mapping else "; write a mapping"),
            reason=Reason.HEADINGS_NOT_FOUND,
            where=source.file,
        )
    return found


def _propose(
    header: Header, path: Path, vocabulary: Vocabulary, programme: ProgrammeId | None
) -> Proposal:
    name = "".join(letter for letter in path.stem if letter.isprintable()).strip() or "register"
    return propose(header, vocabulary=vocabulary, name=name[:200], programme=programme)  # step 3


def _mapping_of(proposal: Proposal | None) -> Mapping:
    assert proposal is not None
    return proposal.mapping


def _from_records(
    records: SourceRecords, *, mapping: Mapping | None, context: Context
) -> RegisterFile:
    repeats = Repeats()
    if records.form == "register":
        reading = read_documented(records, context, repeats=repeats)
        return _collect(records.file, [reading], repeats=repeats, notes=records.notes)
    if mapping is None:
        raise RequestRefused(
            "its names are not those of the documented form; give a mapping",
            reason=Reason.MAPPING_INVALID,
            where=records.file,
        )
    reading = read_flat(
        records, mapping=mapping, vocabulary=load_vocabulary(), context=context, repeats=repeats
    )
    return _collect(records.file, [reading], repeats=repeats, notes=records.notes)


def _collect(
    file: str, readings: list[Reading], *, repeats: Repeats, notes: Iterable[RegisterNote]
) -> RegisterFile:
    rows, problems = Packed(as_json(AddressedRow)), Packed(as_json(RowProblem))
    for reading in readings:
        rows.extend(reading.rows)
        problems.extend(reading.problems)
    problems.extend(find_doubles(rows, repeats))  # step 6
    return RegisterFile(
        file=file,
        rows=rows,
        problems=problems,
        notes=(*notes, *(note for reading in readings for note in reading.notes)),
        rows_read=sum(reading.rows_read for reading in readings),
    )


def _remarks(source: Source) -> list[RegisterNote]:
    address = SourceAddress(file=source.file)
    return [RegisterNote(kind=kind, text=text, address=address) for kind, text in source.remarks]


def _sheets_not_read(source: Source, read: list[Sheet]) -> list[RegisterNote]:
    return [
        RegisterNote(
            kind=NoteKind.SHEET,
            text="not read: " + ("the sheet is empty" if not sheet.rows else "no known headings"),
            address=sheet.address(),
        )
        for sheet in source.sheets
        if not any(sheet is other for other in read)
    ]


def is_json(path: Path, *, limits: Limits = DEFAULT) -> bool:
    """Whether a register is JSON: by its ending, or where that says nothing by its first character.

    Raises:
        RequestRefused: `FILE_UNREADABLE`.
    """
    if path.suffix.lower() in {".csv", ".txt", ".tsv", ".xlsx"}:
        return False
    if path.suffix.lower() == ".json":
        return True
    with open_file(path, limits=limits) as file:
        return file.read(200).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"[", b"{"}
