"""Proxy events in API Gateway's form, the functions' settings, and a context."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
SETTINGS = {
    "environment": "unit",
    "search": {"endpoint": "https://search.invalid", "region": "eu-west-1", "service": "es"},
    "index": {"name": "docs", "text_field": "text", "embedding_field": "embedding"},
    "prompt": {"system": "s", "instructions": "i"},
    "embedding": {"provider": "model"},
    "conversations": {"kind": "memory"},
    "limits": {"body_bytes": 10_000},
}


@dataclass
class Context:
    """The members of Lambda's context that the functions use."""

    seconds: float = 30.0
    aws_request_id: str = "lambda-1"
    function_name: str = "ask"
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:ask"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def event(
    method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    """A request of a signed-in owner; `body` is sent as JSON unless it is text or bytes."""
    text = body if isinstance(body, str) or body is None else None
    if isinstance(body, bytes):
        text = base64.b64encode(body).decode()
    elif text is None and body is not None:
        text = json.dumps(body)
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": REQUEST_ID,
            "stage": "unit",
            "path": f"/unit{path}",
            "domainName": "api.invalid",
            "authorizer": {"claims": {"sub": "somebody", "cognito:groups": "owner"}},
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": text,
        "isBase64Encoded": isinstance(body, bytes),
        **more,
    }


def any_json(names: Sequence[str]) -> st.SearchStrategy[str]:
    """JSON texts of all types, whose objects often have fields with these names."""
    huge = "an integer of more digits than Python reads"
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just(huge)
    keys = st.sampled_from(names) | st.text(max_size=5)
    values = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
    )
    return values.map(lambda value: json.dumps(value).replace(f'"{huge}"', "1" + "0" * 4400))
