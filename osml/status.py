"""What an environment consists of: its stacks, its functions, its objects in the engine, and who else is there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from mlcommons import Owner, ProvisioningError
from osml.domain import Domain
from osml.engine import reader
from osml.environment.serverless import Serverless
from osml.failure import Failure
from osml.functions import Functions
from osml.inventory import MISSING, OK, SILENT, UNSEEN, Entry, entry, unexpected
from osml.place import Place
from osml.stack import knowledge
from osml.stack_state import Resource, StackState, stack_states
from osml.watched import Watched, watched

ACTIVE = "Active"


@dataclass(frozen=True)
class Status:
    """`others` are objects that carry a mark of another environment; `trouble` is why the engine was not looked at.

    `are_compared` is False when some object's specification is not known, so that a change by hand would not show.
    """

    environment: str
    stacks: list[StackState]
    resources: list[Entry]
    others: list[Entry]
    trouble: str | None = None
    are_compared: bool = True

    @property
    def is_healthy(self) -> bool:
        """There are stacks, each came to its end, the engine answered, and no object of ours is in trouble."""
        well = all(stack.is_healthy for stack in self.stacks) and all(one.is_healthy for one in self.resources)
        return bool(self.stacks) and well and self.trouble is None


def look(place: Place) -> Status:
    """Everything that can be seen. Raises Failure when CloudFormation does not tell which stacks there are."""
    try:
        session = boto3.Session(region_name=place.settings().region)
    except BotoCoreError as error:
        raise Failure(f"Reading the environment {place.env} failed: {error}") from None
    stacks = stack_states(session, place)
    expected = watched(session, stacks)
    resources = list(_around(session, stacks))
    try:
        if isinstance(place.settings().search, Serverless):
            inside = [_index(place, one) for one in expected]
            return Status(place.env, stacks, resources + inside, [], are_compared=False)
        inside, others = _inside(place, stacks, expected) if expected else ([], [])
    except (Failure, ProvisioningError) as error:
        return Status(place.env, stacks, resources, [], str(error))
    return Status(place.env, stacks, resources + inside, others, are_compared=all(one.spec for one in expected))


def _inside(place: Place, stacks: list[StackState], expected: list[Watched]) -> tuple[list[Entry], list[Entry]]:
    client = reader(Domain(knowledge(place)))
    found = [entry(client, one) for one in expected]
    names = {stack.name for stack in stacks}
    more = list(unexpected(client, expected, names))
    ours = [one for one in more if one.owner and one.owner.stack in names]
    return found + ours, [one for one in more if one not in ours]


def _index(place: Place, one: Watched) -> Entry:
    """The index of a collection, which lets the functions in and not the operator."""
    if one.kind != "Index":
        return Entry(one.kind, one.id, one.owner, UNSEEN)
    reply = Functions(place).get("/health")
    state, detail = (OK, "") if reply.status == 200 else (SILENT, reply.message)
    return Entry(one.kind, one.id, one.owner, state, detail)


def _around(session: Any, stacks: list[StackState]) -> Iterator[Entry]:
    """The collection and the functions, which are AWS's own and not in the engine."""
    looks = {"AWS::OpenSearchServerless::Collection": _collection, "AWS::Lambda::Function": _function}
    for stack in stacks:
        for resource in stack.resources:
            if resource.type in looks and resource.id and not resource.is_gone:
                kind, owner = resource.type.rpartition("::")[2], Owner(stack.name, resource.logical_id)
                try:
                    state, detail = looks[resource.type](session, resource)
                except (ClientError, BotoCoreError) as error:
                    state, detail = _refused(error)
                yield Entry(kind, resource.id, owner, state, detail)


def _refused(error: Exception) -> tuple[str, str]:
    code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""
    return (MISSING if "NotFound" in code else UNSEEN), str(error)


def _collection(session: Any, resource: Resource) -> tuple[str, str]:
    found = session.client("opensearchserverless").batch_get_collection(ids=[resource.id])["collectionDetails"]
    if not found:
        return MISSING, ""
    state = found[0]["status"]
    return (OK, "") if state == "ACTIVE" else (SILENT, f"is {state}")


def _function(session: Any, resource: Resource) -> tuple[str, str]:
    found = session.client("lambda").get_function_configuration(FunctionName=resource.id)
    state, update = found.get("State", ACTIVE), found.get("LastUpdateStatus", "Successful")
    if state in (ACTIVE, "Inactive") and update != "Failed":  # Inactive is idle: the next call wakes it
        return OK, ""
    return SILENT, found.get("StateReason") or found.get("LastUpdateStatusReason") or f"is {state}"
