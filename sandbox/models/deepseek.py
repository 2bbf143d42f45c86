"""DeepSeek's chat API: `POST /chat/completions`, plain or as an event stream, and `GET /models`; also under `/v1`.

The answer has reasoning unless `thinking` is disabled. The reasoning counts towards `max_tokens`.
https://api-docs.deepseek.com/guides/thinking_mode
"""

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.models import chat_tools, prompt
from sandbox.models.answer import StandIn
from sandbox.models.deepseek_request import ALIASES, MODELS, DeepSeekError, checked, thinks
from sandbox.models.embedding import MiniLM
from sandbox.models.exchange import Call, ModelResponse, json_reply
from sandbox.models.forward import Forward
from sandbox.models.generation import GeneratedText, finished, pieces
from sandbox.models.key import KeyFile

_CHAT, _LIST = "/chat/completions", "/models"


class DeepSeek:
    """Answers chat completions with the stand-in, or forwards them to a real model; lists its own models."""

    def __init__(self, model: MiniLM, stand_in: StandIn, key: KeyFile, forward: Forward | None = None) -> None:
        """`key` is the key that callers must send. With `forward`, the stand-in is not used."""
        self._model = model
        self._stand_in = stand_in
        self._key = key
        self._forward = forward

    def answer(self, call: Call) -> ModelResponse:
        """Answer a request for a chat completion or the list of models. Like DeepSeek, checks the key first."""
        route = (call.method, call.path.removeprefix("/v1"))
        if route not in (("POST", _CHAT), ("GET", _LIST)):
            return DeepSeekError(404, f"Nothing is at {call.method} {call.path}.").reply
        try:
            self._check_key(call.headers.get("authorization"))
            if route[1] == _LIST:
                return json_reply(200, {"object": "list", "data": [_listed(model) for model in MODELS]})
            body = checked(call.body)
        except DeepSeekError as refusal:
            return refusal.reply
        return self._forward.send(body) if self._forward is not None else self._complete(body)

    def throttled(self) -> ModelResponse:
        """The answer to a throttled call: 429 with DeepSeek's message about its rate limit."""
        return DeepSeekError(429, "Rate limit reached: you are sending requests too quickly.", "rate_limit_error").reply

    def failed(self, status: int) -> ModelResponse:
        """DeepSeek's error for a status: Insufficient Balance for 402, Server Overloaded for 503, else Server Error."""
        said = {402: "Insufficient Balance", 503: "Server Overloaded"}.get(status, "Server Error")
        return DeepSeekError(status, said, "unknown_error" if status == 402 else "server_error").reply

    def _check_key(self, header: str | None) -> None:
        """Raises `DeepSeekError` for a wrong key. Unlike DeepSeek's error, it does not repeat the end of the key."""
        if header is None:
            raise DeepSeekError(401, "Authentication Fails (governor)", "authentication_error")
        scheme, _, given = header.partition(" ")
        if scheme != "Bearer" or not given:
            message = "Authentication Fails (auth header format should be Bearer sk-...)"
            raise DeepSeekError(401, message, "authentication_error")
        if not self._key.is_right(given):
            raise DeepSeekError(401, "Authentication Fails, Your api key: **** is invalid", "authentication_error")

    def _complete(self, body: dict[str, Any]) -> ModelResponse:
        if tool_calls := chat_tools.written(chat_tools.chosen(body)):
            return self._call_tools(body, tool_calls)
        answer = self._stand_in.answer(prompt.from_messages(body["messages"]))
        thought = answer.reasoning if thinks(body) else None
        thought, done = self._written(thought, answer.text, body.get("max_tokens"), body.get("stop") or ())
        head = _head(body)
        usage = self._usage(body["messages"], done, thought)
        if body.get("stream"):
            headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
            return ModelResponse(200, _events(head, done, thought, usage), headers)
        message = {"role": "assistant", "content": done.text}
        if thought is not None:
            message["reasoning_content"] = thought
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": done.reason}
        return json_reply(200, {**head, "choices": [choice], "usage": usage})

    def _call_tools(self, body: dict[str, Any], tool_calls: list[dict[str, Any]]) -> ModelResponse:
        """The answer with the tool calls, as a message or as events."""
        thought = "A part of the question is not answered by the passages." if thinks(body) else None
        usage = self._usage(body["messages"], GeneratedText("", "tool_calls", 0), thought)
        if body.get("stream"):
            headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
            return ModelResponse(200, _tool_events(_head(body), tool_calls, usage), headers)
        message = {"role": "assistant", "content": "", "tool_calls": tool_calls}
        if thought is not None:
            message["reasoning_content"] = thought
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls"}
        return json_reply(200, {**_head(body), "choices": [choice], "usage": usage})

    def _written(
        self, thought: str | None, text: str, limit: int | None, stop: str | Sequence[str]
    ) -> tuple[str | None, GeneratedText]:
        """The reasoning and the answer within `limit` tokens. The answer gets the tokens that the reasoning leaves.

        `limit` is None for no limit. `thought` is None for an answer without reasoning.
        """
        stops = (stop,) if isinstance(stop, str) else stop
        if thought is None or limit is None:
            return thought, finished(text, self._model, limit, stops)
        kept = finished(thought, self._model, limit)
        if kept.tokens >= limit:
            return kept.text, GeneratedText("", "length", 0)
        return kept.text, finished(text, self._model, limit - kept.tokens, stops)

    def _usage(self, messages: list[dict[str, Any]], done: GeneratedText, thought: str | None) -> dict[str, Any]:
        texts = [text for message in messages for text in prompt.blocks(message.get("content"))]
        read = sum(self._model.count_tokens(text) for text in texts)
        thinking = self._model.count_tokens(thought) if thought is not None else 0
        usage: dict[str, Any] = {
            "prompt_tokens": read,
            "completion_tokens": done.tokens + thinking,
            "total_tokens": read + done.tokens + thinking,
            "prompt_tokens_details": {"cached_tokens": 0},
            "prompt_cache_hit_tokens": 0,
            "prompt_cache_miss_tokens": read,
        }
        return usage if thought is None else {**usage, "completion_tokens_details": {"reasoning_tokens": thinking}}


def _listed(model: str) -> dict[str, str]:
    return {"id": model, "object": "model", "owned_by": "deepseek"}


def _head(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": ALIASES.get(body["model"], body["model"]),
        "system_fingerprint": "fp_extractive_stand_in",
    }


def _tool_events(head: dict[str, Any], tool_calls: list[dict[str, Any]], usage: dict[str, Any]) -> Iterator[bytes]:
    yield _event(head, {"role": "assistant", "content": None, "tool_calls": tool_calls})
    yield _event(head, {"content": ""}, "tool_calls", usage=usage)
    yield b"data: [DONE]\n\n"


def _event(head: dict[str, Any], delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    chunk = {**head, "object": "chat.completion.chunk", "choices": [choice], **more}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _events(head: dict[str, Any], done: GeneratedText, thought: str | None, usage: dict[str, Any]) -> Iterator[bytes]:
    yield _event(head, {"role": "assistant", "content": ""})
    for piece in pieces(thought or ""):
        yield _event(head, {"content": None, "reasoning_content": piece})
    for piece in pieces(done.text):
        yield _event(head, {"content": piece})
    yield _event(head, {"content": ""}, done.reason, usage=usage)
    yield b"data: [DONE]\n\n"
