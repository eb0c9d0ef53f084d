"""`kpi`: does it deliver? Indicators, their data, and the report.

Each group of commands is a module `kpi_*.py`, registered here.
"""

from __future__ import annotations

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Performance: what is measured, the data it is measured by, figures and the report.",
)
