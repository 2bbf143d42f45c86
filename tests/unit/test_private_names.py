"""A private name belongs to the module that defines it: no test uses, replaces or imports one of another module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from osml.place import CHECKOUT
from tests.unit.syntax import syntax

OURS = ("benchmarks", "constructs", "lambda", "osml", "sandbox", "settings", "stacks", "trials")
PRIVATE = re.compile(r"_[A-Za-z]\w*")
# Only tests that match it, or use a private name of `self` that they do not define, are parsed.
SIGN = re.compile(
    r"(?<!\bself)(?<!\bcls)\._[A-Za-z]|\bimport (?:[^#\n(]*|\([^)]*)\b_[A-Za-z]"
    r"|,\s*[\"']_[A-Za-z]\w*[\"'](?!\s*:)|\(\s*[\"'][\w.]+\._[A-Za-z]\w*[\"']"
)
OF_SELF = re.compile(r"\b(?:self|cls)\.(_[A-Za-z]\w*)")
DEFINED = re.compile(
    r"\bdef[ \t]+(_\w+)|\bself\.(_\w+)[ \t]*(?::[^=\n]+)?=(?!=)|^[ \t]*(_\w+)[ \t]*(?::|=(?!=))", re.MULTILINE
)
# Functions that take a name as text.
BY_NAME = {"setattr", "getattr", "hasattr", "delattr", "patch", "object"}
# A private name of a library, which a module of ours also uses.
OF_LIBRARIES = {
    # crhelper loads all of the machine's certificate authorities for every answer; only this name can replace its
    # sender.
    ("tests/contract/test_fault_matrix.py", "_send"),
}


def named(tree: ast.AST, own: frozenset[str]) -> Iterator[str]:
    """Each private name of another module that code uses; `own` are those that the file defines for its `self`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if name in own:
                pass
            case ast.Attribute(attr=name):
                yield name
            case ast.ImportFrom(names=names):
                yield from (alias.name for alias in names)
            case ast.Call(func=ast.Attribute(attr=how) | ast.Name(id=how), args=arguments) if how in BY_NAME:
                yield from (text for text in map(_text, arguments) if text)
            # A list of replacements that a loop applies.
            case ast.Tuple(elts=[ast.Name() | ast.Attribute(), ast.Constant(value=str(text)), *_]):
                yield text


def _text(node: ast.expr) -> str | None:
    return node.value.rpartition(".")[2] if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def foreign(file: Path) -> set[str]:
    """The private names of other modules that a test uses."""
    source = file.read_text()
    if not SIGN.search(source) and {*OF_SELF.findall(source)} <= {
        name for names in DEFINED.findall(source) for name in names
    }:
        return set()
    return {name for name in named(ast.parse(source), syntax(file).bindings) if PRIVATE.fullmatch(name)}


def defined(names: set[str], folders: Iterable[Path]) -> set[str]:
    """Which of the names a file in or below the folders defines."""
    sign = re.compile(rf"\b(?:{'|'.join(sorted(names))})\b")
    files = (file for folder in folders for file in folder.rglob("*.py") if sign.search(file.read_text()))
    return {name for file in files for name in syntax(file).bindings & names}


def test_no_test_names_what_is_private_to_another_module() -> None:
    tests = CHECKOUT / "tests"
    taken = {(file.relative_to(CHECKOUT).as_posix(), name) for file in tests.rglob("*.py") for name in foreign(file)}
    ours = defined({name for _, name in taken}, [*(CHECKOUT / folder for folder in OURS), tests])
    assert {(file, name) for file, name in taken if name in ours} == OF_LIBRARIES


@pytest.mark.parametrize(
    "code",
    [
        "engine._wire",
        "f(a)[0]._wire.send()",
        "engine._wire = 1",
        "super()._wire()",
        "class A(B):\n    def f(self): self._wire",
        "from a import _wire",
        "patch.setattr(engine, '_wire', 1)",
        "patch.setattr('a.b._wire', 1)",
        "getattr(engine, '_wire')",
        "for a, b in ((c, 'd'), (engine, '_wire')): patch.setattr(a, b, 1)",
    ],
)
def test_each_way_to_name_it_is_seen(tmp_path: Path, code: str) -> None:
    file = tmp_path / "a.py"
    file.write_text(code)
    assert foreign(file) == {"_wire"}


def test_what_a_test_defines_for_itself_is_its_own(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("class A:\n    def f(self):\n        self._wire = 1\n        return self._wire, {'_wire': 1}\n")
    assert foreign(file) == set()
    assert defined({"_wire", "_other"}, [tmp_path]) == {"_wire"}
