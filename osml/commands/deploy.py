"""The command `osml deploy`."""

from contextlib import suppress
from typing import Annotated

import typer
from rich.console import Console

from osml import agreement
from osml.commands import sandbox as local_cloud
from osml.commands import secret
from osml.commands.options import OTHERS_TO_CDK, Env, Sandbox
from osml.commands.page import show_page
from osml.exit_code import DRIFTED
from osml.failure import Failure
from osml.place import Place, place, require_checkout
from osml.terminal import shown

PANEL = "Deploy"

SETTINGS = OTHERS_TO_CDK


def deploy(
    context: typer.Context,
    env: Env = None,
    sandbox: Sandbox = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before data is lost or permissions widen.")
    ] = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Also restore objects in the engine that somebody deleted or changed manually."),
    ] = False,
) -> None:
    """Deploy every stack of an environment. Other options, such as --verbose, go to `cdk deploy`.

    The command first checks what AWS would refuse, as `osml preflight` does, without the checks of permissions and
    models. Then it lists the data that the deploy would remove or replace, and the permissions and network rules that
    it would widen, and asks for confirmation of each, except on the local cloud. It does not ask about data if the
    environment's file says that its loss was reviewed. The exit code is 0 when every object is as its stack defines it,
    1 when the deploy fails, and 3 when it succeeds but somebody deleted or changed objects manually; --repair restores
    those.
    """
    from osml.ask import page
    from osml.deploy import drift, neighbours
    from osml.deploy.deployment import ONLY_PREPARES, Deployment
    from osml.deploy.destination import destination
    from osml.deploy.loss import mark_of
    from osml.preflight import preflight

    require_checkout()
    where = place(env, sandbox)
    if note := local_cloud.other_line(where):
        _print(note)
    if not where.instance:
        _print(f"Deploying {where.env} to {destination(where)} …")
    second = neighbours.require_apart(where)
    for sentence in second:
        _print(f"[yellow]![/] {shown(sentence)}.")
    if second and not (yes or where.instance):
        agreement.require("Create a second environment?")
    if repair:
        drift.require_ours(where)
    deployment = Deployment(where, [*context.args, *(drift.mending() if repair else [])])
    preflight.require(where, deployment)
    losses = deployment.losses()
    for loss in losses:
        _print(f"[yellow]![/] {shown(str(loss))}.")
    if not where.instance:
        _print(shown(str(deployment.cost())))
    reviewed = where.settings().reviewed == mark_of(losses)
    if losses and not (yes or reviewed or where.instance):
        agreement.require("Deploy anyway?")
    if not (yes or where.instance) and deployment.differences(broader=True):
        agreement.require("Deploy with these permissions?")
    secret.require(where, deployment)
    deployment.deploy()
    if page.is_wanted(where):
        # With options such as --no-execute a deploy succeeds and makes no page.
        with suppress(Failure):
            show_page(where)
    if not ONLY_PREPARES & set(context.args):
        _compare(where)


def _compare(where: Place) -> None:
    """Print the objects that differ from their stacks, and exit with 3 if there are any."""
    from osml.deploy import drift

    try:
        sentences = drift.drifted(where)
    except Failure as failure:
        _print(f"The objects in the engine were not compared with their stacks: {shown(str(failure))}")
        return
    if not sentences:
        return
    for sentence in sentences:
        _print(f"[red]✗[/] {shown(sentence)}")
    _print(
        "The deploy succeeded without changing these objects. "
        f"Restore them with `osml deploy {where.options} --repair`."
    )
    raise typer.Exit(DRIFTED)


def _print(text: str) -> None:
    Console(stderr=True).print(text, highlight=False, soft_wrap=True)
