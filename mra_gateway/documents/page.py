"""A document as it stands on paper: text in one or two languages, tables, marks – no format.

Each kind of document composes one `Page`; `page_xlsx`, `page_docx`, `page_pdf` and `page_html` lay
any of them out. All that is decided is decided before: a layout only draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import NamedTuple

from mra_gateway.documents.tones import Tone

Said = tuple[str, ...]
"""The same in each language of the document; a single text where it is the same in all of them."""


class Curve(NamedTuple):
    """A small line picture of numbers in their order; `page_curves.py` says where its lines run.

    Attributes:
        points: None where there is no number: the line has a gap there.
        level: A broken line across, as a target.
        told: The same in words, for who cannot see it and for formats without pictures.
        name: Its numbers stand in cells right of the curve of this name in another table; a
            spreadsheet draws it from there.
    """

    points: tuple[float | None, ...]
    level: float | None
    told: Said
    name: str = ""


class Cell(NamedTuple):
    """A cell of a table: paragraphs, with small print below them.

    Attributes:
        tone: The mark of a finding; its sign stands before the first line.
        number: What the lines say, as a number: a spreadsheet reckons with it, a page sorts by it.
        curve: Drawn above the lines.
    """

    lines: tuple[Said, ...] = ()
    small: tuple[Said, ...] = ()
    tone: Tone | None = None
    number: float | None = None
    curve: Curve | None = None


class Column(NamedTuple):
    """A column.

    Attributes:
        width: Its share of the table's width.
        is_told: Whether its cells are texts, which stand once for each language.
        note: Heads the column a spreadsheet gives to the small print of its cells.
    """

    heading: Said
    width: float
    is_told: bool = True
    note: Said | None = None


class Line(NamedTuple):
    """A line of a table.

    Attributes:
        anchor: What marks elsewhere point to.
        group: The category, for filtering.
        group_name: What a spreadsheet calls it, where the code alone would say too little.
        finding: The finding, for filtering.
        is_heading: Whether it heads the lines of a group; its first cell spans the table.
    """

    cells: tuple[Cell, ...]
    anchor: str | None = None
    group: str | None = None
    finding: str | None = None
    is_heading: bool = False
    group_name: tuple[Said, ...] = ()


class Heading(NamedTuple):
    """A heading of level 1 to 3."""

    text: Said
    level: int = 1


class Paragraph(NamedTuple):
    """A paragraph; a lead is set larger, small print smaller."""

    text: Said
    style: str = "body"


class Bullets(NamedTuple):
    """A list."""

    items: tuple[Said, ...]
    is_numbered: bool = False


class Facts(NamedTuple):
    """Labels with one value, or with one for each side.

    Attributes:
        columns: Headings above the values; empty where there is one value without heading.
    """

    columns: tuple[Said, ...]
    lines: tuple[tuple[Said, tuple[Cell, ...]], ...]


class Table(NamedTuple):
    """A table. A spreadsheet gives it a sheet of its own.

    Attributes:
        sheet: The name of that sheet.
        grouped_by: Heads the column in which a spreadsheet, whose lines may be sorted, names the
            group instead of heading it.
        is_sortable: Whether a reader of HTML sorts its lines, within their groups.
    """

    name: Said
    sheet: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    grouped_by: Said | None = None
    is_sortable: bool = False


class Tile(NamedTuple):
    """One item in the heat map: where it leads to and what it says when pointed at."""

    item: str
    tone: Tone
    title: Said


class HeatLine(NamedTuple):
    """One category in the heat map, with the tone of the whole."""

    category: str
    name: Said
    tone: Tone
    tiles: tuple[Tile, ...]


class HeatMap(NamedTuple):
    """All findings at a glance.

    Attributes:
        legend: Each mark with its name and how often it stands there.
    """

    name: Said
    sheet: str
    category: Said
    whole: Said
    lines: tuple[HeatLine, ...]
    legend: tuple[tuple[Tone, Said, int], ...]


class SignatureLines(NamedTuple):
    """Where the two sides sign."""

    sides: tuple[Said, ...]
    labels: tuple[Said, ...]


Block = Heading | Paragraph | Bullets | Facts | Table | HeatMap | SignatureLines


class Page(NamedTuple):
    """A document.

    Attributes:
        kind: Which document it is (`side_by_side`).
        languages: One, or two for two columns.
        watermark: What is printed across every page; None for confirmed matter.
        notice: The watermark's reason in a sentence.
        marking: For whom it is, on every page.
        letterhead: Lines of the office that writes.
        is_wide: Whether its tables need paper turned on its side.
        controls: Words of the filters of an HTML page.
        cover: What a spreadsheet calls the sheet that is no table.
        charts: What it calls the sheet on which curves are drawn large; none when None.
    """

    kind: str
    languages: tuple[str, ...]
    title: Said
    subtitle: Said
    marking: Said
    printed: Said
    page_of: Said
    printed_on: date
    blocks: tuple[Block, ...]
    watermark: Said | None = None
    notice: Said | None = None
    letterhead: tuple[str, ...] = ()
    is_wide: bool = False
    controls: tuple[tuple[str, Said], ...] = ()
    cover: Said = ("Cover",)
    charts: Said | None = None

    @property
    def is_bilingual(self) -> bool:
        """Whether it stands in two languages side by side."""
        return len(self.languages) > 1

    def texts(self) -> Iterator[str]:
        """Yields everything that is printed, for checking fonts and words."""
        heads = (self.title, self.subtitle, self.marking, self.printed, self.page_of)
        yield from chain.from_iterable((*heads, self.watermark or (), self.notice or ()))
        yield from self.letterhead
        for block in self.blocks:
            yield from _texts(block)


class Slot(NamedTuple):
    """A cell as it is drawn: in one language, or across both where it is the same in them."""

    cell: Cell
    language: int
    span: int = 1


def slots(line: Line, table: Table, *, languages: int) -> tuple[Slot, ...]:
    """Returns the cells of a line as they are drawn, texts once for each language."""
    if line.is_heading:
        width = len(columns(table, languages=languages))
        told = Cell(tuple((" · ".join(dict.fromkeys(said)),) for said in line.cells[0].lines))
        return (Slot(told, 0, width),)
    drawn: list[Slot] = []
    for column, cell in zip(table.columns, line.cells, strict=True):
        if languages == 1 or not column.is_told:
            drawn.append(Slot(cell, 0))
        elif all(len(said) == 1 for said in (*cell.lines, *cell.small)):
            drawn.append(Slot(cell, 0, languages))
        else:
            drawn += [Slot(cell, language) for language in range(languages)]
    return tuple(drawn)


def columns(table: Table, *, languages: int) -> tuple[tuple[str, float], ...]:
    """Returns the columns as they are drawn, texts once for each language."""
    drawn: list[tuple[str, float]] = []
    for column in table.columns:
        if languages == 1:
            drawn.append((column.heading[0], column.width))
        elif not column.is_told:
            # one narrow column headed in both languages
            drawn.append((" / ".join(dict.fromkeys(column.heading)), column.width))
        else:
            drawn += [(told(column.heading, index), column.width) for index in range(languages)]
    return tuple(drawn)


def without_blank_columns(table: Table) -> Table:
    """Returns a table without the columns in which nothing stands."""
    plain = [line for line in table.lines if not line.is_heading]
    kept = [
        number
        for number in range(len(table.columns))
        if any(line.cells[number] != Cell() for line in plain)
    ]
    lines = (
        line
        if line.is_heading
        else line._replace(cells=tuple(line.cells[number] for number in kept))
        for line in table.lines
    )
    return table._replace(
        columns=tuple(table.columns[number] for number in kept), lines=tuple(lines)
    )


def told(said: Said, language: int) -> str:
    """Returns a text in one of the document's languages."""
    return said[language] if len(said) > 1 else said[0]


