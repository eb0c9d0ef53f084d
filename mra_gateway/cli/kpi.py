"""`kpi`: does it deliver? Indicators, their data, and the report.

Each group of commands is a module `kpi_*.py`, registered here.
"""

from __future__ import annotations

import typer

from mra_gateway.cli import kpi_definitions, kpi_effect

app = typer.Typer(
    no_args_is_help=True,
    help="Performance: what is measured, the data it is measured by, figures and the report.",
)
app.command("effect")(kpi_effect.effect)
app.command("difference")(kpi_effect.difference)
app.command("list")(kpi_definitions.list_)
app.command()(kpi_definitions.show)
app.command()(kpi_definitions.tables)
app.command()(kpi_definitions.check)
