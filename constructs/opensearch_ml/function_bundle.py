"""FunctionBundle: a function's own code and its locked dependencies in one folder, without Docker."""

from __future__ import annotations

import hashlib
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, FileSystem, ILocalBundling
from aws_cdk import aws_lambda as lambda_

PYTHON = "3.13"
RUNTIME = lambda_.Runtime.PYTHON_3_13
NOT_CODE = ("__pycache__", "*.pyc", "requirements.in", ".*")
# What a package brings besides the code that runs.
NOT_RUN = ("tests", "*.pyi", "*.pyx", "*.c", "bin")
HERE = Path(__file__).resolve().parent
# Wheels of pure Python only: one asset for arm64, x86_64 and whatever runs the function locally.
PURE = ("--platform", "any", "--abi", "none", "--implementation", "py")
NATIVE = (
    *("--platform", "manylinux2014_aarch64", "--platform", "manylinux_2_28_aarch64"),
    *("--implementation", "cp"),
)


def source_of(name: str, checkout: str) -> Path:
    """Where `checkout`, a folder of this repository, is: a wheel carries it beside this module under `name`."""
    carried = HERE / name
    return carried if carried.is_dir() else HERE.parents[1] / checkout


@jsii.implements(ILocalBundling)
class FunctionBundle:
    """Bundles the source root `source`; its `requirements.txt`, if it has one, holds every dependency with hashes.

    `native` takes wheels that are compiled for Lambda on arm64. `folders`, or single files, go into the asset besides,
    by their name there.
    """

    def __init__(self, source: Path, *, native: bool = False, folders: Mapping[str, Path] | None = None) -> None:
        self._source = source
        self._native = native
        self._folders = dict(folders or {})

    def try_bundle(self, output_dir: str, options: Any = None, **_: Any) -> bool:  # noqa: ARG002 of the interface
        """Fill `output_dir`. Raises RuntimeError with pip's last words when a dependency cannot be had."""
        target = Path(output_dir)
        shutil.copytree(self._source, target, ignore=shutil.ignore_patterns(*NOT_CODE), dirs_exist_ok=True)
        for name, folder in self._folders.items():
            if folder.is_dir():
                shutil.copytree(folder, target / name, ignore=shutil.ignore_patterns(*NOT_CODE))
            else:
                shutil.copy(folder, target / name)
        requirements = self._source / "requirements.txt"
        if requirements.is_file():
            self._install(requirements, output_dir)
        if self._native:
            _strip(target)
        for file in target.iterdir():
            # A wheel that carried the script here may have lost this.
            if file.is_file() and file.read_bytes()[:2] == b"#!":
                file.chmod(file.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        return True

    def _install(self, requirements: Path, output_dir: str) -> None:
        options = ["--require-hashes", "--no-deps", "--no-compile", "--only-binary=:all:", "--python-version", PYTHON]
        options += NATIVE if self._native else PURE
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        done = subprocess.run(
            [*command, *options, "--target", output_dir, "--requirement", str(requirements)],
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


def function_code(
    source: Path, *, native: bool = False, folders: Mapping[str, Path] | None = None
) -> lambda_.AssetCode:
    """The code asset of the function in `source`; equal sources have equal hashes and deploy nothing.

    `native` and `folders` are those of FunctionBundle.
    """
    bundle = FunctionBundle(source, native=native, folders=folders)
    exclude = ["**/__pycache__", "**/*.pyc", "**/.*"]
    prints = [FileSystem.fingerprint(str(one), exclude=exclude) for one in (source, *(folders or {}).values())]
    return lambda_.Code.from_asset(
        str(source),
        exclude=exclude,
        # CDK's own SOURCE hash knows of one folder only.
        asset_hash_type=AssetHashType.CUSTOM if folders else AssetHashType.SOURCE,
        asset_hash=hashlib.sha256("".join(prints).encode()).hexdigest() if folders else None,
        bundling=BundlingOptions(image=RUNTIME.bundling_image, local=bundle),
    )


def _strip(target: Path) -> None:
    for pattern in NOT_RUN:
        for found in sorted(target.rglob(pattern)):
            if found.is_dir():
                shutil.rmtree(found)
            elif found.is_file():
                found.unlink()
