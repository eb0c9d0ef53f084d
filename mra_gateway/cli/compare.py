"""`compare`: two programmes side by side, one beside a text, or all of a group."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from mra_gateway.cli import compare_papers, compare_text, show
from mra_gateway.cli.compare_papers import Fonts, Letterhead, LetterheadFile, PaperName
from mra_gateway.cli.options import LANGUAGE_VARIABLE, AsJson, MaybeHome, day
from mra_gateway.cli.session import in_home
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from mra_gateway.documents.speaking import Printing
    from mra_gateway.flows.compare import Asked, Comparer
    from mra_gateway.gateway import Gateway
    from mra_gateway.model.comparison import Audience, Comparison
    from mra_gateway.model.operators import Role
    from mra_gateway.registry.load import Registry


class Format(StrEnum):
    """How a comparison is printed."""

    TABLE = "table"
    JSON = "json"
    XLSX = "xlsx"
    DOCX = "docx"
    PDF = "pdf"
    HTML = "html"


class Reader(StrEnum):
    """Who reads it."""

    INTERNAL = "internal"
    PARTNER = "partner"


class Language(StrEnum):
    """In which language sentences are printed."""

    ENGLISH = "en"
    RUSSIAN = "ru"


class _Job(NamedTuple):
    """What is printed, and how.

    Attributes:
        to: The file it is written to; None: standard output.
    """

    form: Format
    languages: tuple[str, ...]
    to: Path | None
    paper: compare_papers.Order
    registry: Registry

    @property
    def is_paper(self) -> bool:
        """Whether it is laid out as a document."""
        return self.form not in (Format.TABLE, Format.JSON)


def compare(
    ours: Annotated[
        str | None,
        typer.Argument(
            help="Our programme: a territory or a programme id, as UZ or US-CTPAT.",
            metavar="A",
            show_default=False,
        ),
    ] = None,
    theirs: Annotated[
        str | None, typer.Argument(help="Theirs.", metavar="B", show_default=False)
    ] = None,
    *,
    against: Annotated[
        str | None,
        typer.Option(help="Map A to the text of a catalogue instead: safe, tfa.", metavar="TEXT"),
    ] = None,
    matrix: Annotated[
        str | None,
        typer.Option(help="Compare every pair of a group instead: CAREC.", metavar="GROUP"),
    ] = None,
    changed: Annotated[
        Path | None,
        typer.Option(
            help="What changed in A since this earlier profile, and which findings with it: "
            "towards B, or towards the catalogue.",
            metavar="FILE",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="The day it holds for; today when absent.", metavar="DATE"),
    ] = None,
    role: Annotated[
        str | None, typer.Option(help="Narrow to a role, as importer.", metavar="ROLE")
    ] = None,
    tier: Annotated[
        str | None,
        typer.Option(
            help="Narrow ours to a tier; all: the whole programme. When absent, the part that may "
            "be recognised, where it is known.",
            metavar="TIER",
        ),
    ] = None,
    tier_theirs: Annotated[
        str | None, typer.Option(help="The same of theirs.", metavar="TIER")
    ] = None,
    audience: Annotated[Reader, typer.Option(help="Who reads it.")] = Reader.INTERNAL,
    catalogue: Annotated[
        str | None,
        typer.Option(
            help="By what: safe (when absent), safe_customs, compendium, tfa, dimensions, "
            "benefits, procedure; with an edition as safe@2021.",
            metavar="NAME[@EDITION]",
        ),
    ] = None,
    rates: Annotated[
        str | None,
        typer.Option(
            help="The day of the rates money is compared by; the latest when absent.",
            metavar="DAY",
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TABLE,
    language: Annotated[
        list[Language] | None,
        typer.Option(
            envvar=LANGUAGE_VARIABLE,
            help="Language of sentences; a document takes two, beside each other.",
        ),
    ] = None,
    paper: PaperName = "side-by-side",
    letterhead: Letterhead = None,
    letterhead_file: LetterheadFile = None,
    font: Fonts = None,
    to: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to a file instead.", metavar="FILE"),
    ] = None,
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Compare two AEO programmes requirement by requirement, in both directions, with sources.

    Findings rest on the profiles in partners/profiles; what was not seen is not established and
    never the same. Profiles nobody confirmed are said to be so.
    """
    from mra_gateway.flows.compare import SAFE

    if against is not None and catalogue is not None and catalogue.split("@")[0] != against:
        raise RequestRefused("--against names the catalogue already", where="--catalogue")
    comparer, registry = _comparer(home)
    asked = _asked(
        at=at,
        role=role,
        tiers=(tier, tier_theirs),
        audience=audience,
        catalogue=catalogue or against or SAFE,
        rates=rates,
    )
    job = _Job(
        Format.JSON if as_json else form,
        tuple(each.value for each in language or (Language.ENGLISH,)),
        to,
        compare_papers.order(paper, letterhead, letterhead_file, font),
        registry,
    )
    if matrix is not None:
        _refuse_others("--matrix", A=ours, B=theirs, against=against, changed=changed)
        found = comparer.matrix(matrix, asked=asked)
        if job.is_paper:
            page = compare_papers.matrix_page(found, registry, _printing(job, asked.audience))
            compare_papers.write(page, job.form.value, job.to, job.paper)
            return
        _print(compare_text.matrix_document(found), compare_text.print_matrix, found, job)
        return
    if ours is None:
        raise RequestRefused("say what to compare: A B, --against TEXT A, or --matrix GROUP")
    if changed is not None:
        _refuse_others("--changed", against=against)
        changes = comparer.changed(ours, changed, asked=asked, theirs=theirs)
        _print(compare_text.changes_document(changes), compare_text.print_changes, changes, job)
        return
    if against is not None:
        _refuse_others("--against", B=theirs)
        _write(comparer.against(ours, asked=asked), job)
        return
    if theirs is None:
        raise RequestRefused("name the other programme too, or --against safe", where="B")
    _write(comparer.compare(ours, theirs, asked=asked), job)


