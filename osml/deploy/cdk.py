"""Runs the pinned CDK command line on this checkout."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from osml.deploy.cdk_output import shorten
from osml.deploy.node import with_node
from osml.failure import Failure
from osml.place import CHECKOUT, Place, require_checkout

_DIFFERING = re.compile(r".*Number of stacks with differences: ([0-9]+).*\n?")


def synthesize(place: Place, arguments: Sequence[str] = (), context: Mapping[str, str] | None = None) -> Path:
    """The cloud assembly of the environment; only the context options among `arguments` are used.

    `context` is additional context. A fresh local cloud is bootstrapped first. Raises Failure.
    """
    bootstrap(place)
    settings = [f"{name}={value}" for name, value in (context or {}).items() if value]
    _run(place, ["synth", "--quiet", *_context(arguments), *(part for pair in settings for part in ("-c", pair))])
    return CHECKOUT / "cdk.out" / place.env


def bootstrap(place: Place) -> None:
    """Bootstrap a fresh local cloud; on AWS, that is the administrator's task. Raises Failure."""
    if place.instance and not is_bootstrapped():
        from sandbox.instance import ACCOUNT, REGION

        # With an app, the CLI would synthesize everything to find its environments.
        _run(place, ["bootstrap", f"aws://{ACCOUNT}/{REGION}"], app="")


def deploy(place: Place, arguments: Sequence[str], assembly: Path, stacks: Sequence[str] = ("--all",)) -> None:
    """`cdk deploy` of a synthesized assembly.

    On the local cloud it prints one line for each stack; with `--verbose`, everything that the CDK prints. Raises
    Failure.
    """
    parallel = ["--concurrency", "3", "--require-approval", "never"]
    _run(place, ["deploy", *stacks, *parallel, *arguments], app=str(assembly))


def differences(place: Place, arguments: Sequence[str], assembly: Path, broader: bool = False) -> int:
    """Print how the templates of a synthesized assembly differ from the deployed ones; return how many stacks differ.

    With `broader`, only changes of permissions and of the network that allow more count. Raises Failure.
    """
    only = ["--security-only"] if broader else []
    # A change set needs a role that may create one, and is impossible for a stack that does not exist yet.
    argv, environment = _command(place, ["diff", "--method=template", *only, *arguments], str(assembly))
    done = subprocess.run(argv, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if counted := _DIFFERING.search(said):
        said = said.replace(counted[0], "").rstrip()
    differing = int(counted[1]) if counted else 0
    if differing or done.returncode:
        print(said)
    if done.returncode:
        raise _failed(place, "diff")
    return differing


def take_in(place: Place, stack: str, mapping: Path, assembly: Path) -> None:
    """`cdk import` of existing resources into a stack; `mapping` is the file of their identifiers. Raises Failure."""
    _run(place, ["import", stack, "--resource-mapping", str(mapping), "--force"], app=str(assembly))


def destroy(place: Place, arguments: list[str]) -> None:
    """`cdk destroy --all` for the environment. Raises Failure when it fails."""
    _run(place, ["destroy", "--all", "--force", *arguments])


def _context(arguments: Sequence[str]) -> list[str]:
    """The options `-c NAME=VALUE` and `--context NAME=VALUE` among the arguments."""
    context: list[str] = []
    for at, argument in enumerate(arguments):
        if argument in ("-c", "--context"):
            context += arguments[at : at + 2]
        elif argument.startswith("--context="):
            context.append(argument)
    return context


def _run(place: Place, arguments: list[str], app: str = f"{sys.executable} app.py") -> None:
    """Runs one command; `app` is the program that synthesizes, a synthesized assembly, or empty."""
    argv, environment = _command(place, arguments, app)
    if place.instance and "--verbose" not in arguments:
        code = _short(argv, environment)
    else:
        code = subprocess.run(argv, cwd=CHECKOUT, env=environment, check=False).returncode
    if code:
        raise _failed(place, arguments[0])


def _command(place: Place, arguments: Sequence[str], app: str) -> tuple[list[str], dict[str, str]]:
    """The command line and the variables of one command."""
    argv = [executable(), *arguments, "-c", f"env={place.env}", "--app", app, "--output", f"cdk.out/{place.env}"]
    # The local cloud runs functions with this Python.
    local = {"OSML_FUNCTION_PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}"} if place.instance else {}
    return argv, with_node({**os.environ, **local, "CDK_DISABLE_CLI_TELEMETRY": "true"})


def _failed(place: Place, command: str) -> Failure:
    return Failure(
        f"cdk {command} for the environment {place.env} failed; the reason is above "
        f"and in the events of the stacks {place.stack('*')}."
    )


def _short(argv: list[str], environment: dict[str, str]) -> int:
    """Run the command and print one line for each stack, and the reason of a failure."""
    console = Console(stderr=True, soft_wrap=True)
    with subprocess.Popen(
        argv, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        reason = shorten(running.stdout or (), console)
    if running.returncode:
        console.print("\n".join(reason), markup=False, highlight=False, soft_wrap=True)
    return running.returncode


def executable() -> str:
    """The pinned CDK command line. Raises Failure."""
    require_checkout()
    pinned = CHECKOUT / "node_modules" / ".bin" / "cdk"
    if not pinned.exists():
        raise Failure("The pinned CDK command line is not installed. Run `make install` or `npm ci` in the checkout.")
    return str(pinned)


def is_bootstrapped() -> bool:
    """Whether the region of this process has a bootstrap stack."""
    try:
        boto3.client("cloudformation").describe_stacks(StackName="CDKToolkit")
    except (ClientError, BotoCoreError):
        return False
    return True
