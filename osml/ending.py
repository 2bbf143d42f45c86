"""How the program ends after an error that has a sentence for a person."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from osml.explained import explained
from osml.terminal import as_json, shown


@contextmanager
def ending(code: int) -> Iterator[None]:
    """Ends the program with `code` after such an error; other errors are bugs and pass."""
    try:
        yield
    except Exception as error:
        failure = explained(error)
        if failure is None:
            raise
        Console(stderr=True).print(f"[red]✗[/] {shown(str(failure))}", highlight=False, soft_wrap=True)
        if "--json" in sys.argv:
            print(as_json({"error": str(failure), "cause": failure.cause}, indent=2))
        raise SystemExit(code) from None
