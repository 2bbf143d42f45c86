"""A provider is one file of settings and one file of the construct library: these two are enough to deploy it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.unit.test_change import EMBEDDING, ENVIRONMENT

ROOT = Path(__file__).resolve().parents[2]
CONSTRUCT = '''
"""The provider that embeds with Acme."""
from opensearch_ml.providers.provider import Provider, client_config


def acme_embedding(*, model: str, connect_seconds: int = 5, read_seconds: int = 30) -> Provider:
    waits = client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds)
    action = {"action_type": "predict", "method": "POST", "url": "https://acme.example.com/embed"}
    return Provider(
        name="Acme",
        connector={"protocol": "http", "parameters": {"model": model}, "client_config": waits, "actions": [action]},
        statements=(),
        probe={"parameters": {"input": ["ready"]}},
        trusted_endpoints=("^https://acme.example.com/.*$",),
        vectors={"provider": "acme", "model": model},
    )
'''
APP = """
from pathlib import Path
from aws_cdk import App
from settings import load
from stacks.environment_stacks import environment_stacks

app = App(outdir="out", context={"aws:cdk:bundling-stacks": []})
environment_stacks(app, load("other", Path.cwd()))
app.synth()
"""


def test_an_embedding_provider_is_two_files(tmp_path: Path) -> None:
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "settings", tmp_path / "settings", ignore=leave)
    shutil.copytree(ROOT / "constructs" / "opensearch_ml", tmp_path / "constructs" / "opensearch_ml", ignore=leave)
    for name in ("lambda", "web", "stacks"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "settings" / "embedding" / "acme.py").write_text(EMBEDDING)
    (tmp_path / "constructs" / "opensearch_ml" / "providers" / "acme_embedding.py").write_text(CONSTRUCT)
    text = ENVIRONMENT.format(recipe="semantic-search", embedding="acme")
    (tmp_path / "other.yaml").write_text(f"{text}index: {{batch_size: 8}}\n")
    environment = {**os.environ, "PYTHONPATH": "constructs"}
    command = [sys.executable, "-c", APP]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    template = json.loads((tmp_path / "out" / "osml-other-knowledge.template.json").read_text())
    made = json.dumps(
        [resource for resource in template["Resources"].values() if resource["Type"] == "Custom::MlConnector"]
    )
    assert "acme.example.com/embed" in made
    assert "acme-1" in made
