"""Every template of every environment, as reviewed."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

Templates = dict[str, dict[str, Any]]
ENVIRONMENTS = sorted(file.stem for file in (Path(__file__).parents[2] / "environments").glob("*.yaml"))

PARTS = ["search", "inference", "knowledge", "assistant"]


def without_noise(template: dict[str, Any]) -> dict[str, Any]:
    """No hash of sources, no bootstrap check, no construct paths: a snapshot changes when a resource does."""
    clean = copy.deepcopy(template)
    for part in ("Parameters", "Rules"):
        clean.pop(part, None)
    for resource in clean["Resources"].values():
        resource.pop("Metadata", None)
    text = re.sub(r"[0-9a-f]{64}", "<hash>", json.dumps(clean))
    cleaned: dict[str, Any] = json.loads(text)
    return cleaned


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_template(
    templates: Callable[[str], Templates], snapshot: SnapshotAssertion, environment: str, part: str
) -> None:
    template = templates(environment)[f"osml-{environment}-{part}"]
    assert without_noise(template) == snapshot(extension_class=JSONSnapshotExtension, name=f"{environment}-{part}")


def test_snapshots_are_free_of_accounts_and_hashes() -> None:
    files = list((Path(__file__).parent / "__snapshots__").rglob("*.json"))
    assert len([file for file in files if file.parent.name == Path(__file__).stem]) == len(PARTS) * len(ENVIRONMENTS)
    for file in files:
        text = file.read_text()
        assert not re.search(r"[0-9a-f]{64}", text), file.name
        assert "000000000000" not in text, file.name
        assert str(Path(__file__).parents[2]) not in text, file.name
