"""The command `osml dashboards`."""

from typing import Annotated

import typer
from rich.console import Console

from osml.commands.options import Env, Sandbox

PANEL = "Operations"


def dashboards(
    env: Env = None,
    sandbox: Sandbox = False,
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1; 0 chooses a free port.", min=0, max=65535)] = 0,
    open_it: Annotated[bool, typer.Option("--open", help="Open the link in the browser.")] = False,
) -> None:
    """Open a domain's OpenSearch Dashboards in a browser, with your shell's role, until Ctrl-C.

    A proxy on 127.0.0.1 signs each request with your credentials. The role must be one of search.admins. The link works
    once, in one browser; other programs and pages on this machine cannot use the proxy.
    """
    import boto3

    from osml.dashboards.proxy import DashboardsProxy
    from osml.dashboards.signature import CallerSignature
    from osml.dashboards.target import domain_of
    from osml.failure import Failure
    from osml.place import place
    from osml.remote.identity import required

    where = place(env, sandbox)
    domain = domain_of(where)
    session = boto3.Session()
    caller = required(session, where.env, where.settings().account)
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    signature = CallerSignature(session.get_credentials(), domain.region)
    try:
        proxy = DashboardsProxy(domain.endpoint, signature, console.print, port)
    except OSError as error:
        raise Failure(f"Listening on port {port} of 127.0.0.1 failed: {error}. Choose another --port.") from None
    print(proxy.entrance.link, flush=True)
    console.print(
        f"Dashboards of {domain.endpoint} as {caller.arn}. The link works once. Ctrl-C ends it.", soft_wrap=True
    )
    if open_it:
        typer.launch(proxy.entrance.link)
    with proxy:
        proxy.serve_forever()
