"""The start of a local cloud's processes, and the wait until all of them answer."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from sandbox import search_engine
from sandbox.cache import cache_directory
from sandbox.cloud_venv import cloud_python
from sandbox.engine.line import nearest
from sandbox.engine.readiness import ready
from sandbox.failure import StartFailed
from sandbox.instance import CHECKOUT, REGION, Instance, StartedEngine
from sandbox.native_packages import native_packages
from sandbox.prepare import prepare
from sandbox.process import Process, start
from sandbox.progress import Progress

# A start takes 15 s on two idle cores, and ten times as long if many engines start at the same time.
ENGINE_SECONDS = 300.0
EXISTING_ENDPOINTS = {
    "all-minilm-l6-v2": {"model": "sentence-transformers/all-MiniLM-L6-v2", "shape": "array"},
    "neural-sparse": {"model": "opensearch-project/opensearch-neural-sparse-encoding-v2-distill", "shape": "array"},
    "deepseek-r1": {"model": "deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "shape": "array"},
}


def start_parts(instance: Instance, progress: Progress, engine_version: str | None) -> None:
    """Starts all parts, and records each process as soon as it runs. Call it with the lock; raises SandboxError."""
    processes: dict[str, Process] = {}
    line = nearest(engine_version)
    prepare(cache_directory(), progress, None if search_engine.is_own() else line)
    engine = search_engine.chosen(instance, progress, line)
    instance.remember_engine(StartedEngine(engine.version, engine.has_ml, asked=engine_version))
    launches: list[tuple[str, Callable[[], Process | None]]] = [
        ("engine", engine.start),
        ("models", lambda: start_models(instance, progress)),
        ("cloud", lambda: start_cloud(instance, engine, progress)),
    ]
    for name, launch in launches:
        process = launch()
        if process is not None:
            processes[name] = process
            instance.remember(processes)


def start_models(instance: Instance, progress: Progress) -> Process:
    """Starts the model endpoints."""
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


def start_cloud(instance: Instance, engine: "search_engine.LocalEngine", progress: Progress) -> Process:
    """Writes the settings of the cloud process to a file, and starts it: AWS and the front."""
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
        "installer": [sys.executable, "-m", "sandbox.native_packages", str(cache_directory()), str(python)],
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
    """The settings with which the cloud process starts engines for further domains.

    They include environment variables, because the cloud process drops most of its own.
    """
    needed = ("PATH", "HOME", "LANG", "JAVA_HOME", "OPENSEARCH_JAVA_HOME", "OSML_CACHE", "OSML_MAVEN_REPOSITORIES")
    return {
        "spare_engine": [sys.executable, "-m", "sandbox.spare_engine", instance.name],
        "spare_environment": {name: os.environ[name] for name in needed if name in os.environ},
    }


def settings(instance: Instance) -> dict[str, Any]:
    """The settings of a running instance's cloud process."""
    values: dict[str, Any] = json.loads((instance.home / "cloud.json").read_text())
    return values


def await_parts(instance: Instance, progress: Progress) -> None:
    """Waits until all parts answer; raises SandboxError if one does not in time."""
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


def _answers(instance: Instance, process: Process, name: str, url: str, seconds: float = 300) -> None:
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
