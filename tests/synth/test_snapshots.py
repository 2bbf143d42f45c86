"""The templates of the environments, as reviewed."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

Templates = dict[str, dict[str, Any]]
ENVIRONMENTS = sorted(file.stem for file in (Path(__file__).parents[2] / "environments").glob("*.yaml"))

# The snapshot of these environments is the whole template; of the others it is the difference from dev.
WHOLE = ["dev", "sandbox-aoss"]
ABSENT = "absent"
PARTS = ["search", "inference", "knowledge", "assistant"]


def without_noise(template: dict[str, Any]) -> dict[str, Any]:
    """The template without hashes of sources, bootstrap check and construct paths: only resources change a snapshot."""
    clean = copy.deepcopy(template)
    for part in ("Parameters", "Rules"):
        clean.pop(part, None)
    for resource in clean["Resources"].values():
        resource.pop("Metadata", None)
    text = re.sub(r"[0-9a-f]{64}", "<hash>", json.dumps(clean))
    cleaned: dict[str, Any] = json.loads(text)
    return cleaned


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("environment", WHOLE)
def test_template(
    templates: Callable[[str], Templates], snapshot: SnapshotAssertion, environment: str, part: str
) -> None:
    template = templates(environment)[f"osml-{environment}-{part}"]
    assert without_noise(template) == snapshot(extension_class=JSONSnapshotExtension, name=f"{environment}-{part}")


@pytest.mark.parametrize("environment", [name for name in ENVIRONMENTS if name not in WHOLE])
def test_what_differs_from_dev(
    templates: Callable[[str], Templates], snapshot: SnapshotAssertion, environment: str
) -> None:
    changes: list[str] = []
    for part in PARTS:
        dev, other = (without_noise(templates(name)[f"osml-{name}-{part}"]) for name in ("dev", environment))
        renamed = json.loads(re.sub(rf"\b{environment}\b", "dev", json.dumps(other)))
        changes += [f"{part}{line}" for line in differences(dev, renamed)]
    assert changes == snapshot(extension_class=JSONSnapshotExtension, name=environment)


def differences(first: Any, other: Any, path: str = "") -> Iterator[str]:
    """A line for each place where two JSON values differ: the path and both values."""
    if isinstance(first, dict) and isinstance(other, dict):
        for key in sorted(first.keys() | other.keys()):
            yield from differences(first.get(key, ABSENT), other.get(key, ABSENT), f"{path}.{key}")
    elif isinstance(first, list) and isinstance(other, list) and len(first) == len(other):
        for number, (left, right) in enumerate(zip(first, other, strict=True)):
            yield from differences(left, right, f"{path}.{number}")
    elif first != other:
        yield f"{path}: {json.dumps(first, sort_keys=True)} -> {json.dumps(other, sort_keys=True)}"


def test_a_difference_is_reported_with_its_path() -> None:
    changes = list(differences({"a": [1, {"b": 2}], "c": [1]}, {"a": [1, {"b": 3}], "c": [1, 2], "d": True}))
    assert changes == [".a.1.b: 2 -> 3", ".c: [1] -> [1, 2]", '.d: "absent" -> true']


def test_snapshots_are_free_of_accounts_and_hashes() -> None:
    files = list((Path(__file__).parent / "__snapshots__").rglob("*.json"))
    own = [file for file in files if file.parent.name == Path(__file__).stem]
    assert len(own) == len(PARTS) * len(WHOLE) + len(ENVIRONMENTS) - len(WHOLE)
    for file in files:
        text = file.read_text()
        assert not re.search(r"[0-9a-f]{64}", text), file.name
        assert "000000000000" not in text, file.name
        assert str(Path(__file__).parents[2]) not in text, file.name
