"""The app as a whole: its imports, that two syntheses are equal, and the errors that stop it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stacks.findings import findings

ROOT = Path(__file__).resolve().parents[2]
Templates = dict[str, dict[str, Any]]
ENVIRONMENTS = ("sandbox", "sandbox-aoss", "dev", "qa", "prod")
SANDBOX = (ROOT / "environments" / "sandbox.yaml").read_text()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Write an environment `other`; returns its directory."""

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
    assert synthesize("sandbox", anew=True) == templates("sandbox")


def test_environments_differ_in_nothing_but_their_stacks(templates: Any) -> None:
    for environment in ENVIRONMENTS:
        assert sorted(templates(environment)) == [
            f"osml-{environment}-{part}" for part in ("assistant", "inference", "knowledge", "search")
        ]


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
    assert any(finding.startswith("the rule AwsSolutions-IAM5") for finding in findings(Path(app.outdir)))


def test_an_error_of_the_cdk_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that no rule of the settings prevents."""
    from aws_cdk import App, Duration

    import app as program
    from settings import SettingError

    monkeypatch.setattr(program, "environment_stacks", lambda scope, environment: Duration.seconds(-1))
    with pytest.raises(SettingError) as caught:
        program.build(App(context={"env": "sandbox"}))
    assert str(caught.value).startswith("environments/sandbox.yaml: the AWS CDK refuses what is set (")
    assert "amounts cannot be negative" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.cause == "invalid-setting"


def test_a_fault_of_the_program_is_none_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from aws_cdk import App

    import app as program

    def fail(scope: object, environment: object) -> None:
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr(program, "environment_stacks", fail)
    with pytest.raises(RuntimeError, match="a fault of the program"):
        program.build(App(context={"env": "sandbox"}))


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        (
            "Type: Resource type 'AWS::Foo::Bar' does not exist in 'eu-south-1'",
            "region is 'eu-south-1', which has no AWS::Foo::Bar; set region to another, or leave out the setting that "
            "asks for it",
        ),
        (
            "It is open to all.",
            "the rule X1 of Rules refuses a/b/c: It is open to all; change the setting that this is made from",
        ),
    ],
)
def test_a_finding_is_a_sentence(tmp_path: Path, description: str, sentence: str) -> None:
    violation = {
        "ruleName": "X1",
        "description": description,
        "violatingConstructs": [{"constructPath": "a/b/c"}],
    }
    reports = [
        {"pluginName": "Rules", "conclusion": "failure", "violations": [violation, violation]},
        {"pluginName": "Rules", "conclusion": "success", "violations": [{**violation, "ruleName": "X2"}]},
    ]
    assert findings(tmp_path) == []
    (tmp_path / "validation-report.json").write_text(json.dumps({"pluginReports": reports}))
    assert findings(tmp_path) == [sentence]


def test_a_wildcard_with_a_reason_passes_the_rules(
    written: Callable[[str], Path], synthesize: Callable[..., Templates], of_type: Any
) -> None:
    text = (ROOT / "tests" / "unit" / "files" / "whole" / "self-managed.yaml").read_text()
    search = (ROOT / "tests" / "synth" / "environments" / "guest.yaml").read_text()
    search = search[search.index("search:") : search.index("embedding:")]
    before, after = text[: text.index("search:")], text[text.index("\nembedding:") + 1 :]
    made = synthesize("other", written(before + search + after))
    policies = of_type(made["osml-other-knowledge"], "AWS::IAM::Policy").values()
    wild = [
        resource
        for policy in policies
        for resource in policy["Properties"]["PolicyDocument"]["Statement"]
        if resource["Action"] == "bedrock:Invoke*"
    ]
    assert [item["Resource"] for item in wild] == ["*"]


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
            "environments/other.yaml: embedding.image is missing, and none of Text Embeddings Inference is known in "
            "mx-central-1; set image to one that SageMaker may pull there.",
        ),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    written: Callable[[str], Path], before: str, after: str, sentence: str
) -> None:
    from aws_cdk import App

    from app import build
    from settings import SettingError

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
    policy = next(value for logical_id, value in knowledge.items() if logical_id.startswith("AnswerRole"))
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
    assert "String body = listed(params.text_docs);" in text


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        (
            {"env": "nowhere"},
            "environments/nowhere.yaml does not exist: choose one of dev, prod, qa, sandbox, sandbox-aoss, or write "
            "that file.",
        ),
        (
            {"env": ""},
            "'' cannot name an environment: use at most 16 lower-case letters, digits and hyphens, a letter first; "
            "existing environments: dev, prod, qa, sandbox, sandbox-aoss.",
        ),
        (
            {"delivery": "delivery.yaml", "env": "dev"},
            "-c delivery and -c env are both given: a delivery names its environments; leave env out.",
        ),
        (
            {"delivery": ""},
            "-c delivery= names no file: name one, such as -c delivery=delivery.yaml, or leave it out.",
        ),
    ],
)
def test_main_says_one_sentence_and_stops(context: dict[str, str], sentence: str) -> None:
    settings = {**os.environ, "CDK_CONTEXT_JSON": json.dumps(context)}
    command = [sys.executable, str(ROOT / "app.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=settings)
    said = [line for line in done.stderr.splitlines() if not line.startswith("b'")]
    assert done.returncode == 1
    assert said == [sentence]
