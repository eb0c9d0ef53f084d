"""`kpi report` and what leads to it, as officers use them."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

from mra_gateway.settings import data_folder
from tests.support.cli import SECOND, Home
from tests.support.reading_documents import tree_of

APPLICATIONS = "carec:uptake.applications"
SCHEMA = json.loads((data_folder("schemas") / "performance.schema.json").read_text("utf-8"))


def test_from_baseline_to_the_published_report(mongolia: Home, tmp_path: Path) -> None:
    mongolia.ok("kpi", "baseline", APPLICATIONS, "--value", "2", "--year", "2024",
                "--evidence", "register")  # fmt: skip
    mongolia.ok("kpi", "target", APPLICATIONS, "--value", "10", "--year", "2025",
                "--evidence", "plan")  # fmt: skip
    mongolia.ok("kpi", "enter", "value", f"indicator={APPLICATIONS}", "on=2025-07-31", "value=7",
                "--evidence", "register")  # fmt: skip
    planned = mongolia.ok("kpi", "plan", "add", "Samples", "--responsible", "Audit",
                          "--in-working-days", "5", "--json").document  # fmt: skip
    assert planned["key"] == "E1"

    drafted = mongolia.ok("kpi", "report", "--period", "2025", "--json").document
    assert list(Draft202012Validator(SCHEMA).iter_errors(drafted)) == []
    row = drafted["kpis"][0]["rows"][0]
    assert (row["indicator"], row["actual"]["value"], row["actual"]["status"]) == (
        APPLICATIONS,
        7,
        "draft",
    )
    assert (row["judged"]["light"], drafted["draft"]) == ("on_the_way", True)
    assert drafted["plan"][0]["title"] == "Samples"

    mongolia.ok("kpi", "prepare", "--period", "2025")
    alone = mongolia.run("kpi", "approve", "--period", "2025")
    assert (alone.code, "SECOND_OFFICER_REQUIRED" in alone.err) == (77, True)
    mongolia.ok("kpi", "approve", "--period", "2025", by=SECOND)
    mongolia.ok("kpi", "publish", "--period", "2025", by=SECOND)

    page = tmp_path / "report.html"
    mongolia.ok("kpi", "report", "--period", "2025", "--language", "ru", "-o", page)
    assert "Количество полученных заявлений" in "".join(tree_of(page.read_bytes()).itertext())
    measured = mongolia.ok("kpi", "report", "--period", "2025", "--as-it-stands",
                           "--format", "prometheus").out  # fmt: skip
    families = {one.name: one for one in text_string_to_metric_families(measured)}
    found = {one.labels["indicator"]: one for one in families["mra_gateway_indicator"].samples}
    sample = found[APPLICATIONS]
    assert (sample.value, sample.labels["status"]) == (7, "published")


def test_what_cannot_be_written_is_refused_before_anything_is_computed(mongolia: Home) -> None:
    def refused(*words: str) -> str:
        ran = mongolia.run("kpi", "report", *words)
        assert ran.code == 64, ran
        return ran.err

    assert "say into which file" in refused("--period", "2025", "--format", "pdf")
    assert "go together" in refused("--period", "2025", "--partner", "CN")
    assert "say which format" in refused("--period", "2025", "-o", "report.odt")
    assert "no catalogue" in refused("--period", "2025", "--catalogue", "none")
    assert "a period" in refused("--period", "2025-13")
    assert "no figure of 2025" in refused("--period", "2025", "--audience", "partner",
                                          "--partner", "CN")  # fmt: skip
