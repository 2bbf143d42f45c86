"""The command `osml page`."""

from rich.console import Console

from osml.commands.options import Env, Sandbox
from osml.place import Place, place
from osml.program import typed_as

PANEL = "Documents and questions"


def page(env: Env = None, sandbox: Sandbox = False) -> None:
    """Print the address of the assistant's page."""
    show_page(place(env, sandbox))


def show_page(where: Place) -> str:
    """Print the address, and on standard error how to sign in; return the address."""
    from osml.ask import page

    address = page.address(where)
    print(address)
    for sentence in page.way_in(where, typed_as()):
        Console(stderr=True).print(sentence, highlight=False, markup=False, soft_wrap=True)
    return address
