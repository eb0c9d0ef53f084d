"""Writes a report on performance in the format asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mra_gateway.documents.performance_metrics import render_performance_metrics
from mra_gateway.documents.performance_report import compose_performance_report
from mra_gateway.documents.performance_sheet import compose_joint_sheet
from mra_gateway.documents.rendering import Format, render_page
from mra_gateway.documents.speaking import Printing
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.performance import PerformanceReport

JSON: Final = "json"
PROMETHEUS: Final = "prometheus"
MOST_BYTES: Final = 20_000_000


def write_report(
    report: PerformanceReport,
    *,
    form: str,
    printing: Printing,
    letterhead: Path | None = None,
    fonts: Sequence[Path] = (),
) -> bytes:
    """Returns a report in a format.

    Args:
        report: What it says.
        form: `json`, `prometheus`, or that of a document.
        printing: Languages, readers, date, letterhead.
        letterhead: A DOCX of the office whose headers, footers and styles are kept; for DOCX.
        fonts: Further fonts, for scripts the shipped ones lack; for PDF.

    Raises:
        RequestRefused: It is internal and to be written for a partner; a font or letterhead cannot
            be read, or a character not be printed.
    """
    if report.audience is not printing.audience:
        raise RequestRefused(
            f"this report is {report.audience.value}: make another one for other readers"
        )
    if form == JSON:
        return (report.model_dump_json(indent=2) + "\n").encode()
    if form == PROMETHEUS:
        return render_performance_metrics(report)
    compose = compose_joint_sheet if printing.is_for_partner else compose_performance_report
    page = compose(report, printing=printing)
    return render_page(page, into=Format(form), letterhead=letterhead, fonts=fonts)


def read_report(path: Path) -> PerformanceReport:
    """Returns a report a partner sent as JSON.

    Raises:
        RequestRefused: It cannot be read, or is none.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RequestRefused(
            f"{error.strerror or type(error).__name__}",
            reason=Reason.FILE_UNREADABLE,
            where=str(path),
        ) from None
    if len(content) > MOST_BYTES:
        raise RequestRefused(
            f"larger than {MOST_BYTES} bytes", reason=Reason.FILE_UNREADABLE, where=str(path)
        )
    try:
        return PerformanceReport.model_validate_json(content)
    except ValueError:
        # what stands in it is a stranger's text, and is not repeated
        raise RequestRefused(
            "this is no report as `kpi report --format json` writes it",
            reason=Reason.FILE_UNREADABLE,
            where=str(path),
        ) from None
