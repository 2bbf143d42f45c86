"""The state of an environment: its stacks, functions and objects in the engine, and objects of others there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from mlcommons import Owner, ProvisioningError
from mlcommons.watched import Watched
from osml.failure import Failure
from osml.place import Place
from osml.remote.domain import Domain
from osml.remote.engine import reader
from osml.remote.functions import Functions
from osml.remote.stack import knowledge
from osml.remote.stack_state import Resource, StackState, stack_states
from osml.status.desired import desired
from osml.status.inventory import MISSING, OK, SILENT, UNSEEN, Entry, entry, unexpected
from settings.serverless import Serverless

ACTIVE = "Active"


@dataclass(frozen=True)
class Status:
    """`others` are objects with another environment's mark; `trouble` is why the engine could not be read.

    `uncompared` are objects whose specification is unknown, so that manual changes are not visible. `locked_out` is
    True when the operator has no rights in the engine, because somebody replaced its role mapping.
    """

    environment: str
    stacks: list[StackState]
    resources: list[Entry]
    others: list[Entry]
    trouble: str | None = None
    uncompared: tuple[str, ...] = ()
    locked_out: bool = False

    @property
    def is_healthy(self) -> bool:
        """Whether all stacks are complete, the engine answered, and no object of the environment has a fault."""
        well = all(stack.is_healthy for stack in self.stacks) and all(
            resource.is_healthy for resource in self.resources
        )
        return bool(self.stacks) and well and self.trouble is None

    @property
    def drifted(self) -> list[Entry]:
        """The objects that differ from their stacks."""
        return [resource for resource in self.resources if resource.is_drift]


def look(place: Place) -> Status:
    """The status of everything that is visible. Raises Failure when CloudFormation does not list the stacks."""
    try:
        session = boto3.Session(region_name=place.settings().region)
    except BotoCoreError as error:
        raise Failure(f"Reading the environment {place.env} failed: {error}") from None
    stacks = stack_states(session, place)
    expected = desired(session, stacks)
    uncompared = tuple(str(entry) for entry in expected if not entry.spec)
    resources = list(_around(session, stacks))
    try:
        if isinstance(place.settings().search, Serverless):
            inside = [_index(place, entry) for entry in expected]
            return Status(place.env, stacks, resources + inside, [], uncompared=uncompared)
        inside, others = _inside(place, stacks, expected) if expected else ([], [])
    except (Failure, ProvisioningError) as error:
        unseen = [
            Entry(expected_entry.kind, expected_entry.id, expected_entry.owner, UNSEEN) for expected_entry in expected
        ]
        if error.cause == "role-mapping-missing":
            return Status(place.env, stacks, resources + unseen, [], _locked_out(place), uncompared, locked_out=True)
        return Status(place.env, stacks, resources + unseen, [], str(error), uncompared)
    return Status(place.env, stacks, resources + inside, others, uncompared=uncompared)


def _locked_out(place: Place) -> str:
    return (
        f"The engine maps no role to the operator {knowledge(place).operator_role_arn}, so its objects are not "
        f"visible: somebody replaced the role mapping. Restore it with `osml deploy {place.options} --repair`."
    )


def _inside(place: Place, stacks: list[StackState], expected: list[Watched]) -> tuple[list[Entry], list[Entry]]:
    client = reader(Domain(knowledge(place)))
    entries = [entry(client, expected_entry) for expected_entry in expected]
    names = {stack.name for stack in stacks}
    more = list(unexpected(client, expected, names))
    ours = [other for other in more if other.owner and other.owner.stack in names]
    return entries + ours, [other for other in more if other not in ours]


def _index(place: Place, watched: Watched) -> Entry:
    """The index of a collection, which the functions may read and the operator may not."""
    if watched.kind != "Index":
        return Entry(watched.kind, watched.id, watched.owner, UNSEEN)
    reply = Functions(place).get("/health")
    if reply.status == 200:
        return Entry(watched.kind, watched.id, watched.owner, OK)
    state, detail = (MISSING, "") if reply.cause == "index-missing" else (SILENT, reply.message)
    return Entry(watched.kind, watched.id, watched.owner, state, detail)


def _around(session: Any, stacks: list[StackState]) -> Iterator[Entry]:
    """The collection and the functions, which are AWS resources outside of the engine."""
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
    details = session.client("opensearchserverless").batch_get_collection(ids=[resource.id])["collectionDetails"]
    if not details:
        return MISSING, ""
    state = details[0]["status"]
    return (OK, "") if state == "ACTIVE" else (SILENT, f"is {state}")


def _function(session: Any, resource: Resource) -> tuple[str, str]:
    configuration = session.client("lambda").get_function_configuration(FunctionName=resource.id)
    state, update = configuration.get("State", ACTIVE), configuration.get("LastUpdateStatus", "Successful")
    if state in (ACTIVE, "Inactive") and update != "Failed":  # Inactive is idle: the next call wakes it
        return OK, ""
    return SILENT, configuration.get("StateReason") or configuration.get("LastUpdateStatusReason") or f"is {state}"
