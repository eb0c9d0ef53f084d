"""The rules of the architecture, each a function from a project's root to what breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.architecture.sources import PACKAGE, Import, Module, read_modules

Rule = Callable[[Path], list[str]]

FLOORS: dict[str, int] = {
    "__main__": 8,
    "cli": 7,
    "web": 6,
    "gateway": 5,
    "flows": 4,
    "trust": 3,
    "store": 3,
    "transport": 3,
    "analytics": 3,
    "wire": 2,
    "tables": 2,
    "documents": 2,
    "registry": 2,
    "identifiers": 2,
    "recognition": 2,
    "benefits": 2,
    "comparison": 2,
    "indicators": 2,
    "evidence": 2,
    "settings": 1,
    "model": 1,
    "errors": 0,
    "clock": 0,
}

NEIGHBOURS_ALLOWED = {("settings", "model")}
"""Settings are typed with the nouns; the nouns know of no settings."""

TYPES_ALLOWED = {("errors", "model")}
"""An error holds a verdict; named for the type checker only, so nothing is imported."""

MISLEADING = {
    "base",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "util",
    "utils",
}
NAMES_ALLOWED = {"model/base.py"}
"""What all nouns are made of; there is no logic in it."""


def imports_go_down(root: Path) -> list[str]:
    """A module imports lower floors and its own package: no neighbour, nothing above."""
    found = []
    for module in _modules(root):
        if module.top not in FLOORS:
            found.append(f"{module.place}: {module.top} stands on no floor")
            continue
        for each in module.imports:
            other = _top_of(each)
            if other is None or other == module.top:
                continue
            problem = _problem(module.top, other, each)
            if problem is not None:
                found.append(f"{module.place}:{each.line}: {problem}")
    return found


def imports_make_no_circle(root: Path) -> list[str]:
    """No module is imported, over however many others, by what it imports itself."""
    modules = {module.name: module for module in read_modules(root)}
    uses = {
        name: {
            target
            for each in module.imports
            if not each.only_for_types and (target := _target(each, modules)) is not None
        }
        - {name}
        for name, module in modules.items()
    }
    return [f"{' -> '.join(circle)}: a circle" for circle in _circles(uses) if len(set(circle)) > 1]


def package_files_are_empty(root: Path) -> list[str]:
    """`__init__.py` holds a docstring and nothing else: no re-exports, so no circles."""
    return [
        f"{module.place}: more than a docstring"
        for module in read_modules(root)
        if module.is_package and not module.is_docstring
    ]


def names_say_what_is_inside(root: Path) -> list[str]:
    """No module or package has a name behind which anything may hide."""
    return [
        f"{module.place}: a name that says nothing"
        for module in read_modules(root)
        if module.place not in NAMES_ALLOWED
        and MISLEADING & set(re.split(r"[._]", module.name.lower()))
    ]


def time_and_chance_come_from_the_clock(root: Path) -> list[str]:
    """Only `clock.py` asks for the time, an id or a random number; keys come from `secrets`."""
    found = []
    for module in _modules(root):
        if module.place == "clock.py":
            continue
        for each in module.imports:
            forbidden = any(
                each.is_of(name) for name in ("uuid", "random", "time.time", "time.time_ns")
            )
            misplaced = each.is_of("secrets") and module.top not in {"flows", "cli"}
            if forbidden or misplaced:
                found.append(f"{module.place}:{each.line}: {each.full} is not for here")
        found += [
            f"{module.place}:{call.line}: {call.name} is the clock's"
            for call in module.calls
            if _asks_the_time(call.name)
        ]
    return found


def only_the_verifier_makes_verified_messages(root: Path) -> list[str]:
    """`VerifiedMessage` is constructed, or copied with changes, in `trust/verifier.py` alone."""
    found = []
    for module in _modules(root):
        if module.place == "trust/verifier.py":
            continue
        found += [
            f"{module.place}:{each.line}: VerifiedMessage under another name"
            for each in module.imports
            if each.name == "VerifiedMessage" and each.alias not in {None, "VerifiedMessage"}
        ]
        found += [
            f"{module.place}:{call.line}: makes a VerifiedMessage"
            for call in module.calls
            if "VerifiedMessage" in call.name.split(".")
        ]
    return found


PLACES: dict[str, tuple[str, ...]] = {
    "lxml": ("wire", "trust"),
    "openpyxl": ("tables", "documents"),
    "openpyxl.load_workbook": ("tables",),
    "openpyxl.reader": ("tables",),
    "sqlalchemy": ("store",),
    "alembic": ("store",),
    "sqlite3": ("store",),
    "asyncpg": ("store",),
    "aiohttp": ("transport", "web"),
    "aiohttp.web": ("web",),
    "aiohttp.client": ("transport",),
    "aiohttp.ClientSession": ("transport",),
    "cryptography": ("trust",),
    "duckdb": ("analytics",),
    "ibis": ("analytics",),
    "pyspark": ("analytics",),
    "signxml": ("trust",),
    "xml": (),
    "defusedxml": (),
}
"""Where a library may be imported; nowhere when the tuple is empty."""

IMPORTS_ALLOWED = {("flows", "sqlalchemy.Connection")}
"""A flow hands a connection from one store function to the next; it never speaks SQL."""


def libraries_stay_in_their_places(root: Path) -> list[str]:
    """Each library is known to one package, so that it can be replaced and watched there."""
    found = []
    for module in _modules(root):
        for each in module.imports:
            if (module.top, each.full) in IMPORTS_ALLOWED:
                continue
            found += [
                f"{module.place}:{each.line}: {library} is only for {places or 'nobody'}"
                for library, places in PLACES.items()
                if each.is_of(library) and module.top not in places
            ]
        found += _aiohttp_attributes(module)
    return found


PARSERS = {
    "ETCompatXMLParser",
    "HTML",
    "HTMLParser",
    "HTMLPullParser",
    "XML",
    "XMLDTDID",
    "XMLID",
    "XMLParser",
    "XMLPullParser",
    "fromstring",
    "fromstringlist",
    "iterparse",
    "parse",
    "parseid",
}


def xml_is_parsed_in_one_place(root: Path) -> list[str]:
    """Only `wire/xml.py` makes parsers or parses: there the limits are."""
    found = []
    for module in _modules(root):
        if module.place == "wire/xml.py":
            continue
        found += [
            f"{module.place}:{each.line}: {each.full} parses XML"
            for each in module.imports
            if each.is_of("lxml") and (each.name in PARSERS or each.is_of("lxml.objectify"))
        ]
        found += [
            f"{module.place}:{call.line}: {call.name} parses XML"
            for call in module.calls
            if re.fullmatch(r"(?:lxml\.)?etree\.(\w+)", call.name)
            and call.name.rsplit(".", 1)[1] in PARSERS
        ]
    return found


def _somewhere(*parts: str) -> str:
    """Joins what must not stand in one piece even here."""
    return "".join(parts)


# a folder of somebody's machine, not part of a longer path or address
_MACHINE = re.compile(
    r"(?<![\w/.:-])(?:/(?:home|root|Users|work)/\w|/tmp/\w+_jobs|[A-Z]:\\Users\\)"
    + _somewhere(r"|(?<![\w/.-])sha", r"red/(?:design|domain)\b")
)
_REGISTRIES = re.compile(
    "|".join(
        re.escape(_somewhere(*parts))
        for parts in (
            ("pypi", ".org"),
            ("files.python", "hosted.org"),
            ("registry.npm", "js.org"),
            ("proxy.go", "lang.org"),
            ("repo1.", "maven.org"),
            ("repo.", "maven.apache.org"),
            ("static.crates", ".io"),
            ("extra-index", "-url"),
            ("PIP_INDEX", "_URL"),
        )
    )
)
_NOT_OURS = {"__pycache__", "build", "dist", "node_modules"}
_HIDDEN_BUT_OURS = {".ci", ".github"}


def nothing_names_a_machine(root: Path) -> list[str]:
    """No file names a path of a developer's machine, or a package registry."""
    found = []
    for file in _own_files(root):
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # a spreadsheet or a picture
        for number, line in enumerate(lines, start=1):
            for rule, what in ((_MACHINE, "a machine's path"), (_REGISTRIES, "a registry")):
                if rule.search(line):
                    found.append(f"{file.relative_to(root).as_posix()}:{number}: {what}")
    return found


