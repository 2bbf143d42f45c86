"""Shows an answer to a person, or to a program."""

import re

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from osml.table import put
from osml.terminal import as_json, shown, visible
from rag.models import Answer, Source

SHOWN_CHARACTERS = 160


def show(question: str, answer: Answer, command: str) -> None:
    """Prints the answer, if a model gave one, the documents with their scores, and a command for the next question."""
    console = Console()
    if answer.answer is not None:
        panel = Panel(shown(answer.answer), title=shown(question), subtitle=answer.model, title_align="left")
        console.print(panel)
    for step in answer.steps:
        console.print(f"Searched for: {shown(step.query)} ({step.new} more)", highlight=False, soft_wrap=True)
    places = [", ".join(filter(None, [_place(source), _loader(source)])) for source in answer.sources]
    table = Table("score", "document", *(["place"] if any(places) else []), "text", box=None, header_style="bold")
    for source, place in zip(answer.sources, places, strict=True):
        at = [shown(place)] if any(places) else []
        table.add_row(f"{source.score:.3f}", shown(source.id), *at, _shown(source))
    put(console, table)
    if answer.conversation_id is None:
        console.print(f'Ask another question: [bold]{shown(command)} "…"[/]', highlight=False, soft_wrap=True)
        return
    follow_up = f'{command} --conversation {answer.conversation_id} "…"'
    console.print(f"Ask a follow-up: [bold]{shown(follow_up)}[/]", highlight=False, soft_wrap=True)


def _place(source: Source) -> str:
    """Where a source begins in its file, such as `page 3, Leave > Carry over`; empty if the source names no place."""
    places = {"page": source.page, "slide": source.slide, "sheet": source.sheet}
    numbered = [f"{name} {value}" for name, value in places.items() if value is not None]
    return ", ".join([*numbered, *([source.section] if source.section else [])])


def _loader(source: Source) -> str:
    """Who loaded a source that is not trusted, whose scores are halved; empty for any other source."""
    return f"loaded by {source.loaded_by}, not trusted" if source.trusted is False else ""


def _shown(source: Source) -> Text:
    """An excerpt of the passage in one line, with the sentences near to the question in bold."""
    line, at, first = Text(), 0, None
    for highlight in source.highlights:
        line.append(_flat(source.text[at : highlight.start]))
        first = len(line) if first is None else first
        line.append(_flat(source.text[highlight.start : highlight.end]), style="bold")
        at = highlight.end
    line.append(_flat(source.text[at:]).rstrip())
    if len(line) <= SHOWN_CHARACTERS:
        return line
    begin = max(0, min(first or 0, len(line) - SHOWN_CHARACTERS + 1))
    end = min(len(line), begin + SHOWN_CHARACTERS - 1)
    return Text("…" if begin else "") + line[begin:end] + ("…" if end < len(line) else "")


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", visible(text))


def print_json(answer: Answer) -> None:
    """Prints the answer on one line, as the API gives it: `Answer` of docs/openapi.json."""
    print(as_json(answer.model_dump(mode="json")))
