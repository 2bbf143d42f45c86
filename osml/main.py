"""The command line `osml`."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from osml import sandbox_commands
from osml.failure import Failure
from osml.place import Place, place

if TYPE_CHECKING:
    from osml.environment.secret import Secret

app = typer.Typer(
    help="Retrieval and generative answers on Amazon OpenSearch, from one deploy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
secret_app = typer.Typer(help="The models' keys in Secrets Manager.", no_args_is_help=True)
app.add_typer(secret_app, name="secret")
app.add_typer(sandbox_commands.app, name="sandbox")

Env = Annotated[
    str | None,
    typer.Option("--env", "-e", envvar="OSML_ENV", help="Environment: a file of environments/ without .yaml."),
]
Sandbox = Annotated[bool, typer.Option("--sandbox", help="Point to the local cloud instead of AWS.")]


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def deploy(context: typer.Context, env: Env = None, sandbox: Sandbox = False) -> None:
    """Deploy every stack of an environment. Further options go to `cdk deploy`."""
    from osml import cdk

    where = place(env, sandbox)
    _require_secret(where, context.args)
    cdk.deploy(where, context.args)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def destroy(
    context: typer.Context,
    env: Env = None,
    sandbox: Sandbox = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove every stack of an environment, and all that it created in OpenSearch."""
    from osml import cdk

    where = place(env, sandbox)
    if not (yes or where.instance):
        typer.confirm(f"Remove the environment {where.env} with its indexes and documents?", abort=True)
    cdk.destroy(where, context.args)


@secret_app.command("set")
def secret_set(
    env: Env = None,
    sandbox: Sandbox = False,
    from_file: Annotated[Path | None, typer.Option(help="Read the key from a file; - is standard input.")] = None,
    of: Annotated[str | None, typer.Option(help="Whose key, if several models have one: embedding or answer.")] = None,
) -> None:
    """Store a model's key; it is asked for, and never shown.

    In the local cloud the key of the local endpoints is taken when none is given.
    """
    from osml import secret

    where = place(env, sandbox)
    settings = where.settings()
    model, wanted = _secret_of(where, of)
    if from_file is not None:
        value = (sys.stdin.read() if str(from_file) == "-" else from_file.read_text()).strip()
    elif where.instance:
        value = where.instance.deepseek_key.read_text().strip()
    else:
        value = typer.prompt(f"Key of the {model} model", hide_input=True).strip()
    if not value:
        raise Failure("The key is empty: nothing was stored.")
    secret.put(wanted.name, wanted.key, value, settings.region)
    Console().print(f"Stored under the key [bold]{wanted.key}[/] of the secret [bold]{wanted.name}[/].")


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="NDJSON, one document a line.")],
    env: Env = None,
    sandbox: Sandbox = False,
) -> None:
    """Load documents; every one is accounted for."""
    from osml.ingest import ingest_files

    where = place(env, sandbox)
    if not ingest_files(where, files):
        raise typer.Exit(1)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in one argument.")],
    env: Env = None,
    sandbox: Sandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    size: Annotated[int, typer.Option(help="How many documents the answer may rest on.", min=1, max=50)] = 4,
) -> None:
    """Ask a question and print the answer with the documents it rests on."""
    from osml import answer_view
    from osml.domain import Domain
    from osml.question import ask as ask_question
    from osml.stack import knowledge

    where = place(env, sandbox)
    found = knowledge(where)
    answer = ask_question(Domain(found), found, question, size)
    if json:
        answer_view.print_json(answer)
    else:
        answer_view.show(answer, f"{_typed_as()} ask {where.options}")


def _typed_as() -> str:
    """`osml`, or the path to it that was typed by someone whose PATH does not lead to it."""
    program = sys.argv[0]
    return program if os.sep in program and not os.path.isabs(program) else "osml"


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


def _require_secret(where: Place, arguments: list[str]) -> None:
    """A missing key would only show at the end of the deploy, as a connector that fails: say so before it begins."""
    from osml import cdk, secret

    settings = where.settings()
    missing = {
        model: wanted
        for model, wanted in settings.secrets.items()
        if not secret.holds(wanted.name, wanted.key, settings.region)
    }
    if any(wanted.create for wanted in missing.values()):
        cdk.deploy(where, arguments, [f"{settings.prefix}-inference"])
    for model, wanted in missing.items():
        chosen = f" --of {model}" if len(settings.secrets) > 1 else ""
        raise Failure(
            f"The secret {wanted.name} has no value under the key {wanted.key} yet: "
            f"store it with `osml secret set {where.options}{chosen}`, then deploy again."
        )


def _secret_of(where: Place, model: str | None) -> tuple[str, "Secret"]:
    """The one model that has a key, or `model`, with the secret the key lies in."""
    secrets = where.settings().secrets
    if not secrets:
        raise Failure(f"No model of the environment {where.env} has a key: there is nothing to store.")
    if model is None and len(secrets) == 1:
        return next(iter(secrets.items()))
    if model not in secrets:
        raise Failure(f"Say whose key it is: add --of {' or --of '.join(secrets)}.")
    return model, secrets[model]


def _speaking(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def guarded(*arguments: Any, **options: Any) -> Any:
        from osml.environment import SettingError
        from sandbox.failure import SandboxError

        try:
            return run(*arguments, **options)
        except (Failure, SandboxError, SettingError) as failure:
            Console(stderr=True).print(f"[red]✗[/] {failure}", highlight=False, soft_wrap=True)
            raise SystemExit(1) from None

    return guarded


main = _speaking(app)
