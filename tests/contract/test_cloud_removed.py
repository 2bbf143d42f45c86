"""An environment whose file no longer has a group: its stack is reported, and removed before the others change."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from osml.deploy import orphan, review
from osml.place import Place
from sandbox.instance import CHECKOUT
from tests.contract.cloud_process import Cloud, Stack, running

SEARCH = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "search"}}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}
EXPORTED = {"Endpoint": {"Value": "here", "Export": {"Name": "osml-gone-endpoint"}}}
IMPORTING = {
    "Type": "AWS::SSM::Parameter",
    "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "osml-gone-endpoint"}},
}


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running(tmp_path) as process:
        for name, value in {
            "AWS_ENDPOINT_URL": process.gateway,
            "AWS_CA_BUNDLE": process.bundle,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        yield process


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The environment `gone`, whose file has no assistant."""
    settings = yaml.safe_load((CHECKOUT / "environments" / "sandbox.yaml").read_text())
    del settings["assistant"]
    folder = tmp_path / "environments"
    folder.mkdir()
    (folder / "gone.yaml").write_text(yaml.safe_dump(settings))
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(folder))
    return Place("gone", None)


def made(cloud: Cloud, part: str, resources: dict[str, Any], outputs: dict[str, Any]) -> Stack:
    api, name = cloud.client("cloudformation"), f"osml-gone-{part}"
    api.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}))
    stack = Stack(api, name)
    assert stack.settled()["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    return stack


def test_a_removed_group_is_reported_and_removed_first(cloud: Cloud, place: Place, tmp_path: Path) -> None:
    search = made(cloud, "search", {"Parameter": SEARCH, "Old": TABLE}, EXPORTED)
    made(cloud, "knowledge", {"Parameter": SEARCH}, {"IndexName": {"Value": "former"}})
    made(cloud, "assistant", {"Parameter": IMPORTING, "Table": TABLE}, {})
    assembly = tmp_path / "assembly"
    assembly.mkdir()
    for part in ("search", "knowledge"):
        template = {"Resources": {"Parameter": SEARCH}}
        (assembly / f"osml-gone-{part}.template.json").write_text(json.dumps(template))
    assert [str(loss) for loss in review.losses(place, assembly)] == [
        "The stack osml-gone-assistant with AWS::DynamoDB::Table is removed",
        "AWS::DynamoDB::Table Old of osml-gone-search is removed",
        "The index former is removed with all its documents; an empty index passages replaces it",
    ]
    assert search.update({"Parameter": SEARCH})["StackStatus"] != "UPDATE_COMPLETE", "the export is in use"
    search.cloudformation.update_termination_protection(
        StackName="osml-gone-assistant", EnableTerminationProtection=True
    )
    orphan.remove(place)
    assert orphan.orphans(place) == []
    assert search.update({"Parameter": SEARCH})["StackStatus"] == "UPDATE_COMPLETE", search.reasons()
