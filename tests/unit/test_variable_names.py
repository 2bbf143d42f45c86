"""A variable or function is named after its content, in code and tests: four words that fit everything are not allowed.

An underscore before the word changes nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from osml.place import CHECKOUT
from tests.unit.syntax import syntax

FOLDERS = ("benchmarks", "constructs", "lambda", "osml", "sandbox", "settings", "stacks", "tests", "trials")
WORDS = frozenset({"asked", "found", "one", "told"})
# A word before a sign that may make it a variable, in code or prose. Files without a match need not be parsed.
SIGN = re.compile(
    rf"(?<![\w'\"`])_?(?:{'|'.join(sorted(WORDS))})(?:\s*(?:[-+*/%&|@^<>]*:?=(?!=)|[:,)\]}}(#]|$)|\s+(?:in|if|as)\b)",
    re.MULTILINE,
)
# Stored under this name: in the parameters of a deployed stack, and in a file of the local cloud.
STORED = {("lambda/mlcommons/watched.py", "asked"), ("sandbox/instance.py", "asked")}


def vague(folder: Path) -> set[tuple[str, str]]:
    """The file and the word of each variable with such a name, in and below a folder."""
    return {
        (file.relative_to(CHECKOUT).as_posix() if file.is_relative_to(CHECKOUT) else file.name, name)
        for file in folder.rglob("*.py")
        if SIGN.search(file.read_text())
        for name in syntax(file).bindings & (WORDS | {f"_{word}" for word in WORDS})
    }


def test_a_variable_is_named_after_what_it_holds() -> None:
    assert set().union(*(vague(CHECKOUT / folder) for folder in FOLDERS)) == STORED


@pytest.mark.parametrize(
    "code",
    [
        "found = 1",
        "found += 1",
        "found //= 2",
        "import found  # why",
        "match a:\n    case found if b: ...",
        "with a as found, b: ...",
        "a, (found, b) = c",
        "if found := f(): ...",
        "[found for found in b]",
        "def f(*, found): ...",
        "def found(): ...",
        "class A:\n    found: int = 0",
        "self.found = 1",
        "import a as found",
        "try: ...\nexcept E as found: ...",
        "match a:\n    case [b, *found]: ...",
        "lambda found: 1",
    ],
)
def test_each_way_to_name_a_variable_is_seen(tmp_path: Path, code: str) -> None:
    (tmp_path / "a.py").write_text(code)
    (tmp_path / "b.py").write_text(code.replace("found", "_found"))
    assert vague(tmp_path) == {("a.py", "found"), ("b.py", "_found")}
