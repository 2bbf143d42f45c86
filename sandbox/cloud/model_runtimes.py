"""The runtimes of SageMaker and Bedrock: the model server answers their calls, with a stream if a call requests one.

MiniStack 1.5.33 invents Bedrock's answers and has no SageMaker. Here it checks only the signature. Its IAM check would
use `bedrock:Converse` and, for an inference profile, a foundation model of that name. Amazon checks
`bedrock:InvokeModel` on the profile, and on the model in each of the profile's regions.
"""

import json
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.concurrency import run_reentrant
from ministack.core.responses import StreamingResponse, get_account_id, get_region

from sandbox.front.admission import COMPONENT_HEADER, ENDPOINT_HEADER, admit
from sandbox.front.authority import Authority
from sandbox.front.provider import invocation
from sandbox.front.refusal import Refusal

MODEL_CALL = re.compile(r"/model/(.+)/([^/]+)")
EVENT_STREAM = "application/vnd.amazon.eventstream"
PASSED = re.compile(r"content-type|accept|x-amzn-(sagemaker|bedrock)-.+")
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}
SECONDS, PIECE = 300, 64 * 1024
Reply = tuple[int, dict[str, str], Any]


def install(models_url: str, authority: Authority) -> None:
    """Lets the model server answer for both runtimes; once per process."""
    app.SERVICE_HANDLERS["bedrock-runtime"] = _runtime("bedrock-runtime.{}.amazonaws.com", models_url, authority)
    app.SERVICE_HANDLERS["sagemaker"] = _runtime("runtime.sagemaker.{}.amazonaws.com", models_url, authority)
    router.SERVICE_PATTERNS["sagemaker"] = {
        "host_patterns": [r"(runtime|api)\.sagemaker\."],
        "credential_scope": "sagemaker",
    }

    async def refused(*_: Any) -> Reply:
        return _error(501, "NotImplementedException", "Bedrock agents and knowledge bases do not run on this machine.")

    app.SERVICE_HANDLERS["bedrock-agent-runtime"] = refused
    extract = iam_actions.extract_iam_action

    def extract_iam_action(service: str, *arguments: Any) -> str | None:
        # If the action is None, MiniStack checks only the signature.
        return None if service == "bedrock-runtime" else extract(service, *arguments)

    iam_actions.extract_iam_action = extract_iam_action


def _runtime(hosts: str, models_url: str, authority: Authority) -> Any:
    async def runtime(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Reply:
        host = hosts.format(get_region())
        # The gateway passes the decoded path, and a model's ARN contains slashes: encode them again.
        call = MODEL_CALL.fullmatch(path)
        raw = f"/model/{quote(call[1], safe='')}/{call[2]}" if call else quote(path)
        passed = {name: value for name, value in headers.items() if PASSED.fullmatch(name)}
        try:
            caller = authority.credential(
                router.extract_access_key_id(headers, query_params), headers.get("x-amz-security-token")
            ).caller
            wanted = invocation(host, raw, get_account_id())
            endpoint = admit(authority, caller, wanted, headers.get(COMPONENT_HEADER)) if wanted else None
        except Refusal as refusal:
            named = {"Content-Type": "application/json", **dict(refusal.headers())}
            return refusal.status, named, refusal.encoded()
        if endpoint is not None:
            passed[ENDPOINT_HEADER] = endpoint
        request = urllib.request.Request(  # noqa: S310  always this machine's model server
            f"{models_url}/_aws/{host}{raw}", data=body or None, headers=passed, method=method
        )
        return await _led(request, models_url, host)

    return runtime


async def _led(request: urllib.request.Request, models_url: str, host: str) -> Reply:
    try:
        answer = await run_reentrant(_opened, request)
        if answer.headers.get("Content-Type", "").startswith(EVENT_STREAM):
            return answer.status, _kept(answer.headers), StreamingResponse(_pieces(answer))
        return answer.status, _kept(answer.headers), await run_reentrant(answer.read)
    except urllib.error.HTTPError as refusal:
        return refusal.code, _kept(refusal.headers), refusal.read()
    except OSError as reason:
        sentence = f"The model server {models_url} did not answer {host}: {reason}. Start the local cloud again."
        return _error(502, "ModelErrorException", sentence)


def _opened(request: urllib.request.Request) -> Any:
    return urllib.request.urlopen(request, timeout=SECONDS)  # noqa: S310


def _pieces(answer: Any) -> Any:
    """Pass the body on as it arrives. If it ends early, the client's answer also stays incomplete."""

    async def runner(send: Any, _receive: Any) -> None:
        with answer:
            while piece := await run_reentrant(answer.read1, PIECE):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return runner


def _kept(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}


def _error(status: int, kind: str, sentence: str) -> Reply:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": kind}
    return status, headers, json.dumps({"message": sentence}).encode()
