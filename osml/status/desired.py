"""The objects that an environment's stacks define in the engine, read from CloudFormation and the parameters."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mlcommons import Owner, ProvisioningError
from mlcommons.kinds import CUSTOM
from mlcommons.watched import Watched, watched
from osml.failure import Failure
from osml.remote.stack_state import StackState


def desired(session: Any, stacks: list[StackState]) -> list[Watched]:
    """Every `Custom::Ml…` of the stacks, with the specification in its parameter `/osml/<stack>/<logical id>`.

    `session` is the caller's boto3 session. An object without a readable parameter has no specification. Raises Failure
    when a parameter has an unexpected value.
    """
    return [entry for stack in stacks for entry in _of(session, stack)]


def _of(session: Any, stack: StackState) -> Iterator[Watched]:
    described = _described(session, stack.name)
    for resource in stack.resources:
        if resource.type.startswith(CUSTOM) and resource.id and not resource.is_gone:
            kind = resource.type.removeprefix(CUSTOM)
            entry = described.get(resource.logical_id)
            if entry and (entry.kind, entry.id) == (kind, resource.id):
                yield entry
            else:
                yield Watched(kind, resource.id, Owner(stack.name, resource.logical_id))


def _described(session: Any, stack: str) -> dict[str, Watched]:
    """The parameters of the stack by logical id; empty if there are none or the caller may not read them."""
    try:
        return {entry.owner.logical_id: entry for entry in watched(session.client("ssm"), stack)}
    except ProvisioningError as error:
        raise Failure(str(error), error.cause) from None
    except (ClientError, BotoCoreError):
        return {}
