"""Answers the tests' questions about the code of this repository; each file is parsed once in a run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class FileSyntax:
    """The names in a file.

    imports: modules, including those imported within functions. at_start: those imported at its top level, in the form
    `a.b`, `a.b.name`. classes, functions: their names. bindings: each name that the file gives to a variable,
    parameter, function, class, import or attribute.
    """

    imports: frozenset[str]
    at_start: tuple[tuple[str, frozenset[str]], ...]
    classes: tuple[str, ...]
    functions: tuple[str, ...]
    bindings: frozenset[str]


def syntax(file: Path) -> FileSyntax:
    return of_source(file.read_text())


@cache
def of_source(source: str) -> FileSyntax:
    tree = ast.parse(source)
    nodes: dict[type[ast.AST], list[Any]] = {}
    for node in ast.walk(tree):
        nodes.setdefault(type(node), []).append(node)
    imported = [*nodes.get(ast.Import, ()), *nodes.get(ast.ImportFrom, ())]
    return FileSyntax(
        frozenset(name for node in imported for module, names in _modules(node) for name in {module, *names}),
        tuple(pair for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for pair in _modules(node)),
        tuple(node.name for node in nodes.get(ast.ClassDef, ())),
        tuple(node.name for node in nodes.get(ast.FunctionDef, ())),
        frozenset(name for kind, name_of in NAMES.items() for name in map(name_of, nodes.get(kind, ())) if name),
    )


def _modules(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, frozenset[str]]]:
    """Each module that a statement imports, and `module.name` for the names that it imports from it."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, frozenset()) for alias in node.names)
    elif node.module:
        yield node.module, frozenset(f"{node.module}.{alias.name}" for alias in node.names)


# The name that a node binds; None or an empty text if it binds none.
NAMES: dict[type[ast.AST], Callable[[Any], str | None]] = {
    ast.Name: lambda node: node.id if isinstance(node.ctx, ast.Store) else None,
    ast.Attribute: lambda node: node.attr if isinstance(node.ctx, ast.Store) else None,
    ast.arg: lambda node: str(node.arg),
    ast.alias: lambda node: node.asname or node.name.rpartition(".")[2],
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef), attrgetter("name")),
    **dict.fromkeys((ast.ExceptHandler, ast.MatchAs, ast.MatchStar), attrgetter("name")),
}
