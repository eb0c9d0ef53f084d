"""What every test shares: a missing foreign tool is a named skip here and a failure in CI."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.support import foreign, scratch

# no test is a timed one: a busy machine must not fail a property
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

if (quick := scratch.in_memory()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(quick))

pytest_plugins = [
    "tests.support.databases",
    "tests.support.simulation",
    "tests.support.deciding",
    "tests.support.cli",
]

LONG = (
    "test_replay.py",
    "test_import_memory.py",
    "test_recognition.py",
    "test_demo.py",
    "test_national_api_description.py",
    "test_spark.py",
    "test_follow_feed.py",
    "test_writer.py",
    "test_facts_history.py",
)
"""What has single tests of many seconds: begun last, one process would end long after the other."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    """Collects no garbage among what stays for the run: six thousand tests, and what they import.

    Going through it again and again took a tenth of the suite's time. What comes later is looked
    through as seldom as in `serve`.
    """
    gc.disable()
    yield
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the long ones, wherever a process takes its share from."""
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips, or in CI fails, a test whose foreign tool is not there; the reason names the tool."""
    for marker in item.iter_markers("foreign"):
        missing = [tool for tool in marker.args if not foreign.is_available(tool)]
        if missing and os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"foreign tool missing in CI: {', '.join(missing)}", pytrace=False)
        # xmlsec1, Java and Node are programs pip cannot bring: who has none of them can still run
        # the suite and is told what was left out; CI has all, so nothing is left out there
        if missing:
            pytest.skip(f"foreign tool missing: {', '.join(missing)}")
