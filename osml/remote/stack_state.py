"""The stacks of an environment in CloudFormation: their states, resources, and reasons of failed deploys."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mlcommons.cause import cause_in
from mlcommons.recognition import recognized
from osml.aws_error import advised, cause_of
from osml.cause import Cause
from osml.failure import Failure
from osml.place import Place
from settings.environment_parts import PARTS

# CloudFormation's reasons for resources that it stopped or undid because another one failed.
_CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled", "The following resource(s) failed")
_STARTED = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")


@dataclass(frozen=True)
class Resource:
    """`type` is the template's, such as `Custom::MlModel`; `id` is the physical id, empty while it is unknown."""

    logical_id: str
    type: str
    id: str
    state: str

    @property
    def is_gone(self) -> bool:
        """Whether the resource was deleted or never created."""
        return self.state in ("DELETE_COMPLETE", "CREATE_FAILED")


@dataclass(frozen=True)
class StackState:
    """`state` is CloudFormation's; `fault` is the first resource that failed in the last deploy, and the reason.

    The provisioner tags its reasons with a cause; those of other resources are AWS's own texts.
    """

    name: str
    state: str
    fault: str | None = None
    resources: list[Resource] = field(default_factory=list)

    @property
    def cause(self) -> Cause:
        """The cause of the fault."""
        fault = self.fault or ""
        return cause_in(fault) or recognized(fault) or "deploy-failed"

    @property
    def is_changing(self) -> bool:
        """Whether a deploy is running."""
        return self.state.endswith("_IN_PROGRESS")

    @property
    def was_rolled_back(self) -> bool:
        """Whether the last deploy failed and was rolled back; the state stays until a deploy changes something."""
        return self.state == "UPDATE_ROLLBACK_COMPLETE"

    @property
    def is_healthy(self) -> bool:
        """Whether everything matches a template: the last deploy's, or the earlier one after a rollback."""
        return self.state.endswith("_COMPLETE") and ("ROLLBACK" not in self.state or self.was_rolled_back)


def stack_states(session: Any, place: Place) -> list[StackState]:
    """The existing stacks of the environment in deploy order; `session` is boto3's.

    Raises Failure when CloudFormation cannot be read.
    """
    try:
        client = session.client("cloudformation")
    except BotoCoreError as error:
        raise Failure(f"Reading the stacks of {place.env} failed: {advised(error)}", cause_of(error)) from None
    states = []
    for part in PARTS:
        name = place.stack(part)
        try:
            state = _state(client, name)
            if state is None:
                continue
            pages = client.get_paginator("list_stack_resources").paginate(StackName=name)
            resources = [_resource(summary) for page in pages for summary in page["StackResourceSummaries"]]
            stack = StackState(name, state, resources=resources)
            if stack.was_rolled_back or not stack.is_healthy:
                stack = replace(stack, fault=_fault(client, name))
            states.append(stack)
        except (ClientError, BotoCoreError) as error:
            raise Failure(f"Reading the stack {name} failed: {advised(error)}", cause_of(error)) from None
    return states


def _state(client: Any, name: str) -> str | None:
    try:
        state = str(client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if state == "DELETE_COMPLETE" else state


def _resource(event: dict[str, Any]) -> Resource:
    return Resource(
        event["LogicalResourceId"], event["ResourceType"], event.get("PhysicalResourceId", ""), event["ResourceStatus"]
    )


def _fault(client: Any, name: str) -> str | None:
    """The first resource that failed in the last deploy, and CloudFormation's reason."""
    faults = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason was given')}"
        for event in _last_deploy(client, name)
        if event["ResourceStatus"].endswith("_FAILED")
        and not event.get("ResourceStatusReason", "").startswith(_CONSEQUENCES)
    ]
    return faults[-1] if faults else None


def _last_deploy(client: Any, name: str) -> Iterator[dict[str, Any]]:
    """The events of the last deploy, the latest first."""
    for page in client.get_paginator("describe_stack_events").paginate(StackName=name):
        for event in page["StackEvents"]:
            yield event
            if event["LogicalResourceId"] == name and event["ResourceStatus"] in _STARTED:
                return
