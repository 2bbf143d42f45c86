"""The command `osml up`."""

from pathlib import Path

import typer
from rich.console import Console

from osml import local_cloud
from osml.commands.options import OTHERS_TO_CDK, Env
from osml.failure import Failure
from osml.place import CHECKOUT, Place, is_checkout, place

PANEL = "Set up"

SETTINGS = OTHERS_TO_CDK


def up(context: typer.Context, env: Env = None) -> None:
    """Start the local cloud, and deploy an environment or an app of your own there. Other options go to `cdk deploy`.

    In a folder with a cdk.json, such as one that `osml init --app` has written, it deploys that app with the CDK
    command line. In a checkout of the osml repository, or with --env, it deploys an environment, by default `sandbox`.
    Missing keys of models get the key of the local endpoints. `osml sandbox down` stops everything.
    """
    from osml.deploy.own_app import MANIFEST, OwnApp

    local_cloud.require()
    here = Path.cwd()
    has_app = (here / MANIFEST).is_file() and here != CHECKOUT
    if has_app and not env:
        own = OwnApp(here)
        _start(None)
        instance = place(None, sandbox=True).instance
        assert instance  # noqa: S101 - for the type checker
        own.deploy(instance, context.args)
        Console(stderr=True).print(
            "The app is deployed on the local cloud. `osml sandbox status` shows its addresses, `osml sandbox down` "
            "stops it.",
            soft_wrap=True,
        )
        return
    if has_app and not is_checkout():
        raise Failure(
            f"The environment {env} needs a checkout of the osml repository, but this osml was installed from a "
            "package. Leave out --env to deploy the app in this folder.",
            "package-missing",
        )
    if not is_checkout():
        raise Failure(
            f"There is no {MANIFEST} in {here}. Run `osml up` in the folder of an app, which `osml init NAME --app "
            "FOLDER` writes. An environment needs a checkout of the osml repository.",
            "package-missing",
        )
    _start(env)
    _deploy(context, place(env, sandbox=True))


def _start(env: str | None) -> None:
    from osml.commands import sandbox

    sandbox.up(env, discard=False)


def _deploy(context: typer.Context, where: Place) -> None:
    """Store the keys that are missing, then deploy the environment."""
    from osml.commands import deploy, secret

    secret.store_local(where)
    deploy.deploy(context, where.env, sandbox=True, yes=True, repair=False)
