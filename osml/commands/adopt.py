"""The command `osml adopt`."""

from rich.console import Console

from osml.commands.options import Env, Sandbox
from osml.place import place, require_checkout

PANEL = "Deploy"


def adopt(env: Env = None, sandbox: Sandbox = False) -> None:
    """Import the resources that a destroyed environment kept. `osml deploy` also does this."""
    from osml.deploy import adoption, cdk

    require_checkout()
    where = place(env, sandbox)
    left = adoption.waiting(where)
    if not (left and adoption.adopt(where, left, cdk.synthesize(where))):
        sentence = f"There is nothing to import for {where.env}. CloudFormation remembers deleted stacks for 90 days."
        Console().print(sentence, highlight=False, soft_wrap=True)
