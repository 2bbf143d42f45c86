"""The command `osml mcp`."""

from osml.commands.options import Env, Sandbox
from osml.place import place


def mcp(env: Env = None, sandbox: Sandbox = False) -> None:
    """Serve an environment's documents to an agent: the Model Context Protocol on standard input and output."""
    from osml.failure import Failure

    try:
        from osml.agents.tools import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise Failure("The package mcp is not installed. Run `pip install 'osml[mcp]'`.", "package-missing") from None

    server(place(env, sandbox)).run()
