"""Calls the functions of a serverless environment as its API would, without the API: as the operator role."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from osml.failure import Failure
from osml.operator import session
from osml.place import Place
from osml.stack import assistant, passages

CONNECT_SECONDS = 10
# Lambda's longest; the functions end by themselves before that.
LONGEST_SECONDS = 900
THROTTLED = 429
TIMED_OUT = 504


@dataclass(frozen=True)
class Reply:
    """What a function answered: an HTTP status, `body` as parsed JSON, and the seconds it asked to wait, if any."""

    status: int
    body: dict[str, Any]
    retry_after: float | None = None

    @property
    def message(self) -> str:
        """The sentence of an error, with the id its log lines carry."""
        request = self.body.get("request_id")
        return f"{self.body.get('message', 'no reason was given')}" + (f" (request {request})" if request else "")


class Functions:
    """The two functions of the environment of `place`. Raises Failure when they are not deployed."""

    def __init__(self, place: Place) -> None:
        found = assistant(place)
        self._operator = passages(place).operator_role_arn
        self._env = place.env
        self._names = {"/ask": found.ask_function, "/documents": found.documents_function}
        # Never sent twice by botocore: a second question would be paid for, and its answer thrown away.
        patient = Config(
            connect_timeout=CONNECT_SECONDS, read_timeout=LONGEST_SECONDS, retries={"total_max_attempts": 1}
        )
        self._client = session(self._operator, found.region).client("lambda", config=patient)

    def post(self, path: str, body: dict[str, Any]) -> Reply:
        """POST `body` to `/ask` or `/documents`.

        Being throttled is a reply of status 429, no answer in time one of 504. Raises Failure when the function could
        not be called, broke, or did not answer as an API's function does.
        """
        return self._call(self._names[path], self._event("POST", path, body))

    def get(self, path: str) -> Reply:
        """GET `/health` of the function `documents`; as `post` otherwise."""
        return self._call(self._names["/documents"], self._event("GET", path, None))

    def _call(self, name: str, event: dict[str, Any]) -> Reply:
        try:
            answer = self._client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            payload = json.loads(answer["Payload"].read())
        except ReadTimeoutError:
            return Reply(TIMED_OUT, {"message": f"The function {name} gave no answer in {LONGEST_SECONDS} seconds."})
        except ClientError as error:
            if error.response["Error"]["Code"] == "TooManyRequestsException":
                return Reply(THROTTLED, {"message": f"AWS throttles the function {name}. Try again in a moment."})
            raise Failure(f"Calling the function {name} as {self._operator} failed: {error}") from None
        except (BotoCoreError, ValueError) as error:
            raise Failure(f"Calling the function {name} failed: {error}") from None
        if "FunctionError" in answer:
            said = payload if isinstance(payload, dict) else {}
            raise Failure(
                f"The function {name} broke: {said.get('errorMessage') or said.get('errorType') or 'no reason given'}. "
                "Its log says more."
            )
        return _reply(name, payload)

    def _event(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """As API Gateway's proxy integration sends it; `buffered` asks for one answer instead of a stream."""
        return {
            "buffered": True,
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": {"content-type": "application/json", "accept": "application/json"},
            "multiValueHeaders": {"content-type": ["application/json"], "accept": ["application/json"]},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "pathParameters": None,
            "stageVariables": None,
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "resourcePath": path,
                "path": f"/{self._env}{path}",
                "httpMethod": method,
                "stage": self._env,
                "identity": {"userArn": self._operator},
            },
            "body": None if body is None else json.dumps(body, ensure_ascii=False),
            "isBase64Encoded": False,
        }


def _reply(name: str, payload: Any) -> Reply:
    try:
        status, text = int(payload["statusCode"]), payload["body"]
        headers = {key.lower(): value for key, value in (payload.get("headers") or {}).items()}
        for key, values in (payload.get("multiValueHeaders") or {}).items():
            headers.setdefault(key.lower(), values[-1])
        body = json.loads(text)
        wait = headers.get("retry-after")
        return Reply(status, dict(body), float(wait) if wait else None)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Failure(
            f"The function {name} did not answer as a function behind an API does; does an older deploy stand there?"
        ) from None
