"""The app as a whole: what it imports, that it repeats itself, and what stops it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Templates = dict[str, dict[str, Any]]
CfnLint = Callable[..., str]
ENVIRONMENTS = ("sandbox", "sandbox-aoss", "dev", "qa", "prod")
SANDBOX = (ROOT / "environments" / "sandbox.yaml").read_text()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes an environment `other` and returns its directory."""

    def write(text: str) -> Path:
        directory = tmp_path / "environments"
        directory.mkdir()
        (directory / "other.yaml").write_text(text)
        return directory

    return write


def test_constructs_is_the_installed_package() -> None:
    import constructs

    assert "site-packages" in str(constructs.__file__)


def test_two_syntheses_are_equal(synthesize: Callable[..., Templates], templates: Any) -> None:
    assert synthesize("sandbox") == templates("sandbox")


def test_environments_differ_in_nothing_but_their_stacks(templates: Any) -> None:
    for environment in ENVIRONMENTS:
        assert sorted(templates(environment)) == [
            f"osml-{environment}-{part}" for part in ("assistant", "inference", "knowledge", "search")
        ]


def test_cfn_lint_finds_nothing(templates: Any, cfn_lint: CfnLint) -> None:
    assert cfn_lint([templates(environment) for environment in ENVIRONMENTS]) == ""


def test_cdk_nag_stops_a_synthesis() -> None:
    from aws_cdk import App, Stack, aws_iam

    from app import build

    app = App(context={"env": "sandbox", "aws:cdk:bundling-stacks": []})
    build(app)
    search = app.node.find_child("osml-sandbox-search")
    assert isinstance(search, Stack)
    everything = aws_iam.PolicyStatement(actions=["es:*"], resources=["*"])
    role = aws_iam.Role(search, "Bad", assumed_by=aws_iam.AccountRootPrincipal())
    role.add_to_policy(everything)
    with pytest.raises(RuntimeError, match=r"AwsSolutions-IAM5\[Action::es:\*\]"):
        app.synth()


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "dimension: 384",
            "dimension: 768",
            "environments/other.yaml: embedding: dimension is 768, but sentence-transformers/all-MiniLM-L6-v2 makes "
            "vectors of 384; set 384.",
        ),
        (
            "recipe: deepseek-api\n",
            "recipe: deepseek-api\nregion: mx-central-1\n",
            "environments/other.yaml: region is 'mx-central-1', where no image of Text Embeddings Inference is known; "
            "set embedding.image.",
        ),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    written: Callable[[str], Path], before: str, after: str, sentence: str
) -> None:
    from aws_cdk import App

    from app import build
    from osml.environment import SettingError

    directory = written(SANDBOX.replace(before, after))
    app = App(context={"env": "other", "aws:cdk:bundling-stacks": []})
    with pytest.raises(SettingError) as caught:
        build(app, directory)
    assert str(caught.value) == sentence


def test_a_secret_to_be_made_gets_a_placeholder(
    written: Callable[[str], Path], synthesize: Callable[..., Templates], of_type: Any, flat: Any
) -> None:
    directory = written(SANDBOX.replace("key: api_key}", "key: api_key, create: true}"))
    made = synthesize("other", directory)
    ((name, secret),) = of_type(made["osml-other-inference"], "AWS::SecretsManager::Secret").items()
    assert secret["Properties"]["GenerateSecretString"]["GenerateStringKey"] == "placeholder"
    knowledge = of_type(made["osml-other-knowledge"], "AWS::IAM::Policy")
    policy = next(one for logical_id, one in knowledge.items() if logical_id.startswith("AnswerRole"))
    (statement,) = flat(policy["Properties"]["PolicyDocument"]["Statement"])
    assert statement["Resource"] == f"<import ExportsOutputRef{name}{statement['Resource'][-9:-1]}>"


def test_an_existing_endpoint_makes_no_resource(
    written: Callable[[str], Path], synthesize: Callable[..., Templates], of_type: Any
) -> None:
    text = SANDBOX.replace("endpoint: create", "endpoint: all-minilm-l6-v2").replace("shape: inputs", "shape: array")
    made = synthesize("other", written(text))
    assert of_type(made["osml-other-inference"], "AWS::SageMaker") == {}
    connector = next(iter(of_type(made["osml-other-knowledge"], "Custom::MlConnector").values()))
    text = json.dumps(connector)
    assert "endpoints/all-minilm-l6-v2/invocations" in text
    assert 'request_body\\":\\"${parameters.input}\\"' in text


def test_main_says_one_sentence_and_stops() -> None:
    settings = {**os.environ, "CDK_CONTEXT_JSON": json.dumps({"env": "nowhere"})}
    command = [sys.executable, str(ROOT / "app.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=settings)
    said = [line for line in done.stderr.splitlines() if not line.startswith("b'")]
    assert done.returncode == 1
    assert said == [
        "environments/nowhere.yaml does not exist: choose one of dev, prod, qa, sandbox, sandbox-aoss, or write that "
        "file."
    ]
