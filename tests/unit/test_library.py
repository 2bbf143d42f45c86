"""The construct library stands alone: it imports nothing of this application."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from osml.place import CHECKOUT

LIBRARY = CHECKOUT / "constructs" / "opensearch_ml"
MODULES = sorted(LIBRARY.glob("*.py"))
ALLOWED = {"aws_cdk", "constructs", "jsii", "opensearch_ml"}


def imported(module: Path) -> set[str]:
    """First parts of the names that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, module.name
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_module_imports_the_cdk_and_the_standard_library_only(module: Path) -> None:
    import sys

    assert imported(module) <= ALLOWED | set(sys.stdlib_module_names)


def test_no_message_speaks_of_a_file_that_a_foreign_app_has_not() -> None:
    named = [module.name for module in MODULES if "environments/" in module.read_text()]
    assert named == []
