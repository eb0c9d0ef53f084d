"""Comparisons as documents: what of `compare` names a paper, and how it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from mra_gateway.cli import show
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from mra_gateway.documents.page import Page
    from mra_gateway.documents.speaking import Printing
    from mra_gateway.flows.print_comparison import Paper
    from mra_gateway.model.comparison import Audience, Comparison
    from mra_gateway.model.matrix import Matrix
    from mra_gateway.registry.load import Registry

PaperName = Annotated[
    str,
    typer.Option(
        help="Which document, for xlsx, docx, pdf and html: side-by-side, differences, fact-sheet "
        "(of A), agreement-draft, conclusion, validation-plan, validation-report, "
        "operating-procedure, public-notice, yearly-review.",
        metavar="PAPER",
    ),
]
Letterhead = Annotated[
    list[str] | None, typer.Option(help="A line of the office that writes; may be repeated.")
]
LetterheadFile = Annotated[
    Path | None,
    typer.Option(
        help="A DOCX of the office, whose headers, footers and styles are kept; for docx.",
        metavar="FILE",
        exists=True,
        dir_okay=False,
    ),
]
Fonts = Annotated[
    list[Path] | None,
    typer.Option(
        help="A further font, for characters the shipped ones lack; for pdf.",
        metavar="FILE",
        exists=True,
        dir_okay=False,
    ),
]

_FACT_SHEET = "fact-sheet"


class Order(NamedTuple):
    """Which document is wanted, and on what paper.

    Attributes:
        lines: Of the letterhead.
    """

    paper: str
    lines: tuple[str, ...]
    letterhead: Path | None
    fonts: tuple[Path, ...]


def order(
    paper: str, lines: list[str] | None, letterhead: Path | None, fonts: list[Path] | None
) -> Order:
    """Returns what was asked for."""
    return Order(paper, tuple(lines or ()), letterhead, tuple(fonts or ()))


def printing_of(
    registry: Registry, *, languages: tuple[str, ...], audience: Audience, lines: tuple[str, ...]
) -> Printing:
    """Returns how a document is to be written today."""
    from mra_gateway.clock import SystemClock
    from mra_gateway.documents.speaking import Printing, choose_document_languages
    from mra_gateway.flows.print_comparison import names_of

    return Printing(
        printed_on=SystemClock().now().date(),
        languages=choose_document_languages("+".join(languages)),
        audience=audience,
        names=names_of(registry),
        letterhead=lines,
    )


def comparison_page(
    comparison: Comparison, registry: Registry, printing: Printing, wanted: Order
) -> Page:
    """Returns the document of a comparison that was asked for."""
    from mra_gateway.flows.print_comparison import compose_paper, compose_programme_facts

    if wanted.paper == _FACT_SHEET:
        return compose_programme_facts(
            comparison.ours.programme,
            registry=registry,
            printing=printing,
            is_confirmed=comparison.ours.is_confirmed,
        )
    return compose_paper(
        comparison, paper=_paper(wanted.paper), registry=registry, printing=printing
    )


def matrix_page(matrix: Matrix, registry: Registry, printing: Printing) -> Page:
    """Returns the document of a group."""
    from mra_gateway.documents.matrix_paper import compose_matrix

    catalogue = registry.requirements.get(matrix.catalogue)
    return compose_matrix(matrix, printing=printing, catalogue=catalogue)


def write(page: Page, form: str, to: Path | None, wanted: Order) -> None:
    """Writes a document into the file that was named."""
    from mra_gateway.documents.rendering import Format, render_page

    if to is None:
        raise RequestRefused("say into which file with -o", where="-o")
    into = Format(form)
    content = render_page(page, into=into, letterhead=wanted.letterhead, fonts=wanted.fonts)
    to.write_bytes(content)
    show.line(f"{to} written")


def _paper(name: str) -> Paper:
    from mra_gateway.flows.print_comparison import Paper

    try:
        return Paper(name)
    except ValueError:
        known = ", ".join((*(each.value for each in Paper), _FACT_SHEET))
        raise RequestRefused(f"no paper {name[:40]!r}; there is {known}", where="--paper") from None
