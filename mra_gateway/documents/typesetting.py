"""Sets a PDF with typst: the one place that hands it a template, values and fonts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst


def set_pdf(
    template: Path,
    values: Mapping[str, Any],
    *,
    called: str,
    fonts: Iterable[Path],
    printed_on: date,
) -> bytes:
    """Returns a PDF; the same values on the same day give the same bytes.

    Args:
        template: The typst file.
        values: What stands in it.
        called: The input under which the template looks for the values.
        fonts: All it may use, checked for every character.
        printed_on: The day the file bears.
    """
    printed_at = datetime.combine(printed_on, time(), tzinfo=UTC)
    with TemporaryDirectory() as folder:
        # typst reads folders of fonts, and must see none that were not checked
        for number, font in enumerate(fonts):
            shutil.copyfile(font, Path(folder) / f"{number}{font.suffix}")
        made = typst.compile(
            template.read_bytes(),
            format="pdf",
            font_paths=typst.Fonts(
                include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
            ),
            sys_inputs={called: json.dumps(values, ensure_ascii=False)},
            timestamp=int(printed_at.timestamp()),
        )
    assert isinstance(made, bytes)
    return made
