"""The place a command works on: AWS, with the shell's credentials, or the local cloud."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from osml import local_cloud
from osml.failure import Failure
from osml.region import chosen as region
from osml.region import settle

if TYPE_CHECKING:
    from rag.caller import Caller
    from sandbox.instance import Instance
    from settings import Environment

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
    """`env` is the name of the environment file; `instance` is the local cloud, or None for AWS.

    `groups` narrow what an operator sees to what people of these groups see; None sees all documents.
    """

    env: str
    instance: "Instance | None"
    groups: tuple[str, ...] | None = None

    @property
    def caller(self) -> "Caller":
        """The operator, who sees everything, or what `groups` see."""
        from rag.caller import OPERATOR, Caller

        return OPERATOR if self.groups is None else Caller(OPERATOR.id, "reader", frozenset(self.groups))

    def seen_by(self, groups: Sequence[str] | None) -> "Place":
        """This place as people of `groups` see it; None as an operator does."""
        return replace(self, groups=None if groups is None else tuple(groups))

    @property
    def options(self) -> str:
        """The command line options of osml that select this place."""
        if self.instance is None:
            return f"--env {self.env}"
        return "--sandbox" if self.env == self.instance.environment else f"--env {self.env} --sandbox"

    @property
    def file(self) -> str:
        """The path of the environment's file, for messages."""
        return f"environments/{self.env}.yaml"

    def stack(self, part: str) -> str:
        """The name of the stack `part`."""
        from settings.environment import prefix_of

        return f"{prefix_of(self.env)}-{part}"

    def settings(self) -> "Environment":
        """The environment's settings; raises SettingError."""
        from settings import load

        return load(self.env, environments())


def environments() -> Path:
    """The folder of environment files: OSML_ENVIRONMENTS, or `environments/` in the checkout or working directory."""
    return Path(os.environ.get("OSML_ENVIRONMENTS") or (CHECKOUT if is_checkout() else Path.cwd()) / "environments")


def require_name(name: str) -> None:
    """Raises Failure if no environment may have the name."""
    from settings import NAME

    if not NAME.fullmatch(name):
        raise Failure(
            f"{name!r} cannot name an environment: use at most 16 lower-case letters, digits and hyphens, a letter "
            "first."
        )


def is_checkout() -> bool:
    """Whether osml runs from the repository, and not from an installed wheel, which has no CDK app and no functions."""
    return (CHECKOUT / "app.py").is_file()


def require_checkout() -> None:
    """Raises Failure if osml does not run from a checkout, which has the CDK app."""
    if not is_checkout():
        raise Failure(
            "This command needs the CDK app of the osml repository, but this osml was installed from a package. Run "
            "`make install` in a checkout of the repository, then the command there, with OSML_ENVIRONMENTS as the "
            "folder of your environment files.",
            "package-missing",
        )


def unreached(env: str | None, sandbox: bool) -> Place:
    """Chooses as `place` does, for a command that reads the environment's file and calls neither AWS nor an engine.

    The local cloud need not run. Raises Failure when no environment is named or the local cloud is not installed.
    """
    env = env or os.environ.get("OSML_ENV")
    if not sandbox:
        if not env:
            raise Failure("No environment is named. Add --env NAME (a file in environments/) or --sandbox.")
        return Place(env, None)
    local_cloud.require()
    from sandbox.instance import Instance

    instance = Instance.named()
    return Place(env or instance.environment, instance)


def place(env: str | None, sandbox: bool) -> Place:
    """Chooses the environment, and sets up this process and its children for AWS or, with `sandbox`, the local cloud.

    On AWS this process and its children use the region of the environment, or else of the shell.
    `env` defaults to OSML_ENV; on the local cloud it defaults to `sandbox`, or to `sandbox-aoss` when the engine has no
    ML plugin.
    Raises Failure when no environment is named or the local cloud is not installed or running, and SettingError.
    """
    chosen = unreached(env, sandbox)
    if chosen.instance is None:
        settle(region(chosen.settings().region, chosen.file))
        return chosen
    from sandbox.cloud_parts import absence

    if reason := absence(chosen.instance):
        raise Failure(reason)
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ.update(chosen.instance.client_environment())
    return chosen
