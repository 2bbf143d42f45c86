"""The throwaway environments: the smallest domain, and a collection. Their models need no key."""

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from osml.place import CHECKOUT, Place
from settings.environment import prefix_of

KINDS = ("domain", "collection")
SEARCH: dict[str, dict[str, Any]] = {
    "domain": {
        "kind": "domain",
        "engine_version": "OpenSearch_3.5",
        "vector_engine": "lucene",
        "data_nodes": {"instance_type": "r7g.medium.search", "count": 1},
        "volume": {"size": 10},
    },
    "collection": {"kind": "serverless"},
}
# The least expensive of Amazon's own chat models on Bedrock. It needs no subscription.
ANSWER = "us.amazon.nova-micro-v1:0"
SAMPLES = CHECKOUT / "samples" / "metro-areas.ndjson"
QUESTION = "What's the population increase of New York City from 2021 to 2023?"


@dataclass(frozen=True)
class Trial:
    """An environment of the `kind`, in a file of the `folder`. `osml()` runs commands on it."""

    kind: str
    place: Place
    folder: Path

    @property
    def name(self) -> str:
        """The name of the environment."""
        return self.place.env

    @property
    def prefix(self) -> str:
        """The beginning of the names of its stacks and resources."""
        return prefix_of(self.name)

    @property
    def administrator(self) -> str:
        """The name of the role that calls the domain as its administrator."""
        return f"{self.prefix}-prover"

    def osml(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command. It has its own process group, which the terminal's Ctrl-C does not reach."""
        options = ["--env", self.name, *(["--sandbox"] if self.place.instance else [])]
        return subprocess.Popen(
            [sys.executable, "-c", "from osml.start import main; main()", *arguments, *options],
            cwd=CHECKOUT,
            env={**os.environ, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if "--json" not in arguments else subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def prepare(kind: str, folder: Path, instance: Any, account: str, region: str, answer: str) -> Trial:
    """Write the file of a new environment, which has a random name."""
    name = f"prove-{kind[0]}{secrets.token_hex(2)}"
    trial = Trial(kind, Place(name, instance), folder)
    settings: dict[str, Any] = {
        "recipe": "serverless" if kind == "collection" else "bedrock-converse",
        "region": region,
        "search": {**SEARCH[kind], "removal": "destroy", "log_retention": 1},
        "embedding": {"provider": "titan", "dimension": 512},
        "answer": {"provider": "bedrock-converse", "model": answer},
        # The engine of a local cloud is shared, so the index must have its own name.
        "index": {"name": name},
        "assistant": {"sign_in": "api-key", "page": False},
    }
    if kind == "domain":
        settings["search"]["admins"] = [f"arn:{_partition(region)}:iam::{account}:role/{trial.administrator}"]
    if instance:
        settings["timeouts"] = {"provisioning": 300}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    return trial


def _partition(region: str) -> str:
    return next((f"aws-{part}" for part in ("cn", "us-gov") if region.startswith(f"{part}-")), "aws")


def printed(text: str) -> Any:
    """The JSON that a command printed; None if it printed none."""
    try:
        return json.loads(text)
    except ValueError:
        return None
