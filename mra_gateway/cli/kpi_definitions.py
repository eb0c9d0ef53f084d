"""`kpi list`, `show`, `tables` and `check`: what is measured, and what it is written over."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show as out
from mra_gateway.cli.findings import as_documents, exit_of, tell
from mra_gateway.cli.options import LANGUAGE_VARIABLE, AsJson, MaybeHome
from mra_gateway.errors import Reason, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mra_gateway.model.facts import Fact
    from mra_gateway.model.indicators import EventTable, Indicator, IndicatorCatalogue
    from mra_gateway.model.requirements import Phrase
    from mra_gateway.registry.load import Registry

Language = Annotated[
    str,
    typer.Option(
        "--language",
        envvar=LANGUAGE_VARIABLE,
        help="Titles and units in en or ru.",
        metavar="LANGUAGE",
    ),
]


def list_(
    catalogue: Annotated[
        str | None, typer.Argument(help="Only of this catalogue, as carec.", metavar="CATALOGUE")
    ] = None,
    *,
    language: Language = "en",
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """List the indicators: the workshop's, the gateway's own, and those of the home."""
    found = [
        (noun, fact, fact.value)
        for noun, fact in _indicators(_registry(home), catalogue)
        if fact.value is not None
    ]
    if as_json:
        out.document([_document(noun, fact, one) for noun, fact, one in found])
        return
    rows: dict[str, list[tuple[object, ...]]] = {}
    for noun, _, one in found:
        heading = f"{noun.id} · {_kpi(noun, one, language)}"
        rows.setdefault(heading, []).append(
            (
                one.id,
                _said(one.title, language),
                _said(one.unit, language),
                _said(one.authority, language),
                one.frequency,
                one.direction,
            )
        )
    headings = ("id", "indicator", "unit", "reported by", "frequency", "better")
    for heading, lines in rows.items():
        out.table(headings, lines, title=heading)


def show(
    indicator: Annotated[
        str, typer.Argument(help="As carec:uptake.applications.", metavar="INDICATOR")
    ],
    *,
    language: Language = "en",
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Show an indicator: how it is computed, from what, where it is odd, and its source."""
    registry = _registry(home)
    registry.get_indicator(indicator)
    noun, fact, one = next(
        (noun, fact, fact.value)
        for noun, fact in _indicators(registry, indicator.partition(":")[0])
        if fact.value is not None and fact.value.id == indicator
    )
    document = _document(noun, fact, one)
    if as_json:
        out.document(document)
        return
    out.line(f"{one.id}: {_said(one.title, language)}")
    out.line(f"KPI: {_kpi(noun, one, language)}")
    out.table(
        ("what", "value"),
        [
            (name.replace("_", " "), _plain(getattr(one, name), language))
            for name in type(one).model_fields
            if name not in {"id", "kpi", "title"} and getattr(one, name) not in (None, ())
        ],
    )
    out.line(f"definition: {document['definition']}")
    out.line(f"source: {fact.source} ({fact.basis}, {fact.as_of})")


def tables(
    table: Annotated[
        str | None, typer.Argument(help="Only this one, as declarations.", metavar="TABLE")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the event tables indicators are written over: every column, its type and meaning."""
    from mra_gateway.indicators.event_tables import EVENT_TABLES

    if table is not None and table not in EVENT_TABLES:
        raise RequestRefused(
            f"no event table {table[:40]!r}; there are {', '.join(EVENT_TABLES)}",
            reason=Reason.NOT_FOUND,
        )
    found = [one for name, one in EVENT_TABLES.items() if table in {None, name}]
    if as_json:
        out.document(found)
        return
    for one in found:
        out.table(
            ("column", "type", "unit or codes", "meaning"),
            [
                (column.name, column.kind, column.unit or ", ".join(column.values), column.meaning)
                for column in one.columns
            ],
            title=_heading(one),
        )


def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files of indicators, lanes or regions, wherever they lie; all that count "
            "when absent.",
            metavar="FILE...",
        ),
    ] = None,
    *,
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Find every fault in indicators: file, key, and the place in the expression."""
    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.check_indicators import check_indicator_files

    on = SystemClock().now().astimezone(UTC).date()
    findings = check_indicator_files(files or (), folders=_folders(home), on=on)
    if as_json:
        errors = sum(finding.is_error for finding in findings)
        out.document({"errors": errors, "findings": as_documents(findings)})
    else:
        tell(findings)
    raise typer.Exit(exit_of(findings))


def _folders(home: Path | None) -> list[Path]:
    from mra_gateway.settings import data_folder

    own = None if home is None else home / "partners"
    return [data_folder("partners"), *([own] if own is not None and own.is_dir() else [])]


def _registry(home: Path | None) -> Registry:
    from mra_gateway.registry.load import load_registry

    return load_registry(*_folders(home))


def _indicators(
    registry: Registry, catalogue: str | None
) -> Iterator[tuple[IndicatorCatalogue, Fact[Indicator]]]:
    if catalogue is not None and catalogue not in registry.indicators:
        known = ", ".join(registry.indicators)
        raise RequestRefused(
            f"no catalogue {catalogue[:40]!r} of indicators; there are {known}",
            reason=Reason.NOT_FOUND,
        )
    for id_, noun in registry.indicators.items():
        if catalogue in {None, id_}:
            for fact in noun.indicators:
                yield noun, fact


def _document(
    catalogue: IndicatorCatalogue, fact: Fact[Indicator], one: Indicator
) -> dict[str, object]:
    from mra_gateway.indicators.definitions import definition_digest

    kpi = next((k.value for k in catalogue.kpis if k.value and k.value.id == one.kpi), None)
    return {
        **one.model_dump(mode="json"),
        "kpi": one.kpi if kpi is None else kpi.model_dump(mode="json"),
        "definition": definition_digest(one),
        "source": fact.source,
        "basis": fact.basis,
        "as_of": fact.as_of,
    }


def _kpi(catalogue: IndicatorCatalogue, one: Indicator, language: str) -> str:
    for fact in catalogue.kpis:
        if fact.value is not None and fact.value.id == one.kpi:
            intent = fact.value.intent
            told = "" if intent is None else f" ({_said(intent, language)})"
            return _said(fact.value.title, language) + told
    return one.kpi


def _heading(table: EventTable) -> str:
    lasting = "" if table.begins_on is None else f"; lasts from {table.begins_on}"
    lasting += "" if table.ends_on is None else f" until {table.ends_on}"
    return f"{table.name} ({table.origin}): {table.grain}. Counted on {table.counted_on}{lasting}."


def _said(phrase: Phrase, language: str) -> str:
    if language not in {"en", "ru"}:
        raise RequestRefused(f"{language[:20]!r} is neither en nor ru", where="--language")
    return phrase.ru or phrase.en if language == "ru" else phrase.en


def _plain(value: object, language: str) -> object:
    from mra_gateway.model.base import Noun
    from mra_gateway.model.requirements import Phrase

    if isinstance(value, Phrase):
        return _said(value, language)
    if isinstance(value, tuple):
        return "; ".join(str(_plain(one, language)) for one in value)
    if isinstance(value, Noun):
        parts = {name: getattr(value, name) for name in type(value).model_fields}
        return ", ".join(
            f"{name} {_plain(part, language)}"
            for name, part in parts.items()
            if part not in (None, ())
        )
    return value
