"""What the command line prints can be copied and piped: no sentence is broken, and no cell of a table is cut."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from osml.table import put

ROOT = Path(__file__).parents[2]
LONG = "handbook/policies/travel/2026/expenses-of-journeys-abroad-and-at-home-in-all-countries.md#12"


def broken(code: str) -> list[str]:
    """The sentences that a console prints without `soft_wrap`; it would break them at the width of the terminal."""
    return [
        ast.unparse(call)
        for call in ast.walk(ast.parse(code))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "print"
        and call.args
        and (isinstance(call.args[0], ast.JoinedStr) or isinstance(getattr(call.args[0], "value", None), str))
        and not any(option.arg == "soft_wrap" for option in call.keywords)
    ]


def test_a_broken_sentence_is_found() -> None:
    assert len(broken("console.print(f'Ask: {command}')\nConsole().print('Done.', highlight=False)")) == 2
    assert broken("console.print(table)\nprint('Done.')\nconsole.print('Done.', soft_wrap=True)") == []


def test_no_sentence_is_broken() -> None:
    # The questions of a person at a terminal are printed by a console that never breaks lines.
    files = [
        file for file in sorted((ROOT / "osml").rglob("*.py")) if "Console(soft_wrap=True)" not in file.read_text()
    ]
    wrong = {str(file.relative_to(ROOT)): sentences for file in files if (sentences := broken(file.read_text()))}
    assert wrong == {}


def test_no_table_is_printed_without_the_rules_of_all_tables() -> None:
    wrong = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "osml").rglob("*.py"))
        if "import Table" in file.read_text() and "import put" not in file.read_text() and file.name != "table.py"
    ]
    assert wrong == []


def printed(width: int, *, terminal: bool) -> str:
    output = io.StringIO()
    console = Console(file=output, width=width, force_terminal=terminal, no_color=True)
    table = Table("document", "title", "passages", box=None)
    table.add_row(LONG, "Expenses of journeys, in all countries and at all times of the year", "12")
    put(console, table)
    assert console.width == width
    return Text.from_ansi(output.getvalue()).plain


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_narrow_terminal_shows_whole_ids(width: int) -> None:
    text = printed(width, terminal=True)
    assert "…" not in text
    assert max(len(line) for line in text.splitlines()) <= width


def test_a_pipe_gets_a_line_for_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    _, row = printed(80, terminal=False).splitlines()
    assert LONG in row
    assert row.split()[-1] == "12"


def test_a_pipe_of_a_given_width_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert max(len(line) for line in printed(60, terminal=False).splitlines()) <= 60
