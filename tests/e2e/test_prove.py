"""`osml prove` on the emulated AWS, from its first step to its report, as people with an account run it."""

from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.e2e.conftest import CommandLine

STEPS = (
    "a role for the questions",
    "preflight",
    "deploy",
    "ingest",
    "ask on the command line",
    "the API's key",
    "ask through the API",
    "stream through the API",
    "status",
    "doctor",
    "deploy again",
    "destroy",
    "nothing is left",
)
# A part of each answer that the engine of the local cloud gives.
ANSWERS = (
    "PUT _component_template: 200, GET _component_template: 200, DELETE _component_template: 200",
    "1 s: 408 after",
    "2 s: 408 after",
    "PATCH on all_access: 200, undone: 200",
    "whole: taken with 200, removed with 200; without suffix: taken with 200, removed with 200",
    "may be changed; refused:",
)


# Steps that only a domain has.
OF_DOMAIN = ("a role for the questions",)
KINDS = {"domain": (STEPS, ANSWERS), "collection": (tuple(step for step in STEPS if step not in OF_DOMAIN), ())}


@pytest.mark.parametrize("kind", KINDS)
def test_the_proof_passes_and_leaves_nothing(osml: CommandLine, engine: Any, tmp_path: Path, kind: str) -> None:
    steps, answers = KINDS[kind]
    before, report = engine.contents(), tmp_path / "proof.md"
    said = osml("prove", "--sandbox", "--yes", "--only", kind, "--report", str(report)).stderr
    text = report.read_text()
    assert "costs at most 0." in said
    assert f"## Proof of a {kind} on the local cloud: passed" in text
    assert [line.split(" | ")[0].strip("| ") for line in text.splitlines() if "| ✓ |" in line] == list(steps)
    assert [answer for answer in answers if answer not in text] == []
    for hidden in ("000000000000", "127.0.0.1", "arn:aws", "https://"):
        assert hidden not in text
    assert engine.contents() == before
    roles = [role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]]
    assert [name for name in roles if "prove" in name] == []
    assert boto3.client("opensearchserverless").list_collections()["collectionSummaries"] == []
