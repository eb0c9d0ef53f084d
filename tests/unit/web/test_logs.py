"""Logs hold no personal data and no secret, whatever is logged, by us or by a library."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.clock import HandMovedClock
from mra_gateway.web.logs import KEYS, configure_logs
from tests.support.pki import AT

SECRETS = (
    "宁波虚构国际贸易有限公司",
    "Ningbo Fictitious Trading Co., Ltd.",
    "CN3302462345",
    "BY/0042/ТИП 3",
    "No. 12 Fictitious Road",
    "mra_9xQ2secret",
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    configure_logs("DEBUG", clock=HandMovedClock(AT), stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:], root.level = before


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    """Returns the lines, each a JSON object in ASCII."""
    assert log.getvalue().isascii()
    return [json.loads(line) for line in log.getvalue().splitlines()]


def assert_clean(log: io.StringIO) -> None:
    for secret in SECRETS:
        assert secret not in log.getvalue()
        assert ascii(secret)[1:-1] not in log.getvalue()
        assert json.dumps(secret)[1:-1] not in log.getvalue()


def test_a_line_tells_what_happened_and_when(log: io.StringIO) -> None:
    structlog.get_logger("t").info("request", partner="CN", status=200, seconds=0.01)
    [line] = lines(log)
    assert line == {
        "event": "request",
        "level": "info",
        "partner": "CN",
        "seconds": 0.01,
        "status": 200,
        "time": AT.isoformat(),
    }


@pytest.mark.parametrize("secret", SECRETS)
def test_what_stands_under_an_unknown_key_is_withheld(log: io.StringIO, secret: str) -> None:
    structlog.get_logger("t").warning(
        "operator looked up", identifier=secret, legal_name=secret, path=f"/operators/{secret}"
    )
    [line] = lines(log)
    assert line["withheld"] == 3
    assert_clean(log)


def fail(secret: str) -> NoReturn:
    try:
        refuse(secret)
    except ValueError as error:
        raise RuntimeError(f"about {secret}") from error


def refuse(secret: str) -> NoReturn:
    raise ValueError(secret)


@pytest.mark.parametrize("secret", SECRETS)
def test_of_an_exception_the_types_and_places_are_told_and_nothing_it_says(
    log: io.StringIO, secret: str
) -> None:
    try:
        fail(secret)
    except RuntimeError as error:
        structlog.get_logger("t").error("failed", exc_info=error)
        structlog.get_logger("t").exception("failed")
        logging.getLogger("aiohttp.server").exception("Error handling %s", secret)
    for line in lines(log):
        assert line["raised"] == ["RuntimeError", "ValueError"]
        assert any("test_of_an_exception" in frame for frame in line["frames"])
    assert_clean(log)


@pytest.mark.parametrize("secret", SECRETS)
def test_of_a_librarys_line_the_template_is_told_and_nothing_put_into_it(
    log: io.StringIO, secret: str
) -> None:
    logging.getLogger("sqlalchemy.engine").warning("statement %s with %r", "SELECT", {"x": secret})
    logging.getLogger("asyncio").error("Task failed\nfuture: <Task %s>", secret)
    joined = "\n".join(("Task failed", f"future: {secret}"))  # as asyncio does
    logging.getLogger("asyncio").error(joined)
    assert [line["event"] for line in lines(log)] == [
        "statement %s with %r",
        "Task failed",
        "Task failed",
    ]
    assert_clean(log)


@given(text=st.text())
def test_a_text_is_one_line_of_ascii_however_it_was_meant(text: str) -> None:
    stream = io.StringIO()
    configure_logs("INFO", clock=HandMovedClock(AT), stream=stream)
    try:
        structlog.get_logger("t").info("request", reason=text)
    finally:
        structlog.reset_defaults()
    assert stream.getvalue().isascii()
    assert len(stream.getvalue().splitlines()) == 1


def test_no_known_key_is_one_for_personal_data() -> None:
    personal = {
        "name",
        "legal_name",
        "identifier",
        "tin",
        "authorisation",
        "address",
        "key",
        "path",
    }
    assert not KEYS & personal
