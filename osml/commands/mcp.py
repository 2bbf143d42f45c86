"""The command `osml mcp`."""

from typing import Annotated

import typer

from osml.commands.options import As, Env, Sandbox, groups_of
from osml.place import place

PANEL = "Documents and questions"


def mcp(
    env: Env = None,
    sandbox: Sandbox = False,
    as_: As = "",
    every_group: Annotated[
        bool, typer.Option("--every-group", help="Serve the documents of all groups, not only those of --as.")
    ] = False,
) -> None:
    """Serve an environment's documents to an agent: the Model Context Protocol on standard input and output.

    Documents that belong to groups are served for these groups only.
    """
    from osml.failure import Failure

    try:
        from osml.agents.tools import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise Failure("The package mcp is not installed. Run `pip install 'osml[mcp]'`.", "package-missing") from None

    server(place(env, sandbox).seen_by(None if every_group else groups_of(as_))).run()
