"""Starts and stops a local cloud: the engine, the model endpoints, and AWS with the front before the engine."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from sandbox import search_engine, spare_engine
from sandbox.cache import cache_directory
from sandbox.cloud_venv import cloud_python
from sandbox.engine.line import Line, nearest
from sandbox.engine.readiness import ready
from sandbox.failure import SandboxError, StartFailed
from sandbox.instance import CHECKOUT, REGION, Instance, StartedEngine
from sandbox.native_packages import native_packages
from sandbox.parts import FURTHER, NOT_RUNNING, absence, holds_deployment, loss, parts, running
from sandbox.prepare import prepare
from sandbox.process import Process, start
from sandbox.progress import Progress

# The start takes 15 s with two idle cores, and ten times as long if many others start.
ENGINE_SECONDS = 300.0
EXISTING_ENDPOINTS = {
    "all-minilm-l6-v2": {"model": "sentence-transformers/all-MiniLM-L6-v2", "shape": "array"},
    "neural-sparse": {"model": "opensearch-project/opensearch-neural-sparse-encoding-v2-distill", "shape": "array"},
    "deepseek-r1": {"model": "deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "shape": "array"},
}


def up(instance: Instance, progress: Progress, engine_version: str | None = None, *, discard: bool = False) -> None:
    """Starts the parts that do not run, and waits until all answer.

    `engine_version` is the environment's, such as `OpenSearch_3.5`; the engine is of the nearest line. AWS keeps its
    state in memory: if it has crashed, or nothing was started, the start is empty. If it runs and another part has
    crashed, deployed stacks are removed only with `discard`. Raises SandboxError with a sentence; parts that were
    started before it keep running and are reused or stopped next time.
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
            _start(instance, progress, engine_version)
        _wait(instance, progress)


def _same_line(instance: Instance, engine_version: str | None) -> None:
    runs = instance.engine
    if engine_version and not search_engine.is_own() and nearest(engine_version).version != runs.version:
        raise SandboxError(
            f"The local cloud {instance.name} runs OpenSearch {runs.version}, but the nearest line to {engine_version} "
            f"is {nearest(engine_version).version}. Run `osml sandbox down` first, or start another local cloud with "
            "OSML_SANDBOX=NAME."
        )


def _start(instance: Instance, progress: Progress, engine_version: str | None) -> None:
    processes: dict[str, Process] = {}
    line = nearest(engine_version)
    prepare(cache_directory(), progress, None if search_engine.is_own() else line)
    engine = search_engine.chosen(instance, progress, line)
    instance.remember_engine(StartedEngine(engine.version, engine.has_ml, asked=engine_version))
    launches: list[tuple[str, Callable[[], Process | None]]] = [
        ("engine", engine.start),
        ("models", lambda: _start_models(instance, progress)),
        ("cloud", lambda: _start_cloud(instance, engine, progress)),
    ]
    for name, launch in launches:
        process = launch()
        if process is not None:
            processes[name] = process
            instance.remember(processes)


def restart_engine(instance: Instance, progress: Progress) -> None:
    """Stops the engine if it still runs, starts it again with its data, and waits until it answers.

    If engines of further domains have crashed and all else runs, only they are started. AWS and the models keep
    running; models that have crashed are started again. Raises SandboxError with a sentence.
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
            instance.remember({**instance.processes(), "models": _start_models(instance, progress)})
        if lacks_models and search_engine.is_own():
            _wait(instance, progress)
        else:
            stop_engine(instance)
            start_engine(instance, progress, nearest(instance.engine.version), instance.engine.asked)


def require_engine(instance: Instance) -> None:
    """Raises SandboxError unless AWS runs and the local cloud started the engine."""
    processes = instance.processes()
    if not ({"cloud", "models"} <= processes.keys() and all(processes[p].alive() for p in ("cloud", "models"))):
        raise SandboxError(absence(instance) or NOT_RUNNING)
    if "engine" not in processes:
        url = settings(instance)["engine_url"]
        raise SandboxError(f"The engine at {url} is your own, so the local cloud neither starts nor stops it.")


def stop_engine(instance: Instance) -> None:
    """Stops the engine if it still runs, and keeps its data; AWS and the models keep running. Needs the lock."""
    require_engine(instance)
    instance.processes()["engine"].stop()


def start_engine(instance: Instance, progress: Progress, line: Line, version: str | None) -> None:
    """Starts an engine of the line with the existing data, and waits until it answers. Needs the lock.

    It is then the engine of the local cloud, even if it does not answer; `version` is the requested one.
    """
    engine = search_engine.chosen(instance, progress, line)
    instance.remember_engine(StartedEngine(engine.version, engine.has_ml, version))
    process = engine.start()
    if process is not None:
        instance.remember({**instance.processes(), "engine": process})
    _wait(instance, progress)


def down(instance: Instance) -> None:
    """Stops every process that `up` started and deletes their data; the cache stays."""
    with instance.lock():
        _end(instance)
    shutil.rmtree(instance.home, ignore_errors=True)


def settings(instance: Instance) -> dict[str, Any]:
    """The settings of a running instance's cloud process."""
    values: dict[str, Any] = json.loads((instance.home / "cloud.json").read_text())
    return values


