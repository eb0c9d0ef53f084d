"""Logs: JSON lines on standard error, without personal data.

Nothing gets out by default. A line holds only the keys of `KEYS`; under any other key the value is
withheld, for it may be a name, an address or an operator's identifier. Texts are escaped to ASCII
and cut. Of an exception the types and places are told, never its text, which may quote a value; of
another library's line its template, never what was put into it.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from structlog.contextvars import merge_contextvars

from mra_gateway.clock import Clock

KEYS = frozenset(
    {
        "api",
        "approval",
        "arrangement",
        "attempts",
        "bytes",
        "client",
        "count",
        "event",
        "environment",
        "frames",
        "kind",
        "lane",
        "level",
        "logger",
        "message_id",
        "method",
        "outcome",
        "partner",
        "partner_url",
        "national_url",
        "raised",
        "reason",
        "route",
        "seconds",
        "status",
        "territory",
        "time",
        "withheld",
    }
)
"""The keys a line may have; none of them ever holds personal data or a secret."""

_LONGEST = 200
_FRAMES = 12
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure_logs(level: str, *, clock: Clock, stream: TextIO | None = None) -> None:
    """Sends every log line of this process, other libraries' included, out as JSON.

    Args:
        level: The lowest level shown.
        clock: Dates the lines.
        stream: Where to; standard error when None.
    """
    number = logging.getLevelNamesMapping()[level]
    target = stream or sys.stderr
    structlog.configure(
        processors=[
            merge_contextvars,
            structlog.stdlib.add_log_level,
            _tell_exception,
            _Dated(clock),
            keep_known,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    handler = _Foreign(target, clock)
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)


def keep_known(
    logger: object,  # noqa: ARG001 - structlog's signature
    method: str,  # noqa: ARG001 - structlog's signature
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """Withholds what stands under an unknown key, and escapes and cuts the rest."""
    unknown = sorted(set(event) - KEYS)
    kept: dict[str, Any] = {key: _plain(event[key]) for key in event if key in KEYS}
    if unknown:
        kept["withheld"] = len(unknown)
    return kept


def describe_exception(info: _ExcInfo) -> dict[str, Any]:
    """Returns an exception as types and places: no text of it, no values."""
    raised: list[str] = []
    error: BaseException | None = info[1]
    while error is not None and len(raised) < _FRAMES:
        raised.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    places: list[str] = []
    step = info[2]
    while step is not None:
        code = step.tb_frame.f_code
        module = step.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return {"raised": raised, "frames": places[-_FRAMES:]}


class _Dated:
    """Puts the moment on a line."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["time"] = self._clock.now().isoformat()
        return event


class _Foreign(logging.Handler):
    """Lines of other libraries: their template, never what was put into it."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        super().__init__()
        self._stream = stream
        self._clock = clock

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line."""
        template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        line: dict[str, Any] = {
            "event": template.partition("\n")[0],
            "level": record.levelname.lower(),
            "logger": record.name,
            "time": self._clock.now().isoformat(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line |= describe_exception(record.exc_info)
        self._stream.write(_to_json(keep_known(None, "", line)) + "\n")
        self._stream.flush()


def _tell_exception(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    info = event.pop("exc_info", None)
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    elif info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[0] is not None:
        event.update(describe_exception(cast("_ExcInfo", info)))
    return event


def _plain(value: object) -> object:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return ascii(str(value)[:_LONGEST])[1:-1]


def _render(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    return _to_json(event)


def _to_json(event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=True, sort_keys=True)
