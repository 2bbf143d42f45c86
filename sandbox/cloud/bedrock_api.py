"""Bedrock's operations about its models: lists, availability and inference profiles, in botocore's shapes.

MiniStack 1.5.33 writes the members with capital first letters, which no client reads. It also lists models that Amazon
has retired.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import get_account_id, get_region
from ministack.services import bedrock

from sandbox.cloud import api_shapes
from sandbox.models.bedrock_models import BY_PROFILE, EMBEDDING, GEOGRAPHIES, ON_DEMAND, RERANK

ONE = re.compile(r"/(foundation-models|foundation-model-availability|inference-profiles)/(.+)")
OPERATIONS = {
    "foundation-models": "GetFoundationModel",
    "foundation-model-availability": "GetFoundationModelAvailability",
    "inference-profiles": "GetInferenceProfile",
}
LISTS = {"/foundation-models": "ListFoundationModels", "/inference-profiles": "ListInferenceProfiles"}


def install() -> None:
    """Handles these operations before MiniStack does; once per process."""
    bedrock.handle_request = _handling(bedrock.handle_request)


def _handling(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        if method != "GET":
            return await handle(method, path, headers, body, query_params)
        if path in LISTS:
            return _reply(LISTS[path], _listed(LISTS[path]))
        match = ONE.fullmatch(path)
        if match is None:
            return await handle(method, path, headers, body, query_params)
        operation, name = OPERATIONS[match[1]], unquote(match[2]).rpartition("/")[2]
        profile = _described(operation, name)
        if profile is None:
            status, code, sentence = _unknown(operation)
            return status, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, _json({"message": sentence})
        return _reply(operation, profile)

    return handle_request


def _unknown(operation: str) -> tuple[int, str, str]:
    if operation == "GetFoundationModelAvailability":
        return 400, "ValidationException", "The provided model identifier is invalid."
    what = "inference profile" if operation == "GetInferenceProfile" else "model"
    return 404, "ResourceNotFoundException", f"The provided {what} identifier is invalid."


def _reply(operation: str, value: dict[str, Any]) -> Any:
    shape = api_shapes.operation(operation, "bedrock").output_shape
    return 200, {"Content-Type": "application/json"}, _json(api_shapes.fitted(shape, value))


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _listed(operation: str) -> dict[str, Any]:
    if operation == "ListFoundationModels":
        return {"modelSummaries": [_model(name) for name in (*ON_DEMAND, *BY_PROFILE, *EMBEDDING, *RERANK)]}
    return {"inferenceProfileSummaries": list(_profiles())}


def _described(operation: str, name: str) -> dict[str, Any] | None:
    if operation == "GetInferenceProfile":
        return next((profile for profile in _profiles() if profile["inferenceProfileId"] == name), None)
    if name not in (*ON_DEMAND, *BY_PROFILE, *EMBEDDING, *RERANK):
        return None
    if operation == "GetFoundationModel":
        return {"modelDetails": _model(name)}
    return {
        "modelId": name,
        "agreementAvailability": {"status": "AVAILABLE"},
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": "AVAILABLE",
    }


def _model(name: str) -> dict[str, Any]:
    return {
        "modelArn": f"arn:aws:bedrock:{get_region()}::foundation-model/{name}",
        "modelId": name,
        "modelName": name.partition(".")[2],
        "providerName": name.partition(".")[0].title(),
        "inputModalities": ["TEXT"],
        "outputModalities": ["EMBEDDING" if name in EMBEDDING else "TEXT"],
        "responseStreamingSupported": name in (*ON_DEMAND, *BY_PROFILE),
        **({} if name in BY_PROFILE else {"inferenceTypesSupported": ["ON_DEMAND"]}),
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _profiles() -> Iterator[dict[str, Any]]:
    for geography in GEOGRAPHIES:
        for model in (*BY_PROFILE, *ON_DEMAND):
            name = f"{geography}.{model}"
            yield {
                "inferenceProfileName": f"{geography.upper()} {model.partition('.')[2]}",
                "inferenceProfileId": name,
                "inferenceProfileArn": f"arn:aws:bedrock:{get_region()}:{get_account_id()}:inference-profile/{name}",
                "models": [{"modelArn": f"arn:aws:bedrock:{get_region()}::foundation-model/{model}"}],
                "status": "ACTIVE",
                "type": "SYSTEM_DEFINED",
            }