def _end(instance: Instance) -> None:
    processes = instance.processes()
    for name in reversed(list(parts(instance))):
        processes[name].stop()
    for process in instance.strays():
        process.stop()
    if instance.home.exists():
        instance.remember({})


def _start_models(instance: Instance, progress: Progress) -> Process:
    from sandbox.models.weights import weights_directory

    weights = weights_directory(cache_directory())
    argv = [sys.executable, "-m", "sandbox.models", "--port", str(instance.ports().models)]
    argv += ["--deepseek-key-file", str(instance.deepseek_key), "--weights", str(weights)]
    if os.environ.get("OSML_ANSWER_URL"):
        argv += ["--answer-url", os.environ["OSML_ANSWER_URL"]]
        argv += ["--answer-key-file", os.environ["OSML_ANSWER_KEY_FILE"]]
        argv += ["--answer-model", os.environ["OSML_ANSWER_MODEL"]]
    progress.step("Starting the model endpoints …")
    return start(argv, environment=instance.marked(os.environ), folder=CHECKOUT, log=instance.log("models"))


def _start_cloud(instance: Instance, engine: "search_engine.LocalEngine", progress: Progress) -> Process:
    python = cloud_python(cache_directory(), progress.step)
    native = native_packages(cache_directory(), python, progress.step)
    ports, certificates = instance.ports(), instance.certificates
    settings = {
        "home": str(instance.home / "cloud"),
        "region": REGION,
        "aws_port": ports.aws,
        "egress_port": ports.egress,
        "models_url": f"http://127.0.0.1:{ports.models}",
        "engine_url": engine.url,
        "ca": str(engine.ca),
        "ca_bundle": str(certificates.bundle),
        "admin_cert": str(engine.admin_cert),
        "admin_key": str(engine.admin_key),
        "server_cert": str(certificates.certificate("server")),
        "server_key": str(certificates.key("server")),
        "domain_ports": list(ports.domains),
        "young_role_seconds": float(os.environ.get("OSML_YOUNG_ROLE_SECONDS", "0")),
        "existing_endpoints": EXISTING_ENDPOINTS,
        "native_packages": str(native),
        # The assembled engine's k-NN plugin has no native library; the user's own engine may have one.
        "has_native_vectors": search_engine.is_own(),
        **({} if search_engine.is_own() else {**_spare(instance), "snapshots": str(instance.snapshots)}),
        "egress_proxy_port": ports.egress_proxy,
        "model_cert": str(certificates.certificate("models")),
        "model_key": str(certificates.key("models")),
    }
    path = instance.home / "cloud.json"
    path.write_text(json.dumps(settings, indent=1))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHONPATH"))}
    progress.step("Starting AWS and the front …")
    argv = [str(python), "-m", "sandbox.cloud", str(path)]
    return start(argv, environment=instance.marked(environment), folder=CHECKOUT, log=instance.log("cloud"))


def _spare(instance: Instance) -> dict[str, Any]:
    """How the cloud process starts engines for further domains; it drops most of its own environment."""
    needed = ("PATH", "HOME", "LANG", "JAVA_HOME", "OPENSEARCH_JAVA_HOME", "OSML_CACHE", "OSML_MAVEN_REPOSITORIES")
    return {
        "spare_engine": [sys.executable, "-m", "sandbox.spare_engine", instance.name],
        "spare_environment": {name: os.environ[name] for name in needed if name in os.environ},
    }


def _wait(instance: Instance, progress: Progress) -> None:
    processes, ports, chosen = instance.processes(), instance.ports(), settings(instance)
    _answers(instance, processes["models"], "models", f"http://127.0.0.1:{ports.models}/_health")
    ready(
        chosen["engine_url"],
        Path(chosen["ca"]),
        Path(chosen["admin_cert"]),
        Path(chosen["admin_key"]),
        within=ENGINE_SECONDS,
        log=instance.home / "engine" / "logs" / "engine.log",
        alive=processes["engine"].alive if "engine" in processes else lambda: True,
    )
    progress.step("The engine is ready.")
    _answers(instance, processes["cloud"], "cloud", f"https://127.0.0.1:{ports.aws}/_ministack/ready")
    progress.step("AWS is ready.")


def _answers(instance: Instance, process: Process, name: str, url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        if not process.alive():
            raise StartFailed(name, "the process ended", instance.log(name))
        try:
            if requests.get(url, verify=str(instance.certificates.ca), timeout=5).ok:
                return
        except requests.RequestException:
            pass
        if time.monotonic() > deadline:
            raise StartFailed(name, f"{url} did not answer within {seconds:.0f} s", instance.log(name))
        time.sleep(0.2)
