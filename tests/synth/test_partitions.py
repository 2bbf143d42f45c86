"""Every recipe in the three partitions of AWS: its templates name nothing of another partition, or it is refused."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.synth.test_recipes import RECIPES

ROOT = Path(__file__).resolve().parents[2]
Templates = dict[str, dict[str, Any]]
DOMAIN = {"kind": "domain", "data_nodes": {"instance_type": "r7g.large.search", "count": 1}, "removal": "destroy"}
ENDPOINT = {"provider": "sagemaker", "dimension": 384}
TITAN = {"provider": "titan", "dimension": 1024}
KEY = {"secret": {"name": "osml/llm", "key": "api_key"}}
COLLECTION = {"search": {"kind": "serverless"}, "answer": {"provider": "deepseek", **KEY}}
# Settings that a recipe needs in addition to those of every environment here.
NEEDED: dict[str, dict[str, Any]] = {**RECIPES, "deepseek-api": {"answer": KEY}, "serverless": COLLECTION}
NOVA = {"answer": {"model": "amazon.nova-lite-v1:0"}}
# By region: the settings of every environment there, and those of each recipe there, or the sentence that refuses it.
COMMON: dict[str, dict[str, Any]] = {
    "cn-north-1": {"embedding": ENDPOINT, "assistant": {"sign_in": "api-key"}},
    "us-gov-west-1": {"embedding": TITAN, "assistant": {}},
}
THERE: dict[str, dict[str, dict[str, Any] | str]] = {
    "cn-north-1": {
        "deepseek-bedrock": "answer.region is 'us-east-1', in the partition aws, but region is 'cn-north-1', and "
        "roles of aws-cn cannot call anything outside it; set a region of aws-cn, or another model.",
        "bedrock-converse": "answer.model is 'us.amazon.nova-lite-v1:0', but China has no Amazon Bedrock; set another "
        "recipe.",
        "serverless": "region is 'cn-north-1', which has no OpenSearch Serverless; set search.kind to domain with "
        "another recipe, such as deepseek-api.",
    },
    "us-gov-west-1": {
        "deepseek-bedrock": "answer.model is 'us.deepseek.r1-v1:0', which cannot be called from us-gov-west-1; set "
        "answer.region to one of us-east-1, us-east-2, us-west-2, or another model.",
        "deepseek-sagemaker": "answer.image is missing, and no account of the Deep Learning Containers is known in "
        "us-gov-west-1; set image to one that SageMaker may pull there.",
        "bedrock-converse": NOVA,
    },
}
# Settings for recipes that a region above refuses for another reason than `answer.region`.
LOCAL: dict[str, dict[str, Any]] = {
    "deepseek-bedrock": {"answer": {}},
    "bedrock-converse": {"answer": {"model": "us.amazon.nova-lite-v1:0"}},
}
MADE = [(recipe, region) for region in THERE for recipe in NEEDED if not isinstance(THERE[region].get(recipe), str)]


def written(recipe: str, region: str) -> str:
    """The file of an environment with the recipe in the region."""
    special = THERE[region].get(recipe)
    more = special if isinstance(special, dict) else NEEDED[recipe]
    if isinstance(special, str) and not special.startswith("answer.region"):
        more = LOCAL.get(recipe, more)
    settings = {"recipe": recipe, "region": region, "search": DOMAIN, **more, **COMMON[region]}
    return yaml.safe_dump(settings)


def literals(value: Any, key: str = "") -> Iterator[str]:
    """Every text of a template except the names of services in principals, which are the same in all partitions."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            if (key, name) != ("Principal", "Service"):
                yield from literals(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from literals(item, key)
    elif isinstance(value, str) and key != "Principal":
        yield value


def wired(text: str, partition: str) -> list[str]:
    """ARNs and hosts in a text that belong to another partition, or that do not depend on the region."""
    text = re.sub(r'"Service":"[a-z0-9.-]+"', "", text)  # in a policy that is a JSON text
    arns = [item for item in re.findall(r"arn:(aws[a-z-]*):", text) if item != partition]
    hosts = [] if partition == "aws-us-gov" else re.findall(r"amazonaws\\*\.com(?!\\*\.cn)", text)
    return arns + hosts


@pytest.mark.parametrize(("recipe", "region"), MADE)
def test_a_recipe_names_nothing_of_another_part_of_aws(
    synthesize: Callable[..., Templates], tmp_path: Path, recipe: str, region: str
) -> None:
    (tmp_path / "there.yaml").write_text(written(recipe, region))
    partition = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}[region]
    made = synthesize("there", tmp_path)
    assert len(made) == 4
    for stack, template in made.items():
        assert [(stack, literal) for literal in literals(template) if wired(literal, partition)] == []


