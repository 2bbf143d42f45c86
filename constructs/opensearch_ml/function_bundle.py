"""FunctionBundle: a function's own code and its locked dependencies in one folder, without Docker."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, ILocalBundling
from aws_cdk import aws_lambda as lambda_

PYTHON = "3.13"
RUNTIME = lambda_.Runtime.PYTHON_3_13
NOT_CODE = ("__pycache__", "*.pyc", "requirements.in", ".*")


@jsii.implements(ILocalBundling)
class FunctionBundle:
    """Bundles the source root `source`; its `requirements.txt` holds every dependency with hashes."""

    def __init__(self, source: Path) -> None:
        self._source = source

    def try_bundle(self, output_dir: str, options: Any = None, **_: Any) -> bool:
        """Fill `output_dir`. Raises RuntimeError with pip's last words when a dependency cannot be had."""
        shutil.copytree(self._source, output_dir, ignore=shutil.ignore_patterns(*NOT_CODE), dirs_exist_ok=True)
        # Wheels of pure Python only: one asset for arm64, x86_64 and whatever runs the function locally.
        options = ["--require-hashes", "--no-deps", "--no-compile", "--only-binary=:all:"]
        options += ["--platform", "any", "--abi", "none"]
        requirements = str(self._source / "requirements.txt")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-input", *options, "--implementation", "py", "--python-version", PYTHON]
        done = subprocess.run(
            [*command, "--target", output_dir, "--requirement", requirements],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no message"]
            raise RuntimeError(
                f"The dependencies in {self._source.name}/requirements.txt could not be installed: {said[-1]}; "
                "check that this Python has pip and reaches its package index."
            )
        return True


def function_code(source: Path) -> lambda_.AssetCode:
    """The code asset of the function in `source`; equal sources have equal hashes and deploy nothing."""
    return lambda_.Code.from_asset(
        str(source),
        exclude=["**/__pycache__", "**/*.pyc", "**/.*"],
        asset_hash_type=AssetHashType.SOURCE,
        bundling=BundlingOptions(image=RUNTIME.bundling_image, local=FunctionBundle(source)),
    )
