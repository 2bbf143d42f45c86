"""Synthesized templates. aws_cdk is imported inside the fixtures only: one jsii process serves the session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Templates = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Templates]:
    """Synthesizes an environment as the CDK CLI would, flags included, but without bundling the function.

    Takes the environment's name and, optionally, the directory its file lies in. Returns templates by stack name.
    """
    from aws_cdk import App

    from app import build

    flags = json.loads((ROOT / "cdk.json").read_text())["context"]

    def run(name: str, directory: Path = ROOT / "environments") -> Templates:
        outdir = tmp_path_factory.mktemp(name)
        context = {**flags, "env": name, "aws:cdk:bundling-stacks": []}
        app = App(outdir=str(outdir), context=context)
        build(app, directory)
        app.synth()
        files = sorted(outdir.glob("*.template.json"))
        return {file.name.removesuffix(".template.json"): json.loads(file.read_text()) for file in files}

    return run


@pytest.fixture(scope="session")
def templates(synthesize: Callable[..., Templates]) -> Callable[[str], Templates]:
    """Templates of an environment, synthesized once in a session."""
    made: dict[str, Templates] = {}

    def get(name: str) -> Templates:
        if name not in made:
            made[name] = synthesize(name)
        return made[name]

    return get


@pytest.fixture(scope="session")
def flat() -> Callable[[Any], Any]:
    """Writes the intrinsic functions in a value as text: `<AWS::Region>`, `<Role.Arn>`, `<import …>`."""

    def flatten(value: Any) -> Any:
        if isinstance(value, list):
            return [flatten(one) for one in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"}:
            return f"<{value['Ref']}>"
        if set(value) == {"Fn::GetAtt"}:
            return f"<{'.'.join(value['Fn::GetAtt'])}>"
        if set(value) == {"Fn::ImportValue"}:
            return f"<import {value['Fn::ImportValue'].split(':', 1)[1]}>"
        if set(value) == {"Fn::FindInMap"}:
            return f"<map {'.'.join(flatten(value['Fn::FindInMap']))}>"
        if set(value) == {"Fn::Join"}:
            return value["Fn::Join"][0].join(flatten(value["Fn::Join"][1]))
        return {key: flatten(one) for key, one in value.items()}

    return flatten


@pytest.fixture(scope="session")
def of_type() -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """Resources of a template whose type starts with a text, by logical id."""

    def pick(template: dict[str, Any], type_prefix: str) -> dict[str, Any]:
        return {
            name: resource
            for name, resource in template["Resources"].items()
            if resource["Type"].startswith(type_prefix)
        }

    return pick


@pytest.fixture(scope="session")
def cfn_lint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """What cfn-lint says of templates, each group a dict by stack name; empty when it finds nothing.

    A template that it found nothing in is not shown to it twice: many recipes share their search stack. Ignored
    besides what is named: W3005, CDK writes a DependsOn where a reference would be enough; W6001, the command line
    reads all it needs from the knowledge stack, so two outputs hand on what the search stack exports.
    """
    folder = tmp_path_factory.mktemp("cfn-lint")
    clean: set[tuple[str, ...]] = set()

    def lint(groups: Iterable[Templates], *ignored: str) -> str:
        fresh = {(json.dumps(template), *ignored): name for group in groups for name, template in group.items()}
        assert fresh
        files = []
        for number, (shown, name) in enumerate(fresh.items()):
            if shown not in clean:
                files.append(folder / f"{number}-{name}.json")
                files[-1].write_text(shown[0])
        if not files:
            return ""
        command = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "W6001", *ignored]
        command += ["--regions", "us-east-1", "--"]
        cores = os.cpu_count() or 1
        shares = [share for share in (files[first::cores] for first in range(cores)) if share]
        with ThreadPoolExecutor(cores) as pool:
            said = "".join(pool.map(lambda share: _said([*command, *map(str, share)]), shares))
        if not said:
            clean.update(fresh)
        return said

    return lint


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or done.stdout, done.stderr
    return done.stdout
