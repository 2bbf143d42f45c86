"""Tables of the command line: ids are whole, so that they can be copied, and on one line in a pipe."""

import os

from rich.console import Console
from rich.table import Table

_UNLIMITED = 100_000


def put(console: Console, table: Table) -> None:
    """Print the table. No cell is cut; a row has several lines only on a terminal or if COLUMNS is set."""
    for column in table.columns:
        column.overflow = "fold"
    width = console.width
    if not (console.is_terminal or "COLUMNS" in os.environ):
        console.width = max(width, console.measure(table, options=console.options.update(max_width=_UNLIMITED)).maximum)
    console.print(table)
    console.width = width
