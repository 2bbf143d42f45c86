"""Each metric that the functions write is in the documents, and the documents name no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from osml.place import CHECKOUT

# The module that writes metrics, the page with their names, and the beginning and the end of the part with them.
WRITTEN = [
    ("lambda/gateway/telemetry.py", "docs/assistant.md", "### Metrics", "###"),
    ("lambda/keeper/report.py", "docs/operations.md", "### Metrics and the alarm", "There is one alarm"),
    ("lambda/drop/dropped.py", "docs/drop.md", "The metrics", "."),
    ("lambda/sync/sync.py", "docs/sources.md", "The metrics", "."),
]
NAME = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)*")


def written(file: Path) -> set[str]:
    """The names in the functions that write metrics, and in the constants that these functions use."""
    tree = ast.parse(file.read_text())
    writing = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and _calls(node) & {"add_metric", "count"}
    ]
    used = {name.id for node in writing for name in ast.walk(node) if isinstance(name, ast.Name)}
    constants = [
        node for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in used
    ]
    strings = {text for part in [*writing, *constants] for text in _strings(part)}
    return {text for text in strings if NAME.fullmatch(text)}


def _strings(node: ast.AST) -> Iterator[str]:
    """The strings below a node, without the values of a `finding`, which is a word of the log."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if getattr(key, "value", None) != "finding":
                yield from (text for part in (key, value) if part for text in _strings(part))
    elif not (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "finding"):
        for child in ast.iter_child_nodes(node):
            yield from _strings(child)


def _calls(function: ast.FunctionDef) -> set[str]:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


@pytest.mark.parametrize(("module", "page", "beginning", "end"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_the_page_names_the_metrics_that_are_written(module: str, page: str, beginning: str, end: str) -> None:
    part = (CHECKOUT / page).read_text().partition(beginning)[2].partition(end)[0]
    named = {name for name in re.findall(r"`(\w+)`", part) if NAME.fullmatch(name)}
    names = written(CHECKOUT / module)
    assert names
    assert named == names


def test_no_other_module_writes_metrics() -> None:
    files = [file for file in (CHECKOUT / "lambda").rglob("*.py") if "aws" not in file.parts]
    writing = {str(file.relative_to(CHECKOUT)) for file in files if written(file)}
    assert writing == {row[0] for row in WRITTEN}
