"""Resources that deleted stacks of an environment kept. CloudFormation remembers deleted stacks for 90 days."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from settings.environment_parts import PARTS

# A stack in one of these states is empty; the CDK removes it and creates it again.
NEVER_CREATED = ("REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_COMPLETE")

ENDINGS = ("DELETE_SKIPPED", "DELETE_COMPLETE")


@dataclass(frozen=True)
class Kept:
    """A resource that stayed when its stack was deleted; `id` is its physical id."""

    logical_id: str
    type: str
    id: str


def kept(cloudformation: Any, prefix: str) -> dict[str, list[Kept]]:
    """Kept resources by stack, for each deleted stack `<prefix>-<part>` that kept any. Raises ClientError."""
    names = [f"{prefix}-{part}" for part in PARTS]
    missing = [name for name in names if not is_created(cloudformation, name)]
    deleted = _deleted(cloudformation, missing) if missing else {}
    left = {name: list(_left(cloudformation, deleted.get(name, []))) for name in missing}
    return {name: resources for name, resources in left.items() if resources}


def is_created(cloudformation: Any, name: str) -> bool:
    """Whether the stack exists and its first deploy succeeded."""
    try:
        state = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    return state not in NEVER_CREATED


def _deleted(cloudformation: Any, names: list[str]) -> dict[str, list[str]]:
    """Ids of the deleted stacks with these names, by name, the last deleted first."""
    pages = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    stacks = [summary for page in pages for summary in page["StackSummaries"] if summary["StackName"] in names]
    stacks.sort(key=lambda stack: stack.get("DeletionTime", stack["CreationTime"]), reverse=True)
    return {name: [stack["StackId"] for stack in stacks if stack["StackName"] == name] for name in names}


def _left(cloudformation: Any, stacks: list[str]) -> Iterator[Kept]:
    """The kept resources, by their last events: a later stack may have imported and deleted what an older one kept."""
    settled: set[tuple[str, str]] = set()
    taken: set[str] = set()
    for stack in stacks:
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
        events = [event for page in pages for event in page["StackEvents"]]
        # A creation that failed because the name is taken has a later delete event, which deletes nothing.
        refused = {event["LogicalResourceId"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"}
        for event in events:
            logical, type, id = event["LogicalResourceId"], event["ResourceType"], event.get("PhysicalResourceId", "")
            state = event["ResourceStatus"]
            if state not in ENDINGS or not id or logical in refused or (type, id) in settled:
                continue
            settled.add((type, id))
            if state == "DELETE_SKIPPED" and logical not in taken:
                taken.add(logical)
                yield Kept(logical, type, id)
