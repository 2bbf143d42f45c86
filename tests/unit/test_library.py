"""The construct library is independent: it imports nothing of this application."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from osml.place import CHECKOUT
from settings import Environment

LIBRARY = CHECKOUT / "constructs" / "opensearch_ml"
MODULES = sorted(LIBRARY.rglob("*.py"))
ALLOWED = {"aws_cdk", "constructs", "jsii", "opensearch_ml"}


def imported(module: Path) -> set[str]:
    """The first parts of the names that a module imports."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, module.name
            modules.add(str(node.module).partition(".")[0])
    return modules


def texts_of(module: Path) -> str:
    """The sentences in a module's strings, without the examples in docstrings, and its comments."""
    source = module.read_text()
    constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    sentences = [
        constant.partition("Example::")[0] for constant in constants if isinstance(constant, str) and " " in constant
    ]
    return "\n".join([*sentences, *re.findall(r"#.*$", source, re.MULTILINE)])


SCHEMA = Environment.model_json_schema()
MEMBERS = {name for part in SCHEMA["$defs"].values() for name in part.get("properties", {})}
SETTING = re.compile(rf"(?<![\w.])({'|'.join(SCHEMA['properties'])})\.([a-z_]+)\b")


def settings_in(text: str) -> list[str]:
    """The settings of environment files that `text` names, as group and member."""
    return [f"{group}.{member}" for group, member in SETTING.findall(text) if member in MEMBERS]


def test_a_module_imports_the_cdk_and_the_standard_library_only() -> None:
    allowed = ALLOWED | sys.stdlib_module_names
    assert {str(module): others for module in MODULES if (others := imported(module) - allowed)} == {}


def test_no_message_speaks_of_a_file_that_a_foreign_app_has_not() -> None:
    named = [module.name for module in MODULES if "environments/" in module.read_text()]
    assert named == []


def test_a_setting_is_found_in_a_message() -> None:
    text = "Raise answer.max_tokens, set embedding.dimension, search.engine_version or search.model_keys.arn."
    assert settings_in(text) == [
        "answer.max_tokens",
        "embedding.dimension",
        "search.engine_version",
        "search.model_keys",
    ]
    assert settings_in("keeper.handler, params.embedding.size(), index.knn") == []


def test_no_message_speaks_of_a_setting_that_a_foreign_app_has_not() -> None:
    assert {module.name: settings for module in MODULES if (settings := settings_in(texts_of(module)))} == {}
