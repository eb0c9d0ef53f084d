"""The modules of a tree as the rules see them: parsed, named, with what they import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = "mra_gateway"


class Import(NamedTuple):
    """One name imported: `module` and, for `from module import name`, the name."""

    module: str
    name: str | None
    line: int
    only_for_types: bool
    alias: str | None

    @property
    def full(self) -> str:
        """The dotted name of what is imported."""
        return self.module if self.name is None else f"{self.module}.{self.name}"

    def is_of(self, package: str) -> bool:
        """Says whether this comes from a package or from one of its parts."""
        return self.full == package or self.full.startswith(f"{package}.")


class Use(NamedTuple):
    """One place where something is named: `etree.fromstring`."""

    name: str
    line: int


class Module:
    """One source file, as much of it as rules ask for: its syntax tree takes a hundred times that.

    Attributes:
        place: Its path seen from the package: `store/facts.py`.
        name: Its dotted name without the package: `store.facts`; empty for the package itself.
        is_docstring: Whether a docstring is all there is.
        imports: Everything imported anywhere in the file, functions included.
        calls: Every call in the file, by the dotted name of what is called.
        attributes: Every `a.b` in the file.
    """

    def __init__(self, place: str, text: str) -> None:
        self.place = place
        parts = Path(place).with_suffix("").parts
        self.is_package = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.is_package else parts)
        tree = ast.parse(text, filename=place)
        self.is_docstring = len(tree.body) == 1 and ast.get_docstring(tree) is not None
        self.imports = list(self._imports(tree, only_for_types=False))
        self.calls: list[Use] = []
        self.attributes: list[Use] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self.calls.append(Use(dotted(node.func), node.lineno))
            elif isinstance(node, ast.Attribute):
                self.attributes.append(Use(dotted(node), node.lineno))

    @property
    def top(self) -> str:
        """The package or module directly under the product's: `store`, `settings`."""
        return self.name.split(".")[0]

    def _imports(self, node: ast.AST, *, only_for_types: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for each in child.names:
                    yield Import(each.name, None, child.lineno, only_for_types, each.asname)
            elif isinstance(child, ast.ImportFrom):
                source = self._source(child)
                for each in child.names:
                    yield Import(source, each.name, child.lineno, only_for_types, each.asname)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                for part in child.body:
                    holder = ast.Module([part], [])
                    yield from self._imports(holder, only_for_types=True)
                for part in child.orelse:
                    holder = ast.Module([part], [])
                    yield from self._imports(holder, only_for_types=only_for_types)
            else:
                yield from self._imports(child, only_for_types=only_for_types)

    def _source(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        # relative: a package counts as its own first parent
        here = [PACKAGE, *self.name.split(".")] if self.name else [PACKAGE]
        keep = len(here) - node.level + (1 if self.is_package else 0)
        return ".".join([*here[:keep], *([node.module] if node.module else [])])


def read_modules(root: Path) -> list[Module]:
    """Reads every module of the product under a project's root."""
    package = root / PACKAGE
    return [
        _module(file.relative_to(package).as_posix(), file.read_text(encoding="utf-8"))
        for file in sorted(package.rglob("*.py"))
    ]


@cache
def _module(place: str, text: str) -> Module:
    """Parses a file once for all the rules: nine of them read the whole product."""
    return Module(place, text)


def dotted(node: ast.expr) -> str:
    """Returns `a.b.c` for a chain of names; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
