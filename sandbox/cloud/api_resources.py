"""Parts of a REST API that MiniStack 1.5.33's CloudFormation deploys without an effect, or does not check:

- request validators, and the validator of each method
- the role that writes access logs: without it, Amazon makes no stage with an access log
- the throttling of single methods, in a usage plan and in a stage: a stage's settings write `/~1ask` for `/ask`
"""

import json
from typing import Any

from ministack.services import apigateway_v1
from ministack.services.cloudformation import provisioners

from sandbox.cloud.template import Properties, as_bool

METHOD, VALIDATOR = "AWS::ApiGateway::Method", "AWS::ApiGateway::RequestValidator"
STAGE = "AWS::ApiGateway::Stage"


def install() -> None:
    """Wraps the handlers of methods, stages and usage plans, and replaces those of validators; once per process."""
    handlers = provisioners._RESOURCE_HANDLERS[METHOD]
    create, update = handlers["create"], handlers["update"]

    def create_method(logical_id: str, props: Properties, stack_name: str) -> Any:
        made = create(logical_id, props, stack_name)
        _bind_validator(props)
        return made

    def update_method(physical_id: str, old_props: Properties, new_props: Properties, stack_name: str) -> Any:
        made = update(physical_id, old_props, new_props, stack_name)
        _bind_validator(new_props)
        return made

    handlers.update(create=create_method, update=update_method)
    provisioners._RESOURCE_HANDLERS[VALIDATOR] = {
        "create": _create_validator,
        "update": _update_validator,
        "delete": _delete_validator,
    }
    stages = provisioners._RESOURCE_HANDLERS[STAGE]
    stages.update(create=_logged(stages["create"], 1), update=_logged(stages["update"], 2))
    describe = provisioners._apigw_usage_plan_body

    def _apigw_usage_plan_body(props: Properties) -> Properties:
        body: Properties = describe(props)
        for stage in body["apiStages"]:
            stage["throttle"] = {
                method: provisioners._apigw_throttle(limits) for method, limits in stage["throttle"].items()
            }
        return body

    provisioners._apigw_usage_plan_body = _apigw_usage_plan_body
    settle = provisioners._apigw_method_settings

    def _apigw_method_settings(raw: Any) -> Any:
        settings = raw if isinstance(raw, list) else []
        return settle([{**setting, "ResourcePath": _path(setting.get("ResourcePath", "/*"))} for setting in settings])

    provisioners._apigw_method_settings = _apigw_method_settings


def _logged(make: Any, place: int) -> Any:
    """The handler, which first checks the properties: they are its argument with the index `place`."""

    def make_logged(*args: Any, **more: Any) -> Any:
        wanted = args[place].get("AccessLogSetting")
        settings = apigateway_v1._account_settings.get("settings") or {}
        if wanted and not settings.get("cloudwatchRoleArn"):
            raise ValueError("CloudWatch Logs role ARN must be set in account settings to enable logging")
        return make(*args, **more)

    return make_logged


def _path(written: str) -> str:
    return written.removeprefix("/").replace("~1", "/") if "~1" in written else written


def _bind_validator(props: Properties) -> None:
    resource = apigateway_v1._resources.get(props["RestApiId"], {}).get(props["ResourceId"]) or {}
    method = resource.get("resourceMethods", {}).get(props["HttpMethod"])
    if method is not None:
        method["requestValidatorId"] = props.get("RequestValidatorId")


def _create_validator(logical_id: str, props: Properties, _stack_name: str) -> tuple[str, Properties]:
    wanted = {
        "name": props.get("Name", logical_id),
        "validateRequestBody": as_bool(props.get("ValidateRequestBody")),
        "validateRequestParameters": as_bool(props.get("ValidateRequestParameters")),
    }
    status, _, body = apigateway_v1._create_request_validator(props["RestApiId"], wanted)
    answer = json.loads(body)
    if status >= 400:
        raise ValueError(f"The request validator {logical_id} could not be made: {answer.get('message')}")
    return answer["id"], {"RequestValidatorId": answer["id"]}


def _update_validator(physical_id: str, old: Properties, props: Properties, stack_name: str) -> tuple[str, Properties]:
    record = apigateway_v1._request_validators.get(props["RestApiId"], {}).get(physical_id)
    if record is None or old.get("Name") != props.get("Name"):
        return _create_validator(physical_id, props, stack_name)
    for key in ("ValidateRequestBody", "ValidateRequestParameters"):
        record[key[0].lower() + key[1:]] = as_bool(props.get(key))
    return physical_id, {"RequestValidatorId": physical_id}


def _delete_validator(physical_id: str, props: Properties) -> None:
    apigateway_v1._request_validators.get(props["RestApiId"], {}).pop(physical_id, None)
