"""The folders of this repository: what imports what, and what is installed.

The arrows run down: app → stacks → constructs → settings; functions → libraries → settings; osml → libraries, settings.
Tests and benchmarks use all of them, and nothing of each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from osml.place import CHECKOUT
from settings import Group
from settings.environment import Environment
from tests.unit.imports import (
    FUNCTIONS,
    LAMBDA,
    LIBRARIES,
    LOCAL_CLOUD,
    OURS,
    PLACES,
    PROJECT,
    at_start,
    folder,
    imports,
    likely,
    module_of,
    named,
)

# A package that is not listed here imports none of the others.
MAY_IMPORT = {
    "agents": {"rag", "settings"},
    "aws": {"calls", "corpus", "mlcommons"},
    "corpus": {"calls"},
    "gateway": {"aws", "calls", "rag", "settings"},
    "mlcommons": {"calls"},
    "rag": {"aws", "calls", "corpus", "settings"},
    "sources": {"calls", "corpus", "settings"},
    "stacks": {"settings", "opensearch_ml"},
    "osml": {"agents", "aws", "calls", "settings", "mlcommons", "corpus", "rag", "sandbox", "sources"},
}


# They import all packages, and `trials`; nothing imports them.
UNSHARED = frozenset({"benchmarks", "tests"})
DEVELOPMENT = UNSHARED | {"trials"}


def used(package: str, others: frozenset[str]) -> dict[str, set[str]]:
    """For each of the `others` that a package imports or starts: the files that do it."""
    files_by_package: dict[str, set[str]] = {}
    others -= {package}
    sign = likely(others)
    for file in PLACES.get(package, CHECKOUT / package).rglob("*.py"):
        # Only files that look as if they used one of them are parsed.
        if not sign.search(file.read_text()):
            continue
        for name in {name.partition(".")[0] for name in imports(file) | named(file)} & others:
            files_by_package.setdefault(name, set()).add(file.relative_to(CHECKOUT).as_posix())
    return files_by_package


@pytest.mark.parametrize("package", sorted(OURS))
def test_a_package_uses_only_those_below_it(package: str) -> None:
    assert used(package, (OURS | DEVELOPMENT) - MAY_IMPORT.get(package, set())) == {}


@pytest.mark.parametrize("package", sorted(DEVELOPMENT))
def test_tests_and_benchmarks_use_nothing_of_each_other(package: str) -> None:
    assert used(package, UNSHARED) == {}


@pytest.mark.parametrize(
    "line",
    [
        "import tests.unit.imports",
        "def f():\n    from tests.unit import imports",
        'command = [sys.executable, "-m", "tests.unit.imports", "url"]',
        'command = "python -m tests.unit.imports url"',
        'module = import_module("tests.unit.imports")',
    ],
)
def test_an_import_and_a_started_module_are_seen(line: str, tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    file.write_text(f"{line}\n")
    assert "tests.unit.imports" in imports(file) | named(file)
    assert likely({"tests"}).search(line)


def test_a_dotted_text_that_is_no_module_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    file.write_text('name = "tests.unit.nothing"\n')
    assert named(file) == set()


def test_every_folder_with_modules_is_installed() -> None:
    there = {
        ".".join([package, *file.parent.relative_to(folder(package)).parts])
        for package in OURS
        for file in folder(package).rglob("*.py")
    }
    assert {*PROJECT["packages"], *LOCAL_CLOUD["packages"]} == there


@pytest.mark.thorough
def test_a_test_of_the_local_cloud_alone_is_in_its_folder() -> None:
    ours = OURS | DEVELOPMENT - {"tests"} | {file.stem for place in FUNCTIONS.values() for file in place.rglob("*.py")}
    packages = {
        file.name: {name.partition(".")[0] for name in imports(file)} & ours
        for file in (CHECKOUT / "tests" / "unit").glob("test_*.py")
        # It tests a module of the tests.
        if file.name != "test_needs.py"
    }
    assert [name for name, used in packages.items() if used == {"sandbox"}] == [], "move them to tests/sandbox"


def test_every_function_is_a_folder_with_its_handler() -> None:
    workers = {"drop", "keeper", "page", "provisioner", "sync"}
    assert set(FUNCTIONS) == {"ask", "authorize", "documents", "session", "tools", *workers}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_imports_its_own_modules_and_libraries(name: str) -> None:
    modules = {place: {file.stem for file in folder.rglob("*.py")} for place, folder in FUNCTIONS.items()}
    others = set().union(*(pair for place, pair in modules.items() if place != name)) - modules[name]
    allowed = LIBRARIES | {"settings"}
    for file in FUNCTIONS[name].rglob("*.py"):
        named = {module.partition(".")[0] for module in imports(file)}
        assert named & others == set(), file
        assert named & OURS <= allowed, file


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_a_library_imports_no_function(library: str) -> None:
    modules = {file.stem for place in FUNCTIONS.values() for file in place.rglob("*.py")} | set(FUNCTIONS)
    sign = likely(modules)
    for file in (file for file in folder(library).rglob("*.py") if sign.search(file.read_text())):
        assert {name.partition(".")[0] for name in imports(file)} & modules == set(), file


def test_no_two_functions_have_a_module_of_one_name() -> None:
    names = [file.stem for place in FUNCTIONS.values() for file in place.rglob("*.py")]
    assert len(names) == len(set(names))


def test_no_modules_import_each_other() -> None:
    """An import that is only for types does not count."""
    files = {module_of(file): file for file in LAMBDA.rglob("*.py")}
    assert circles({name: at_start(file, files) for name, file in files.items()}) == []


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """The modules in import cycles, and those that depend on them.

    Repeatedly removes modules that import none of the others; these are left.
    """
    left = dict(arrows)
    while free := [name for name, imported in left.items() if not imported & left.keys() - {name}]:
        for name in free:
            del left[name]
    return sorted(left)


def test_each_group_of_an_environment_is_in_the_settings_file_of_its_name() -> None:
    def groups(annotation: object) -> Iterator[type[Group]]:
        if isinstance(annotation, type) and issubclass(annotation, Group):
            yield annotation
        for part in get_args(annotation):
            yield from groups(part)

    elsewhere = {
        f"{name}: {group.__module__}"
        for name, field in Environment.model_fields.items()
        # These groups have one file for each kind or provider.
        if name not in ("search", "embedding", "answer", "sources")
        for group in groups(field.annotation)
        if group.__module__ != f"settings.{name}"
    }
    assert elsewhere == set()
