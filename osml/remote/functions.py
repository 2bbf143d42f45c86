"""Calls the functions of a serverless environment directly as the operator role, with the API's events."""

import base64
import json
import uuid
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from calls.retry_after import asked_to_wait
from mlcommons.recognition import recognized
from osml.cause import Cause, known
from osml.failure import Failure
from osml.place import Place
from osml.remote.operator import session
from osml.remote.stack import assistant, passages
from settings.runtime_settings import OPERATORS

CONNECT_SECONDS = 10
# Lambda's limit; the functions end before it.
LONGEST_SECONDS = 900
THROTTLED = 429
TIMED_OUT = 504


@dataclass(frozen=True)
class FunctionResponse:
    """A function's answer: HTTP status, `body` as parsed JSON, and the seconds to wait if it gave any."""

    status: int
    body: dict[str, Any]
    retry_after: float | None = None

    @property
    def message(self) -> str:
        """The sentence of an error, with the request id of its log lines."""
        request = self.body.get("request_id")
        return f"{self.body.get('message', 'no reason was given')}" + (f" (request {request})" if request else "")

    @property
    def cause(self) -> Cause | None:
        """The cause of an error; None if it is missing or unknown here."""
        return known(self.body.get("cause"))


class Functions:
    """The two functions of the environment of `place`. Raises Failure when they are not deployed."""

    def __init__(self, place: Place, caller: boto3.Session | None = None) -> None:
        """The operator role calls the functions unless `caller` is given; on a domain that role may not call them.

        In both cases the event names the operator as the caller. A function recognizes a call of the operator by the
        alias.
        """
        deployed = assistant(place)
        self._operator = passages(place).operator_role_arn
        self._env = place.env
        self._groups = {} if place.groups is None else {"groups": list(place.groups)}
        alias = "" if caller else f":{OPERATORS}"
        self._names = {
            "/ask": f"{deployed.ask_function}{alias}",
            "/documents": f"{deployed.documents_function}{alias}",
        }
        # botocore must not retry: a second question would cost money, and its answer would be discarded.
        patient = Config(
            connect_timeout=CONNECT_SECONDS, read_timeout=LONGEST_SECONDS, retries={"total_max_attempts": 1}
        )
        calls = caller or session(self._operator, deployed.region)
        self._client = calls.client("lambda", region_name=deployed.region, config=patient)

    def post(self, path: str, body: dict[str, Any]) -> FunctionResponse:
        """POST `body` to `/ask` or `/documents`.

        Throttling is a reply of status 429, a timeout one of 504. Raises Failure when the function could not be
        called, failed, or answered in another form than an API's function.
        """
        return self._call(self._names[path], self._event("POST", path, body))

    def get(self, path: str) -> FunctionResponse:
        """GET `/health` or `/jobs/<id>` of the function `documents`; otherwise like `post`."""
        return self._call(self._names["/documents"], self._event("GET", path, None))

    def request(self, method: str, path: str, query: dict[str, str | None]) -> FunctionResponse:
        """A request without a body to the function `documents`; parameters that are None are left out."""
        parameters = {name: value for name, value in query.items() if value is not None}
        event = self._event(method, path, None)
        event["queryStringParameters"] = parameters
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in parameters.items()}
        return self._call(self._names["/documents"], event)

    def _call(self, name: str, event: dict[str, Any]) -> FunctionResponse:
        try:
            answer = self._client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            payload = json.loads(answer["Payload"].read())
        except ReadTimeoutError:
            late = f"The function {name} did not answer within {LONGEST_SECONDS} seconds."
            return FunctionResponse(TIMED_OUT, {"message": late, "cause": "endpoint-too-slow"})
        except ClientError as error:
            if error.response["Error"]["Code"] == "TooManyRequestsException":
                busy = f"AWS throttles the function {name}. Try again in a moment."
                return FunctionResponse(THROTTLED, {"message": busy, "cause": "throttled"})
            tried = f"Calling the function {name} as {self._operator}"
            raise Failure(f"{tried} failed: {error}", recognized(str(error))) from None
        except (BotoCoreError, ValueError) as error:
            raise Failure(f"Calling the function {name} failed: {error}", recognized(str(error))) from None
        if "FunctionError" in answer:
            said = payload if isinstance(payload, dict) else {}
            why = str(said.get("errorMessage") or said.get("errorType") or "no reason given")
            raise Failure(f"The function {name} failed: {why}. See its log.", recognized(why))
        return reply(name, payload)

    def _event(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """An event of API Gateway's proxy integration; `buffered` requests one answer instead of a stream.

        `groups` make the operator see what these groups see.
        """
        return {
            "buffered": True,
            **self._groups,
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
            # In base64, like API Gateway's: text would be escaped twice, which lengthens quotes and line breaks.
            "body": None if body is None else base64.b64encode(_encoded(body)).decode(),
            "isBase64Encoded": body is not None,
        }


def _encoded(body: dict[str, Any]) -> bytes:
    # Lone surrogates have no UTF-8; the function refuses such a body.
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")


def reply(name: str, payload: Any) -> FunctionResponse:
    """The response in the `payload` of the function `name`. Raises Failure if it lacks API Gateway's form."""
    try:
        status, text = int(payload["statusCode"]), payload["body"]
        headers = {key.lower(): value for key, value in (payload.get("headers") or {}).items()}
        for key, values in (payload.get("multiValueHeaders") or {}).items():
            headers.setdefault(key.lower(), values[-1])
        body = json.loads(text)
        return FunctionResponse(status, dict(body), asked_to_wait(headers))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Failure(
            f"The function {name} returned an unexpected response. Deploy again, because its version may be older."
        ) from None
