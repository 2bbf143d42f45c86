"""The commands `osml user …`: who may sign in to the assistant."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from osml.commands.options import Env, Sandbox
from osml.failure import Failure
from osml.place import place

app = typer.Typer(help="Who may sign in to the assistant's page and API.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="The e-mail address to sign in with.")]


@app.command("add")
def add(
    email: Email,
    env: Env = None,
    sandbox: Sandbox = False,
    password_file: Annotated[
        Path | None, typer.Option(help="Read a permanent password from a file; - is standard input.")
    ] = None,
) -> None:
    """Let someone sign in.

    Without --password-file, AWS mails a password for the first sign-in. The local cloud sends no mail; there the
    command generates a password and shows it once.
    """
    from osml.deploy.users import Users, made_up_password

    if "@" not in email or email != email.strip():
        raise Failure(f"{email!r} is not an e-mail address. Nobody was added.")
    where = place(env, sandbox)
    users, password, shown = Users(where), None, False
    if password_file is not None:
        password = (sys.stdin.read() if str(password_file) == "-" else _read(password_file)).rstrip("\r\n")
        if not password:
            raise Failure("The password is empty. Nobody was added.")
    elif where.instance:
        password, shown = made_up_password(), True
    users.add(email, password)
    console = Console()
    if shown:
        console.print(f"{email} may sign in with this password, which is shown only once:", highlight=False)
        print(password)
    elif password:
        console.print(f"{email} may sign in with the given password.", highlight=False)
    else:
        console.print(f"{email} may sign in with the password that AWS sends by mail.", highlight=False)


@app.command("list")
def show(env: Env = None, sandbox: Sandbox = False) -> None:
    """Show who may sign in."""
    from osml.deploy.users import Users

    where = place(env, sandbox)
    users = sorted(Users(where).list(), key=lambda user: user.email)
    if not users:
        hint = f"Nobody may sign in yet. Add someone with `osml user add EMAIL {where.options}`."
        Console(stderr=True).print(hint, highlight=False, soft_wrap=True)
        return
    table = Table("user", "state", box=None, header_style="bold")
    for user in users:
        table.add_row(user.email, user.state)
    Console().print(table)


@app.command("remove")
def remove(email: Email, env: Env = None, sandbox: Sandbox = False) -> None:
    """Remove someone's right to sign in."""
    from osml.deploy.users import Users

    Users(place(env, sandbox)).remove(email)
    Console().print(f"{email} may not sign in any more.", highlight=False)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"Reading the password from {file} failed: {error}") from None