def _write(comparison: Comparison, job: _Job) -> None:
    _WRITERS[job.form](comparison, job)


def _write_paper(comparison: Comparison, job: _Job) -> None:
    printing = _printing(job, comparison.audience)
    page = compare_papers.comparison_page(comparison, job.registry, printing, job.paper)
    compare_papers.write(page, job.form.value, job.to, job.paper)


def _printing(job: _Job, audience: Audience) -> Printing:
    return compare_papers.printing_of(
        job.registry, languages=job.languages, audience=audience, lines=job.paper.lines
    )


def _write_text(comparison: Comparison, job: _Job) -> None:
    _print(
        compare_text.comparison_document(comparison),
        compare_text.print_comparison,
        comparison,
        job,
    )


_WRITERS: Final[dict[Format, Callable[[Comparison, _Job], None]]] = {
    Format.TABLE: _write_text,
    Format.JSON: _write_text,
    Format.XLSX: _write_paper,
    Format.DOCX: _write_paper,
    Format.PDF: _write_paper,
    Format.HTML: _write_paper,
}
"""Who writes which format."""


def _print(
    document: dict[str, object], table: Callable[..., None], found: object, job: _Job
) -> None:
    """Prints a result as JSON or as tables, to standard output or into a file."""
    if job.form is Format.JSON:
        if job.to is None:
            show.document(document)
        else:
            job.to.write_text(compare_text.as_json(document), encoding="utf-8")
        return
    if job.is_paper:
        raise RequestRefused("this is printed as a table or as JSON", where="--format")
    if job.to is not None:
        raise RequestRefused("a table is printed, not written: add --format json", where="-o")
    if len(job.languages) > 1:
        raise RequestRefused("a table is printed in one language", where="--language")
    table(found, language=job.languages[0])


def _asked(
    *,
    at: str | None,
    role: str | None,
    tiers: tuple[str | None, str | None],
    audience: Reader,
    catalogue: str,
    rates: str | None,
) -> Asked:
    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.compare import Asked
    from mra_gateway.model.comparison import Audience

    on: date = SystemClock().now().date() if at is None else day(at, option="--at")
    return Asked(
        at=on,
        catalogue=catalogue,
        role=None if role is None else _role(role),
        tier_ours=tiers[0],
        tier_theirs=tiers[1],
        rates=None if rates is None else day(rates, option="--rates").isoformat(),
        audience=Audience(audience.value),
    )


def _role(name: str) -> Role:
    from mra_gateway.model.operators import Role as Roles

    try:
        return Roles(name.lower().replace("-", "_"))
    except ValueError:
        known = ", ".join(role.value for role in Roles)
        raise RequestRefused(f"no role {name[:40]!r}; there is {known}", where="--role") from None


def _comparer(home: Path | None) -> tuple[Comparer, Registry]:
    """Returns what compares: by the home's facts and confirmations, else by the shipped drafts."""
    from mra_gateway.flows.believe_profiles import comparer_of_home
    from mra_gateway.flows.compare import Comparer
    from mra_gateway.registry.load import load_registry

    if home is None:
        registry = load_registry()
        return Comparer(registry), registry

    async def look(gateway: Gateway) -> tuple[Comparer, Registry]:
        return await gateway.database.read(lambda c: comparer_of_home(c, gateway.registry))

    return in_home(home, look)


def _refuse_others(option: str, **given: object) -> None:
    for name, value in given.items():
        if value is not None:
            raise RequestRefused(
                f"{option} takes no {name if name.isupper() else f'--{name}'}", where=option
            )
