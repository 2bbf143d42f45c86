"""The objects in the engine that an environment's stacks stand for: what they are called, and how they should be."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mlcommons import Owner
from osml.failure import Failure
from osml.stack_state import StackState

CUSTOM = "Custom::Ml"


@dataclass(frozen=True)
class Watched:
    """`kind` is a noun of mlcommons, `id` the object's own; `spec` is None where nobody wrote it down.

    A model that is not `asked` may rightly not answer: its endpoint is stopped at night, for example.
    """

    kind: str
    id: str
    owner: Owner
    spec: dict[str, Any] | None = None
    asked: bool = True

    @property
    def probe(self) -> dict[str, Any] | None:
        """The body of a `_predict` that a working model answers; None for what is no model, or without its spec."""
        found = (self.spec or {}).get("probe")
        return found if self.kind == "Model" and isinstance(found, dict) else None


def watched(session: Any, stacks: list[StackState]) -> list[Watched]:
    """Every `Custom::Ml…` of the stacks, with the specification that its parameter `/osml/<stack>/<logical id>` holds.

    `session` is boto3's, of the caller. An object whose parameter is missing or cannot be read has no specification.
    Raises Failure when CloudFormation does not tell.
    """
    return [one for stack in stacks for one in _of(session, stack)]


def _of(session: Any, stack: StackState) -> Iterator[Watched]:
    specs = _specs(session, stack.name)
    for resource in stack.resources:
        if resource.type.startswith(CUSTOM) and resource.id and not resource.is_gone:
            written = specs.get(resource.logical_id, {})
            kind = resource.type.removeprefix(CUSTOM)
            if (written.get("kind"), written.get("id")) != (kind, resource.id):
                written = {}
            owner = Owner(stack.name, resource.logical_id)
            yield Watched(kind, resource.id, owner, written.get("spec"), written.get("asked", True))


def _specs(session: Any, stack: str) -> dict[str, dict[str, Any]]:
    """What the parameters of the stack hold, by logical id; empty where there are none or they may not be read."""
    path = f"/osml/{stack}"
    found: dict[str, dict[str, Any]] = {}
    try:
        pages = session.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path)
        parameters = [one for page in pages for one in page["Parameters"]]
    except (ClientError, BotoCoreError):
        return {}
    for one in parameters:
        try:
            value = json.loads(one["Value"])
        except json.JSONDecodeError:
            raise Failure(f"The parameter {one['Name']} is not JSON: deploy again, which writes it anew.") from None
        if isinstance(value, dict):
            found[one["Name"].removeprefix(f"{path}/")] = value
    return found
