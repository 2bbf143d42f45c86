"""Starts and ends a local cloud: the engine, the model endpoints, and AWS with the front before the engine."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from sandbox import search_engine
from sandbox.cache import cache_directory
from sandbox.cloud_venv import cloud_python
from sandbox.engine.readiness import ready
from sandbox.failure import SandboxError, StartFailed
from sandbox.instance import CHECKOUT, REGION, Instance
from sandbox.native_packages import native_packages
from sandbox.process import Process, start

Report = Callable[[str], None]
ORDER = ("engine", "models", "cloud")
# It takes 15 s with two cores to itself, and ten times that where many others start.
ENGINE_SECONDS = 300.0
EXISTING_ENDPOINTS = {
    "all-minilm-l6-v2": {"model": "sentence-transformers/all-MiniLM-L6-v2", "shape": "array"},
    "neural-sparse": {"model": "opensearch-project/opensearch-neural-sparse-encoding-v2-distill", "shape": "array"},
    "deepseek-r1": {"model": "deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "shape": "array"},
}


def up(instance: Instance, report: Report) -> None:
    """Starts what is not running and waits until all of it answers.

    AWS lives in memory, so a part that died takes the others with it: the start is then a clean one.
    Raises SandboxError with a sentence; what was started until then keeps running and is reused or ended next time.
    """
    with instance.lock():
        if running(instance):
            report("The local cloud is running already.")
        else:
            _end(instance)
            shutil.rmtree(instance.home / "engine", ignore_errors=True)
            (instance.home / "ports.json").unlink(missing_ok=True)
            instance.certificates.make()
            instance.make_key()
            _start(instance, report)
        _wait(instance, report)


def _start(instance: Instance, report: Report) -> None:
    processes: dict[str, Process] = {}
    engine = search_engine.chosen(instance, report)
    instance.remember_ml(engine.has_ml)
    launches: list[tuple[str, Callable[[], Process | None]]] = [
        ("engine", engine.start),
        ("models", lambda: _start_models(instance, report)),
        ("cloud", lambda: _start_cloud(instance, engine, report)),
    ]
    for name, launch in launches:
        process = launch()
        if process is not None:
            processes[name] = process
            instance.remember(processes)


def restart_engine(instance: Instance, report: Report) -> None:
    """Ends the engine if it still runs, starts it again with the data it has and waits until it answers.

    AWS and the models go on meanwhile, with an engine that does not answer. Raises SandboxError with a sentence.
    """
    with instance.lock():
        processes = instance.processes()
        if not ({"cloud", "models"} <= processes.keys() and all(processes[p].alive() for p in ("cloud", "models"))):
            raise SandboxError("The local cloud is not running: start it with `osml sandbox up`.")
        if "engine" not in processes:
            url = settings(instance)["engine_url"]
            raise SandboxError(f"The engine at {url} is your own, which the local cloud neither starts nor ends.")
        processes["engine"].stop()
        process = search_engine.chosen(instance, report).start()
        if process is not None:
            instance.remember({**processes, "engine": process})
        _wait(instance, report)


def down(instance: Instance) -> None:
    """Ends every process that `up` started and forgets what they held; the cache stays."""
    with instance.lock():
        _end(instance)
    shutil.rmtree(instance.home, ignore_errors=True)


def running(instance: Instance) -> bool:
    """True when all that was started is alive."""
    processes = instance.processes()
    return "cloud" in processes and "models" in processes and all(p.alive() for p in processes.values())


def settings(instance: Instance) -> dict[str, Any]:
    """What the cloud process of a running instance was started with."""
    found: dict[str, Any] = json.loads((instance.home / "cloud.json").read_text())
    return found


def _end(instance: Instance) -> None:
    processes = instance.processes()
    for name in reversed(ORDER):
        if name in processes:
            processes[name].stop()
    for process in instance.strays():
        process.stop()
    if instance.home.exists():
        instance.remember({})


def _start_models(instance: Instance, report: Report) -> Process:
    from sandbox.models.weights import weights_directory

    report("Model weights (all-MiniLM-L6-v2, 84 MB, downloaded once) …")
    weights = weights_directory(cache_directory())
    argv = [sys.executable, "-m", "sandbox.models", "--port", str(instance.ports().models)]
    argv += ["--deepseek-key-file", str(instance.deepseek_key), "--weights", str(weights)]
    if os.environ.get("OSML_ANSWER_URL"):
        argv += ["--answer-url", os.environ["OSML_ANSWER_URL"]]
        argv += ["--answer-key-file", os.environ["OSML_ANSWER_KEY_FILE"]]
        argv += ["--answer-model", os.environ["OSML_ANSWER_MODEL"]]
    report("Starting the model endpoints …")
    return start(argv, environment=instance.marked(os.environ), folder=CHECKOUT, log=instance.log("models"))


def _start_cloud(instance: Instance, engine: "search_engine.Engine", report: Report) -> Process:
    report("The local AWS (MiniStack, installed once) …")
    python = cloud_python(cache_directory(), report)
    native = native_packages(cache_directory(), python, report)
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
        "way_out_port": ports.way_out,
        "model_cert": str(certificates.certificate("models")),
        "model_key": str(certificates.key("models")),
    }
    path = instance.home / "cloud.json"
    path.write_text(json.dumps(settings, indent=1))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHONPATH"))}
    report("Starting AWS and the front …")
    argv = [str(python), "-m", "sandbox.cloud", str(path)]
    return start(argv, environment=instance.marked(environment), folder=CHECKOUT, log=instance.log("cloud"))


def _wait(instance: Instance, report: Report) -> None:
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
    report("The engine is ready.")
    _answers(instance, processes["cloud"], "cloud", f"https://127.0.0.1:{ports.aws}/_ministack/ready")
    report("AWS is ready.")


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
