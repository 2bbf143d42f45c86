"""The small CDK app that `osml init --app` writes: each choice synthesizes with the construct library alone."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from osml.deploy.node import with_node
from osml.deploy.own_app import MANIFEST, SECRETS
from osml.init import draft, own_app
from osml.init.offers import EMBEDDING
from settings.quoted import looks_like_a_key

# A commit of a model, which looks like a key.
REVISION = re.compile("[0-9a-f]{40}")
ROOT = Path(__file__).resolve().parents[2]
CHOICES = {
    "-".join(offer.name for offer in offers): offers
    for offers in itertools.product(*(question.offers for question in own_app.QUESTIONS))
    # Production differs from a trial only in its domain.
    if offers[0].name == "domain" or offers[1] is EMBEDDING.offers[0]
}
# Runs every app in one process, because each start of the CDK's kernel takes seconds.
RUN = """
import functools, json, runpy, sys
from pathlib import Path
import aws_cdk as cdk

whole, folder = cdk.App, Path(sys.argv[1])
for app in sorted(folder.glob("*/app.py")):
    cdk.App = functools.partial(whole, outdir=str(app.parent / "out"), context={"aws:cdk:bundling-stacks": []})
    runpy.run_path(str(app))
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the app of each choice, and the templates of each in its folder `out`."""
    folder = tmp_path_factory.mktemp("apps")
    for name, offers in CHOICES.items():
        groups = [question.group for question in own_app.QUESTIONS]
        chosen = {**dict(zip(groups, offers, strict=True)), "assistant": own_app.NOBODY}
        environment = draft.checked("team", draft.draft("team", chosen))
        for file, text in own_app.files("team", environment, chosen).items():
            (folder / name).mkdir(exist_ok=True)
            (folder / name / file).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(folder)],
        env=with_node({**os.environ, "PYTHONPATH": str(ROOT / "constructs")}),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    imported = set(json.loads(done.stdout))
    assert imported & {"osml", "stacks", "sandbox", "settings"} == set()
    return folder


def template(apps: Path, name: str) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads((apps / name / "out" / "team-search.template.json").read_text())
    return whole


@pytest.mark.parametrize("name", CHOICES)
def test_each_choice_synthesizes_with_its_models(apps: Path, name: str) -> None:
    search, embedding, answer = CHOICES[name]
    resources = template(apps, name)["Resources"].values()
    types = [resource["Type"] for resource in resources]
    assert types.count("Custom::MlModel") == (1 if answer.name == "none" else 2)
    assert types.count("AWS::SageMaker::Endpoint") == [embedding.name, answer.name].count("sagemaker")
    (domain,) = (resource for resource in resources if resource["Type"] == "AWS::OpenSearchService::Domain")
    assert domain["DeletionPolicy"] == ("Retain" if search.name == "production" else "Delete")
    assert domain["Properties"]["ClusterConfig"]["InstanceCount"] == (3 if search.name == "production" else 1)


@pytest.mark.parametrize("name", CHOICES)
def test_no_file_has_a_key_and_the_names_of_secrets_are_those_of_the_templates(apps: Path, name: str) -> None:
    files = [file for file in (apps / name).iterdir() if file.is_file()]
    assert sorted(file.name for file in files) == [".gitignore", "README.md", "app.py", "cdk.json", "requirements.txt"]
    texts = [REVISION.sub("", file.read_text()).replace('"', " ") for file in files]
    assert not [word for text in texts for word in text.split() if looks_like_a_key(word)]
    secrets = json.loads((apps / name / MANIFEST).read_text()).get("context", {}).get(SECRETS, {})
    _, *models = CHOICES[name]
    assert set(secrets) == {f"osml/team/{offer.name}" for offer in models if offer.name in ("openai", "deepseek")}
    deployed = json.dumps(template(apps, name))
    assert all(f"secret:{secret}" in deployed for secret in secrets)


def test_the_app_needs_the_library_of_this_version(apps: Path) -> None:
    project = tomllib.loads((ROOT / "constructs" / "pyproject.toml").read_text())["project"]
    pinned = (apps / next(iter(CHOICES)) / "requirements.txt").read_text()
    assert pinned == f"{project['name']}=={project['version']}\n"
