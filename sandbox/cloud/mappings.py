"""Checks of the mappings between a method and its integration, as API Gateway makes them at a deployment.

MiniStack 1.5.33 accepts every mapping.
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping.html
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from ministack.services.cloudformation import provisioners

from sandbox.cloud.template import Properties

METHOD = "AWS::ApiGateway::Method"
FIXED = re.compile(r"'[^']*'")
FROM_INTEGRATION = re.compile(r"integration\.response\.(header\.[\w-]+|body(\..+)?)|context\.\w[\w.]*")


def install() -> None:
    """Wraps CloudFormation's handlers of methods; once per process."""
    handlers = provisioners._RESOURCE_HANDLERS[METHOD]
    handlers.update(create=_checked(handlers["create"], 1), update=_checked(handlers["update"], 2))


def _checked(make: Callable[..., Any], place: int) -> Callable[..., Any]:
    """The handler, which first checks the properties: they are its argument with the index `place`."""

    def make_checked(*args: Any, **more: Any) -> Any:
        fault = next(_faults(args[place]), None)
        if fault:
            raise ValueError(fault)
        return make(*args, **more)

    return make_checked


def _faults(props: Properties) -> Iterator[str]:
    integration = props.get("Integration") or {}
    declared = props.get("RequestParameters") or {}
    for target, source in (integration.get("RequestParameters") or {}).items():
        known = source in declared or FIXED.fullmatch(source) or source.startswith(("context.", "stageVariables."))
        if not target.startswith("integration.request.") or not known:
            yield _invalid(source)
    answers = {str(answer["StatusCode"]): answer for answer in props.get("MethodResponses") or []}
    for response in integration.get("IntegrationResponses") or []:
        answer = answers.get(str(response.get("StatusCode")))
        if answer is None:
            yield "Invalid Response status code specified (NotFoundException)"
            return
        for target, source in (response.get("ResponseParameters") or {}).items():
            if target not in (answer.get("ResponseParameters") or {}):
                yield _invalid(target)
            if not FIXED.fullmatch(source) and not FROM_INTEGRATION.fullmatch(source):
                yield _invalid(source)


def _invalid(expression: str) -> str:
    return (
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression "
        f"parameter specified: {expression}] (BadRequestException)"
    )
