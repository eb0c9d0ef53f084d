"""`benefits`: the decision tables, which say what a recognised operator gets on a consignment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import benefits_in_use, show
from mra_gateway.cli.benefits_in_use import documents, said_of
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, Home, MaybeHome, Officer, PasswordFile
from mra_gateway.cli.session import Session, as_officer, in_home

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from mra_gateway.flows.accept_table import InUse
    from mra_gateway.flows.revise_table import HandedIn, Revision
    from mra_gateway.gateway import Gateway
    from mra_gateway.model.benefits import DecisionTable
    from mra_gateway.model.register import RowProblem
    from mra_gateway.registry.load import Registry

app = typer.Typer(
    no_args_is_help=True,
    help="Benefits: the decision tables, as data files and as workbooks, and which are in use.",
)
for _act in (
    benefits_in_use.preview,
    benefits_in_use.accept,
    benefits_in_use.shadow,
    benefits_in_use.live,
    benefits_in_use.withdraw,
):
    app.command()(_act)
Table = Annotated[
    str | None,
    typer.Argument(
        help="Arrangement, dot, granting territory, as CN-MN-2025.MN.",
        metavar="TABLE",
        show_default=False,
    ),
]


@app.command("show")
def show_(
    table: Table = None,
    *,
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Show a decision table row by row; without a name, which tables there are.

    With a home also which version decisions follow: the one two officers accepted, or the one that
    derives from the arrangement. The rows shown are those of the file, unless another is in use.
    """
    from mra_gateway.flows.find_table import find_table

    registry = _registry(home)
    if table is not None:
        _show_table(find_table(registry, table), home=home, as_json=as_json)
        return
    listed = [
        {
            "table": one.id,
            "version": one.version,
            "mode": one.mode,
            "rows": len(one.rows.value or ()),
            "basis": one.rows.basis,
            "file": registry.file_of(one.id),
        }
        for _, one in sorted(registry.tables.items())
    ]
    if as_json:
        show.document(listed)
        return
    headings = ("table", "version", "mode", "rows", "basis", "file")
    show.table(headings, [tuple(one.values()) for one in listed], title="Decision tables")
    show.line("where a side has no table, one follows from its arrangement's list of benefits")


def _show_table(filed: DecisionTable, *, home: Path | None, as_json: bool) -> None:
    used, zone = (None, None) if home is None else _in_use(home, filed.id)
    if as_json:
        document = filed.model_dump(mode="json", exclude_defaults=True)
        if used is not None:
            rows = used.table.model_dump(mode="json", exclude_defaults=True)
            document["in_use"] = {**used._asdict(), "table": rows}
        show.document(document)
        return
    if used is not None and zone is not None:
        show.line(said_of(used, zone))
        if used.is_accepted and used.table != filed:
            show.line("it differs from the file, which is shown below it")
            show.line()
            _print_table(used.table)
            show.line()
            show.line("the file:")
    _print_table(filed)


def _in_use(home: Path, table: str) -> tuple[InUse, ZoneInfo]:
    async def look(gateway: Gateway) -> tuple[InUse, ZoneInfo]:
        used = await gateway.database.read(lambda c: gateway.accepter.in_use(c, table))
        return used, gateway.book.time_zone

    return in_home(home, look)