def both(said: Said) -> str:
    """Returns a text in all languages of the document, in one line."""
    return " · ".join(dict.fromkeys(said))


def _texts(block: Block) -> Iterator[str]:
    if isinstance(block, (Heading, Paragraph)):
        yield from block.text
    elif isinstance(block, Bullets):
        yield from chain.from_iterable(block.items)
    elif isinstance(block, Facts):
        yield from chain.from_iterable(block.columns)
        for label, cells in block.lines:
            yield from label
            for cell in cells:
                yield from _cell_texts(cell)
    elif isinstance(block, Table):
        yield from block.name
        for column in block.columns:
            yield from column.heading
        for line in block.lines:
            for cell in line.cells:
                yield from _cell_texts(cell)
    elif isinstance(block, HeatMap):
        yield from (*block.name, *block.category, *block.whole)
        for tone, name, _ in block.legend:
            yield from (tone.sign, *name)
        for each in block.lines:
            yield from (each.category, *each.name, each.tone.sign)
            for tile in each.tiles:
                yield from (tile.item, tile.tone.sign)
    else:
        yield from chain.from_iterable((*block.sides, *block.labels))


def _cell_texts(cell: Cell) -> Iterator[str]:
    yield from chain.from_iterable((*cell.lines, *cell.small))
    if cell.tone is not None:
        yield cell.tone.sign
    if cell.curve is not None:
        yield from cell.curve.told
