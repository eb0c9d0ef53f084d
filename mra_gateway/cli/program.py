"""The program: every command group in its place, and one way to end.

To add a group, write a module with a `typer.Typer` named `app` and add one line to `_GROUPS`; a
single command is a line in `_COMMANDS`. Heavy imports belong inside the commands: `--help` is read
more often than anything else.

Only the command or group that is asked for is made: all of them take a quarter of a command's time.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from functools import cache
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info, get_group_from_info
from typer.models import CommandInfo, TyperInfo

from mra_gateway.cli import (
    alerts,
    approvals,
    arrangements,
    benefits,
    clients,
    compare,
    controls,
    correspondences,
    database,
    decide,
    decisions,
    disruptions,
    doctor,
    extract,
    identifiers,
    impact,
    init,
    keys,
    kpi,
    match,
    message,
    messages,
    negotiation,
    notices,
    officers,
    partners,
    privacy,
    programmes,
    register,
    scores,
    serve,
    show,
    suspensions,
)
from mra_gateway.cli.demo import command as demo
from mra_gateway.cli.exits import Exit, exit_of
from mra_gateway.errors import GatewayError, Reason, RequestRefused

_COMMANDS: Final[dict[str, Callable[..., None]]] = {
    "init": init.init,
    "serve": serve.serve,
    "demo": demo.demo,
    "compare": compare.compare,
    "decide": decide.decide,
    "doctor": doctor.doctor,
    "extract": extract.extract,
    "impact": impact.impact,
    "match": match.match,
}
_GROUPS: Final = {
    "officers": officers.app,
    "approvals": approvals.app,
    "clients": clients.app,
    "keys": keys.app,
    "database": database.app,
    "register": register.app,
    "privacy": privacy.app,
    "scores": scores.app,
    "partners": partners.app,
    "programmes": programmes.app,
    "benefits": benefits.app,
    "correspondences": correspondences.app,
    "decisions": decisions.app,
    "identifiers": identifiers.app,
    "suspensions": suspensions.app,
    "alerts": alerts.app,
    "controls": controls.app,
    "arrangements": arrangements.app,
    "disruptions": disruptions.app,
    "messages": messages.app,
    "notices": notices.app,
    "message": message.app,
    "negotiation": negotiation.app,
    "kpi": kpi.app,
}
_UsageError: Final = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


@cache
def _made(name: str) -> Any:
    """Returns a command or a group as the command line runs it."""
    if name in _COMMANDS:
        return get_command_from_info(
            CommandInfo(name, callback=_COMMANDS[name]),
            pretty_exceptions_short=False,
            rich_markup_mode=None,
        )
    return get_group_from_info(
        TyperInfo(_GROUPS[name], name=name),
        pretty_exceptions_short=False,
        rich_markup_mode=None,
        suggest_commands=True,
    )


class _MadeWhenAsked(MutableMapping[str, Any]):
    """Commands by name, each made when it is asked for."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = dict.fromkeys(names)

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._names[name] or _made(name)

    def __setitem__(self, name: str, command: Any) -> None:
        self._names[name] = command

    def __delitem__(self, name: str) -> None:
        del self._names[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Program(TyperGroup):
    """Ends as `exits.py` says: a wrong command line is 64, for 2 means INDETERMINATE here."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = _MadeWhenAsked([*_COMMANDS, *_GROUPS])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002 - we always end the process ourselves
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs a command line and exits.

        Raises:
            SystemExit: Always.
        """
        given = list(sys.argv[1:] if args is None else args)
        as_json = "--json" in given
        try:
            code = super().main(given, prog_name, complete_var, False, windows_expand_args, **extra)
        except GatewayError as error:
            show.error(error, as_json=as_json)
            sys.exit(exit_of(error))
        except typer.Abort:
            sys.exit(Exit.INTERRUPTED)
        except BrokenPipeError:
            # who read our output has gone; nothing more can be said, and flushing would say it
            sys.stdout = None
            sys.exit(Exit.UNAVAILABLE)
        except Exception as error:  # noqa: BLE001 - the last line of defence decides the exit code
            sys.exit(_end(error, as_json=as_json))
        sys.exit(code if isinstance(code, int) else Exit.DONE)


def _end(error: Exception, *, as_json: bool) -> Exit:
    if isinstance(error, _UsageError):
        return _explain(error, as_json=as_json)
    if isinstance(error, OSError):
        text = f"{error.strerror or type(error).__name__}"
        where = None if error.filename is None else str(error.filename)
        refused = RequestRefused(text, reason=Reason.FILE_UNREADABLE, where=where)
        show.error(refused, as_json=as_json)
        return Exit.INPUT
    failed = GatewayError(f"an error of this program: {type(error).__name__}; please report it")
    show.error(failed, as_json=as_json)
    if not as_json:
        for text in traceback.format_exception(error):
            for piece in text.splitlines():
                show.note(piece)
    return Exit.INTERNAL


def _explain(error: Any, *, as_json: bool) -> Exit:
    """Says what is wrong with the command line; a group without a command shows its help."""
    if type(error).__name__ == "NoArgsIsHelpError" and not as_json:
        error.show()
        return Exit.USAGE
    context = getattr(error, "ctx", None)
    path = "mra-gateway" if context is None else context.command_path
    show.error(RequestRefused(error.format_message(), where=f"see {path} --help"), as_json=as_json)
    return Exit.USAGE


app = typer.Typer(
    name="mra-gateway",
    cls=Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def _program() -> None:
    """Customs administrations exchange AEO status and recognise each other's trusted traders.

    Every command takes --home DIR or MRA_GATEWAY_HOME, and --json. Every act is an officer's:
    --officer NAME or MRA_GATEWAY_OFFICER; the password comes from MRA_GATEWAY_PASSWORD, from
    --password-file, or is asked for.

    Exit codes: 0 done or yes, 1 no, 2 not decided or held for a second officer, 64 and above:
    no answer (64 command line or request, 65 input file, 66 no home, 69 not reached, 70 internal,
    73 folder in use, 77 not permitted, 78 set-up).
    """
