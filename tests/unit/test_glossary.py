"""The glossary is true: its names exist in the code, and the words that it rejects do not."""

from __future__ import annotations

import importlib
import re

from osml.place import CHECKOUT
from tests.unit.syntax import syntax

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (CHECKOUT / "docs" / "glossary.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| term", "| ---"))
]
FOLDERS = ("constructs", "lambda", "osml", "sandbox", "settings", "stacks")


def resolve(dotted: str) -> object:
    """The module, or the attribute of one, with that dotted name; raises ImportError or AttributeError."""
    try:
        return importlib.import_module(dotted)
    except ModuleNotFoundError:
        module, _, name = dotted.rpartition(".")
        return getattr(importlib.import_module(module), name)


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
    names = {
        name.lower().replace("_", "")
        for folder in FOLDERS
        for file in (CHECKOUT / folder).rglob("*.py")
        for name in (*syntax(file).classes, *syntax(file).functions)
        if not name.startswith("_")
    }
    assert rejected & names == set()
