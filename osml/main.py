"""The command line `osml`."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from osml import sandbox_commands, secret_commands, user_commands
from osml.failure import Failure
from osml.options import Env, Sandbox
from osml.place import Place, place
from osml.size import Engine, Quantization

app = typer.Typer(
    help="Retrieval and generative answers on Amazon OpenSearch, from one deploy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(secret_commands.app, name="secret")
app.add_typer(user_commands.app, name="user")
app.add_typer(sandbox_commands.app, name="sandbox")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def deploy(context: typer.Context, env: Env = None, sandbox: Sandbox = False) -> None:
    """Deploy every stack of an environment. Further options go to `cdk deploy`."""
    from osml import cdk, page

    where = place(env, sandbox)
    secret_commands.require(where, context.args)
    cdk.deploy(where, context.args)
    if page.is_wanted(where):
        # Options such as --no-execute leave a deploy that is well without a page.
        with suppress(Failure):
            _show_page(where)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def destroy(
    context: typer.Context,
    env: Env = None,
    sandbox: Sandbox = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove every stack of an environment, and all that it created in OpenSearch."""
    from osml import cdk, drop

    where = place(env, sandbox)
    if not (yes or where.instance):
        typer.confirm(f"Remove the environment {where.env} with its indexes and documents?", abort=True)
    drop.empty(where)
    cdk.destroy(where, context.args)


@app.command()
def ingest(
    sources: Annotated[list[str], typer.Argument(help="Files, folders, s3://bucket/prefix.", show_default=False)],
    env: Env = None,
    sandbox: Sandbox = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only: documents, parts, tokens.")] = False,
    price: Annotated[
        float | None, typer.Option(help="For --dry-run: what the embedding model costs, in USD per million tokens.")
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option(help="Where to write what did not arrive.", show_default="rejected-<time>.ndjson")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not go on behind an ingest that was cut off.")] = False,
    initial_load: Annotated[
        bool, typer.Option("--initial-load", help="Fill an empty index without copies and refreshes; they come back.")
    ] = False,
) -> None:
    """Load documents (NDJSON, JSON, CSV, Parquet, Markdown, HTML, PDF, text); every one is accounted for."""
    from osml import estimate
    from osml.ingest import ingest_files

    where = place(env, sandbox)
    if dry_run:
        estimate.show(where, sources, price)
    elif not ingest_files(where, sources, rejected, fresh, initial_load):
        raise typer.Exit(1)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in one argument.")],
    env: Env = None,
    sandbox: Sandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    size: Annotated[int, typer.Option(help="How many documents the answer may rest on.", min=1, max=50)] = 4,
    filters: Annotated[
        list[str] | None, typer.Option("--filter", help="field=value: only documents with it; may be repeated.")
    ] = None,
    conversation: Annotated[
        str | None, typer.Option(help="`new`, or the id of one: a follow-up of what was asked in it.")
    ] = None,
) -> None:
    """Ask a question and print the answer with the documents it rests on."""
    from osml import answer_view, asking

    wanted = asking.filters(filters or [])
    where = place(env, sandbox)
    answer = asking.ask(where, question, size, wanted, conversation)
    if json:
        answer_view.print_json(answer)
    else:
        answer_view.show(answer, f"{_typed_as()} ask {where.options}")


def _typed_as() -> str:
    """`osml`, or the path to it that was typed by someone whose PATH does not lead to it."""
    program = sys.argv[0]
    return program if os.sep in program and not os.path.isabs(program) else "osml"


@app.command()
def size(
    documents: Annotated[int, typer.Option(help="Documents, or parts of documents.", min=1)],
    dimension: Annotated[int, typer.Option(help="Of the embedding model's vectors.", min=1)],
    replicas: Annotated[int, typer.Option(help="Copies besides the first one.", min=0, max=20)] = 1,
    engine: Annotated[Engine, typer.Option(help="What searches vectors.")] = "faiss",
    quantization: Annotated[Quantization, typer.Option(help="How vectors are kept in memory.")] = "none",
    text_bytes: Annotated[int, typer.Option(help="Of a document on average, without its vector.", min=0)] = 1000,
) -> None:
    """Say how large a domain has to be for so many vectors, and about what it costs."""
    from osml import size as sizing

    load = sizing.Load(documents, dimension, replicas, engine, quantization, text_bytes)
    try:
        lines = sizing.show(load, sizing.need(load))
    except ValueError as fault:
        raise Failure(str(fault)) from None
    print("\n".join(lines))


@app.command()
def smoke(
    question: Annotated[str, typer.Argument(help="The question, in one argument.")],
    env: Env = None,
    sandbox: Sandbox = False,
    expect: Annotated[
        list[str] | None, typer.Option(help="A text that the answer may hold; of several, one is enough.")
    ] = None,
) -> None:
    """Ask a question and fail without a grounded answer: what a delivery checks after each deploy."""
    from osml.smoke import run

    Console().print(run(place(env, sandbox), question, expect or []), highlight=False, markup=False, soft_wrap=True)


@app.command()
def evaluate(
    questions: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="NDJSON of labelled questions, as samples/evaluation has."),
    ],
    env: Env = None,
    sandbox: Sandbox = False,
    words: Annotated[
        list[float] | None, typer.Option(help="Try hybrid search with this weight of words; repeat.", min=0.0, max=1.0)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure how well questions find the documents that answer them: nDCG, recall, MRR and latency."""
    from osml import evaluate as evaluating
    from osml import evaluation_view

    found = evaluating.evaluate(place(env, sandbox), questions, words or [])
    if json:
        evaluation_view.print_json(found)
    else:
        evaluation_view.show(found)


@app.command()
def status(
    env: Env = None,
    sandbox: Sandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show what exists, whose it is, and whether it is well; fails when something is not."""
    from osml import status as found
    from osml import status_view

    seen = found.look(place(env, sandbox))
    if json:
        status_view.print_json(seen)
    else:
        status_view.show(seen)
    if not seen.is_healthy:
        raise typer.Exit(1)


@app.command()
def doctor(
    env: Env = None,
    sandbox: Sandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look from credentials to a question, stop at the first cause of trouble, and say what helps."""
    from osml import doctor as examination

    if not examination.show(place(env, sandbox), as_json=json):
        raise typer.Exit(1)


@app.command("page")
def show_page(
    env: Env = None,
    sandbox: Sandbox = False,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Print the address of the assistant's page."""
    address = _show_page(place(env, sandbox))
    if open_it:
        typer.launch(address)


def _show_page(where: Place) -> str:
    from osml import page

    address = page.address(where)
    print(address)
    for sentence in page.way_in(where, _typed_as()):
        Console(stderr=True).print(sentence, highlight=False, markup=False, soft_wrap=True)
    return address


def _speaking(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def guarded(*arguments: Any, **options: Any) -> Any:
        from osml.environment import SettingError
        from sandbox.failure import SandboxError

        try:
            return run(*arguments, **options)
        except (Failure, SandboxError, SettingError) as failure:
            Console(stderr=True).print(f"[red]✗[/] {escape(str(failure))}", highlight=False, soft_wrap=True)
            raise SystemExit(1) from None

    return guarded


main = _speaking(app)
