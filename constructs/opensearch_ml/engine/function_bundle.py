"""FunctionBundle: a function's own code and its locked dependencies in one folder, without Docker."""

from __future__ import annotations

import hashlib
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, FileSystem, ILocalBundling
from aws_cdk import aws_lambda as lambda_

from opensearch_ml.engine.bytecode import compile_modules, compiled_for

PYTHON = "3.13"
RUNTIME = lambda_.Runtime.PYTHON_3_13
NOT_CODE = ("__pycache__", "*.pyc", "requirements.in", ".*")
NOT_HASHED = ["**/__pycache__", "**/*.pyc", "**/.*"]
# Files of a package that are not needed at run time.
NOT_RUN = ("tests", "*.pyi", "*.pyx", "*.c", "bin")
# The archive that corpus.packed reads.
PACKED = "parsers.zip"
LIBRARY = Path(__file__).resolve().parents[1]
PLATFORM = "aarch64-manylinux_2_28"


def source_of(name: str, checkout: str) -> Path:
    """The path of `checkout`, a folder of this repository; in a wheel, the path of the package's folder `name`."""
    carried = LIBRARY / name
    return carried if carried.is_dir() else LIBRARY.parents[1] / checkout


def libraries(*names: str) -> dict[str, Path]:
    """Shared folders of `lambda/`, by their import names.

    Raises RuntimeError when `corpus` is one of them and its vocabulary is not installed.
    """
    folders = {name: source_of(f"{name}_library", f"lambda/{name}") for name in names}
    corpus = folders.get("corpus")
    if corpus and not (corpus / "vocabulary.txt").is_file():
        raise RuntimeError(
            f"{corpus / 'vocabulary.txt'} is missing, and functions count tokens with it; run `make install`."
        )
    return folders


@jsii.implements(ILocalBundling)
class FunctionBundle:
    """Bundles the source root `source`; its `requirements.txt`, if any, lists every dependency with hashes.

    `native` installs wheels compiled for Lambda on arm64. Without it a compiled file is an error, and the same asset
    runs on arm64, on x86_64 and locally. `folders` are further folders or files, by their name in the asset. Files that
    match a pattern in `without` are left out. Packages that match a pattern in `packed` go into the archive
    `parsers.zip`, which `corpus.packed` unpacks when the function reads a file.
    """

    def __init__(
        self,
        source: Path,
        *,
        native: bool = False,
        folders: Mapping[str, Path] | None = None,
        without: Sequence[str] = (),
        packed: Sequence[str] = (),
    ) -> None:
        self._source = source
        self._native = native
        self._without = [*(NOT_RUN if native else ()), *without]
        self._packed = packed
        self._folders = dict(folders or {})

    def try_bundle(self, output_dir: str, options: Any = None, **_: Any) -> bool:  # noqa: ARG002 of the interface
        """Fill `output_dir`.

        Raises RuntimeError when a dependency cannot be installed, or is compiled although `native` is False.
        """
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
        strip(target, self._without)
        if not self._native:
            self._keep_source(target)
        for file in target.iterdir():
            # If the script comes from a wheel, it may have lost its permission to run.
            if file.is_file() and file.read_bytes()[:2] == b"#!":
                file.chmod(file.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        compile_modules(target, PYTHON)
        pack(target, self._packed)
        return True

    def _keep_source(self, target: Path) -> None:
        """Remove each compiled module that has its source beside it; raise RuntimeError for any other."""
        for compiled in sorted(target.rglob("*.so")):
            if not compiled.with_name(compiled.name.partition(".")[0] + ".py").is_file():
                raise RuntimeError(
                    f"The dependencies in {self._source.name}/requirements.txt contain "
                    f"{compiled.relative_to(target).as_posix()}, which is compiled for arm64; use a package in pure "
                    "Python, or make the function native."
                )
            compiled.unlink()

    def _install(self, requirements: Path, output_dir: str) -> None:
        # uv needs a tenth of pip's time, and a virtual environment may have no pip.
        options = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--python-version", PYTHON]
        options += ["--python-platform", PLATFORM]
        command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config"]
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
                "check that this Python has the package uv and can reach the package index."
            )


def function_code(
    source: Path,
    *,
    native: bool = False,
    folders: Mapping[str, Path] | None = None,
    without: Sequence[str] = (),
    packed: Sequence[str] = (),
) -> lambda_.AssetCode:
    """The code asset of the function in `source`; an unchanged source has the same hash and is not deployed again.

    `native`, `folders`, `without` and `packed` are those of FunctionBundle.
    """
    bundle = FunctionBundle(source, native=native, folders=folders, without=without, packed=packed)
    return lambda_.Code.from_asset(
        str(source),
        exclude=NOT_HASHED,
        # CDK's own SOURCE hash covers only one folder, and no bytecode.
        asset_hash_type=AssetHashType.CUSTOM,
        asset_hash=hash_of((source, *(folders or {}).values()), without, packed),
        bundling=BundlingOptions(image=RUNTIME.bundling_image, local=bundle),
    )


def hash_of(folders: Sequence[Path], without: Sequence[str] = (), packed: Sequence[str] = ()) -> str:
    """The hash of an asset made from `folders`, and of the Python version of its bytecode.

    CDK does not bundle an asset again if its output already contains the hash. Without the version in the hash, the
    bytecode for the local cloud could therefore be deployed to AWS.
    """
    prints = [FileSystem.fingerprint(str(folder), exclude=NOT_HASHED) for folder in folders]
    prints.append(repr((*without, PACKED, *packed, compiled_for(PYTHON))))
    return hashlib.sha256("".join(prints).encode()).hexdigest()


def pack(target: Path, patterns: Sequence[str]) -> None:
    """Move the packages that match `patterns` into the archive.

    Its files have a fixed time, so equal files make an archive with equal bytes.
    """
    packages = sorted({package for pattern in patterns for package in target.glob(pattern)})
    if not packages:
        return
    with zipfile.ZipFile(target / PACKED, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in packages:
            files = sorted(package.rglob("*")) if package.is_dir() else [package]
            for file in files:
                if file.is_file():
                    named = zipfile.ZipInfo(file.relative_to(target).as_posix())
                    archive.writestr(named, file.read_bytes(), zipfile.ZIP_DEFLATED)
    for package in packages:
        shutil.rmtree(package) if package.is_dir() else package.unlink()


def strip(target: Path, patterns: Sequence[str]) -> None:
    for pattern in patterns:
        for path in sorted(target.rglob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()
