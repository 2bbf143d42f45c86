"""The stack of an environment that adopts objects: its templates, its deploy, and its removal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlcommons import Client, Owner, ProvisioningOutcome, apply, destroy, kind_named, release
from osml.takeover.choice import Choice, Chooser
from osml.takeover.contents import read
from osml.takeover.draft import AdoptedDomain, alias_for, draft
from osml.takeover.marking import mark
from osml.takeover.plan import Plan, plan
from tests.contract.front_domain import ARN

ROOT = Path(__file__).resolve().parents[2]
NAME, STACK = "taken", "osml-taken-knowledge"
SECRETS = {"embedding": "osml/taken/embedding", "answer": "osml/taken/answer"}
THERE = AdoptedDomain("https://search-contract-abc123.us-east-1.es.amazonaws.com", ARN)
# A deploy makes objects of these kinds for the environment's roles; these tests are not about them.
ACCESS = ("Custom::MlRole", "Custom::MlRoleMapping", "Custom::MlTrustedEndpoints")
Templates = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Templates]:
    """Synthesizes the templates of the environment that a text describes, in this process, which takes a second."""
    from aws_cdk import App

    from app import build

    flags = json.loads((ROOT / "cdk.json").read_text())["context"]

    def run(text: str) -> Templates:
        folder = tmp_path_factory.mktemp("taken")
        (folder / f"{NAME}.yaml").write_text(text)
        app = App(outdir=str(folder / "out"), context={**flags, "env": NAME, "aws:cdk:bundling-stacks": []})
        build(app, folder)
        app.synth()
        files = (folder / "out").glob("*.template.json")
        return {file.name.removesuffix(".template.json"): json.loads(file.read_text()) for file in files}

    return run


def taken_over(client: Client, synthesize: Callable[[str], Templates]) -> tuple[Choice, Plan, Templates]:
    """Import as the command does, and write the marks."""
    contents = read(client)
    choice = Chooser(contents, STACK, SECRETS).choose()
    alias = alias_for(contents, choice.index)
    templates = synthesize(draft(contents, choice, THERE, alias))
    planned = plan(client, contents, choice, templates)
    for adoption in planned.adoptions:
        mark(client, adoption, choice.text_field)
    return choice, planned, templates


def deployed(client: Client, templates: Templates) -> dict[str, tuple[ProvisioningOutcome, dict[str, Any]]]:
    """Apply each object of the stack as the provisioner does, in the order of their references."""
    done: dict[str, tuple[ProvisioningOutcome, dict[str, Any]]] = {}

    def text(part: Any) -> str:
        if isinstance(part, str):
            return part
        return applied(part["Fn::GetAtt"][0]).physical_id

    def applied(id: str) -> ProvisioningOutcome:
        if id not in done:
            resource = templates[STACK]["Resources"][id]
            written = resource["Properties"]["Spec"]
            spec = json.loads(written if isinstance(written, str) else "".join(map(text, written["Fn::Join"][1])))
            kind = kind_named(resource["Type"])
            done[id] = apply(kind, spec, client=client, owner=Owner(STACK, id)), spec
        return done[id][0]

    for id, resource in templates[STACK]["Resources"].items():
        if resource["Type"].startswith("Custom::Ml") and resource["Type"] not in ACCESS:
            applied(id)
    return done


def given_back(
    client: Client, templates: Templates, done: dict[str, tuple[ProvisioningOutcome, dict[str, Any]]]
) -> None:
    """Give the objects back, as the provisioner does when the stack is deleted, or its first deploy is rolled back."""
    for id in reversed(done):
        outcome, spec = done[id]
        resource = templates[STACK]["Resources"][id]
        end = release if resource["Properties"].get("Adopted") else destroy
        end(kind_named(resource["Type"]), outcome.physical_id, client=client, owner=Owner(STACK, id), previous=spec)
