"""Upgrades the engine of a running local cloud, with its data, to a later line; undoes an upgrade."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from sandbox import launcher
from sandbox.cache import cache_directory
from sandbox.engine.line import Line, lines, nearest, release
from sandbox.failure import SandboxError
from sandbox.instance import Instance, StartedEngine
from sandbox.prepare import prepare
from sandbox.progress import Progress
from sandbox.spare_engine import domains

UNDO = "osml sandbox upgrade --undo"


class UpgradeFailed(SandboxError):
    """The engine of the later line did not start with the data of the earlier one."""

    cause = "upgrade-failed"


def upgrade(instance: Instance, progress: Progress, to: str) -> None:
    """Stops the engine, copies its data, and starts an engine of the line nearest to the version `to` with that data.

    Raises SandboxError with a message. An error before the stop of the engine changes nothing; after a later error,
    `undo` restores the engine.
    """
    with instance.lock():
        line = target(instance, to)
        if further := domains(instance):
            raise SandboxError(
                f"An upgrade is of the first domain's engine, but {', '.join(further)} has one of its own. "
                "Destroy its environment first, or rehearse in another local cloud with OSML_SANDBOX=NAME."
            )
        prepare(cache_directory(), progress, line)
        data = _data(instance)
        _require_space(data)
        progress.step(f"Stopping OpenSearch {instance.engine.version} …")
        launcher.stop_engine(instance)
        progress.step("Copying its data …")
        _copy(instance, data)
        before = instance.engine.version
        try:
            launcher.start_engine(instance, progress, line, named(to))
        except SandboxError as failure:
            raise UpgradeFailed(
                f"OpenSearch {line.version} did not start on the data of {before}: {failure}\n"
                f"`{UNDO}` restores {before} and its data."
            ) from failure


def undo(instance: Instance, progress: Progress) -> None:
    """Stops the engine, and starts the earlier one with its data from before the last upgrade.

    Later writes are lost. Raises SandboxError with a message.
    """
    with instance.lock():
        launcher.require_engine(instance)
        copy = instance.before_upgrade
        if not copy.exists():
            raise SandboxError(
                f"The local cloud {instance.name} has no data from before an upgrade, so there is nothing to undo."
            )
        earlier = StartedEngine(**json.loads((copy / "engine.json").read_text()))
        progress.step(f"Stopping OpenSearch {instance.engine.version} …")
        launcher.stop_engine(instance)
        data = _data(instance)
        shutil.rmtree(data, ignore_errors=True)
        shutil.move(copy / "data", data)
        shutil.rmtree(copy)
        launcher.start_engine(instance, progress, nearest(earlier.version), earlier.asked)


def target(instance: Instance, to: str) -> Line:
    """The line for an upgrade to the version `to`. Raises SandboxError if it is not later than the running line."""
    launcher.require_engine(instance)
    runs = nearest(instance.engine.version)
    try:
        line = nearest(to)
    except ValueError:
        raise SandboxError(f"--to is {to!r}, but must be a version such as {lines()[-1].version}.") from None
    there_are = " and ".join(line.version for line in lines())
    if line.version == runs.version:
        raise SandboxError(
            f"The local cloud {instance.name} already runs OpenSearch {runs.version}, the nearest line to {to}. "
            f"The lines are {there_are}."
        )
    if line.number < runs.number:
        raise SandboxError(
            f"OpenSearch {line.version} cannot open the data of {runs.version}, because downgrades are impossible. "
            f"`{UNDO}` undoes the last upgrade; `osml sandbox down` and `up` start {line.version} without data."
        )
    return line


def named(version: str) -> str:
    """The version in the form of `search.engine_version`."""
    major, minor = release(version)
    return f"OpenSearch_{major}.{minor}"


def _data(instance: Instance) -> Path:
    return instance.home / "engine" / "data"


def _require_space(data: Path) -> None:
    needed, free = sum(file.stat().st_size for file in data.rglob("*") if file.is_file()), shutil.disk_usage(data).free
    if needed >= free:
        raise SandboxError(
            f"The engine's data in {data} have {needed / 1e6:.0f} MB, but only {free / 1e6:.0f} MB are free for the "
            "copy that can undo the upgrade. Free some space, then upgrade again."
        )


def _copy(instance: Instance, data: Path) -> None:
    copy = instance.before_upgrade
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy / "data")
    (copy / "engine.json").write_text(json.dumps(asdict(instance.engine)))
