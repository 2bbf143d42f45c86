"""Runs the pinned CDK command line on this checkout."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.failure import Failure
from osml.place import CHECKOUT, Place


def deploy(place: Place, arguments: list[str], stacks: Sequence[str] = ("--all",)) -> None:
    """`cdk deploy` for the environment; a fresh local cloud is bootstrapped first. Raises Failure."""
    if place.instance and not _bootstrapped():
        from sandbox.instance import ACCOUNT, REGION

        # With an app the CLI would synthesize all of it, to find out which environments it has.
        _run(place, ["bootstrap", f"aws://{ACCOUNT}/{REGION}"], app="")
    parallel = ["--concurrency", "3", "--require-approval", "never"]
    _run(place, ["deploy", *stacks, *parallel, *arguments])


def destroy(place: Place, arguments: list[str]) -> None:
    """`cdk destroy --all` for the environment. Raises Failure when it fails."""
    _run(place, ["destroy", "--all", "--force", *arguments])


def _run(place: Place, arguments: list[str], app: str = f"{sys.executable} app.py") -> None:
    argv = [_executable(), *arguments, "-c", f"env={place.env}", "--app", app]
    output = f"cdk.out/{place.env}"
    environment = {
        **os.environ,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    }
    result = subprocess.run([*argv, "--output", output], cwd=CHECKOUT, env=environment, check=False)
    if result.returncode:
        raise Failure(
            f"cdk {arguments[0]} for the environment {place.env} failed; the reason stands above, "
            f"and in the events of the stacks osml-{place.env}-*."
        )


def _executable() -> str:
    pinned = CHECKOUT / "node_modules" / ".bin" / "cdk"
    if pinned.exists():
        return str(pinned)
    if shutil.which("npm") is None:
        raise Failure("The CDK command line needs Node.js 18 or newer: install Node, then run `npm ci` here.")
    raise Failure("The pinned CDK command line is not installed: run `npm ci` in the checkout.")


def _bootstrapped() -> bool:
    try:
        boto3.client("cloudformation").describe_stacks(StackName="CDKToolkit")
    except (ClientError, BotoCoreError):
        return False
    return True
