"""Bedrock's runtime: `POST /model/<id>/invoke` and `/converse`, both also as an event stream, and guardrails.

The models are:

- Titan text embeddings v1 and v2, and Cohere text embeddings v3
- Cohere's and Amazon's rerank models
- DeepSeek-R1 as the managed profile `us.deepseek.r1-v1:0` (or its ARN)
- imported models by their ARN: R1 with `max_gen_len`, which answers with `generation`
- the chat models of `bedrock_models`, only by Converse
"""

import re
import urllib.parse
import uuid
from collections.abc import Iterable
from typing import Any

from sandbox.models import bedrock_stream as stream
from sandbox.models import cohere, prompt, rerank, titan
from sandbox.models.answer import StandIn
from sandbox.models.bedrock_models import Retired, Unknown, require_chat
from sandbox.models.converse import converse
from sandbox.models.converse_tools import InvalidConverse
from sandbox.models.embedding import MiniLM
from sandbox.models.event_stream import MEDIA_TYPE, Event, json_events
from sandbox.models.exchange import Call, ModelResponse, is_number, is_strings, is_whole, json_body, json_reply
from sandbox.models.generation import finished, with_thinking
from sandbox.models.guardrail import NoSuchGuardrail, apply
from sandbox.models.titan import MalformedTitan, check_keys, json_type

# An ARN contains a slash, which a client may leave unencoded.
_PATH = re.compile(r"/model/(.+)/(invoke|invoke-with-response-stream|converse|converse-stream)")
_GUARDRAIL = re.compile(r"/guardrail/(.+)/version/([^/]+)/apply")
_PROFILE = re.compile(r"(?:arn:aws:bedrock:[a-z0-9-]+:\d{12}:inference-profile/)?us\.deepseek\.r1-v1:0")
_IMPORTED = re.compile(r"arn:aws:bedrock:[a-z0-9-]+:\d{12}:imported-model/[a-z0-9]+")
_FOUNDATION = re.compile(r"(?:arn:aws:bedrock:[a-z0-9-]+::foundation-model/)?(.+)")
_UNSTREAMED = (titan.V1, titan.V2, *cohere.EMBEDDINGS, *rerank.MODELS)
_CORAL = "http://internal.amazon.com/coral/com.amazon.bedrock/"


