"""Documents of a comparison: how long each format takes for two hundred rows."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from mra_gateway.documents.rendering import Format, render_page
from mra_gateway.flows.print_comparison import Paper
from tests.benchmarks.measuring import Finding, at_most, median, milliseconds, said
from tests.support.comparisons import comparison, paper, printing

BOUND = 2_000


async def run(_folder: Path, *, rows: int, turns: int) -> list[Finding]:
    """Measures the side-by-side table in every format; the PDF must keep its bound."""
    of = comparison(rows=rows)
    pages = {
        "one language": paper(Paper.SIDE_BY_SIDE, of=of),
        "two languages": paper(
            Paper.SIDE_BY_SIDE, of=of, as_printed=printing(languages=("en", "ru"))
        ),
    }
    found = []
    for name, page in pages.items():
        for into in Format:
            work = partial(render_page, page, into=into)
            size = len(work())
            taken = median([milliseconds(work) for _ in range(turns)])
            what = f"Side-by-side table of {rows} rows as {into.value.upper()}, {name}"
            measured, compared = f"{taken:,.0f} ms", f"{size / 1024:,.0f} kB"
            if into is Format.PDF:
                found.append(
                    at_most(
                        what,
                        value=taken,
                        bound=BOUND,
                        measured=measured,
                        compared=compared,
                        unit=" ms",
                    )
                )
            else:
                found.append(said(what, measured=measured, compared=compared))
    return found
