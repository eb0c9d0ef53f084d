"""`impact`: what an arrangement would touch, counted on our declarations before it is signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, MaybeHome, day
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mra_gateway.flows.gather_impact import InputRefused
    from mra_gateway.model.benefits import DecisionTable
    from mra_gateway.model.impact import Definition, ExpectedShare, Figure, Impact, Measured
    from mra_gateway.registry.load import Registry

_UNITS = {"share": "{:.2%}", "count": "{:,.1f}", "hours": "{:,.1f}"}


def impact(
    partner: Annotated[
        str, typer.Argument(help="A territory or a programme: CN, CN-AEO.", metavar="PARTNER")
    ],
    *,
    declarations: Annotated[
        list[Path],
        typer.Option(
            "--declarations",
            help="Our own declarations of a period, CSV or Parquet; may be given again.",
            metavar="FILE",
        ),
    ],
    table: Annotated[
        str,
        typer.Option(
            help="The proposed benefit table: ARRANGEMENT.SIDE, or a .toml or .xlsx file.",
            metavar="TABLE",
        ),
    ],
    mapping: Annotated[
        str | None,
        typer.Option(
            help="The form of partners/declarations that says which column is what.",
            metavar="NAME",
        ),
    ] = None,
    partner_list: Annotated[
        Path | None,
        typer.Option(help="The partner's operators, CSV or XLSX.", metavar="FILE"),
    ] = None,
    list_mapping: Annotated[
        str | None,
        typer.Option(help="How the list is read: a mapping's name or file.", metavar="NAME"),
    ] = None,
    operators: Annotated[
        int | None,
        typer.Option(help="Without a list: how many operators are expected.", min=1, metavar="N"),
    ] = None,
    share: Annotated[
        list[str] | None,
        typer.Option(
            help="Without a list: which share of the partner's declarations is theirs, 0 to 1, or "
            "TIER=S; may be given again.",
            metavar="S",
        ),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First day of the period.", metavar="DAY")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--until", help="Last day of the period.", metavar="DAY")
    ] = None,
    currency: Annotated[
        str | None,
        typer.Option(
            help="Of the values in the report, and of values beside which none is stated.",
            metavar="CODE",
        ),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            help="inspection_rate_multiplier=0.2 where the table has none, "
            "hours_per_inspection=3; stated in the report.",
            metavar="NAME=X",
        ),
    ] = None,
    audience: Annotated[
        Literal["internal", "partner"],
        typer.Option(help="For the partner figures behind which few cases stand are suppressed."),
    ] = "internal",
    engine: Annotated[
        Literal["duckdb", "spark"], typer.Option(help="Spark needs the extra `spark`.")
    ] = "duckdb",
    form: Annotated[
        Literal["table", "json", "xlsx"] | None,
        typer.Option("--format", help="By the ending of -o when absent; else a table."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write.", metavar="FILE")
    ] = None,
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Estimate what an arrangement would touch and save, with every figure explained.

    Share of declarations, value and inspections, by flow, region, chapter, mode and tier; hours of
    inspection and of release time saved under the table. Nothing is estimated unless every file can
    be read. Where the data carry no claim, the report says so.
    """
    from mra_gateway.flows.estimate_impact import estimate_impact
    from mra_gateway.flows.gather_impact import ImpactRequest, InputRefused
    from mra_gateway.model.comparison import Audience
    from mra_gateway.tables.measured_table import Period

    wanted = _format(form, output, as_json=as_json)
    registry, zone = _registry(home)
    request = ImpactRequest(
        partner=partner,
        declarations=tuple(declarations),
        table=_table(table, registry),
        partner_list=partner_list,
        list_mapping=list_mapping,
        operators=operators,
        shares=tuple(_share(text) for text in share or ()),
        form=mapping,
        period=Period(
            None if first is None else day(first, option="--from"),
            None if last is None else day(last, option="--until"),
        ),
        currency=_currency(currency),
        assumed=dict(_assumed(text) for text in assume or ()),
        engine=engine,
        audience=Audience(audience),
    )
    try:
        with show.working("counting"):
            report = estimate_impact(request, registry=registry, zone=zone, home=home)
    except InputRefused as refused:
        _print_problems(refused, as_json=as_json)
        raise typer.Exit(Exit.INPUT) from None
    _write(report, wanted=wanted, output=output)


def _write(report: Impact, *, wanted: str, output: Path | None) -> None:
    if wanted == "xlsx":
        from mra_gateway.tables.impact_workbook import write_impact

        assert output is not None
        output.write_bytes(write_impact(report))
    elif wanted == "json":
        if output is None:
            show.document(report)
            return
        output.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    else:
        _print(report)
        return
    show.note(f"written to {output}")


