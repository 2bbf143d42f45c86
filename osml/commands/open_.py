"""The command `osml open`."""

import typer

from osml.commands.options import Env, Sandbox
from osml.commands.page import show_page
from osml.place import place

PANEL = "Documents and questions"


def open_(env: Env = None, sandbox: Sandbox = False) -> None:
    """Open the assistant's page in a browser."""
    typer.launch(show_page(place(env, sandbox)))
