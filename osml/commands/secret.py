"""The command `osml secret set`, and the check of secrets before a deploy."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from osml.commands.options import Env, Sandbox
from osml.failure import Failure
from osml.place import Place, place

if TYPE_CHECKING:
    from osml.deploy.deployment import Deployment
    from sandbox.instance import Instance
    from settings.secret import Secret

PANEL = "Deploy"

app = typer.Typer(help="Store the models' keys in Secrets Manager.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Store the models' keys in Secrets Manager."""


@app.command("set")
def set_key(
    env: Env = None,
    sandbox: Sandbox = False,
    from_file: Annotated[Path | None, typer.Option(help="Read the key from a file; - is standard input.")] = None,
    of: Annotated[
        str | None, typer.Option(help="Which model's key: embedding or answer. Needed if both have one.")
    ] = None,
) -> None:
    """Store a model's key. The command prompts for the key, or reads it from a pipe, and never shows it.

    In the local cloud, without a key on a pipe, it is the key of the local endpoints.
    """
    from settings.serverless import Serverless

    where = place(env, sandbox)
    model, wanted = _secret_of(where, of)
    value = _given(from_file)
    if from_file is None and where.instance and not value:
        _store_local(where, wanted, where.instance)
        return
    if value is None:
        value = typer.prompt(f"Key of the {model} model", hide_input=True).strip()
    if not value:
        raise Failure("The key is empty. Nothing was stored.")
    _store(where, wanted, value)
    settings = where.settings()
    if settings.keeper and not isinstance(settings.search, Serverless):
        Console().print(
            "The keeper applies the new key within a minute. Revoke the old key after that.", soft_wrap=True
        )


def _given(file: Path | None) -> str | None:
    """The key of the file, or else of standard input; None if that is a terminal."""
    if file is not None and str(file) != "-":
        return file.read_text().strip()
    if file is None and sys.stdin.isatty():
        return None
    Console(stderr=True).print("Reading the key from standard input …", soft_wrap=True)
    return sys.stdin.read().strip()


def _store_local(where: Place, wanted: "Secret", cloud: "Instance") -> None:
    """Store the key of the local endpoints."""
    Console().print("The key is that of the local endpoints.", soft_wrap=True)
    _store(where, wanted, cloud.deepseek_key.read_text().strip())


def _store(where: Place, wanted: "Secret", value: str) -> None:
    from osml.deploy import secret

    settings = where.settings()
    secret.put(
        wanted.name,
        wanted.key,
        value,
        settings.region,
        encrypted_with=settings.encryption.key if settings.encryption else None,
    )
    Console().print(f"Stored under the key [bold]{wanted.key}[/] of the secret [bold]{wanted.name}[/].", soft_wrap=True)


def require(where: Place, deployment: "Deployment") -> None:
    """Check the keys before a deploy, because a missing key would only make it fail at its end.

    Deploys the secrets that a stack makes first. Raises Failure when a key is missing.
    """
    settings = where.settings()
    missing = _missing(where)
    if any(wanted.create for wanted in missing.values()):
        deployment.deploy(f"{settings.prefix}-inference")
    for model, wanted in missing.items():
        chosen = f" --of {model}" if len(settings.secrets) > 1 else ""
        raise Failure(
            f"The secret {wanted.name} has no value under the key {wanted.key} yet. "
            f"Store it with `osml secret set {where.options}{chosen}`, then deploy again.",
            "secret-key-missing",
        )


def store_local(where: Place) -> None:
    """Store the key of the local endpoints for each model without a key. Nothing happens on AWS.

    Deploys the secrets that a stack makes first.
    """
    from osml.deploy.deployment import Deployment

    if where.instance is None:
        return
    missing = _missing(where)
    if any(wanted.create for wanted in missing.values()):
        Deployment(where, []).deploy(f"{where.settings().prefix}-inference")
    for wanted in missing.values():
        _store_local(where, wanted, where.instance)


def _missing(where: Place) -> "dict[str, Secret]":
    """The secrets without a value under their key, by the model that needs them."""
    from osml.deploy import secret

    settings = where.settings()
    return {
        model: wanted
        for model, wanted in settings.secrets.items()
        if not secret.holds(wanted.name, wanted.key, settings.region)
    }


def _secret_of(where: Place, model: str | None) -> tuple[str, "Secret"]:
    """The model, which may be left out if only one has a key, and the secret that holds its key."""
    secrets = where.settings().secrets
    if not secrets:
        raise Failure(f"No model of the environment {where.env} needs a key, so there is nothing to store.")
    if model is None and len(secrets) == 1:
        return next(iter(secrets.items()))
    if model not in secrets:
        first = "Several models have a key." if model is None else f"{model!r} is not a model with a key."
        raise Failure(f"{first} Add --of {' or --of '.join(secrets)}.")
    return model, secrets[model]
