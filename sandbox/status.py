"""The running parts of a local cloud and their addresses, for people and for clients."""

from dataclasses import asdict
from typing import Any

from sandbox import startup
from sandbox.cloud_parts import ORDER, absence, parts
from sandbox.front.url_rewriter import MODEL_HOSTS
from sandbox.instance import ACCOUNT, REGION, Instance


def describe(instance: Instance) -> dict[str, Any]:
    """The output of `osml sandbox status --json`. Unless all parts run, it has only the first four fields.

    `parts` maps each started part to whether it runs. `reason` is the reason why not all parts run, with the fix.

    Shape: `{"running", "name", "parts", "reason", "account", "region",
    "engine": {"version", "has_ml", "asked", "distance"}, "addresses": {"engine", "aws", "models", "egress", "front"},
    "certificates": {"ca", "bundle", "admin_cert", "admin_key"}, "model_hosts", "deepseek_key_file", "logs",
    "processes", "environment"}`. Secret keys are given as paths of files, except the emulated account's `test`.
    """
    reason = absence(instance)
    begun = {"running": reason is None, "name": instance.name, "parts": parts(instance), "reason": reason}
    if reason:
        return begun
    ports, certificates = instance.ports(), instance.certificates
    engine, started = startup.settings(instance), instance.engine
    return {
        **begun,
        "account": ACCOUNT,
        "region": REGION,
        "engine": {**asdict(started), "distance": started.distance},
        "addresses": {
            "engine": engine["engine_url"],
            "aws": f"https://127.0.0.1:{ports.aws}",
            "models": f"http://127.0.0.1:{ports.models}",
            "egress": f"http://127.0.0.1:{ports.egress}",
            "front": [f"https://127.0.0.1:{port}" for port in range(ports.domains[0], ports.domains[1] + 1)],
        },
        "certificates": {
            "ca": str(certificates.ca),
            "bundle": str(certificates.bundle),
            "admin_cert": engine["admin_cert"],
            "admin_key": engine["admin_key"],
        },
        "model_hosts": list(MODEL_HOSTS),
        "deepseek_key_file": str(instance.deepseek_key),
        "logs": {name: str(instance.log(name)) for name in ORDER},
        "processes": {name: process.pid for name, process in instance.processes().items()},
        "environment": instance.client_environment(),
    }
