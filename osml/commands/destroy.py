"""The command `osml destroy`."""

from typing import Annotated

import typer

from osml import agreement
from osml.commands.options import OTHERS_TO_CDK, Env, Sandbox
from osml.place import place, require_checkout

PANEL = "Deploy"

SETTINGS = OTHERS_TO_CDK


def destroy(
    context: typer.Context,
    env: Env = None,
    sandbox: Sandbox = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove every stack of an environment and everything that the stacks created in OpenSearch."""
    from osml.deploy import cdk, drop, orphan, protection
    from osml.deploy.destination import destination

    require_checkout()
    where = place(env, sandbox)
    if not where.instance:
        there = destination(where)
        question = f"Remove the environment {where.env} with its indexes and documents from {there}?"
        if not yes:
            agreement.require(question)
    orphan.remove(where)
    drop.empty(where)
    protection.lift(where)
    cdk.destroy(where, context.args)
