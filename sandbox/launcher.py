"""Starts and stops a local cloud: the engine, the model endpoints, and AWS with the front."""

import shutil

from sandbox import search_engine, spare_engine
from sandbox.cloud_parts import FURTHER, NOT_RUNNING, absence, holds_deployment, loss, parts, running
from sandbox.engine.line import Line, nearest
from sandbox.failure import SandboxError
from sandbox.instance import Instance, StartedEngine
from sandbox.progress import Progress
from sandbox.startup import await_parts, settings, start_models, start_parts


def up(instance: Instance, progress: Progress, engine_version: str | None = None, *, discard: bool = False) -> None:
    """Starts the local cloud if it does not run, and waits until all parts answer.

    `engine_version` is the environment's, such as `OpenSearch_3.5`; the engine is of the nearest line. AWS keeps its
    state in memory: after its crash, as at a first start, everything starts empty. If AWS runs and another part has
    crashed, deployed stacks are removed only with `discard`. Raises SandboxError with a message. Parts that it has
    started by then keep running; the next call reuses or stops them.
    """
    with instance.lock():
        if holds_deployment(instance) and not running(instance) and not discard:
            raise SandboxError(f"{absence(instance)} To discard everything, run `osml sandbox up --discard`.")
        if running(instance) and not discard:
            _same_line(instance, engine_version)
            progress.step("The local cloud is already running.")
        else:
            if lost := loss(instance):
                progress.step(lost)
            _end(instance)
            for folder in (
                instance.home / "engine",
                instance.home / "engines",
                instance.snapshots,
                instance.before_upgrade,
            ):
                shutil.rmtree(folder, ignore_errors=True)
            (instance.home / "ports.json").unlink(missing_ok=True)
            instance.certificates.make()
            instance.make_key()
            start_parts(instance, progress, engine_version)
        await_parts(instance, progress)


def _same_line(instance: Instance, engine_version: str | None) -> None:
    runs = instance.engine
    if engine_version and not search_engine.is_own() and nearest(engine_version).version != runs.version:
        raise SandboxError(
            f"The local cloud {instance.name} runs OpenSearch {runs.version}, but the nearest line to {engine_version} "
            f"is {nearest(engine_version).version}. Run `osml sandbox down` first, or start another local cloud with "
            "OSML_SANDBOX=NAME."
        )


def restart_engine(instance: Instance, progress: Progress) -> None:
    """Stops the engine if it still runs, starts it again with its data, and waits until it answers.

    If engines of further domains have crashed and everything else runs, it starts only these. AWS and the models keep
    running; crashed models are started again. Raises SandboxError with a message.
    """
    with instance.lock():
        begun = parts(instance)
        stopped = [domain for domain in spare_engine.domains(instance) if not begun[f"{FURTHER}{domain}"]]
        for domain in stopped:
            progress.step(f"Starting OpenSearch of the domain {domain} …")
            spare_engine.start_for(instance, domain, progress)
        if stopped and running(instance):
            return
        lacks_models = holds_deployment(instance) and not parts(instance).get("models", False)
        if lacks_models:
            instance.remember({**instance.processes(), "models": start_models(instance, progress)})
        if lacks_models and search_engine.is_own():
            await_parts(instance, progress)
        else:
            stop_engine(instance)
            start_engine(instance, progress, nearest(instance.engine.version), instance.engine.asked)


def require_engine(instance: Instance) -> None:
    """Raises SandboxError unless AWS and the models run, and the local cloud itself started the engine."""
    processes = instance.processes()
    if not ({"cloud", "models"} <= processes.keys() and all(processes[p].alive() for p in ("cloud", "models"))):
        raise SandboxError(absence(instance) or NOT_RUNNING)
    if "engine" not in processes:
        url = settings(instance)["engine_url"]
        raise SandboxError(f"The engine at {url} is your own, so the local cloud neither starts nor stops it.")


def stop_engine(instance: Instance) -> None:
    """Stops the engine if it still runs, and keeps its data; AWS and the models keep running. Call it with the lock."""
    require_engine(instance)
    instance.processes()["engine"].stop()


def start_engine(instance: Instance, progress: Progress, line: Line, version: str | None) -> None:
    """Starts an engine of the line with the existing data, and waits until it answers. Call it with the lock.

    From then on it is the local cloud's engine, even if it does not answer. `version` is the requested version.
    """
    engine = search_engine.chosen(instance, progress, line)
    instance.remember_engine(StartedEngine(engine.version, engine.has_ml, version))
    process = engine.start()
    if process is not None:
        instance.remember({**instance.processes(), "engine": process})
    await_parts(instance, progress)


def down(instance: Instance) -> None:
    """Stops every process of the local cloud and deletes its data. The cache stays."""
    with instance.lock():
        _end(instance)
    shutil.rmtree(instance.home, ignore_errors=True)


def _end(instance: Instance) -> None:
    processes = instance.processes()
    for name in reversed(list(parts(instance))):
        processes[name].stop()
    for process in instance.strays():
        process.stop()
    if instance.home.exists():
        instance.remember({})
