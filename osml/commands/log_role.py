"""The command `osml log-role`."""

from rich.console import Console

from osml.commands.options import Env, Sandbox
from osml.place import place

PANEL = "Deploy"


def log_role(env: Env = None, sandbox: Sandbox = False) -> None:
    """Set API Gateway's role for access logs, once per account and region. `osml deploy` also does this."""
    from osml.deploy import log_role as role
    from osml.deploy.destination import destination

    where = place(env, sandbox)
    there = "the local cloud" if where.instance else str(destination(where))
    made = role.ensure()
    made_sentence = f"API Gateway writes its logs in {there} as {made}."
    sentence = made_sentence if made else f"API Gateway already has a role for logs in {there}; nothing was changed."
    Console().print(sentence, highlight=False, soft_wrap=True)
