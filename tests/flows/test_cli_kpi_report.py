"""`kpi report` and what leads to it, as officers use them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

from mra_gateway.settings import data_folder
from tests.flows.test_cli_serve import pin
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
    # what is corrected after two officers have looked at it is not what they looked at
    again = ("kpi", "enter", "value", f"indicator={APPLICATIONS}", "on=2025-07-31", "--evidence",
             "register", "--corrects")  # fmt: skip
    baseline = mongolia.run(*again, "1", "value=8")
    assert "NOT_FOUND: no entry 1" in baseline.err, baseline
    (entry,) = mongolia.ok("kpi", "entries", "--json").document["entries"]
    corrected = mongolia.ok(*again, str(entry["id"]), "value=8", "--json").document
    stale = mongolia.run("kpi", "publish", "--period", "2025", by=SECOND)
    assert f"{APPLICATIONS} (its data have been corrected)" in stale.err, stale
    mongolia.ok(*again, str(corrected["id"]), "value=7")
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


def test_a_sheet_shared_in_one_home_is_taken_in_the_other(
    mongolia: Home, china: Home, tmp_path: Path
) -> None:
    for ours, theirs in ((mongolia, china), (china, mongolia)):
        pin(ours, theirs, tmp_path)
    of_january = ("--period", "2026-01")
    china.ok("kpi", "enter", "reported-benefit", "partner=MN", "arrangement=CN-MN-2025",
             "number=30", "on=2026-01-31", "--evidence", "letter 7")  # fmt: skip
    china.ok("kpi", "report", *of_january)
    china.ok("kpi", "prepare", *of_january)
    china.ok("kpi", "approve", *of_january, "--note", "looked at", by=SECOND)
    china.ok("kpi", "publish", *of_january, by=SECOND)
    sheet, other = tmp_path / "CN.xml", tmp_path / "other.xml"
    china.ok("kpi", "share", "--partner", "MN", *of_january, "-o", sheet)
    assert "KIND_NOT_ACCEPTED" in china.run("kpi", "share", "--partner", "MN", *of_january).err

    other.write_bytes(sheet.read_bytes().replace(b">30<", b">31<"))
    edited = mongolia.run("kpi", "take", other, "--partner", "CN", *of_january)
    assert (edited.code, "DIGEST_MISMATCH" in edited.err) == (65, True)
    assert "no sheet taken" in mongolia.ok("kpi", "sheets").out
    told = mongolia.ok("kpi", "take", sheet, "--partner", "CN", *of_january).out
    assert "sheet 1 of CN for 2026-01: 3 figures" in told
    (held,) = mongolia.ok("kpi", "sheets", "--json").document
    received = [one["value"] for one in held["cells"] if one["indicator"].endswith(".received")]
    assert (held["partner"], held["evidence"], received) == ("CN", None, [30.0])
    again = mongolia.run("kpi", "take", sheet, "--partner", "CN", *of_january)
    assert (again.code, "ALREADY_LOADED" in again.err) == (64, True)


def test_the_table_is_in_the_language_asked_for(mongolia: Home) -> None:
    mongolia.ok("kpi", "enter", "value", f"indicator={APPLICATIONS}", "on=2025-07-31",
                "value=1234", "--evidence", "register")  # fmt: skip
    told = {
        language: mongolia.ok(
            "kpi", "report", "--period", "2025-07", "--catalogue", "carec", "--language", language
        ).out
        for language in ("en", "ru")
    }
    for language, wanted in (
        ("en", ("Mongolia, July 2025 – DRAFT", "Performance indicator", "1,234", "draft")),
        ("ru", ("Монголия, июль 2025 года – ПРОЕКТ", "Показатель", "1 234", "черновик")),
    ):
        assert [one for one in wanted if one not in told[language]] == []
    assert not re.search(r"[A-Za-z]{5,}", told["ru"])