def _format(form: str | None, output: Path | None, *, as_json: bool) -> str:
    ending = "" if output is None else output.suffix.lower().lstrip(".")
    wanted = form or ("json" if as_json else ending if output is not None else "table")
    if wanted not in {"table", "json", "xlsx"}:
        raise RequestRefused("written as .json or .xlsx, or shown as a table", where="--output")
    if wanted == "xlsx" and output is None:
        raise RequestRefused("name the workbook: -o FILE.xlsx", where="--format")
    if wanted == "table" and output is not None:
        raise RequestRefused("a table is shown; written are .json and .xlsx", where="--format")
    return wanted


def _registry(home: Path | None) -> tuple[Registry, ZoneInfo | None]:
    from zoneinfo import ZoneInfo

    from mra_gateway.registry.load import load_registry
    from mra_gateway.settings import data_folder, load_settings

    folders = [data_folder("partners")]
    if home is None:
        return load_registry(*folders), None
    settings = load_settings(home)
    if (settings.home / "partners").is_dir():
        folders.append(settings.home / "partners")
    registry = load_registry(*folders)
    us = registry.administrations.get(settings.territory)
    named = None if us is None else us.time_zone.value
    return registry, None if named is None else ZoneInfo(named)


def _table(named: str, registry: Registry) -> DecisionTable:
    from mra_gateway.flows.find_table import find_table
    from mra_gateway.flows.revise_table import hand_in

    path = Path(named)
    if path.suffix.lower() not in {".toml", ".xlsx"}:
        return find_table(registry, named)
    handed = hand_in(path)
    if handed.table is not None:
        return handed.table
    wrong = [str(one) for one in handed.findings]
    wrong += [f"{one.address}: {one.text}" for one in handed.problems]
    raise RequestRefused("; ".join(wrong[:5]), where=path.name)


def _share(text: str) -> ExpectedShare:
    from mra_gateway.model.impact import ExpectedShare

    tier, _, number = text.rpartition("=")
    share = _number(number, option="--share")
    if not 0 < share <= 1:
        raise RequestRefused("a share is above 0 and at most 1", where="--share")
    return ExpectedShare(tier.strip() or None, share)


def _assumed(text: str) -> tuple[str, float]:
    from mra_gateway.flows.gather_impact import ASSUMABLE

    name, _, number = text.partition("=")
    if name not in ASSUMABLE:
        raise RequestRefused(f"one of {', '.join(ASSUMABLE)}", where="--assume")
    return name, _number(number, option="--assume")


def _number(text: str, *, option: str) -> float:
    import math

    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise RequestRefused(f"{text[:40]!r} is no number of 0 or more", where=option)
    return number


def _currency(text: str | None) -> str | None:
    if text is not None and not (len(text) == 3 and text.isascii() and text.isupper()):
        raise RequestRefused("a currency is three capital letters", where="--currency")
    return text


def _print_problems(refused: InputRefused, *, as_json: bool) -> None:
    if as_json:
        listed = [
            {"where": one.where, "code": one.reason, "text": one.text} for one in refused.problems
        ]
        show.document({"problems": listed})
        return
    for one in refused.problems:
        show.note(f"{one.where}: {one.text} [{one.reason}]")
    show.note("nothing was estimated: put the files right first")


def _print(report: Impact) -> None:
    show.pairs(
        {
            "impact before signature": report.partner,
            "benefit table": report.table,
            "for": report.audience,
            "period": f"{report.period_from} to {report.period_until}",
            "declarations": f"{report.declarations:,}",
            "operators": f"{report.operators:,}",
            "declared at least once": report.matched_operators,
            "identifiers that name several": report.ambiguous_identifiers,
            "currency": report.currency,
        }
    )
    names = {one.measured: one for one in report.definitions}
    for table in report.tables:
        show.line()
        if table.note is not None:
            show.line(f"by {table.cut}: {table.note}")
            continue
        rows = [
            (row.key, row.cases, names[figure.measured].title, *_cells(figure, names))
            for row in table.rows
            for figure in row.figures
        ]
        headings = ("row", "declarations", "figure", "value", "of", "interval", "note")
        show.table(headings, rows, title=f"by {table.cut}")
    show.line()
    for definition in report.definitions:
        show.line(
            f"{definition.title}: {definition.numerator} / {definition.denominator} "
            f"({definition.interval}) {', '.join(definition.assumptions)}"
        )
    for assumption in report.assumptions:
        show.line(f"{assumption.id}: {assumption.text}")
    for remark in report.remarks:
        show.line(remark)


def _cells(figure: Figure, names: dict[Measured, Definition]) -> tuple[str, str, str, str]:
    shape = _UNITS[names[figure.measured].unit]
    value = "" if figure.value is None else shape.format(figure.value)
    of = ""
    if figure.numerator is not None and figure.denominator is not None:
        of = f"{figure.numerator:,.1f} / {figure.denominator:,.1f}"
    between = ""
    if figure.interval is not None:
        low, high = shape.format(figure.interval.low), shape.format(figure.interval.high)
        between = f"{low} – {high} ({figure.interval.level:.0%}, {figure.interval.method})"
    return value, of, between, figure.note or ""
