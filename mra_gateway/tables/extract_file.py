"""Writes the extract of recognised operators as CSV and as JSON, line by line.

CSV is for people and simple loaders: a heading in plain words, several values in one cell with `; `
between them, no cell that can run. JSON has every detail, one operator a line.

The end is a line of its own: it is made when all others are written (`flows/extract_file.py`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from mra_gateway.model.extract import (
    DeclarableNumber,
    ExtractBenefit,
    ExtractHead,
    ExtractRow,
    LocalCode,
    NumberUse,
)
from mra_gateway.tables.escaping import escape

COLUMNS = (
    "Change",
    "Partner",
    "Arrangement",
    "TIN",
    "Authorisation number",
    "Programme",
    "Tier",
    "Name",
    "Other names",
    "Status",
    "Valid since",
    "Last day",
    "Number to declare",
    "Other numbers that settle who is meant",
    "Numbers that settle nothing by themselves",
    "Local codes",
    "Local codes that settle nothing by themselves",
    "Benefits on consignments",
    "Benefits of the operator itself",
    "Benefits to ask the gateway for",
    "Note",
    "Compliance score",
    "Scale of the score",
    "As of",
    "Known to end",
    "Use until",
)
AS_OF = "as of"
"""What stands under *Change* where a row says how old a partner's word is, and names nobody."""
END = "end of file"
"""What the last line begins with: after it the number of operators, the digest and the mark."""


def csv_lines(head: ExtractHead, rows: Iterable[ExtractRow]) -> Iterator[bytes]:
    """Yields the lines of the CSV form but the last; it begins with a byte order mark."""
    yield "\ufeff".encode() + _csv_line(COLUMNS)
    for source in head.sources:
        cells = [""] * len(COLUMNS)
        cells[:3] = [AS_OF, source.partner, source.arrangement]
        cells[COLUMNS.index("As of")] = _text(source.as_of)
        cells[COLUMNS.index("Use until")] = _text(source.use_until)
        yield _csv_line(cells)
    for row in rows:
        yield _csv_line(_cells(row))


def csv_end(head: ExtractHead, *, operators: int, digest: str) -> bytes:
    """Returns the last line of the CSV form."""
    return _csv_line([END, str(operators), digest, head.mark])


def json_lines(head: ExtractHead, rows: Iterable[ExtractRow]) -> Iterator[bytes]:
    """Yields the lines of the JSON form but the last."""
    yield b'{"head":' + head.model_dump_json(exclude_none=True).encode() + b',\n"operators":[\n'
    before = b""
    for row in rows:
        yield before + row.model_dump_json(exclude_none=True).encode()
        before = b",\n"
    yield b"\n],\n"


def json_end(head: ExtractHead, *, operators: int, digest: str) -> bytes:
    """Returns the last line of the JSON form."""
    end = {"operators": operators, "digest": digest, "mark": head.mark}
    return b'"end":' + json.dumps(end, separators=(",", ":")).encode() + b"}\n"


def _cells(row: ExtractRow) -> list[str]:
    sure = [one for one in row.numbers if one.use is NumberUse.SURE]
    codes = [one for one in row.local_codes if one.use is NumberUse.SURE]
    return [
        row.change,
        row.partner,
        row.arrangement,
        row.tin,
        row.authorisation,
        row.programme,
        row.tier or "",
        row.legal_name or "",
        "; ".join(row.names),
        row.status or "",
        _text(row.valid_since),
        _text(row.expires_on),
        sure[0].text if sure else "",
        "; ".join(one.text for one in sure[1:]),
        "; ".join(_unsure(one) for one in row.numbers if one not in sure),
        "; ".join(_code(one) for one in codes),
        "; ".join(_code(one) for one in row.local_codes if one not in codes),
        "; ".join(_benefit(one) for one in row.benefits if one.attaches_to == "consignment"),
        "; ".join(_benefit(one) for one in row.benefits if one.attaches_to == "holder"),
        "; ".join(_benefit(one) for one in row.conditional_benefits),
        row.note or "",
        "" if row.score is None else f"{row.score:g}",
        row.score_scale or "",
        _text(row.as_of),
        _text(row.holds_until),
        _text(row.use_until),
    ]


def _unsure(number: DeclarableNumber) -> str:
    return f"{number.text} ({number.use})"


def _code(code: LocalCode) -> str:
    return code.code if code.list is None else f"{code.list} {code.code}"


def _benefit(benefit: ExtractBenefit) -> str:
    """Returns `import exporter, seller: inspection_lower (inspection_rate_multiplier=0.2)`."""
    where = " ".join(part for part in (benefit.flow, ", ".join(benefit.functions)) if part)
    values = ", ".join(f"{name}={value}" for name, value in benefit.parameters.items())
    text = benefit.code + (f" ({values})" if values else "")
    asks = f", depends on {benefit.depends_on}" if benefit.depends_on else ""
    return (f"{where}: {text}" if where else text) + asks


def _csv_line(cells: Iterable[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow([escape(cell) for cell in cells])
    return line.getvalue().encode()


def _text(value: datetime | date | None) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat()
