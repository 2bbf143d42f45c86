"""Publishes figures: as a table on the screen, and in the section of that name in docs/performance.md."""

import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

# The width of the table in characters, because a log has no width of its own.
WIDTH = 140
DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"


def publish(section: str, columns: Sequence[str], rows: Sequence[Sequence[str]], document: Path = DOCUMENT) -> None:
    """Show the table, and put it between the section's marks, `<!-- overhead -->` and `<!-- end of overhead -->`.

    Raises ValueError when the document has no such marks.
    """
    show(columns, rows)
    text = document.read_text()
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    pattern = re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{document} has no lines {begin} and {end}, between which the table belongs; add them.")
    document.write_text(pattern.sub(lambda _: _markdown(columns, rows), text, count=1))


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print the table."""
    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    Console(width=WIDTH).print(table)


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"
