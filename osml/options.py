"""Options that most commands share."""

from typing import Annotated

import typer

Env = Annotated[
    str | None,
    typer.Option("--env", "-e", envvar="OSML_ENV", help="Environment: a file of environments/ without .yaml."),
]
Sandbox = Annotated[bool, typer.Option("--sandbox", help="Point to the local cloud instead of AWS.")]
