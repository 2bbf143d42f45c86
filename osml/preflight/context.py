"""The context that the checks of one preflight share. Each attribute is read at its first use."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from osml.deploy import adoption
from osml.deploy.deployment import Deployment
from osml.deploy.kept import Kept, is_created
from osml.doctor.checks.context import Context as Diagnosed
from osml.place import Place
from osml.remote.identity import Identity, identity

Resources = dict[str, dict[str, Any]]


class PreflightContext(Diagnosed):
    """Each attribute raises Failure or botocore's errors when it cannot be read. `deployment` synthesizes once."""

    def __init__(self, place: Place, deployment: Deployment | None = None) -> None:
        super().__init__(place)
        self._deployment = deployment or Deployment(place, [])

    @cached_property
    def caller(self) -> Identity:
        """The identity that deploys."""
        return identity(self.session, self.place.env, self.settings.account)

    @property
    def region(self) -> str:
        """The region of the deploy."""
        return str(self.session.region_name)

    @property
    def partition(self) -> str:
        """The partition of the caller, such as `aws`."""
        return self.caller.arn.split(":")[1]

    @property
    def assembly(self) -> Path:
        """The synthesized assembly."""
        return self._deployment.assembly

    @cached_property
    def templates(self) -> dict[str, Resources]:
        """The resources of each stack's template."""
        files = sorted(self.assembly.glob("*.template.json"))
        return {
            file.name.removesuffix(".template.json"): json.loads(file.read_text()).get("Resources", {})
            for file in files
        }

    @cached_property
    def created(self) -> dict[str, set[str]]:
        """The logical ids of the resources of each stack that exists and was created."""
        client: Any = self.session.client("cloudformation")
        created = {}
        for stack in self.templates:
            if is_created(client, stack):
                pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
                summaries = [summary for page in pages for summary in page["StackResourceSummaries"]]
                created[stack] = {summary["LogicalResourceId"] for summary in summaries}
        return created

    @cached_property
    def kept(self) -> dict[str, list[Kept]]:
        """The resources that deleted stacks kept, by stack; the deploy imports them."""
        return adoption.waiting(self.place)

    @cached_property
    def new(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Stack, logical id and template of each resource that the deploy would create or import."""
        return [
            (stack, name, resource)
            for stack, resources in self.templates.items()
            for name, resource in resources.items()
            if name not in self.created.get(stack, set())
        ]

    def makes(self, type: str) -> int:
        """How many resources of the type the deploy would create."""
        return sum(resource["Type"] == type for _, _, resource in self.new)

    def named(self, value: Any) -> str | None:
        """A value of a template as text; None if only the deploy knows it."""
        if isinstance(value, str):
            return value
        if not isinstance(value, dict):
            return None
        if set(value) == {"Ref"}:
            known = {
                "AWS::AccountId": self.caller.account,
                "AWS::Region": self.region,
                "AWS::Partition": self.partition,
            }
            return known.get(value["Ref"])
        if set(value) == {"Fn::Join"}:
            between, parts = value["Fn::Join"]
            texts = [self.named(part) for part in parts]
            return None if None in texts else str(between).join(map(str, texts))
        return None
