"""The glossary is true: its names exist in the code, and the words that it rejects do not."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from osml.place import CHECKOUT
from tests.unit.syntax import syntax

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (CHECKOUT / "docs" / "glossary.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| term", "| ---"))
]
# A class or function, or a text that looks like one. Only files with a rejected word are parsed.
SIGN = re.compile(r"\b(?:class|def)[ \t]+(\w+)")
FOLDERS = ("constructs", "lambda", "osml", "sandbox", "settings", "stacks")


def resolve(dotted: str) -> object:
    """The module, or the attribute of one, with that dotted name; raises ImportError or AttributeError."""
    try:
        return importlib.import_module(dotted)
    except ModuleNotFoundError:
        module, _, name = dotted.rpartition(".")
        return getattr(importlib.import_module(module), name)


@pytest.mark.thorough
def test_a_term_has_its_name_in_the_code() -> None:
    for row in ROWS:
        match = re.fullmatch(r"`([\w.]+)`", row[1])
        assert match, row
        assert resolve(match[1]) is not None, row


def test_terms_stand_in_order_and_once() -> None:
    terms = [row[0].lower() for row in ROWS]
    assert terms == sorted(set(terms))


def test_no_public_class_or_function_bears_a_rejected_word() -> None:
    rejected = {row[3].lower() for row in ROWS if row[3]}
    assert rejected & set().union(*(names(CHECKOUT / folder, rejected) for folder in FOLDERS)) == set()


def names(folder: Path, words: set[str]) -> set[str]:
    """Which of the words a public class or function in or below the folder has as its name."""
    return {
        word
        for file in folder.rglob("*.py")
        if any(plain(name) in words for name in SIGN.findall(file.read_text()))
        for name in (*syntax(file).classes, *syntax(file).functions)
        if (word := plain(name)) in words and not name.startswith("_")
    }


def plain(name: str) -> str:
    return name.lower().replace("_", "")


def test_a_rejected_word_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "class Outer:\n    def way_out(self): ...\nclass _Detour: ...\nTEXT = 'class Letter'\n"
    )
    assert names(tmp_path, {"wayout", "detour", "letter", "outer2"}) == {"wayout"}
