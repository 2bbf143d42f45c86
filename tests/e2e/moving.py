"""An environment that changes while people ask and load documents."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from osml.deploy import secret
from osml.remote.stack import knowledge
from sandbox.instance import Instance
from tests.e2e.counts import Counts
from tests.e2e.neighbours import bare_sandbox
from tests.e2e.templates import DeployFailed, Deployment, Template
from tests.e2e.traffic import Account, Traffic

STACK = "osml-moving-knowledge"
SECRET = "osml/moving/deepseek"
BASE: dict[str, Any] = {
    "embedding": {"provider": "titan", "dimension": 1024},
    "answer": {"provider": "deepseek", "model": "deepseek-flash", "secret": {"name": SECRET, "key": "api_key"}},
}


class Moving:
    """The deployed and loaded environment `moving`, and the changes made to it."""

    def __init__(self, deployment: Deployment, folder: Path, counts: Counts) -> None:
        """`folder` is where the environment's file is."""
        self.deployment, self._folder, self._counts = deployment, folder, counts
        self._settings = bare_sandbox() | BASE
        # To embed thousands of documents again takes minutes, beside the traffic.
        self._settings["timeouts"] = {"provisioning": 900}
        self.change({})

    def change(self, change: dict[str, Any]) -> None:
        """Merge `change` into the environment's file."""
        for group, values in change.items():
            self._settings[group] = {**self._settings.get(group, {}), **values}
        (self._folder / "moving.yaml").write_text(yaml.safe_dump(self._settings))

    def traffic(self, what: str) -> Traffic:
        """Clients that know the stacks as they are now."""
        return Traffic(knowledge(self.deployment.place), "".join(c if c.isalnum() else "-" for c in what))

    def during(self, what: str, act: Callable[[], None]) -> Account:
        """Run `act` under traffic; returns the account of the questions and documents, and counts it under `what`."""
        traffic = self.traffic(what)
        with traffic.running():
            traffic.go_on()
            act()
            traffic.go_on()
        self.count(what, traffic.account)
        return traffic.account

    def count(self, what: str, account: Account) -> None:
        """Add a row to the table."""
        self._counts.add(what, account)

    def deploy(self, folder: Path) -> None:
        """Deploy the templates that were synthesized into `folder`; raises DeployFailed."""
        self.deployment.deploy("knowledge", folder=folder)

    def roll_back(self, folder: Path) -> None:
        """Deploy templates that fail at their end; CloudFormation rolls them back."""
        with pytest.raises(DeployFailed, match="Broken"):
            self.deployment.deploy("knowledge", folder=folder, edit=_broken)
        assert self.status() == "UPDATE_ROLLBACK_COMPLETE"

    def status(self) -> str:
        """The status of the knowledge stack, as CloudFormation names it."""
        answer = boto3.client("cloudformation").describe_stacks(StackName=STACK)
        return str(answer["Stacks"][0]["StackStatus"])

    def keep(self) -> None:
        """Call the keeper, as its schedule does."""
        resources = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        [name] = [
            resource["PhysicalResourceId"]
            for resource in resources
            if resource["ResourceType"] == "AWS::Lambda::Function" and "Keeper" in resource["LogicalResourceId"]
        ]
        answer = boto3.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()


@contextmanager
def moving(instance: Instance, folder: Path, table: str) -> Iterator[Moving]:
    """Deploy and load the environment; at the end, destroy it and publish the counts in `table`."""
    counts, key = Counts(), instance.deepseek_key.read_text()
    secret.put(SECRET, "api_key", key.strip())
    made = Moving(Deployment("moving", folder, instance, folder), folder, counts)
    try:
        made.deployment.deploy()
        made.deployment.ingest()
        yield made
    finally:
        made.deployment.destroy()
        instance.deepseek_key.write_text(key)
        boto3.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
        counts.publish(table)


def _broken(template: Template) -> None:
    """Add a resource that fails after all others have been made or changed."""
    resources = template["Resources"]
    others = [name for name, resource in resources.items() if resource["Type"] != "AWS::CDK::Metadata"]
    connector = next(resource for resource in resources.values() if resource["Type"] == "Custom::MlConnector")
    resources["Broken"] = copy.deepcopy(connector) | {"DependsOn": others}
    resources["Broken"]["Properties"]["Spec"] = json.dumps({"nonsense": 1})
