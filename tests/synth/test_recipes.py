"""Every other recipe in every environment: templates as reviewed, linted, their policies narrow.

The environments of this repository with a domain are of the recipe deepseek-api; here each is given another one.
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
from tests.synth.test_snapshots import ENVIRONMENTS as SHIPPED_ENVIRONMENTS
from tests.synth.test_snapshots import without_noise

Templates = dict[str, dict[str, Any]]
CfnLint = Callable[..., str]
SHIPPED = Path(__file__).parents[2] / "environments"
ENVIRONMENTS = [name for name in SHIPPED_ENVIRONMENTS if name != "sandbox-aoss"]
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
CASES = [(recipe, environment) for recipe in RECIPES for environment in ENVIRONMENTS]


@pytest.fixture(scope="module")
def made(
    synthesize: Callable[..., Templates], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Templates]:
    """Templates of an environment with another recipe, synthesized once."""
    found: dict[tuple[str, str], Templates] = {}

    def get(recipe: str, environment: str) -> Templates:
        if (recipe, environment) not in found:
            settings = yaml.safe_load((SHIPPED / f"{environment}.yaml").read_text())
            settings.pop("answer")
            directory = tmp_path_factory.mktemp(recipe)
            text = yaml.safe_dump({**settings, "recipe": recipe, **RECIPES[recipe]})
            (directory / f"{environment}.yaml").write_text(text)
            found[recipe, environment] = synthesize(environment, directory)
        return found[recipe, environment]

    return get


@pytest.mark.parametrize("part", ["inference", "knowledge"])
@pytest.mark.parametrize(("recipe", "environment"), CASES)
def test_template(
    made: Callable[[str, str], Templates], snapshot: SnapshotAssertion, recipe: str, environment: str, part: str
) -> None:
    template = made(recipe, environment)[f"osml-{environment}-{part}"]
    name = f"{recipe}-{environment}-{part}"
    assert without_noise(template) == snapshot(extension_class=JSONSnapshotExtension, name=name)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_search_stack_is_the_same_whatever_the_recipe(
    made: Callable[[str, str], Templates], templates: Callable[[str], Templates], environment: str
) -> None:
    stack = f"osml-{environment}-search"
    for recipe in RECIPES:
        assert without_noise(made(recipe, environment)[stack]) == without_noise(templates(environment)[stack])


@pytest.mark.parametrize(("recipe", "environment"), CASES)
def test_policies_are_narrow(
    made: Callable[[str, str], Templates], flat: Callable[[Any], Any], recipe: str, environment: str
) -> None:
    found = [
        fault
        for template in made(recipe, environment).values()
        for name, _, statement in documents(template, flat)
        for fault in faults(name, statement)
    ]
    assert found == []


def test_cfn_lint_finds_nothing(made: Callable[[str, str], Templates], cfn_lint: CfnLint) -> None:
    assert cfn_lint([made(recipe, environment) for recipe, environment in CASES]) == ""
