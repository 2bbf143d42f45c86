"""Every other recipe: its templates as reviewed, without findings of cfn-lint, with narrow policies.

The environments of this repository with a domain have the recipe deepseek-api; here `dev` gets another one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.synth.test_policies import documents, faults
from tests.synth.test_snapshots import without_noise

Templates = dict[str, dict[str, Any]]
SHIPPED = Path(__file__).parents[2] / "environments"
ENVIRONMENT = "dev"
TITAN = {"provider": "titan", "dimension": 1024}
RECIPES: dict[str, dict[str, Any]] = {
    "deepseek-sagemaker": {"answer": {"size": "8B"}},
    "deepseek-bedrock": {"answer": {"region": "us-east-1"}, "embedding": TITAN},
    "bedrock-converse": {"answer": {"model": "us.amazon.nova-lite-v1:0", "region": "us-east-1"}},
    "openai-chat": {
        "answer": {"model": "m-7", "endpoint": "llm.example.com", "secret": {"name": "osml/llm", "key": "api_key"}}
    },
    "custom": {
        "answer": {
            "connector": {
                "protocol": "http",
                "parameters": {"endpoint": "llm.example.com", "model": "m-7"},
                "actions": [
                    {
                        "action_type": "predict",
                        "method": "POST",
                        "url": "https://${parameters.endpoint}/v1/chat/completions",
                        "headers": {"Authorization": "Bearer ${credential.secretArn.api_key}"},
                        "request_body": '{"model": "${parameters.model}", "messages": ${parameters.messages}}',
                    }
                ],
            },
            "llm_model": "m-7",
            "secret": {"name": "osml/llm", "key": "api_key"},
        }
    },
    "semantic-search": {"embedding": TITAN},
}


@pytest.fixture(scope="module")
def made(synthesize: Callable[..., Templates], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Templates]:
    """The templates of the environment with another recipe, synthesized once."""
    templates_by_recipe: dict[str, Templates] = {}

    def get(recipe: str) -> Templates:
        if recipe not in templates_by_recipe:
            directory = tmp_path_factory.mktemp(recipe)
            (directory / f"{ENVIRONMENT}.yaml").write_text(written(recipe))
            templates_by_recipe[recipe] = synthesize(ENVIRONMENT, directory)
        return templates_by_recipe[recipe]

    return get


def written(recipe: str) -> str:
    """The environment's file with that recipe."""
    settings = yaml.safe_load((SHIPPED / f"{ENVIRONMENT}.yaml").read_text())
    settings.pop("answer")
    return yaml.safe_dump({**settings, "recipe": recipe, **RECIPES[recipe]})


@pytest.mark.parametrize("part", ["inference", "knowledge"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_template(made: Callable[[str], Templates], snapshot: SnapshotAssertion, recipe: str, part: str) -> None:
    template = made(recipe)[f"osml-{ENVIRONMENT}-{part}"]
    assert without_noise(template) == snapshot(extension_class=JSONSnapshotExtension, name=f"{recipe}-{part}")


def test_the_search_stack_is_the_same_whatever_the_recipe(
    made: Callable[[str], Templates], templates: Callable[[str], Templates]
) -> None:
    """Except for the dashboard, which shows the endpoints that the recipe has."""
    stack = f"osml-{ENVIRONMENT}-search"
    wanted = without_noise(templates(ENVIRONMENT)[stack])
    del wanted["Resources"]["Dashboard"]
    for recipe in RECIPES:
        template = without_noise(made(recipe)[stack])
        assert "AWS/ES" in str(template["Resources"].pop("Dashboard"))
        assert template == wanted


@pytest.mark.parametrize(
    ("recipe", "groups"),
    [
        ("custom", {"Endpoints/osml-dev-embedding"}),
        (
            "deepseek-sagemaker",
            {"Endpoints/osml-dev-embedding", "Endpoints/osml-dev-answer", "InferenceComponents/osml-dev-answer"},
        ),
    ],
)
def test_logs_of_endpoints_go_with_them_and_end(
    made: Callable[[str], Templates], flat: Callable[[Any], Any], recipe: str, groups: set[str]
) -> None:
    """SageMaker makes a missing log group, without an end of retention: all that may make it is deleted before."""
    resources = made(recipe)["osml-dev-inference"]["Resources"]
    groups_made = {
        flat(resource["Properties"]["LogGroupName"]): (name, resource)
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Logs::LogGroup"
    }
    assert set(groups_made) == {f"/aws/sagemaker/{group}" for group in groups}
    for name, group in groups_made.values():
        assert (group["Properties"]["RetentionInDays"], group["DeletionPolicy"]) == (7, "Delete")
        writers = [resource for resource in resources.values() if name in resource.get("DependsOn", [])]
        assert [writer["Type"] for writer in writers] == ["AWS::IAM::Policy"]
    for endpoint in (resource for resource in resources.values() if resource["Type"] == "AWS::SageMaker::Model"):
        assert any("Policy" in item for item in endpoint["DependsOn"])


@pytest.mark.parametrize("recipe", RECIPES)
def test_policies_are_narrow(made: Callable[[str], Templates], flat: Callable[[Any], Any], recipe: str) -> None:
    missing = [
        fault
        for template in made(recipe).values()
        for name, _, statement in documents(template, flat)
        for fault in faults(name, statement)
    ]
    assert missing == []
