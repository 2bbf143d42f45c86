"""Behaviour of CloudFormation for custom resources that MiniStack 1.5.33 lacks.

- After a failed Create, the rollback or the deletion of the stack sends a Delete with the id from the Create's answer.
- A response of more than 4,096 bytes, or a success without a physical id, fails the resource.
- Events also have the ServiceToken at their top level.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import cloudformation
from ministack.services.cloudformation import custom_resource, stacks

from sandbox.cloud.template import generated_name

Properties = dict[str, Any]
LONGEST_RESPONSE = 4096


class Answers:
    """The physical ids in the answers, by the request's token: `deliver_response` gets no other key."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._ids: dict[str, str] = {}

    def begin(self, token: str) -> None:
        """Note that this thread sends the request `token`."""
        self._here.token = token

    def record(self, token: str, response: Properties) -> None:
        if response.get("PhysicalResourceId"):
            self._ids[token] = str(response["PhysicalResourceId"])

    def forget(self, token: str) -> None:
        self._ids.pop(token, None)

    def end(self) -> str | None:
        """Removes and returns the id in the answer to this thread's last request; None without an answer."""
        return self._ids.pop(self._here.token, None) if getattr(self._here, "token", None) else None


class FailedCreates:
    """Custom resources whose Create failed, by stack and logical id. They get a Delete later."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], Properties] = {}

    def add(self, stack_id: str, logical_id: str, resource_type: str, physical_id: str, props: Properties) -> None:
        self._records[stack_id, logical_id] = {
            "PhysicalResourceId": physical_id,
            "ResourceType": resource_type,
            "ResourceStatus": "CREATE_FAILED",
            "LogicalResourceId": logical_id,
            "Properties": props,
            "Attributes": {},
            "Timestamp": now_iso(),
        }

    def take(self, stack_id: str, logical_id: str) -> Properties | None:
        return self._records.pop((stack_id, logical_id), None)


def install() -> None:
    """Wraps MiniStack's custom resource functions; once per process."""
    answers, failed = Answers(), FailedCreates()
    custom_resource.register_token = _remembering(custom_resource.register_token, answers)
    custom_resource.deliver_response = _checking(custom_resource.deliver_response, answers)
    custom_resource.invoke_custom_resource = _noting_failed_creates(
        custom_resource.invoke_custom_resource, answers, failed
    )
    stacks._failed_operation = _with_failed_create(stacks._failed_operation, failed)


def checked(response: Properties) -> Properties:
    """The response, or a failure with the reason if CloudFormation would refuse the response."""
    refusal = None
    if len(json.dumps(response).encode()) > LONGEST_RESPONSE:
        refusal = "Response object is too long."
    elif response.get("Status") not in ("SUCCESS", "FAILED"):
        refusal = "Invalid response object: its Status is neither SUCCESS nor FAILED."
    elif response["Status"] == "SUCCESS" and not response.get("PhysicalResourceId"):
        refusal = "Invalid PhysicalResourceId"
    if refusal is None:
        return response
    kept = {name: response[name] for name in ("PhysicalResourceId",) if name in response}
    return {**kept, "Status": "FAILED", "Reason": refusal}


def _remembering(register: Callable[[str], threading.Event], answers: Answers) -> Callable[[str], threading.Event]:
    def register_token(token: str) -> threading.Event:
        answers.begin(token)
        return register(token)

    return register_token


def _checking(deliver: Callable[..., bool], answers: Answers) -> Callable[..., bool]:
    def deliver_response(token: str, response: Properties) -> bool:
        accepted = checked(response)
        answers.record(token, accepted)
        known = deliver(token, accepted)
        if not known:
            answers.forget(token)
        return known

    return deliver_response


def _noting_failed_creates(invoke: Callable[..., Any], answers: Answers, failed: FailedCreates) -> Callable[..., Any]:
    # MiniStack passes some arguments by position and some by name: both must work.
    def invoke_custom_resource(
        request_type: str,
        logical_id: str,
        props: Properties,
        stack_name: str,
        stack_id: str,
        resource_type: str,
        physical_id: str | None = None,
        old_props: Properties | None = None,
    ) -> Any:
        answers.begin("")
        try:
            return invoke(
                request_type,
                logical_id,
                props,
                stack_name,
                stack_id,
                resource_type,
                physical_id=physical_id,
                old_props=old_props,
            )
        except (RuntimeError, TimeoutError):
            if request_type == "Create":
                # Without an answer, CloudFormation generates the id for the Delete.
                known = answers.end() or generated_name(stack_name, logical_id, 128)
                failed.add(stack_id, logical_id, resource_type, known, props)
            raise
        finally:
            answers.end()

    return invoke_custom_resource


def _with_failed_create(describe: Callable[..., Properties], failed: FailedCreates) -> Callable[..., Properties]:
    def _failed_operation(*args: Any, **kwargs: Any) -> Properties:
        operation = describe(*args, **kwargs)
        logical_id = operation["failed_logical_id"]
        for stack in list(cloudformation._stacks.values()):
            record = failed.take(stack["StackId"], logical_id) if logical_id else None
            if record is not None:
                # The last resource in the list is deleted first, by the rollback or, after --no-rollback, by the
                # stack's deletion.
                stack.setdefault("_resources", {})[logical_id] = record
                operation["created"].append(logical_id)
        return operation

    return _failed_operation
