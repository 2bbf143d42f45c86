"""Environments beside `sandbox`, for tests that need more than one."""

from pathlib import Path
from typing import Any

import yaml

from sandbox.instance import CHECKOUT

# A SageMaker endpoint that every local cloud has.
ENDPOINT = "all-minilm-l6-v2"


def bare_sandbox() -> dict[str, Any]:
    """The settings of the environment `sandbox` without its assistant, which takes as long to deploy as the rest."""
    settings: dict[str, Any] = yaml.safe_load((CHECKOUT / "environments" / "sandbox.yaml").read_text())
    del settings["assistant"]
    return settings


def write_environment(
    directory: Path, name: str, search: dict[str, Any] | None = None, index: str = "passages"
) -> None:
    """Writes the environment `name`: the sandbox, no assistant, another `search` and index, an endpoint that exists."""
    settings = bare_sandbox()
    if search is not None:
        settings["search"] = {"vector_engine": "lucene", "removal": "destroy", "log_retention": 1, **search}
    settings["embedding"] = {"endpoint": ENDPOINT, "shape": "array", "dimension": 384, "provider": "sagemaker"}
    settings["index"]["name"] = index
    (directory / f"{name}.yaml").write_text(yaml.safe_dump(settings))
