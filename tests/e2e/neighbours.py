"""Environments in addition to `sandbox`, for tests that need more than one."""

from pathlib import Path
from typing import Any

import yaml

from sandbox.instance import CHECKOUT

# A SageMaker endpoint that every local cloud has.
ENDPOINT = "all-minilm-l6-v2"


def bare_sandbox() -> dict[str, Any]:
    """The settings of `sandbox` without its assistant, which takes as long to deploy as the rest together."""
    settings: dict[str, Any] = yaml.safe_load((CHECKOUT / "environments" / "sandbox.yaml").read_text())
    del settings["assistant"]
    return settings


def write_environment(
    directory: Path, name: str, search: dict[str, Any] | None = None, index: str = "passages"
) -> None:
    """Write the environment `name`: the sandbox without its assistant, with another `search` and index.

    Its embedding endpoint is one that every local cloud has.
    """
    settings = bare_sandbox()
    if search is not None:
        settings["search"] = {"vector_engine": "lucene", "removal": "destroy", "log_retention": 1, **search}
    settings["embedding"] = {"endpoint": ENDPOINT, "shape": "array", "dimension": 384, "provider": "sagemaker"}
    settings["index"]["name"] = index
    (directory / f"{name}.yaml").write_text(yaml.safe_dump(settings))
