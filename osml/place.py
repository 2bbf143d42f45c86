"""Where a command points: AWS, as the shell is set up for it, or the local cloud."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from osml.failure import Failure

if TYPE_CHECKING:
    from osml.environment import Environment
    from sandbox.instance import Instance

CHECKOUT = Path(__file__).resolve().parent.parent
FOREIGN = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)


@dataclass(frozen=True)
class Place:
    """`env` is the name of the environment file; `instance` is the local cloud, or None for AWS."""

    env: str
    instance: "Instance | None"

    @property
    def options(self) -> str:
        """The options that make another command of osml point to the same place, as one types them."""
        if self.instance is None:
            return f"--env {self.env}"
        return "--sandbox" if self.env == self.instance.environment else f"--env {self.env} --sandbox"

    def settings(self) -> "Environment":
        """The environment's settings; raises SettingError."""
        from osml.environment import load

        return load(self.env, environments())


def environments() -> Path:
    """Where environment files lie: OSML_ENVIRONMENTS, otherwise `environments/` of the checkout."""
    return Path(os.environ.get("OSML_ENVIRONMENTS") or CHECKOUT / "environments")


def place(env: str | None, sandbox: bool) -> Place:
    """Chooses the environment and points this process and its children to the local cloud when asked.

    `env` defaults to OSML_ENV, and for the local cloud to `sandbox`, or `sandbox-aoss` where its engine lacks the ML
    plugin.
    Raises Failure when no environment is named or the local cloud is not running.
    """
    env = env or os.environ.get("OSML_ENV")
    if not sandbox:
        if not env:
            raise Failure("No environment was named: add --env NAME (a file of environments/), or --sandbox.")
        return Place(env, None)
    from sandbox import launcher
    from sandbox.instance import Instance

    instance = Instance.named()
    if not launcher.running(instance):
        raise Failure("The local cloud is not running: start it with `osml sandbox up` (or `make demo`).")
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ.update(instance.client_environment())
    return Place(env or instance.environment, instance)
