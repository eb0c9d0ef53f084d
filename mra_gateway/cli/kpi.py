"""`kpi`: does it deliver? Indicators, their data, and the report.

Each group of commands is a module `kpi_*.py`, registered here.
"""

from __future__ import annotations

import typer

from mra_gateway.cli import (
    kpi_aims,
    kpi_definitions,
    kpi_effect,
    kpi_enter,
    kpi_feedback,
    kpi_figures,
    kpi_load,
    kpi_plan,
    kpi_report,
    kpi_share,
    kpi_study,
)

app = typer.Typer(
    no_args_is_help=True,
    help="Performance: what is measured, the data it is measured by, figures and the report.",
)
app.command("effect")(kpi_effect.effect)
app.command("difference")(kpi_effect.difference)
app.command()(kpi_study.study)
app.command("list")(kpi_definitions.list_)
app.command()(kpi_definitions.show)
app.command()(kpi_definitions.tables)
app.command()(kpi_definitions.check)
app.command()(kpi_load.load)
app.command()(kpi_load.loads)
app.command()(kpi_enter.enter)
app.command()(kpi_enter.entries)
app.command("take-back")(kpi_enter.take_back)
app.command("survey-form")(kpi_enter.survey_form)
app.command()(kpi_enter.survey)
app.add_typer(kpi_feedback.app, name="feedback")
app.command()(kpi_report.report)
app.command()(kpi_share.share)
app.command()(kpi_share.take)
app.command()(kpi_share.sheets)
app.command()(kpi_figures.figures)
app.command()(kpi_figures.prepare)
app.command()(kpi_figures.approve)
app.command()(kpi_figures.reject)
app.command()(kpi_figures.publish)
app.command()(kpi_aims.baseline)
app.command()(kpi_aims.target)
app.command()(kpi_aims.aims)
app.add_typer(kpi_plan.app, name="plan")