@pytest.mark.parametrize(
    ("recipe", "region"), [(name, region) for region in THERE for name in NEEDED if (name, region) not in MADE]
)
def test_a_recipe_that_cannot_be_there_is_refused(
    synthesize: Callable[..., Templates], tmp_path: Path, recipe: str, region: str
) -> None:
    from settings import SettingError

    (tmp_path / "there.yaml").write_text(written(recipe, region))
    with pytest.raises(SettingError) as caught:
        synthesize("there", tmp_path)
    assert str(caught.value) == f"{tmp_path.name}/there.yaml: {THERE[region][recipe]}"


def test_without_a_region_nothing_is_of_any_part_of_aws(whole: Templates) -> None:
    """The credentials decide the region: ARNs and hosts are composed from its pseudo parameters."""
    named = [*RECIPES, *(file.stem for file in (ROOT / "environments").glob("*.yaml"))]
    shown = {name: value for name, value in whole.items() if name.partition("/")[0] in named}
    assert len(shown) > 30
    for name, template in shown.items():
        assert [(name, literal) for literal in literals(template) if wired(literal, "")] == []


def test_the_sign_in_page_is_where_each_part_of_aws_has_it(
    synthesize: Callable[..., Templates], templates: Callable[[str], Templates], tmp_path: Path
) -> None:
    (tmp_path / "there.yaml").write_text(written("deepseek-api", "us-gov-west-1"))
    there = json.dumps(synthesize("there", tmp_path))
    here = json.dumps(templates("dev"))
    assert (".auth-fips." in there, ".auth." in there) == (True, False)
    assert (".auth-fips." in here, ".auth." in here) == (False, True)


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The texts in code, without docstrings."""
    scopes = ast.Module | ast.ClassDef | ast.FunctionDef
    first = [item.body[0] for item in ast.walk(tree) if isinstance(item, scopes) and item.body]
    documented = {id(item.value) for item in first if isinstance(item, ast.Expr)}
    for item in ast.walk(tree):
        if isinstance(item, ast.Constant) and isinstance(item.value, str) and id(item) not in documented:
            yield item.lineno, item.value


def hard_wired(text: str) -> bool:
    """Whether a text in the code names a partition or a host of one; services' names in principals do not count."""
    hosts = re.findall(r"[\w.{}-]*amazonaws\.com", text)
    services = re.compile(r"[a-z0-9-]+(\.[a-z0-9]+)?\.amazonaws\.com")
    return "arn:aws:" in text or not all(services.fullmatch(host) for host in hosts)


@pytest.mark.parametrize("folder", ["stacks", "constructs/opensearch_ml", "lambda", "osml"])
def test_no_code_hard_wires_a_part_of_aws(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    literals = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in files
        for line, text in texts(ast.parse(file.read_text()))
        if hard_wired(text)
    ]
    assert literals == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("lambda.amazonaws.com", False),
        ("logging.s3.amazonaws.com", False),
        ("The role must trust the service (es.amazonaws.com).", False),
        (".amazonaws.com", True),
        ("https://s3.us-east-1.amazonaws.com", True),
        ("arn:aws:s3:::", True),
        ("arn:", False),
    ],
)
def test_what_is_hard_wired_is_found(text: str, fault: bool) -> None:
    assert hard_wired(text) is fault