@app.command()
def check(
    table: Annotated[
        str | None,
        typer.Argument(
            help="A table, or a .xlsx or .toml file; all tables when absent.", show_default=False
        ),
    ] = None,
    *,
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Find overlaps, gaps, rows that never decide, and what nobody may be given."""
    from mra_gateway.flows.examine_tables import examine_table, examine_tables
    from mra_gateway.flows.find_table import find_table
    from mra_gateway.flows.revise_table import hand_in

    registry = _registry(home)
    if table is None:
        findings = tuple(examine_tables(registry))
    elif Path(table).suffix.lower() in {".xlsx", ".toml"}:
        handed = hand_in(Path(table))
        made = _taken(handed, as_json=as_json)
        findings = tuple(examine_table(made, registry=registry, file=Path(table)))
    else:
        found = find_table(registry, table)
        file = registry.files.get(table, registry.file_of(found.arrangement))
        findings = tuple(examine_table(found, registry=registry, file=file))
    errors = sum(finding.is_error for finding in findings)
    if as_json:
        show.document({"errors": errors, "findings": documents(findings)})
    else:
        for finding in findings:
            show.line(finding)
        show.line(f"{errors} error(s), {len(findings) - errors} warning(s)")
    raise typer.Exit(Exit.NEGATIVE if errors else Exit.DONE)


@app.command()
def export(
    table: Annotated[
        str,
        typer.Argument(help="Arrangement, dot, granting territory, as CN-MN-2025.MN."),
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The workbook to write: .xlsx.")],
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Write a decision table as a workbook, one row each, with drop-downs and explanations."""
    from mra_gateway.errors import RequestRefused
    from mra_gateway.flows.find_table import find_table
    from mra_gateway.tables.decision_table import write_decision_table

    if output.suffix.lower() != ".xlsx":
        raise RequestRefused("a decision table is written as .xlsx", where=output.name)
    found = find_table(_registry(home), table)
    output.write_bytes(write_decision_table(found))
    if as_json:
        show.document({"table": found.id, "version": found.version, "file": output})
    else:
        show.line(f"{found.id}, version {found.version}: written to {output}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The workbook, or a TOML file.", metavar="FILE")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and compare only; write nothing.")
    ] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Check a revised table, show what it changes, and write the home's copy.

    With an error nothing is written. A copy is used once two officers have accepted it: see
    `benefits accept`.
    """
    from mra_gateway.flows.revise_table import hand_in, revise_table, write_revision
    from mra_gateway.model.officers import OfficerRole

    made = _taken(hand_in(file), as_json=as_json)

    async def work(session: Session) -> Revision:
        gateway = session.gateway
        revision = revise_table(made, registry=gateway.registry, home=gateway.settings.home)
        if not (dry_run or revision.is_refused):
            write_revision(revision)
        return revision

    revision = as_officer(
        home, work, officer=officer, password_file=password_file, needs=(OfficerRole.LEGAL,)
    )
    written = not (dry_run or revision.is_refused)
    if as_json:
        show.document(
            {
                "table": revision.table.id,
                "version": revision.table.version,
                "file": revision.file,
                "written": written,
                "difference": revision.difference,
                "findings": documents(revision.findings),
            }
        )
    else:
        for line in revision.difference or ("nothing differs",):
            show.line(line)
        for finding in revision.findings:
            show.line(finding)
        show.line(_ending(revision, written=written))
    raise typer.Exit(Exit.NEGATIVE if revision.is_refused else Exit.DONE)


def _ending(revision: Revision, *, written: bool) -> str:
    if revision.is_refused:
        return "not written: put the errors right first"
    named = f"{revision.table.id}, version {revision.table.version}"
    return f"{named}: written to {revision.file}" if written else f"{named}: nothing was written"


def _registry(home: Path | None) -> Registry:
    from mra_gateway.registry.load import load_registry
    from mra_gateway.settings import data_folder

    folders = [data_folder("partners")]
    if home is not None and (home / "partners").is_dir():
        folders.append(home / "partners")
    return load_registry(*folders)


def _taken(handed: HandedIn, *, as_json: bool) -> DecisionTable:
    """Returns the table that was handed in; prints what has to be put right where there is none."""
    if handed.table is not None:
        return handed.table
    if as_json:
        show.document({"problems": _cells(handed.problems), "findings": documents(handed.findings)})
    else:
        for problem in handed.problems:
            show.line(f"{problem.address}: {problem.text} [{problem.reason}]")
        for finding in handed.findings:
            show.line(finding)
    raise typer.Exit(Exit.NEGATIVE)


def _cells(problems: Iterable[RowProblem]) -> list[dict[str, object]]:
    return [
        {
            "sheet": problem.address.sheet,
            "cell": problem.address.cell,
            "heading": problem.heading,
            "value": problem.value,
            "code": problem.reason,
            "reason": problem.text,
        }
        for problem in problems
    ]


def _print_table(table: DecisionTable) -> None:
    fact = table.rows
    show.line(f"{table.id}, version {table.version}, {table.mode}")
    show.line(f"{fact.basis}: {fact.source}, as of {fact.as_of}")
    if fact.value is None:
        show.line("its rows are not known: it grants nothing")
    for row in fact.value or ():
        show.line()
        show.line(f"{row.id}: {row.effect} {', '.join(one.code for one in row.benefits)}")
        values = row.model_dump(mode="json", exclude_defaults=True)
        for benefit in values.pop("benefits"):
            for key, value in benefit.get("parameters", {}).items():
                show.line(f"  {benefit['code']}: {key} = {value}")
            if "legal_reference" in benefit:
                show.line(f"  {benefit['code']}: {benefit['legal_reference']}")
        for key, value in values.items():
            if key not in {"id", "effect"} and value != "all":
                text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
                show.line(f"  {key.replace('_', ' ')}: {text or 'none'}")
