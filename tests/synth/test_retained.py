"""What is retained when a stack is deleted can exist without it, can be created again, and can be imported again."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from osml.deploy.identifier import IDENTIFIERS
from osml.deploy.reference import references

Templates = dict[str, dict[str, Any]]
ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "environments"
# Objects in the search engine: the next stack finds them by their mark.
FOUND_BY_MARK = "Custom::"
KEPT = ("Retain", "RetainExceptOnCreate")


def of_environments() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Environments by name: the shipped ones and those of the tests; all of them retain their data."""
    files = [*(ROOT / "environments").glob("*.yaml"), *HERE.glob("*.yaml")]
    return {file.stem: (file, yaml.safe_load(file.read_text())) for file in files}


@pytest.fixture(scope="module")
def kept(synthesize: Callable[..., Templates], tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The templates of every environment with `search.removal: retain`, an assistant and a drop, by stack."""
    folder, templates = tmp_path_factory.mktemp("environments"), Templates()
    wanted = {name: settings for name, (_, settings) in of_environments().items()}
    collection = copy.deepcopy(wanted["sandbox-aoss"])
    collection["search"]["vpc"] = {
        "id": "vpc-0a1b2c3d",
        "subnets": ["subnet-0a1b2c3d"],
        "availability_zones": ["us-east-1a"],
    }
    wanted["aoss-vpc"] = collection
    for name, settings in wanted.items():
        settings["search"]["removal"] = "retain"
        settings.setdefault("assistant", {})["log_role"] = "exist"
        if settings["search"]["kind"] == "domain":
            settings.setdefault("drop", {})
        secret = (settings.get("answer") or {}).get("secret")
        if secret and "name" in secret:
            secret["create"] = True
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(settings))
        templates |= synthesize(name, folder)
    return templates


def resources(templates: Templates) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Of each retained resource: its stack, its logical id, the resource, and all resources of the stack."""
    return [
        (stack, name, resource, template["Resources"])
        for stack, template in templates.items()
        for name, resource in template["Resources"].items()
        if resource.get("DeletionPolicy") in KEPT
    ]


def test_a_retained_resource_is_created_again_after_a_failed_creation(kept: Templates) -> None:
    declared = resources(kept)
    assert len({item["Type"] for _, _, item, _ in declared}) > 8
    assert [(stack, name) for stack, name, item, _ in declared if item["DeletionPolicy"] == "Retain"] == []


def test_retained_resources_allow_a_rollback(kept: Templates) -> None:
    for stack, name, item, _ in resources(kept):
        properties = item.get("Properties", {})
        assert not properties.get("DeletionProtectionEnabled"), (stack, name)
        assert properties.get("DeletionProtection") in (None, "INACTIVE"), (stack, name)


def test_retained_resources_refer_only_to_retained_resources(kept: Templates) -> None:
    left = []
    for stack, name, item, others in resources(kept):
        if item["Type"].startswith(FOUND_BY_MARK):
            continue
        needed = set(references(item.get("Properties", {}))) & set(others)
        gone = {other for other in needed if others[other].get("DeletionPolicy") not in KEPT}
        left += [f"{stack}: {name} ({item['Type']}) refers to {other} ({others[other]['Type']})" for other in gone]
        if "Fn::ImportValue" in str(item):
            left.append(f"{stack}: {name} refers to another stack")
    assert left == []


def test_retained_resources_can_be_imported(kept: Templates) -> None:
    types = {item["Type"] for _, _, item, _ in resources(kept) if not item["Type"].startswith(FOUND_BY_MARK)}
    assert types - set(IDENTIFIERS) == set()


@pytest.mark.parametrize("type", sorted(IDENTIFIERS))
def test_an_identifier_is_that_of_the_registered_schema(type: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type).schema
    assert [f"/properties/{key}" for key in IDENTIFIERS[type]] == schema["primaryIdentifier"]
    assert "read" in schema["handlers"], "CloudFormation imports what it can read"


def test_no_template_protects_a_stack_before_it_exists(synthesize: Callable[..., Templates], tmp_path: Path) -> None:
    """The CLI would protect it before its first change set, and could then neither repeat nor delete it."""
    from aws_cdk import App

    from app import build

    def protection(**context: str) -> dict[str, bool]:
        app = App(outdir=str(tmp_path / "-".join(context) or "none"), context={"env": "prod", **context})
        build(app)
        return {stack.stack_name: bool(stack.termination_protection) for stack in app.synth().stacks}

    assert not any(protection(**{"aws:cdk:bundling-stacks": []}).values())  # type: ignore[arg-type]
    protected = protection(**{"aws:cdk:bundling-stacks": [], "protected": "osml-prod-search,osml-prod-knowledge"})  # type: ignore[arg-type]
    assert {name for name, value in protected.items() if value} == {"osml-prod-search", "osml-prod-knowledge"}
