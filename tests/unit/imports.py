"""What the files of this repository import or start, read from their text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path

from osml.place import CHECKOUT
from tests.unit.syntax import syntax

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["setuptools"]
LOCAL_CLOUD = tomllib.loads((CHECKOUT / "sandbox" / "pyproject.toml").read_text())["tool"]["setuptools"]
PLACES: dict[str, Path] = {name: CHECKOUT / place for name, place in PROJECT["package-dir"].items()} | {
    "sandbox": CHECKOUT / "sandbox"
}
OURS = frozenset(PLACES)
# A dotted name after a quotation mark or `-m`.
MODULE_IN_TEXT = re.compile(r"""(?:["']|-m )([a-z_]\w*(?:\.\w+)+)(?=["'\s])""")
LAMBDA = CHECKOUT / "lambda"
LIBRARIES = frozenset(name for name, place in PROJECT["package-dir"].items() if Path(place).parent == Path("lambda"))
# What a construct copies next to a function's own code.
COPIED = LIBRARIES | {"settings"}
FUNCTIONS = {place.name: place for place in sorted(LAMBDA.iterdir()) if place.is_dir() and place.name not in LIBRARIES}


def folder(package: str) -> Path:
    return PLACES[package]


def imports(file: Path) -> frozenset[str]:
    """The modules that a file imports, including imports within functions."""
    return syntax(file).imports


def named(file: Path) -> set[str]:
    """The modules of this repository that a file names in strings, for `python -m` or `import_module`."""
    return {name for name in MODULE_IN_TEXT.findall(file.read_text()) if _is_module(name)}


@cache
def _is_module(name: str) -> bool:
    top, *rest = name.split(".")
    place = PLACES.get(top, CHECKOUT / top).joinpath(*rest)
    return place.with_suffix(".py").is_file() or (place.is_dir() and any(place.glob("*.py")))


def likely(names: Iterable[str]) -> re.Pattern[str]:
    """Finds what looks like an import of these top-level modules, or a text that names one. It may also be prose."""
    either = "|".join(sorted(names))
    return re.compile(rf"^[ \t]*(?:from|import)[ \t][^\n]*\b(?:{either})\b|[\"' ](?:{either})\.\w", re.MULTILINE)


def file_of(module: str) -> Path | None:
    """The file of a module of a library or of the settings; None for other modules."""
    root = CHECKOUT if module.partition(".")[0] == "settings" else LAMBDA
    place = root.joinpath(*module.split("."))
    return next((item for item in (place.with_suffix(".py"), place / "__init__.py") if item.is_file()), None)


def reached(function: Path) -> set[str]:
    """The libraries that a function needs: those that it imports, and those that they import."""
    waiting = [name for file in function.glob("*.py") for name in imports(file)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        file = file_of(name) if name.partition(".")[0] in COPIED and name not in seen else None
        if file:
            seen.add(name)
            waiting += imports(file)
    return {name.partition(".")[0] for name in seen}


def module_of(file: Path) -> str:
    """The name under which a file of `lambda/` is imported: a function's own modules have no package."""
    place = file.relative_to(LAMBDA)
    parts = [*place.parent.parts, *([] if place.stem == "__init__" else [place.stem])]
    return ".".join(parts[1:] if parts[0] in FUNCTIONS else parts)


def at_start(file: Path, modules: Container[str]) -> set[str]:
    """Which of `modules` a file imports at its top level, without imports within functions or only for types."""
    top_levels: set[str] = set()
    for module, names in syntax(file).at_start:
        # `from package import module` counts as the module.
        top_levels |= {name if name in modules else module for name in names or {module}}
    return {name for name in top_levels if name in modules}
