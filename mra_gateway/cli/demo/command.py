"""`mra-gateway demo`: tells the story in a terminal, or as one JSON document."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

DEFAULT = "mra-gateway-demo"
ABOUT = (
    "Two real gateways on this machine, China and Mongolia, with fictitious operators, officers "
    "and legal act, in the test environment."
)


def demo(
    home: Annotated[
        Path | None,
        typer.Option(help="Folder to make; it must not exist. Default: ./mra-gateway-demo[-N]"),
    ] = None,
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave both gateways running.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Watch two gateways exchange AEO lists and status changes, and decide declarations by them.

    Each is a process of its own with its own keys and database; they talk over mutual TLS. Exit
    code 0 only if everything the story promises happened. The folder stays for inspection.
    """
    import asyncio

    from rich.console import Console

    from mra_gateway.cli.demo.story import Story

    folder = (home or _free_folder()).absolute()
    console = Console(stderr=as_json, quiet=as_json, highlight=False)
    if folder.exists():
        typer.echo(f"{folder} exists and is left alone: name another with --home", err=True)
        raise typer.Exit(64)
    folder.mkdir(parents=True)
    console.print(f"{ABOUT}\nEverything stays in {folder}\n", soft_wrap=True, markup=False)
    story = Story(folder, tell=lambda chapter: _tell(console, chapter))
    started, failure = time.monotonic(), None
    try:
        asyncio.run(story.run())
    except RuntimeError as error:
        failure = str(error)
    finally:
        codes = [] if keep and failure is None else _stop(story)
    summary = _summary(story, seconds=time.monotonic() - started, failure=failure, codes=codes)
    story.recorder.write_summary(summary)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=1))
    else:
        _close(console, story, summary, keep=keep)
    raise typer.Exit(0 if summary["passed"] else 1)


def _free_folder() -> Path:
    """The default folder, or the first numbered one that is free."""
    candidates = [Path(DEFAULT), *(Path(f"{DEFAULT}-{number}") for number in range(2, 1000))]
    return next(folder for folder in candidates if not folder.exists())


def _stop(story: Any) -> list[int]:
    return [process.stop() for process in story.processes.values()]


def _summary(
    story: Any, *, seconds: float, failure: str | None, codes: list[int]
) -> dict[str, Any]:
    chapters = [
        {
            "title": chapter.title,
            "passed": chapter.passed,
            "seconds": round(chapter.seconds, 2),
            "checks": [{"text": text, "passed": ok} for text, ok in chapter.checks],
        }
        for chapter in story.chapters
    ]
    stopped_cleanly = all(code == 0 for code in codes)
    return {
        "passed": failure is None
        and stopped_cleanly
        and len(chapters) == 9
        and all(chapter["passed"] for chapter in chapters),
        "fictitious": ABOUT,
        "folder": str(story.folder),
        "seconds": round(seconds, 2),
        "messages": sum(sum(by.values()) for by in story.recorder.counts.values()),
        "kinds": story.recorder.counts,
        "refused": story.recorder.refused,
        "stopped_cleanly": stopped_cleanly,
        "failure": failure,
        "processes": {
            territory: {"pid": process.pid, "national_api": process.url}
            for territory, process in story.processes.items()
            if process.pid
        },
        "chapters": chapters,
    }


def _tell(console: Console, chapter: Any) -> None:
    console.print(f"[bold]{chapter.title}[/bold]  [dim]{chapter.seconds:.1f} s[/dim]")
    for text, ok in chapter.checks:
        console.print(f"  {'[green]✓[/green]' if ok else '[red]✗[/red]'} {text}", soft_wrap=True)
    console.print()


def _close(console: Console, story: Any, summary: dict[str, Any], *, keep: bool) -> None:
    if summary["failure"]:
        console.print("It did not happen: ", style="red", end="")
        console.print(summary["failure"], markup=False)  # may quote a log
    passed = summary["passed"]
    console.print(
        "Everything happened." if passed else "Not all.",
        style="green" if passed else "red",
        end=" ",
    )
    console.print(
        f"{summary['messages']} signed messages and receipts in {summary['seconds']:.0f} s.\n"
        f"  {story.folder}/messages   every message and receipt as sent\n"
        f"  {story.folder}/results    recognition results before and after\n"
        f"  mra-gateway message verify {story.folder}/messages/CN-001-StatusList.xml "
        f"--anchor {story.folder}/anchors/cn.pem",
        soft_wrap=True,
        markup=False,
    )
    if keep and summary["processes"]:
        _what_next(console, story, summary)


def _what_next(console: Console, story: Any, summary: dict[str, Any]) -> None:
    pids = " ".join(str(process["pid"]) for process in summary["processes"].values())
    mongolia = summary["processes"]["MN"]["national_api"]
    console.print(
        f"\nBoth gateways keep running. Stop them with: kill {pids}\nTry next:\n"
        f'  curl -H "Authorization: Bearer $(cat {story.folder}/mn/api-key)" '
        f"{mongolia}/api/v1/operators/AEOCN9900900005\n"
        f"  curl {mongolia}/readyz\n"
        f"  mra-gateway doctor --home {story.folder}/mn\n"
        f"  mra-gateway messages list --home {story.folder}/mn --officer bat.demo "
        f"--password-file {story.folder}/mn/bat.demo.password",
        soft_wrap=True,
        markup=False,
    )
