"""What the commands of `negotiation` share: which one, for whom, over which version."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import day, identifier
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from datetime import date
    from enum import StrEnum

    from mra_gateway.gateway import Gateway
    from mra_gateway.model.comparison import Audience
    from mra_gateway.model.negotiation import Entry, NegotiationId, Party

    S = TypeVar("S", bound=StrEnum)

Name = Annotated[str, typer.Argument(help="As KR-CN-2012.", metavar="NEGOTIATION")]
RowArgument = Annotated[
    str,
    typer.Argument(
        help="An item as compared (F.f), or a term (exchange.consent, scope.KR-AEO, "
        "benefit.KR.inspection_lower).",
        metavar="ROW",
    ),
]
MaybeRow = Annotated[
    str | None, typer.Option("--row", help="The row it is about; the whole when absent.")
]
Over = Annotated[
    int | None,
    typer.Option(
        help="The version you saw and write over; left out where there is none yet.",
        metavar="VERSION",
        show_default=False,
    ),
]
ForPartner = Annotated[
    bool,
    typer.Option("--for-partner", help="The partner may be shown it; otherwise it is internal."),
]
Why = Annotated[
    str | None, typer.Option("--why", help="The justification, in words.", show_default=False)
]
WhyForPartner = Annotated[
    bool, typer.Option("--why-for-partner", help="The partner may be shown the justification.")
]
ByThem = Annotated[bool, typer.Option("--by-them", help="The other side does, not we.")]


def negotiation(text: str) -> NegotiationId:
    """Returns the id of a negotiation.

    Raises:
        RequestRefused: Not an id.
    """
    from mra_gateway.model.negotiation import NegotiationId

    return identifier(NegotiationId, text, option="NEGOTIATION")


def words(text: str, *, option: str) -> str:
    r"""Returns what a negotiator writes; a line break may be written as `\n`.

    Raises:
        RequestRefused: Empty, longer than 4000 characters, or not printable.
    """
    from pydantic import TypeAdapter, ValidationError

    from mra_gateway.model.negotiation import Words

    written = unicodedata.normalize("NFC", text.replace("\\n", "\n").replace("\r\n", "\n")).strip()
    try:
        return TypeAdapter[str](Words).validate_python(written)
    except ValidationError as error:
        raise RequestRefused(error.errors()[0]["msg"], where=option) from None


def maybe_words(text: str | None, *, option: str) -> str | None:
    """Returns what a negotiator writes, where something is written.

    Raises:
        RequestRefused: As `words`.
    """
    return None if text is None else words(text, option=option)


def audience(*, for_partner: bool) -> Audience:
    """Returns who may read it."""
    from mra_gateway.model.comparison import Audience

    return Audience.PARTNER if for_partner else Audience.INTERNAL


def party(*, by_them: bool) -> Party:
    """Returns which side does."""
    return "theirs" if by_them else "ours"


def one_of(kind: type[S], text: str, *, option: str) -> S:
    """Returns a word of a list.

    Raises:
        RequestRefused: Not in the list; says what is.
    """
    try:
        return kind(text)
    except ValueError:
        raise RequestRefused(f"{text[:40]!r} is none of {', '.join(kind)}", where=option) from None


def toml_value(text: str, *, option: str) -> Any:
    """Returns a value written as in a data file.

    Raises:
        RequestRefused: Not a value of TOML.
    """
    import tomllib

    from mra_gateway.registry.files import parse_toml

    try:
        return parse_toml(f"value = {text}".encode())["value"]
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise RequestRefused(
            f'{text[:60]!r} is no value as in a data file ("not_required", 2014-04-01, '
            f'{{ tiers = "all" }}): {str(error)[:80]}',
            where=option,
        ) from None


def day_of(gateway: Gateway, text: str | None) -> date:
    """Returns a day of the command line; the legal day it is now where none was given.

    Raises:
        RequestRefused: Not a day.
    """
    today = gateway.book.day_of(gateway.clock.now())
    return today if text is None else day(text, option="DATE")


def written(entry: Entry, *, as_json: bool) -> None:
    """Says which version of what was written."""
    if as_json:
        show.document(entry)
        return
    state = getattr(entry, "state", None)
    said = f": {state.replace('_', ' ')}" if state else ""
    shown = "for the partner" if entry.audience == "partner" else "internal"
    show.line(f"{entry.key}{said}; version {entry.version}, {shown}")
