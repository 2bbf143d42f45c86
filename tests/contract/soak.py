"""Deploy, update, destroy, again and again, while the provisioner's function is killed at random moments.

`python -m tests.contract.soak --rounds 200` prints what the function and the engine hold after every tenth round, and
ends with an error when anything is left or grows. The function is the real one, `handler.py`, behind a real front and
engine; only CloudFormation is played.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlcommons import Client, HttpTransport
from mlcommons.retired import sweep
from tests.contract.engine_process import running_engine
from tests.contract.front_domain import Trial, trial
from tests.contract.front_engine import engine_address
from tests.contract.soak_stack import Function, Stack, prepare

CHANCE = 0.12
_MEBIBYTE = 1024 * 1024
# Of ml-commons itself: its log of registrations and deployments, which no API empties, and its encryption key.
_ITS_OWN = (".plugins-ml-task", ".plugins-ml-jobs", ".plugins-ml-config")


@dataclass(frozen=True)
class Sample:
    """What is in use after a round: by the function's process, by this process (the front), and by the engine."""

    round: int
    seconds: float
    events: int
    kills: int
    rss: int
    files: int
    threads: int
    front_files: int
    connections: int

    def __str__(self) -> str:
        return (
            f"{self.round:5} {self.seconds:8.1f} {self.events:7} {self.kills:6} {self.rss / _MEBIBYTE:8.1f} "
            f"{self.files:6} {self.threads:8} {self.front_files:12} {self.connections:12}"
        )


HEADER = "round  seconds  events  kills  RSS MiB  files  threads  front files  connections"


def soak(here: Trial, rounds: int, seed: int, show: Callable[[Sample], None] = lambda _: None) -> list[Sample]:
    """Rounds of deploy, update and destroy; raises AssertionError when something is left at the end."""
    prepare(here)
    before, started, samples = contents(here), time.monotonic(), []
    function = Function(here)
    stack = Stack(here, function, random.Random(seed), CHANCE)  # noqa: S311 - a seed that can be said again
    try:
        for number in range(1, rounds + 1):
            stack.deploy(2 * number)
            stack.deploy(2 * number + 1)
            stack.destroy()
            held = function.holding
            front = len(os.listdir("/proc/self/fd"))
            sample = Sample(
                number,
                time.monotonic() - started,
                stack.events,
                stack.kills,
                held["rss"],
                held["files"],
                held["threads"],
                front,
                _connections(here),
            )
            samples.append(sample)
            show(sample)
    finally:
        function.close()
    _swept(here)
    after = contents(here)
    left = {what: (before.get(what), after.get(what)) for what in before | after if before.get(what) != after.get(what)}
    assert not left, f"left behind, before and now: {left}"
    return samples


def grown(samples: list[Sample]) -> list[str]:
    """What has grown: compares the median of the last quarter with that of the second, in which everything is warm."""
    quarter = max(1, len(samples) // 4)
    complaints = []
    for name, slack in (("rss", 8 * _MEBIBYTE), ("files", 2), ("threads", 0), ("front_files", 8), ("connections", 8)):
        warm, last = (
            statistics.median(getattr(sample, name) for sample in part)
            for part in (samples[quarter : 2 * quarter], samples[-quarter:])
        )
        if last > warm + slack:
            complaints.append(f"{name} grew from {warm} to {last}")
    return complaints


def contents(here: Trial) -> dict[str, Any]:
    """All contents of the engine, read as its administrator: documents of ml-commons by id, everything else by name."""

    def get(path: str) -> Any:
        answer = here.engine("GET", path)
        return answer.json() if answer.status_code != 404 else {}

    here.engine("POST", "/_refresh?expand_wildcards=all")
    indexes = sorted(item["index"] for item in get("/_cat/indices?format=json&expand_wildcards=all"))
    leftovers: dict[str, Any] = {
        "indexes": [name for name in indexes if not name.startswith((".plugins-ml", "top_quer"))]
    }
    for name in indexes:
        if name.startswith(".plugins-ml") and name not in _ITS_OWN:
            hits = get(f"/{name}/_search?size=1000&_source=false")["hits"]["hits"]
            leftovers[name] = sorted(hit["_id"] for hit in hits)
    for path in ("/_ingest/pipeline", "/_search/pipeline", "/_component_template", "/_index_template", "/_alias"):
        shown = get(path)
        leftovers[path] = sorted(name for name in shown if not name.startswith((".plugins-ml", "top_quer")))
        if "component_templates" in shown:
            leftovers[path] = sorted(template["name"] for template in shown["component_templates"])
    for part in ("roles", "rolesmapping", "internalusers"):
        leftovers[part] = get(f"/_plugins/_security/api/{part}")
    settings = get("/_cluster/settings?flat_settings=true")
    leftovers["settings"] = {scope: settings[scope] for scope in ("persistent", "transient")}
    return {what: held for what, held in leftovers.items() if held}


def _swept(here: Trial) -> None:
    """Delete the retired connectors, which the engine falsely reported as in use, as the keeper does."""
    certificate = (here.address.admin_cert, here.address.admin_key)
    sweep(Client(HttpTransport(here.address.url, verify=here.address.ca, cert=certificate)))


def _connections(here: Trial) -> int:
    nodes = here.engine("GET", "/_nodes/stats/http").json()["nodes"].values()
    return sum(int(node["http"]["current_open"]) for node in nodes)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.contract.soak", description=__doc__)
    options.add_argument("--rounds", type=int, default=200)
    options.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    given = options.parse_args()
    print(f"seed {given.seed}\n{HEADER}", flush=True)

    def show(sample: Sample) -> None:
        if sample.round % 10 == 0 or sample.round == 1:
            print(sample, flush=True)

    with running_engine(), trial(engine_address()) as here:
        samples = soak(here, given.rounds, given.seed, show)
    if growing := grown(samples):
        sys.exit("; ".join(growing))
    print(f"{samples[-1].kills} of {samples[-1].events} events were killed; nothing is left, nothing grew")


if __name__ == "__main__":
    main()
