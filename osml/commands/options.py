"""Options that most commands share."""

from typing import Annotated

import typer

Env = Annotated[
    str | None,
    typer.Option(
        "--env", "-e", envvar="OSML_ENV", help="Environment: the name of a file in environments/, without .yaml."
    ),
]
Sandbox = Annotated[bool, typer.Option("--sandbox", help="Use the local cloud instead of AWS.")]
