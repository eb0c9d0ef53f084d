"""`programmes self-assessment`, `manual`, `checklist`: papers for firms and for validators."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.compare_papers import Letterhead, LetterheadFile, printing_of
from mra_gateway.cli.options import DocumentLanguages, MaybeHome
from mra_gateway.cli.programmes_known import known
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from mra_gateway.model.operators import Role

Programme = Annotated[
    str | None,
    typer.Argument(
        help="Put beside each item what this programme says: an id or a territory, as MN.",
        metavar="PROGRAMME",
        show_default=False,
    ),
]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="The document to write: .docx, .pdf, .html, .xlsx."),
]
CatalogueName = Annotated[
    str, typer.Option("--catalogue", help="By what, as safe@2021.", metavar="NAME[@EDITION]")
]
RoleName = Annotated[
    str | None, typer.Option("--role", help="Only what binds a role, as importer.", metavar="ROLE")
]


def _command(paper: str, does: str) -> Callable[..., None]:
    """Returns the command that writes one kind of paper; the kinds are asked for alike."""

    def write(
        programme: Programme = None,
        *,
        output: Output,
        language: DocumentLanguages = None,
        catalogue: CatalogueName = "safe",
        role: RoleName = None,
        letterhead: Letterhead = None,
        letterhead_file: LetterheadFile = None,
        home: MaybeHome = None,
    ) -> None:
        from mra_gateway.documents.operator_papers import OperatorPaper
        from mra_gateway.flows.print_comparison import write_page
        from mra_gateway.flows.print_operator_papers import compose_for_operators
        from mra_gateway.model.comparison import Audience

        registry, comparer = known(home)
        page = compose_for_operators(
            OperatorPaper(paper),
            comparer=comparer,
            printing=printing_of(
                registry,
                languages=tuple(language or ("en",)),
                audience=Audience.PARTNER,
                lines=tuple(letterhead or ()),
            ),
            catalogue=catalogue,
            programme=programme,
            role=None if role is None else _role(role),
        )
        write_page(page, output, letterhead=letterhead_file)
        show.line(f"{output} written")

    write.__doc__ = does
    return write


def _role(name: str) -> Role:
    from mra_gateway.model.operators import Role as Roles

    try:
        return Roles(name.lower().replace("-", "_"))
    except ValueError:
        roles = ", ".join(role.value for role in Roles)
        raise RequestRefused(f"no role {name[:40]!r}; there is {roles}", where="--role") from None


self_assessment = _command(
    "self-assessment", "Write a self-assessment questionnaire for operators, item by item."
)
manual = _command(
    "manual",
    "Write the outline of an AEO operations manual: a chapter for each category, to fill in.",
)
checklist = _command(
    "checklist",
    "Write a validator's checklist: how each item is assessed, with room for what was seen.",
)
