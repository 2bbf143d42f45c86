"""Shows an answer to a person, or to a program."""

import json
import re
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from osml.question import Answer, Source

SHOWN_CHARACTERS = 160


def show(answer: Answer, command: str) -> None:
    """Prints the answer, if a model gave one, the documents with their scores, and how to ask something else."""
    console = Console()
    if answer.text is not None:
        panel = Panel(escape(answer.text), title=escape(answer.question), subtitle=answer.model, title_align="left")
        console.print(panel)
    table = Table("score", "document", "text", box=None, header_style="bold")
    for source in answer.sources:
        table.add_row(f"{source.score:.3f}", escape(source.id), _shown(source))
    console.print(table)
    if answer.conversation_id is None:
        console.print(f'Ask something else: [bold]{escape(command)} "…"[/]', highlight=False)
        return
    follow_up = f'{command} --conversation {answer.conversation_id} "…"'
    console.print(f"Go on: [bold]{escape(follow_up)}[/]", highlight=False, soft_wrap=True)


def _shown(source: Source) -> Text:
    """A part of the passage in one line: what is near to the question in bold, or how it begins."""
    line, at, first = Text(), 0, None
    for one in source.highlights:
        line.append(_flat(source.text[at : one.start]))
        first = len(line) if first is None else first
        line.append(_flat(source.text[one.start : one.end]), style="bold")
        at = one.end
    line.append(_flat(source.text[at:]).rstrip())
    if len(line) <= SHOWN_CHARACTERS:
        return line
    begin = max(0, min(first or 0, len(line) - SHOWN_CHARACTERS + 1))
    end = min(len(line), begin + SHOWN_CHARACTERS - 1)
    return Text("…" if begin else "") + line[begin:end] + ("…" if end < len(line) else "")


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def print_json(answer: Answer) -> None:
    """Prints `{"question", "text", "sources": […], "model", "took_ms", "conversation_id"}` on one line.

    A source is `{"id", "score", "text", "highlights": [{"start", "end"}]}`. Without an answer model `text` and `model`
    are null, without a conversation its id.
    """
    print(json.dumps(asdict(answer), ensure_ascii=False))
