"""SageMaker's List and Describe calls for models, endpoint configurations, endpoints and inference components.

Here only CloudFormation makes these resources, and the API can change only the copies of a component. Other calls get a
501 with a message.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region

from sandbox.cloud import api_shapes
from sandbox.cloud.sagemaker import Record, Registry

TARGET = "SageMaker."
# For each prefix of the members, the kind in the registry.
KINDS = {
    "EndpointConfig": "endpoint-config",
    "Endpoint": "endpoint",
    "Model": "model",
    "InferenceComponent": "inference-component",
}
COPIES = "UpdateInferenceComponentRuntimeConfig"
MOST = 100
Reply = tuple[int, dict[str, str], bytes]


class SageMakerError(Exception):
    """SageMaker refuses the call: the error has SageMaker's code and message."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def install(registry: Registry) -> None:
    """Handles the calls with the header `X-Amz-Target`; SageMaker's runtime handles those without it.

    Call it once per process, after `model_runtimes`.
    """
    runtime = app.SERVICE_HANDLERS["sagemaker"]

    async def handle(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        target = str(headers.get("x-amz-target", ""))
        if not target.startswith(TARGET):
            return await runtime(method, path, headers, body, query_params)
        return _answer(registry, target.removeprefix(TARGET), json.loads(body or b"{}"))

    app.SERVICE_HANDLERS["sagemaker"] = handle
    # Without a namespace, MiniStack would check only the signature. The handler of the runtime checks IAM itself.
    iam_actions.SERVICE_TO_IAM_NAMESPACE["sagemaker"] = "sagemaker"
    extract = iam_actions.extract_resource_arn

    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        if service != "sagemaker":
            return str(extract(service, method, path, headers, body, *rest))
        given = json.loads(body or b"{}")
        named = next((prefix for prefix in KINDS if f"{prefix}Name" in given), None)
        return _arn(KINDS[named], given[f"{named}Name"]) if named else "*"

    iam_actions.extract_resource_arn = extract_resource_arn


def _answer(registry: Registry, operation: str, given: dict[str, Any]) -> Reply:
    try:
        for prefix, kind in KINDS.items():
            if operation == f"Describe{prefix}":
                fields = _described(registry, prefix, kind, str(given.get(f"{prefix}Name")))
            elif operation == f"List{prefix}s":
                fields = _listed(registry, prefix, kind, given)
            else:
                continue
            shape = api_shapes.operation(operation, "sagemaker").output_shape
            return 200, _headers(), json.dumps(api_shapes.fitted(shape, fields), default=_seconds).encode()
        if operation == COPIES:
            return 200, _headers(), json.dumps(_changed(registry, given)).encode()
    except SageMakerError as refusal:
        return 400, _headers(), json.dumps({"__type": refusal.code, "message": str(refusal)}).encode()
    sentence = f"{operation} of SageMaker is not served on this machine: deploy a template with CloudFormation instead."
    return 501, _headers(), json.dumps({"__type": "NotImplementedException", "message": sentence}).encode()


def _described(registry: Registry, prefix: str, kind: str, name: str) -> dict[str, Any]:
    record = registry.records(kind).get(name)
    if record is None:
        raise SageMakerError("ValidationException", f'Could not find {kind.replace("-", " ")} "{_arn(kind, name)}".')
    fields = {**record.props, **_identity(prefix, kind, name, record)}
    if kind == "endpoint":
        configuration = registry.records("endpoint-config").get(record.props["EndpointConfigName"])
        fields["ProductionVariants"] = [_variant(variant) for variant in _variants(configuration)]
    if kind == "inference-component":
        fields |= _component(registry, name, record)
    return fields


def _component(registry: Registry, name: str, record: Record) -> dict[str, Any]:
    wanted, current = registry.copies.wanted(name), registry.copies.current(name)
    return {
        "EndpointArn": _arn("endpoint", str(record.props["EndpointName"])),
        "InferenceComponentStatus": "InService" if wanted == current else "Updating",
        "RuntimeConfig": {"DesiredCopyCount": wanted, "CurrentCopyCount": current},
    }


def _changed(registry: Registry, given: dict[str, Any]) -> dict[str, Any]:
    name = str(given.get("InferenceComponentName"))
    if name not in registry.records("inference-component"):
        where = _arn("inference-component", name)
        raise SageMakerError("ValidationException", f'Could not find inference component "{where}".')
    registry.copies.set(name, int(given["DesiredRuntimeConfig"]["CopyCount"]))
    return {"InferenceComponentArn": _arn("inference-component", name)}


def _listed(registry: Registry, prefix: str, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    rows = [
        {
            **record.props,
            **_identity(prefix, kind, name, record),
            **(_component(registry, name, record) if kind == "inference-component" else {}),
        }
        for name, record in registry.records(kind).items()
        if str(given.get("NameContains") or "").lower() in name.lower()
    ]
    rows = [row for row in rows if given.get("StatusEquals") in (None, row.get(f"{prefix}Status"))]
    key: Callable[[dict[str, Any]], Any] = lambda row: row[f"{prefix}Name" if sort == "Name" else "CreationTime"]  # noqa: E731
    sort = given.get("SortBy") or "CreationTime"
    rows.sort(key=key, reverse=(given.get("SortOrder") or "Descending") == "Descending")
    first, count = int(given.get("NextToken") or 0), int(given.get("MaxResults") or MOST)
    page = {f"{prefix}s": rows[first : first + count]}
    return {**page, "NextToken": str(first + count)} if len(rows) > first + count else page


def _identity(prefix: str, kind: str, name: str, record: Record) -> dict[str, Any]:
    return {
        f"{prefix}Name": name,
        f"{prefix}Arn": _arn(kind, name),
        f"{prefix}Status": "InService",
        "CreationTime": record.created,
        "LastModifiedTime": record.modified,
    }


def _variants(configuration: Record | None) -> list[dict[str, Any]]:
    return list(configuration.props.get("ProductionVariants") or []) if configuration else []


def _variant(variant: dict[str, Any]) -> dict[str, Any]:
    weight, count = variant.get("InitialVariantWeight", 1), variant.get("InitialInstanceCount")
    counts = {"CurrentWeight": weight, "DesiredWeight": weight}
    if count is not None:
        counts |= {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
    return {"VariantName": variant.get("VariantName"), **counts}


def _arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{get_region()}:{get_account_id()}:{kind}/{name.lower()}"


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/x-amz-json-1.1"}


def _seconds(value: datetime) -> float:
    return value.timestamp()
