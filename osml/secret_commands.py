"""The command `osml secret set`, and what a deploy wants to know about secrets before it begins."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from osml.failure import Failure
from osml.options import Env, Sandbox
from osml.place import Place, place

if TYPE_CHECKING:
    from osml.environment.secret import Secret

app = typer.Typer(help="The models' keys in Secrets Manager.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The models' keys in Secrets Manager."""


@app.command("set")
def set_key(
    env: Env = None,
    sandbox: Sandbox = False,
    from_file: Annotated[Path | None, typer.Option(help="Read the key from a file; - is standard input.")] = None,
    of: Annotated[str | None, typer.Option(help="Whose key, if several models have one: embedding or answer.")] = None,
) -> None:
    """Store a model's key; it is asked for, and never shown.

    In the local cloud the key of the local endpoints is taken when none is given.
    """
    from osml import secret
    from osml.environment.serverless import Serverless

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
    if settings.keeper and not isinstance(settings.search, Serverless):
        Console().print("The keeper of what is deployed takes it over within a minute; revoke the old key after that.")


def require(where: Place, arguments: list[str]) -> None:
    """A missing key would only show at the end of the deploy, as something that fails: say so before it begins.

    A secret that a stack makes is deployed first, with the further `arguments` of the deploy. Raises Failure.
    """
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
