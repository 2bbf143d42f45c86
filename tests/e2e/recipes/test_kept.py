"""With `search.removal: retain`, a failed deploy can be repeated, and a destroyed environment gets its documents back.

The tests form one story, in order, by the commands of the README and the real `cdk`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError

from osml.place import CHECKOUT
from sandbox.instance import Instance
from tests.e2e.conftest import CommandLine
from tests.e2e.neighbours import write_environment
from tests.e2e.templates import sent

NAME = "kept"
SECRET = "osml/sandbox/kept"
HERE = ("--env", NAME, "--sandbox")
QUESTION = "What's the population increase of New York City from 2021 to 2023?"
KNOWN = "18,937,000"


@pytest.fixture(scope="module")
def osml(local_cloud: Instance, directory: Path) -> Iterator[CommandLine]:
    """The command line on an environment that retains its data; everything is removed afterwards."""
    write_environment(directory, NAME, index=NAME)
    file = directory / f"{NAME}.yaml"
    settings = yaml.safe_load(file.read_text()) | {"keeper": False}
    settings["search"]["removal"] = "retain"
    settings["answer"]["secret"] = {"name": SECRET, "key": "api_key"}
    file.write_text(yaml.safe_dump(settings))
    command = CommandLine(local_cloud)
    command.environment["OSML_ENVIRONMENTS"] = str(directory)
    yield command
    remove()
    boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


def remove() -> None:
    """Remove the stacks, and the resources that they retain."""
    client: Any = boto3.client("cloudformation")
    for part in reversed(stacks()):
        name = f"osml-{NAME}-{part}"
        template = json.dumps(client.get_template(StackName=name)["TemplateBody"])
        given_up = template.replace('"RetainExceptOnCreate"', '"Delete"')
        client.update_termination_protection(StackName=name, EnableTerminationProtection=False)
        if given_up != template:
            body = sent(name, json.loads(given_up))
            client.update_stack(StackName=name, Capabilities=["CAPABILITY_NAMED_IAM"], **body)
            client.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        client.delete_stack(StackName=name)
        client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def stacks() -> dict[str, dict[str, Any]]:
    """The environment's stacks by part."""
    client, descriptions = boto3.client("cloudformation"), {}
    for part in ("search", "inference", "knowledge"):
        try:
            descriptions[part] = dict(client.describe_stacks(StackName=f"osml-{NAME}-{part}")["Stacks"][0])
        except ClientError as error:
            assert "does not exist" in str(error)  # noqa: PT017
    return descriptions


def ids(part: str) -> dict[str, str]:
    """Physical ids by resource type, for types with one resource."""
    client: Any = boto3.client("cloudformation")
    pages = client.get_paginator("list_stack_resources").paginate(StackName=f"osml-{NAME}-{part}")
    return {
        summary["ResourceType"]: summary["PhysicalResourceId"]
        for page in pages
        for summary in page["StackResourceSummaries"]
    }


def ask(osml: CommandLine) -> str:
    answer: dict[str, Any] = json.loads(osml("ask", *HERE, "--json", QUESTION).stdout)
    return str(answer["answer"])


def test_a_first_deploy_that_failed_is_repeated(osml: CommandLine, local_cloud: Instance) -> None:
    wrong = local_cloud.deepseek_key.with_name("wrong.key")
    wrong.write_text("sk-nobody")
    osml("secret", "set", *HERE, "--from-file", str(wrong))
    osml("deploy", *HERE, code=1)
    remaining = stacks()
    assert remaining["knowledge"]["StackStatus"] == "ROLLBACK_COMPLETE"
    protected = {part: stack["EnableTerminationProtection"] for part, stack in remaining.items()}
    assert protected == {"search": True, "inference": True, "knowledge": False}
    osml("secret", "set", *HERE)
    osml("deploy", *HERE)
    assert {stack["EnableTerminationProtection"] for stack in stacks().values()} == {True}
    osml("ingest", *HERE, str(CHECKOUT / "samples" / "metro-areas.ndjson"))
    assert KNOWN in ask(osml)


def test_a_destroyed_environment_comes_back_with_its_documents(osml: CommandLine) -> None:
    before = ids("search")
    osml("destroy", *HERE)
    assert stacks() == {}
    assert boto3.client("opensearch").describe_domain(DomainName=f"osml-{NAME}")
    said = osml("deploy", *HERE).stderr
    assert f"osml-{NAME}-search imports the resources that were kept" in said
    for type in ("AWS::OpenSearchService::Domain", "AWS::Logs::ResourcePolicy"):
        assert ids("search")[type] == before[type]
    assert KNOWN in ask(osml)
    assert "There is nothing to import" in osml("adopt", *HERE).stdout