RULES: tuple[Rule, ...] = (
    imports_go_down,
    imports_make_no_circle,
    package_files_are_empty,
    names_say_what_is_inside,
    time_and_chance_come_from_the_clock,
    only_the_verifier_makes_verified_messages,
    libraries_stay_in_their_places,
    xml_is_parsed_in_one_place,
    nothing_names_a_machine,
)


def _modules(root: Path) -> list[Module]:
    return [module for module in read_modules(root) if module.name]


def _top_of(each: Import) -> str | None:
    parts = each.full.split(".")
    return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else None


def _problem(here: str, other: str, each: Import) -> str | None:
    if other not in FLOORS:
        return f"{other} stands on no floor"
    pair = (here, other)
    if FLOORS[other] < FLOORS[here] or pair in NEIGHBOURS_ALLOWED:
        return None
    if each.only_for_types and pair in TYPES_ALLOWED:
        return None
    way = "a neighbour" if FLOORS[other] == FLOORS[here] else "upwards"
    return f"{here} imports {other}: {way}"


def _target(each: Import, modules: dict[str, Module]) -> str | None:
    """The module an import loads: `from package import name` may mean either."""
    for candidate in (each.full, each.module):
        name = candidate.removeprefix(PACKAGE).removeprefix(".")
        if candidate.split(".")[0] == PACKAGE and name in modules:
            return name
    return None


def _circles(uses: dict[str, set[str]]) -> Iterator[list[str]]:
    finished: set[str] = set()

    def walk(name: str, path: list[str]) -> Iterator[list[str]]:
        if name in path:
            circle = path[path.index(name) :]
            first = circle.index(min(circle))
            yield [*circle[first:], *circle[:first], circle[first]]
            return
        if name in finished:
            return
        for used in sorted(uses[name]):
            yield from walk(used, [*path, name])
        finished.add(name)

    for name in sorted(uses):
        yield from walk(name, [])


def _asks_the_time(function: str) -> bool:
    return bool(
        re.fullmatch(r"(?:datetime\.)?(?:datetime|date)\.(?:now|utcnow|today)", function)
        or function in {"time.time", "time.time_ns", "os.urandom"}
    )


def _aiohttp_attributes(module: Module) -> list[str]:
    """`import aiohttp` alone gives everything: the parts used are judged."""
    parts = {"aiohttp.web": "web", "aiohttp.ClientSession": "transport"}
    return [
        f"{module.place}:{use.line}: {use.name} is only for {parts[use.name]}"
        for use in module.attributes
        if use.name in parts and module.top != parts[use.name]
    ]


def _own_files(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        hidden = path.name.startswith(".") and path.name not in _HIDDEN_BUT_OURS
        if path.is_dir():
            if not (hidden or path.name in _NOT_OURS or (path / "pyvenv.cfg").exists()):
                yield from _own_files(path)
        elif path.is_file():
            yield path
