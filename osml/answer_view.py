"""Shows an answer to a person, or to a program."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from osml.question import Answer

SHOWN_CHARACTERS = 160


def show(answer: Answer, command: str) -> None:
    """Prints the answer, if a model gave one, the documents with their scores, and how to ask something else."""
    console = Console()
    if answer.text is not None:
        panel = Panel(escape(answer.text), title=escape(answer.question), subtitle=answer.model, title_align="left")
        console.print(panel)
    table = Table("score", "document", "text", box=None, header_style="bold")
    for source in answer.sources:
        text = " ".join(source.text.split())
        shown = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
        table.add_row(f"{source.score:.3f}", escape(source.id), escape(shown))
    console.print(table)
    console.print(f'Ask something else: [bold]{escape(command)} "…"[/]', highlight=False)


def print_json(answer: Answer) -> None:
    """Prints `{"question", "text", "sources": [{"id", "score", "text"}], "model", "took_ms"}` on one line.

    Without an answer model `text` and `model` are null.
    """
    print(json.dumps(asdict(answer), ensure_ascii=False))
