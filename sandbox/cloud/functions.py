"""Runs Lambda functions with a Python that has the packages of Amazon's runtime, but none of this checkout."""

import os
import secrets
import shutil
import sys
import sysconfig
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from sandbox.cloud.crashes import INIT_FAILED
from sandbox.cloud.exec_wrapper import WRAPPER, WrappedWorker
from sandbox.cloud.linked_asset import EMPTY_ZIP, LinkingWorker, link_assets
from sandbox.cloud.native_code import NativeCode
from sandbox.cloud.unpacked_assets import UnpackedAssets
from sandbox.failure import SandboxError

# The packages of Amazon's Python runtimes. MiniStack 1.5.33 runs functions with its own interpreter. If a dependency is
# missing from an asset, that interpreter could still import it from MiniStack's packages.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
RUNTIME_DISTRIBUTIONS = ("boto3-", "botocore-", "s3transfer-", "jmespath-", "python_dateutil-", "urllib3-", "six-")


def install(home: Path, native: NativeCode) -> None:
    """Makes a Python runtime in `home` and lets MiniStack's function workers use it; once per process."""
    python, packages = runtime_python(home / "lambda-runtime")
    assets = UnpackedAssets(Path(os.environ["TMPDIR"]), native.adapted)
    link_assets()
    # The file is copied: in its own folder, modules of this checkout would hide modules of Python.
    shutil.copy(Path(__file__).with_name("bootstrap.py"), packages)
    WrappedWorker.python, WrappedWorker.runtime = python, packages
    detect = lambda_runtime._detect_runtime_binary
    lambda_svc._xray_trace_id_for_invocation = _traced(lambda_svc._xray_trace_id_for_invocation)
    lambda_runtime._worker_class_for = _chosen(lambda_runtime._worker_class_for, assets)

    def _detect_runtime_binary(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (str(python) if runtime.startswith("python") else binary), script

    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update, delete = (handlers[verb] for verb in ("create", "update", "delete"))

    # MiniStack refuses calls beyond a function's reserved concurrency, but its CloudFormation drops the property.
    def create_reserved(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        made = create(logical_id, props, stack_name)
        _reserve(made[0], props)
        return made

    def update_reserved(physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: Any, **named: Any) -> Any:
        made = update(physical_id, old, new, *more, **named)
        _reserve(made[0], new)
        return made

    def delete_with_workers(physical_id: str, props: dict[str, Any]) -> None:
        # MiniStack removes only the function's record; its processes would continue to run.
        delete(physical_id, props)
        lambda_runtime.invalidate_worker(physical_id, account=get_account_id(), region=get_region())

    handlers.update(create=create_reserved, update=update_reserved, delete=delete_with_workers)
    lambda_runtime._detect_runtime_binary = _detect_runtime_binary


def _chosen(choose: Callable[..., type], assets: UnpackedAssets) -> Callable[..., type]:
    """Chooses the worker class for a function; workers of Python functions share unpacked assets."""

    class Unpacked:
        """A mixin: gets the folder `code` with the asset before each start, and gives it back after the last."""

        code: Path

        def __init__(self, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
            super().__init__(func_name, config, EMPTY_ZIP)  # type: ignore[call-arg]
            self._asset = code_zip

        def _spawn(self) -> None:
            try:
                self.code = assets.lend(self, self.func_name, self._asset)  # type: ignore[attr-defined]
            except SandboxError as reason:
                raise RuntimeError(f"{INIT_FAILED}{reason}") from reason
            super()._spawn()  # type: ignore[misc]

        def _discard_tmpdir(self) -> None:
            # MiniStack calls this method as the last step for every worker that it ends.
            super()._discard_tmpdir()  # type: ignore[misc]
            assets.give_back(self)

    class PlainPython(Unpacked, LinkingWorker):
        """Started by MiniStack's own worker script."""

    class WrappedPython(Unpacked, WrappedWorker):
        """Started by the function's own script."""

    def _worker_class_for(config: dict[str, Any]) -> type:
        if not str(config.get("Runtime", "")).startswith("python"):
            return choose(config)
        variables = (config.get("Environment") or {}).get("Variables") or {}
        return WrappedPython if variables.get(WRAPPER) else PlainPython

    return _worker_class_for


def _reserve(name: str, props: dict[str, Any]) -> None:
    reserved = props.get("ReservedConcurrentExecutions")
    lambda_svc._functions[name]["concurrency"] = None if reserved is None else int(reserved)


def _traced(identify: Callable[..., str | None]) -> Callable[..., str]:
    """Gives every call a trace id, as on Amazon. Without one, X-Ray's library logs that the function is starting."""

    def _xray_trace_id_for_invocation(config: dict[str, Any], inbound_trace_header: str | None = None) -> str:
        fresh = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
        return identify(config, inbound_trace_header) or fresh

    return _xray_trace_id_for_invocation


def runtime_python(folder: Path) -> tuple[Path, Path]:
    """Makes a virtual environment with the packages of Amazon's runtime, linked from this process's packages.

    Returns its interpreter and its folder of packages.
    """
    shutil.rmtree(folder, ignore_errors=True)
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    target = folder / "lib" / version / "site-packages"
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if entry.name in RUNTIME_PACKAGES or (
            entry.name.endswith(".dist-info") and entry.name.startswith(RUNTIME_DISTRIBUTIONS)
        ):
            os.symlink(entry, target / entry.name)
    return folder / "bin" / "python", target


def end_all(temporary: Path) -> None:
    """Ends every function's process and removes its unpacked files from `temporary`."""
    lambda_runtime.reset()
    for folder in temporary.glob("ministack-lambda-*"):
        shutil.rmtree(folder, ignore_errors=True)
