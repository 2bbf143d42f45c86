"""What runs and how to reach it, for people and for clients that know nothing of this project."""

from typing import Any

from sandbox import launcher
from sandbox.instance import ACCOUNT, REGION, Instance


def describe(instance: Instance) -> dict[str, Any]:
    """What `osml sandbox status --json` prints; before a start only `running` and `name` are there.

    Shape: `{"running", "name", "account", "region", "addresses": {"engine", "aws", "models", "egress", "front"},
    "certificates": {"ca", "bundle", "admin_cert", "admin_key"}, "deepseek_key_file", "logs", "processes",
    "environment"}`. Secret keys are named by file, except the emulated account's `test`.
    """
    if not launcher.running(instance):
        return {"running": False, "name": instance.name}
    ports, certificates = instance.ports(), instance.certificates
    engine = launcher.settings(instance)
    return {
        "running": True,
        "name": instance.name,
        "account": ACCOUNT,
        "region": REGION,
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
        "deepseek_key_file": str(instance.deepseek_key),
        "logs": {name: str(instance.log(name)) for name in launcher.ORDER},
        "processes": {name: process.pid for name, process in instance.processes().items()},
        "environment": instance.client_environment(),
    }
