"""Checks of event source mappings: as on Amazon, a queue that cannot work for its function is refused.

MiniStack 1.5.33 reads any queue for any function. Lambda reads the queue with the function's role. It refuses a queue
whose visibility timeout is shorter than the function's timeout.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

from collections.abc import Callable
from typing import Any

from ministack.services import sqs
from ministack.services.cloudformation import provisioners

from sandbox.cloud.authority import MiniStackAuthority
from sandbox.cloud.template import Properties

MAPPING = "AWS::Lambda::EventSourceMapping"
READS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")


def install(authority: MiniStackAuthority) -> None:
    """Wraps CloudFormation's handlers of event source mappings; once per process."""
    handlers = provisioners._RESOURCE_HANDLERS[MAPPING]
    for verb in ("create", "update"):
        handlers[verb] = _checked(handlers[verb], authority)


def _checked(handler: Callable[..., Any], authority: MiniStackAuthority) -> Callable[..., Any]:
    """The handler, which first checks the new properties: they are its last argument that is a dictionary."""

    def checked(*args: Any, **kwargs: Any) -> Any:
        props = [given for given in args if isinstance(given, dict)][-1]
        fault = _fault(props, authority)
        if fault:
            raise ValueError(fault)
        return handler(*args, **kwargs)

    return checked


def _fault(props: Properties, authority: MiniStackAuthority) -> str | None:
    source = str(props.get("EventSourceArn", ""))
    queue = sqs._queue_by_arn(source)
    function, _, _, _ = provisioners._lambda_function_for_cfn_ref(props.get("FunctionName", ""))
    if queue is None or function is None:
        return None
    for action in READS:
        if authority.role_denial(function["config"]["Role"], f"sqs:{action}", source):
            return f"The provided execution role does not have permissions to call {action} on SQS"
    hidden = int(queue["attributes"].get("VisibilityTimeout", "30"))
    timeout = int(function["config"].get("Timeout", 3))
    if hidden < timeout:
        return f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds"
    return None
