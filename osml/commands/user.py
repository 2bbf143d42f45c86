"""The commands `osml user …`: who may sign in to the assistant."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from osml.commands.options import Env, Sandbox, groups_of
from osml.failure import Failure
from osml.place import place
from osml.table import put

PANEL = "People"

app = typer.Typer(help="Manage who may sign in to the assistant's page and API.", no_args_is_help=True)


class RoleName(StrEnum):
    """Who may do what with documents."""

    READER = "reader"
    EDITOR = "editor"
    OWNER = "owner"


RoleOption = Annotated[
    RoleName | None,
    typer.Option(
        "--role", help="A reader asks; an editor also loads documents and removes their own; an owner also removes all."
    ),
]
Groups = Annotated[
    str | None,
    typer.Option("--groups", help="The person's groups, separated by commas; the person sees these groups' documents."),
]
Email = Annotated[str, typer.Argument(help="The e-mail address to sign in with.")]


@app.command("add")
def add(
    email: Email,
    env: Env = None,
    sandbox: Sandbox = False,
    password_file: Annotated[
        Path | None, typer.Option(help="Read a permanent password from a file; - is standard input.")
    ] = None,
    role: RoleOption = None,
    groups: Groups = None,
) -> None:
    """Let somebody sign in.

    Without --password-file, AWS mails a password for the first sign-in. The local cloud sends
    no mail; there the command generates a password and shows it once.
    """
    from osml.deploy.users import Users, made_up_password

    if "@" not in email or email != email.strip():
        raise Failure(f"{email!r} is not an e-mail address. Nobody was added.")
    wanted = groups_of(groups)
    where = place(env, sandbox)
    users, password, shown = Users(where), None, False
    if password_file is not None:
        password = (sys.stdin.read() if str(password_file) == "-" else _read(password_file)).rstrip("\r\n")
        if not password:
            raise Failure("The password is empty. Nobody was added.")
    elif where.instance:
        password, shown = made_up_password(), True
    users.add(email, password)
    if role or wanted:
        try:
            users.change(email, role.value if role else None, wanted)
        except Failure:
            users.remove(email)
            raise
    console = Console()
    if shown:
        console.print(
            f"{email} may sign in with this password, which is shown only once:", highlight=False, soft_wrap=True
        )
        print(password)
    elif password:
        console.print(f"{email} may sign in with the given password.", highlight=False, soft_wrap=True)
    else:
        console.print(f"{email} may sign in with the password that AWS sends by mail.", highlight=False, soft_wrap=True)


@app.command("list")
def show(env: Env = None, sandbox: Sandbox = False) -> None:
    """Show who may sign in."""
    from osml.deploy.users import Users

    where = place(env, sandbox)
    pool = Users(where)
    users = sorted(pool.list(), key=lambda user: user.email)
    if not users:
        hint = f"Nobody may sign in yet. Add somebody with `osml user add EMAIL {where.options}`."
        Console(stderr=True).print(hint, highlight=False, soft_wrap=True)
        return
    table = Table("user", "state", "role", "groups", box=None, header_style="bold")
    for user in users:
        table.add_row(user.email, user.state, user.role or f"({pool.others})", ", ".join(user.groups))
    put(Console(), table)


@app.command("change")
def change(
    email: Email,
    env: Env = None,
    sandbox: Sandbox = False,
    role: RoleOption = None,
    groups: Groups = None,
    forget_app: Annotated[
        bool, typer.Option("--forget-app", help="Let a person sign in without their lost authenticator app.")
    ] = False,
) -> None:
    """Give somebody another role, or exactly these groups; this takes effect with their next token, within an hour."""
    from osml.deploy.users import Users

    wanted = groups_of(groups)
    if role is None and wanted is None and not forget_app:
        raise Failure("No change is given. Add --role, or --groups with all groups of the person.")
    users, console = Users(place(env, sandbox)), Console()
    if forget_app:
        users.forget_factor(email)
        console.print(f"{email} can now sign in without an authenticator app.", highlight=False, soft_wrap=True)
    if role is None and wanted is None:
        return
    users.change(email, role.value if role else None, wanted)
    console.print(f"{email} is changed; this takes effect within an hour.", highlight=False, soft_wrap=True)


@app.command("remove")
def remove(email: Email, env: Env = None, sandbox: Sandbox = False) -> None:
    """Remove somebody's right to sign in."""
    from osml.deploy.users import Users

    Users(place(env, sandbox)).remove(email)
    Console().print(f"{email} can no longer sign in.", highlight=False, soft_wrap=True)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"Reading the password from {file} failed: {error}") from None
