"""Calls of Bedrock's runtime: MiniStack 1.5.33 makes up an answer, here the model server gives one.

MiniStack checks the signature. It asks IAM about `bedrock:Converse` and, for an inference profile, a foundation model
of that name: Amazon asks about `bedrock:InvokeModel` on the profile and on the model in each of its regions.
"""

import asyncio
import json
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import get_account_id, get_region

from sandbox.front.authority import Authority
from sandbox.front.provider import invocation
from sandbox.front.refusal import ProviderRefusal, Refusal

MODEL_CALL = re.compile(r"/model/(.+)/([^/]+)")
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}
Reply = tuple[int, dict[str, str], bytes]


def install(models_url: str, authority: Authority) -> None:
    """Replaces MiniStack's handlers of the invented answers; once per process."""

    async def runtime(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Reply:
        # The gateway hands over the decoded path; a model's ARN holds slashes.
        call = MODEL_CALL.fullmatch(path)
        raw = f"/model/{quote(call[1], safe='')}/{call[2]}" if call else quote(path)
        host = f"bedrock-runtime.{get_region()}.amazonaws.com"
        try:
            _admit(authority, host, raw, headers, router.extract_access_key_id(headers, query_params))
        except Refusal as refusal:
            named = {"Content-Type": "application/json", **dict(refusal.headers())}
            return refusal.status, named, refusal.encoded()
        return await asyncio.to_thread(_led, models_url, host, method, raw, headers, body)

    async def refused(*_: Any) -> Reply:
        return _error(501, "NotImplementedException", "Bedrock agents and knowledge bases do not run on this machine.")

    app.SERVICE_HANDLERS["bedrock-runtime"] = runtime
    app.SERVICE_HANDLERS["bedrock-agent-runtime"] = refused
    extract = iam_actions.extract_iam_action

    def extract_iam_action(service: str, *arguments: Any) -> str | None:
        # None makes MiniStack check the signature alone.
        return None if service == "bedrock-runtime" else extract(service, *arguments)

    iam_actions.extract_iam_action = extract_iam_action


def _admit(authority: Authority, host: str, path: str, headers: Any, access_key: str) -> None:
    """Raises the Refusal that Amazon would answer."""
    caller = authority.credential(access_key, headers.get("x-amz-security-token")).caller
    call = invocation(host, path, get_account_id())
    for resource in call.resources if call else ():
        if not authority.allowed(caller, "bedrock:InvokeModel", resource, {}):
            raise ProviderRefusal(
                403,
                "AccessDeniedException",
                f"User: {caller.arn} is not authorized to perform: bedrock:InvokeModel on resource: {resource}",
            )


def _led(models_url: str, host: str, method: str, path: str, headers: Any, body: bytes) -> Reply:
    passed = {name: headers[name] for name in ("content-type", "accept") if name in headers}
    request = urllib.request.Request(  # noqa: S310  always this machine's model server
        f"{models_url}/_aws/{host}{path}", data=body or None, headers=passed, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            return answer.status, _kept(answer.headers), answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, _kept(answer.headers), answer.read()
    except OSError as reason:
        sentence = f"The model server {models_url} did not answer {host}: {reason}. Start the local cloud again."
        return _error(502, "ModelErrorException", sentence)


def _kept(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}


def _error(status: int, kind: str, sentence: str) -> Reply:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": kind}
    return status, headers, json.dumps({"message": sentence}).encode()
