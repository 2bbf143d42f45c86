"""Signs the users of the page in and out, with the standard library only, and without any permission.

`POST /rag/session` finishes, renews or ends a sign-in. Environment variables: `TOKEN_URL`, `REVOKE_URL` and `CLIENT_ID`
of Cognito, `POOL_API` if people can choose a second factor, and `ADDRESSES`, the other addresses of the page, separated
by spaces.
"""

import json
from collections.abc import Mapping
from typing import Any

from sign_in_session import SignInFailure, session

HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The function's entry point: a REST API's proxy event in, its proxy response out."""
    request_id = event["requestContext"]["requestId"]
    try:
        return _json(200, session(event))
    except SignInFailure as failure:
        if failure.status >= 500:
            _log(failure.message, request_id)
        extra = {"Retry-After": str(failure.retry_after)} if failure.retry_after else {}
        problem = {"message": failure.message, "cause": failure.cause, "request_id": request_id}
        return _json(failure.status, problem, extra)


def _json(status: int, content: Mapping[str, Any], extra: Mapping[str, str] | None = None) -> dict[str, Any]:
    headers = {**HEADERS, **(extra or {})}
    return {"statusCode": status, "headers": headers, "body": json.dumps(content), "isBase64Encoded": False}


def _log(message: str, request_id: str) -> None:
    print(json.dumps({"level": "ERROR", "service": "session", "message": message, "request_id": request_id}))
