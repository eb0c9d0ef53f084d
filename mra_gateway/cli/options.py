"""The options every command shares, and how texts of the command line become identifiers.

A password is never an argument: it would stand in the process list and in the shell's history.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar

import typer

from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from mra_gateway.model.base import Identifier

    I = TypeVar("I", bound=Identifier)  # noqa: E741 - an identifier of some type

LANGUAGE_VARIABLE: Final = "MRA_GATEWAY_LANGUAGE"
"""The officer's own language, for whatever `--language` asks; not for sheets in a partner's."""

Home = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="MRA_GATEWAY_HOME",
        help="The gateway's folder, as `init` made it.",
        metavar="DIR",
        show_default=False,
    ),
]
MaybeHome = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="MRA_GATEWAY_HOME",
        help="The gateway's folder, as `init` made it.",
        metavar="DIR",
        show_default=False,
    ),
]
Officer = Annotated[
    str | None,
    typer.Option(
        "--officer",
        envvar="MRA_GATEWAY_OFFICER",
        help="Who acts. The password comes from MRA_GATEWAY_PASSWORD, a file, or a prompt.",
        metavar="NAME",
        show_default=False,
    ),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        help="File whose first line is the officer's password.",
        metavar="FILE",
        show_default=False,
    ),
]
Language = Annotated[
    Literal["en", "ru"],
    typer.Option(
        "--language",
        envvar=LANGUAGE_VARIABLE,
        help="What is printed for a person; with --json nothing is.",
    ),
]
DocumentLanguages = Annotated[
    list[str] | None,
    typer.Option(
        "--language",
        envvar=LANGUAGE_VARIABLE,
        help="en, ru; both, beside each other, when given twice.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def identifier(kind: type[I], text: str, *, option: str) -> I:
    """Returns a text of the command line as an identifier.

    Raises:
        RequestRefused: It does not have the form; says which form that is.
    """
    try:
        return kind(text)
    except ValueError as error:
        raise RequestRefused(str(error), where=option) from None


def one_line(text: str, *, option: str) -> str:
    """Returns words that will stand in a message or a record: one line, printable, in NFC.

    Raises:
        RequestRefused: Empty, longer than 512 characters, or not such a line.
    """
    from pydantic import TypeAdapter, ValidationError

    from mra_gateway.model.operators import Text

    line = unicodedata.normalize("NFC", " ".join(text.split()))
    try:
        return TypeAdapter[str](Text).validate_python(line)
    except ValidationError as error:
        raise RequestRefused(error.errors()[0]["msg"], where=option) from None


def moment(text: str, *, option: str, bare_is_utc: bool = False) -> datetime:
    """Returns a moment written as ISO 8601 with its offset.

    Raises:
        RequestRefused: Not a moment, out of range, or without an offset: it would mean another one
            elsewhere.
    """
    from mra_gateway.model.as_declared import OUT_OF_RANGE, is_in_range

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is not None and at.tzinfo is None and bare_is_utc:
        at = at.replace(tzinfo=UTC)
    if at is None or at.tzinfo is None:
        raise RequestRefused(
            f"{text[:40]!r} is no moment with its offset, as 2026-03-02T09:00:00+08:00 or …Z",
            where=option,
        )
    if not is_in_range(at):
        raise RequestRefused(f"{text[:40]!r} is {OUT_OF_RANGE}", where=option)
    return at


def day(text: str, *, option: str) -> date:
    """Returns a day written as YYYY-MM-DD.

    Raises:
        RequestRefused: Not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RequestRefused(f"{text[:40]!r} is no day, as 2026-03-02", where=option) from None