class BedrockApi:
    """Answers invocations of embedding and answer models."""

    def __init__(self, model: MiniLM, stand_in: StandIn) -> None:
        """`model` embeds texts, and `stand_in` answers questions."""
        self._model = model
        self._stand_in = stand_in

    def answer(self, call: Call) -> ModelResponse:
        """Answer an invocation. Errors have Bedrock's exception in the header `x-amzn-ErrorType`."""
        guardrail = _GUARDRAIL.fullmatch(call.path)
        path = guardrail or _PATH.fullmatch(call.path)
        if path is None or call.method != "POST":
            return _error(404, "UnknownOperationException", f"No operation of Bedrock runtime is at {call.path}.")
        try:
            body = json_body(call.body)
        except ValueError:
            return _error(
                400,
                "ValidationException",
                "Malformed input request, please reformat your input and try again.",
            )
        name = urllib.parse.unquote(path[1])
        try:
            if guardrail:
                return _reply(apply(name, path[2], body))
            streamed = path[2].endswith("-stream")
            ask = self._invoke if path[2].startswith("invoke") else self._converse
            return ask(name, body, streamed)
        except MalformedTitan as reason:
            message = f"Malformed input request: {reason}, please reformat your input and try again."
            return _error(400, "ValidationException", message)
        except (NoSuchGuardrail, Retired) as reason:
            return _error(404, "ResourceNotFoundException", str(reason))
        except (InvalidConverse, Unknown) as reason:
            return _error(400, "ValidationException", str(reason))

    def throttled(self) -> ModelResponse:
        """The answer to a throttled call: ThrottlingException with the status 429."""
        return _error(429, "ThrottlingException", "Too many requests, please wait before trying again.")

    def failed(self, status: int) -> ModelResponse:
        """Bedrock's exception for the status; InternalServerException if Bedrock has none for it."""
        kinds = {408: "ModelTimeoutException", 424: "ModelErrorException", 429: "ModelNotReadyException",
                 403: "AccessDeniedException", 503: "ServiceUnavailableException"}  # fmt: skip
        message = "The system encountered an unexpected error during processing. Try your request again."
        return _error(status, kinds.get(status, "InternalServerException"), message)

    def _invoke(self, name: str, body: Any, streamed: bool) -> ModelResponse:
        if _PROFILE.fullmatch(name):
            answer = self._managed(body)
            return _streamed(stream.managed(answer)) if streamed else _reply(answer)
        if _IMPORTED.fullmatch(name):
            answer = self._imported(body)
            return _streamed(stream.imported(answer)) if streamed else _reply(answer)
        foundation = _FOUNDATION.fullmatch(name)
        if streamed and foundation is not None and foundation[1] in _UNSTREAMED:
            raise InvalidConverse("The model is unsupported for streaming.")
        if foundation is not None and foundation[1] in (titan.V1, titan.V2):
            return _reply(titan.embed(body, self._model, foundation[1]), batch=1)
        if foundation is not None and foundation[1] in cohere.EMBEDDINGS:
            return _reply(cohere.embed(body, self._model), batch=len(body["texts"]))
        if foundation is not None and foundation[1] in rerank.MODELS:
            return _reply(rerank.rerank(body, self._model, foundation[1]), batch=len(body["documents"]))
        require_chat(name)
        raise Unknown("The provided model identifier is invalid.")

    def _converse(self, name: str, body: Any, streamed: bool) -> ModelResponse:
        foundation = _FOUNDATION.fullmatch(name)
        embeds = foundation is not None and foundation[1] in _UNSTREAMED
        if _IMPORTED.fullmatch(name) or embeds:
            raise InvalidConverse("This action doesn't support the model that you provided. "
                          "Try again with a supported text or chat model.")  # fmt: skip
        require_chat(name)
        answer = converse(body, self._model, self._stand_in, thinks=_PROFILE.fullmatch(name) is not None)
        return _streamed(stream.converse(answer)) if streamed else _reply(answer)

    def _managed(self, body: Any) -> dict[str, Any]:
        check_keys(body, {"prompt"}, {"temperature", "top_p", "max_tokens", "stop"})
        _check(body, "max_tokens", 32_768)
        if not is_strings(body.get("stop", [])):
            raise MalformedTitan(f"#/stop: expected type: JSONArray, found: {json_type(body['stop'])}")
        done = finished(self._written(body), self._model, body.get("max_tokens"), body.get("stop", ()))
        return {"choices": [{"text": done.text, "stop_reason": done.reason}]}

    def _imported(self, body: Any) -> dict[str, Any]:
        check_keys(body, {"prompt"}, {"temperature", "top_p", "max_gen_len"})
        _check(body, "max_gen_len", 32_768)
        done = finished(self._written(body), self._model, body.get("max_gen_len", 512))
        return {
            "generation": done.text,
            "generation_token_count": done.tokens,
            "prompt_token_count": self._model.count_tokens(body["prompt"]),
            "stop_reason": done.reason,
        }

    def _written(self, body: dict[str, Any]) -> str:
        read = prompt.from_text(body["prompt"])
        answer = self._stand_in.answer(read)
        return with_thinking(answer.reasoning, answer.text, read.thinking_opened)


def _check(body: dict[str, Any], limit: str, most: int) -> None:
    """Check the fields that managed and imported models share, and their field `limit` for an answer's tokens.

    Raises `MalformedTitan`.
    """
    if not isinstance(body["prompt"], str):
        raise MalformedTitan(f"#/prompt: expected type: String, found: {json_type(body['prompt'])}")
    if not body["prompt"]:
        raise MalformedTitan("#/prompt: expected minLength: 1, actual: 0")
    for name in ("temperature", "top_p"):
        value = body.get(name, 1)
        if not is_number(value):
            raise MalformedTitan(f"#/{name}: expected type: Number, found: {json_type(value)}")
        if not 0 <= value <= 1:
            raise MalformedTitan(f"#/{name}: {value} is not between 0 and 1")
    value = body.get(limit, 1)
    if not is_whole(value):
        raise MalformedTitan(f"#/{limit}: expected type: Integer, found: {json_type(value)}")
    if not 1 <= value <= most:
        raise MalformedTitan(f"#/{limit}: {value} is not between 1 and {most}")


def _reply(body: dict[str, Any], batch: int | None = None) -> ModelResponse:
    return json_reply(200, body, {"x-amzn-RequestId": str(uuid.uuid4())}, batch)


def _streamed(events: Iterable[Event]) -> ModelResponse:
    headers = {"Content-Type": MEDIA_TYPE, "X-Amzn-Bedrock-Content-Type": "application/json"}
    return ModelResponse(200, json_events(events), {**headers, "x-amzn-RequestId": str(uuid.uuid4())})


def _error(status: int, kind: str, message: str) -> ModelResponse:
    headers = {"x-amzn-ErrorType": f"{kind}:{_CORAL}", "x-amzn-RequestId": str(uuid.uuid4())}
    return json_reply(status, {"message": message}, headers)
