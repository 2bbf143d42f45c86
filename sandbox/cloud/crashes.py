"""Fails the custom resource of a crashed or timed-out handler at once, with the handler's error.

Such a handler sends no answer, so the resource waits until its ServiceTimeout (an hour by default) on Amazon and in
MiniStack 1.5.33. Here this module sends the answer.
"""

from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource

LONGEST_REASON = 1500
INIT_FAILED = "Worker init failed: "
NEVER_LOADED = (INIT_FAILED, "Worker process exited immediately")
# MiniStack sends no Delete for this id. A function that cannot be loaded has made nothing, and its Delete would fail
# with the same error. On Amazon the rollback sends the Delete, waits for another ServiceTimeout and fails.
NOTHING_MADE = "FAILED_CREATE_MARKER"
Event = dict[str, Any]


def install() -> None:
    """Wraps the execution of functions. Call it after `custom_resources`, which checks the answer."""
    execute = lambda_svc._execute_function_with_config_scope

    def _execute_function_with_config_scope(func: Any, event: Any) -> Any:
        token = _token(event)
        if token is None:
            return execute(func, event)
        event.setdefault("ServiceToken", event["ResourceProperties"].get("ServiceToken"))
        result = execute(func, event)
        if isinstance(result, dict) and result.get("error") and not _answered(token):
            custom_resource.deliver_response(token, _failure(event, func, result))
        return result

    lambda_svc._execute_function_with_config_scope = _execute_function_with_config_scope


def reason(function_name: str, body: Any) -> str:
    """One sentence: the function and its error (an exception's text, an import error, a timeout)."""
    text = " ".join((_error(body) or "it ended without an answer").split())
    if text.startswith(INIT_FAILED):
        text = f"it cannot be loaded: {text.removeprefix(INIT_FAILED)}"
    return (
        f"The function {function_name} crashed before it answered CloudFormation: {text[-LONGEST_REASON:]}. "
        "On Amazon this resource would hang until its ServiceTimeout."
    )


def _failure(event: Event, func: Any, result: Event) -> Event:
    config = func.get("config") or func
    answer = {
        "Status": "FAILED",
        "Reason": reason(config.get("FunctionName", "?"), result.get("body")),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    if event.get("PhysicalResourceId"):
        answer["PhysicalResourceId"] = event["PhysicalResourceId"]
    elif _error(result.get("body")).startswith(NEVER_LOADED):
        answer["PhysicalResourceId"] = NOTHING_MADE
    return answer


def _error(body: Any) -> str:
    return str((body.get("errorMessage") if isinstance(body, dict) else body) or "")


def _token(event: Any) -> str | None:
    """The token of a custom resource's event, None for any other event."""
    if not isinstance(event, dict) or not isinstance(event.get("ResourceProperties"), dict):
        return None
    prefix = custom_resource._response_url("")
    url = str(event.get("ResponseURL", ""))
    return url.removeprefix(prefix) if url.startswith(prefix) else None


def _answered(token: str) -> bool:
    with custom_resource._lock:
        entry = custom_resource._pending.get(token)
        return entry is None or entry["result"] is not None
