"""The commands `osml feedback …`: what people say of answers."""

import json as to_json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from calls.count_of import count_of
from osml.commands.options import Env, Sandbox
from osml.place import Place, place
from osml.table import put
from osml.terminal import as_json, shown

if TYPE_CHECKING:
    from rag.feedback_models import Judgement

PANEL = "Documents and questions"

app = typer.Typer(help="Readers' ratings of answers (`assistant.feedback`).", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
RATINGS = {"up": "good", "down": "not good", None: ""}


@app.command("list")
def part(env: Env = None, sandbox: Sandbox = False, json: Json = False) -> None:
    """List ratings of answers, the newest first. If texts are kept, questions without an answer are included."""
    from osml.feedback.feedback import feedback

    _show(feedback(place(env, sandbox)), json=json)


@app.command("gaps")
def gaps(env: Env = None, sandbox: Sandbox = False, json: Json = False) -> None:
    """List questions that the documents did not answer, or not fully according to a reader."""
    from osml.feedback.feedback import feedback
    from osml.feedback.feedback import gaps as of

    _show(of(feedback(place(env, sandbox))), json=json)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="NDJSON to write, for `osml evaluate`.")],
    env: Env = None,
    sandbox: Sandbox = False,
) -> None:
    """Write an evaluation set: questions with good answers, and the documents that support them."""
    from osml.failure import Failure
    from osml.feedback.feedback import evaluation_set, feedback

    chosen = place(env, sandbox)
    lines = [to_json.dumps(labelled, ensure_ascii=False) for labelled in evaluation_set(feedback(chosen))]
    if not lines:
        raise Failure(
            f"No answer that is rated as good has a question and a document, so no file was written. {_next(chosen)}"
        )
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    Console().print(
        f"{shown(str(file))} has {count_of(len(lines), 'labelled question')}. Measure with: osml evaluate "
        f"{shown(str(file))} {chosen.options}",
        highlight=False,
        soft_wrap=True,
    )


def _next(chosen: Place) -> str:
    """What to do if no good answer was kept."""
    assistant = chosen.settings().assistant
    if assistant and assistant.feedback and assistant.feedback.keep == "texts":
        return f"Wait until readers have rated answers; `osml feedback list {chosen.options}` shows the ratings."
    return (
        f"Set assistant.feedback.keep to texts in {chosen.file}, deploy, and wait until readers have rated answers; "
        "without it, ratings have no question."
    )


def _show(judged: "Iterable[Judgement]", *, json: bool) -> None:
    listed = list(judged)
    if json:
        print(as_json({"feedback": [entry.model_dump(mode="json") for entry in listed]}))
        return
    console = Console()
    table = Table("when", "rating", "reason", "question", "documents", "model", box=None, header_style="bold")
    for entry in listed:
        said = " · ".join(
            part for part in (entry.question or "", f"“{entry.comment}”" if entry.comment else "") if part
        )
        table.add_row(
            f"{entry.at.astimezone():%Y-%m-%d %H:%M}",
            RATINGS[entry.rating],
            entry.reason or "",
            shown(said or "not kept"),
            shown(", ".join(entry.documents)) or "none",
            shown(entry.model or ""),
        )
    if listed:
        put(console, table)
    console.print(f"{count_of(len(listed), 'entry')}.", highlight=False, soft_wrap=True)
