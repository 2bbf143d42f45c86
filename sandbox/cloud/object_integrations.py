"""Objects of S3 through API Gateway: `AWS` integrations that read an object with the role in their `credentials`.

MiniStack 1.5.33 treats each such integration as a call of a function.
https://docs.aws.amazon.com/apigateway/latest/developerguide/integrating-api-with-aws-services-s3.html
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import new_uuid, request_scope
from ministack.services import apigateway_v1, s3

from sandbox.cloud.authority import MiniStackAuthority
from sandbox.cloud.integrations import MOST_REQUEST_BYTES

logger = logging.getLogger("sandbox.cloud.object_integrations")

PRINCIPAL = "apigateway.amazonaws.com"
SERVICE, READ, LIST = "s3", "s3:GetObject", "s3:ListBucket"
TO_TEXT = "CONVERT_TO_TEXT"
REQUEST, RESPONSE, ANSWER = "integration.request.", "integration.response.header.", "method.response.header."
PLACE = re.compile(r"\{([^}]+)\}")
Record = dict[str, Any]


def install(authority: MiniStackAuthority) -> None:
    """Wraps MiniStack's handling of integrations that are not proxies; once per process."""
    invoke = apigateway_v1._invoke_lambda_custom_v1

    async def _invoke_lambda_custom_v1(
        integration: Record, api_id: str, stage_name: str, stage: Record, resource: Record, path: str, method: str,
        headers: Record, body: bytes, query_params: Record, path_params: Record | None, **more: Any,
    ) -> Any:  # fmt: skip
        uri = apigateway_v1._parse_service_integration_uri(integration.get("uri", ""))
        if uri is None or uri[1] != SERVICE:
            return await invoke(
                integration, api_id, stage_name, stage, resource, path, method, headers, body, query_params,
                path_params, **more,
            )  # fmt: skip
        sent = _mapped(integration, headers, query_params, path_params or {})
        fault = _fault(integration, uri[2], authority)
        if fault:
            return _misconfigured(integration, fault)
        bucket, _, key = PLACE.sub(lambda name: sent.get(f"path.{name[1]}", ""), uri[3]).partition("/")
        conditions = {
            name.removeprefix("header.").lower(): value for name, value in sent.items() if name.startswith("header.")
        }
        with request_scope(more["owner_account_id"], more["owner_region"]):
            answer = _object(authority, integration["credentials"], bucket, key, conditions)
        return _answered(integration, answer, headers, more.get("binary_media_types") or [])

    apigateway_v1._invoke_lambda_custom_v1 = _invoke_lambda_custom_v1


def _fault(integration: Record, kind: str, authority: MiniStackAuthority) -> str | None:
    """Why API Gateway cannot call S3, or None."""
    if kind != "path" or integration.get("httpMethod") != "GET":
        return "only GET of a path is known here"
    role = str(integration.get("credentials") or "")
    if not authority.service_may_assume(role, PRINCIPAL, {}):
        return f"API Gateway may not assume {role or 'a role, because the integration names none'}"
    return None


def _mapped(integration: Record, headers: Record, query_params: Record, path_params: Record) -> dict[str, str]:
    """The parameters for S3, for example `header.If-None-Match`. Only parameters with a mapping go to S3."""
    sources: Mapping[str, Any] = {
        **{f"header.{name.lower()}": value for name, value in headers.items()},
        **{f"path.{name}": value for name, value in path_params.items()},
        **{f"querystring.{name}": value for name, value in query_params.items()},
    }
    sent = {}
    for target, source in (integration.get("requestParameters") or {}).items():
        place, _, name = str(source).removeprefix("method.request.").partition(".")
        value = _fixed(source) or sources.get(f"{place}.{name.lower() if place == 'header' else name}")
        if value is not None:
            sent[target.removeprefix(REQUEST)] = value[0] if isinstance(value, list) else str(value)
    return sent


def _object(
    authority: MiniStackAuthority, role: str, bucket: str, key: str, conditions: dict[str, str]
) -> tuple[int, Record, bytes]:
    """S3's answer to the role. A missing object is 403, as on Amazon, and 404 only if the role may list the bucket."""
    arn = f"arn:aws:s3:::{bucket}"
    refused: tuple[int, Record, bytes] = s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}/{key}")
    if authority.role_denial(role, READ, f"{arn}/{key}"):
        return refused
    answer: tuple[int, Record, bytes] = s3._get_object(bucket, key, conditions, {})
    return refused if answer[0] == 404 and authority.role_denial(role, LIST, arn) else answer


def _answered(integration: Record, answer: tuple[int, Record, bytes], headers: Record, binary: list[str]) -> Any:
    """The client's answer, made from S3's answer by the integration response for its status."""
    status, given, body = answer
    responses = list((integration.get("integrationResponses") or {}).values())
    chosen = next((each for each in responses if _matches(each.get("selectionPattern"), status)), None)
    chosen = chosen or next((each for each in responses if not each.get("selectionPattern")), None)
    if chosen is None:
        return _misconfigured(integration, f"S3 answered {status}, and no integration response is for that")
    if len(body) > MOST_REQUEST_BYTES:
        return _misconfigured(integration, "the object is larger than API Gateway sends")
    names = {name.lower(): value for name, value in given.items()}
    sent = {"Content-Type": "application/json"}
    for target, source in (chosen.get("responseParameters") or {}).items():
        fixed = _fixed(source)
        value = names.get(source.removeprefix(RESPONSE).lower()) if fixed is None else fixed
        if value is not None:
            sent[target.removeprefix(ANSWER)] = value
    template = next(iter((chosen.get("responseTemplates") or {}).values()), None)
    if template is not None:
        accepted = (apigateway_v1._header_ci(headers, "accept") or "application/json").split(",")[0]
        if apigateway_v1._media_type_matches(accepted, binary) and chosen.get("contentHandling") != TO_TEXT:
            return _misconfigured(integration, "a template needs text, and the response is binary")
        body = apigateway_v1._render_request_template_v1(template, "", {}, {"requestId": new_uuid()}).encode()
    return int(chosen["statusCode"]), sent, body


def _matches(pattern: str | None, status: int) -> bool:
    return bool(pattern and re.fullmatch(pattern, str(status)))


def _fixed(source: str) -> str | None:
    """The value between single quotes; None for a reference."""
    return source[1:-1] if len(source) >= 2 and source[0] == source[-1] == "'" else None


def _misconfigured(integration: Record, fault: str) -> Any:
    logger.error("The integration %s does not work: %s.", integration.get("uri"), fault)
    return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
