"""What is taken in for measuring: loads of files and events, and what was found in them.

The event tables they fill are described in `indicators/event_tables.py`.
"""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from mra_gateway.errors import Reason
from mra_gateway.model.base import Noun
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.operators import Text
from mra_gateway.model.periods import Period


class LoadFault(Noun):
    """One row that is not counted.

    Attributes:
        row: Its number, as the file's own program shows it.
        column: The heading, when one column is at fault.
        text: What is wrong; what stands in the cell is quoted and cut.
    """

    row: int
    column: str | None = None
    reason: Reason
    text: str


class Findings(Noun):
    """What was found in a file.

    Attributes:
        fields: Column of the event table → heading of the file it was read from.
        stated: Column → what was said of it where the file says nothing.
        currency: Of every value; None where nothing has one.
        zone: Of moments that name none.
        faults: Rows that are not counted, the first of them where there are many.
        by_reason: Of how many rows each is true.
        days_missing: Days of the period without any row.
        closed_on: Days said to be without rows rightly.
        remarks: What a person should know besides.
    """

    fields: dict[str, str] = Field(default_factory=dict)
    stated: dict[str, str] = Field(default_factory=dict)
    currency: str | None = None
    zone: str | None = None
    faults: tuple[LoadFault, ...] = ()
    by_reason: dict[Reason, int] = Field(default_factory=dict)
    days_missing: tuple[date, ...] = ()
    closed_on: tuple[date, ...] = ()
    remarks: tuple[str, ...] = ()


class NewLoad(Noun):
    """A file or events taken in.

    Attributes:
        event_table: Which event table it fills.
        part: Tells files of one period apart that complete each other; empty where one is all.
        source: The name of the file, or `gateway`.
        digest: Of the file's bytes.
        path: Of what was made of it, in Parquet, from the home; empty where it holds nothing.
        content_digest: Of that.
        rows_faulty: Rows left out because something is wrong with them.
        rows_doubled: Rows left out because others say the same.
        partial: Data of the period are missing.
        replaces: The load it corrects.
    """

    event_table: Text
    part: str = ""
    period: Period
    source: str
    digest: Digest
    path: str
    content_digest: Digest
    rows_read: int
    rows_counted: int
    rows_faulty: int = 0
    rows_doubled: int = 0
    partial: bool = False
    findings: Findings = Findings()
    loaded_at: datetime
    loaded_by: str
    note: str | None = None
    replaces: int | None = None


class Load(NewLoad):
    """A load as kept.

    Attributes:
        replaced_by: The load that corrects it; None while it counts.
    """

    id: int
    replaced_by: int | None = None
