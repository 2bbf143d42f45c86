"""OpenAI's embeddings API: `POST /v1/embeddings`, with vectors made from MiniLM's, and `GET /v1/models`."""

import base64
from typing import Any

import numpy as np

from sandbox.models.embedding import MiniLM
from sandbox.models.exchange import Call, ModelResponse, is_strings, is_whole, json_body, json_reply
from sandbox.models.key import KeyFile
from sandbox.models.projection import projected

_EMBED, _LIST = ("POST", "/v1/embeddings"), ("GET", "/v1/models")
_WIDTHS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
_SHORTENED = ("text-embedding-3-small", "text-embedding-3-large")
_FIELDS = {"model", "input", "dimensions", "encoding_format", "user"}
_MOST_TEXTS = 2048
_MOST_TOKENS = 8192


class OpenAiError(Exception):
    """The request breaks a rule of the API. `reply` has the HTTP status, the message, the parameter and the code."""

    def __init__(self, status: int, message: str, param: str | None = None, code: str | None = None) -> None:
        """`param` names the wrong member of the body."""
        super().__init__(message)
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        self.reply = json_reply(status, {"error": error})


class OpenAI:
    """Answers embedding requests, and lists its models."""

    def __init__(self, model: MiniLM, key: KeyFile) -> None:
        """`key` is the key that callers must send."""
        self._model = model
        self._key = key

    def answer(self, call: Call) -> ModelResponse:
        """Answer a request. Like OpenAI, checks the key before the body."""
        try:
            route = (call.method, call.path)
            if route not in (_EMBED, _LIST):
                raise OpenAiError(404, f"Invalid URL ({call.method} {call.path})")
            self._check_key(call.headers.get("authorization"))
            if route == _LIST:
                return json_reply(200, {"object": "list", "data": [_listed(model) for model in _WIDTHS]})
            body = _checked(call.body)
            return self._embed(body)
        except OpenAiError as refusal:
            return refusal.reply

    def throttled(self) -> ModelResponse:
        """The answer to a throttled call: 429 with OpenAI's message about its rate limit."""
        error = {"message": "Rate limit reached for requests", "type": "requests", "param": None}
        return json_reply(429, {"error": {**error, "code": "rate_limit_exceeded"}})

    def failed(self, status: int) -> ModelResponse:
        """OpenAI's `server_error` with the given status."""
        message = "The server had an error while processing your request. Sorry about that!"
        error = {"message": message, "type": "server_error", "param": None, "code": None}
        return json_reply(status, {"error": error})

    def _check_key(self, header: str | None) -> None:
        """Raises `OpenAiError` for a wrong key. Unlike OpenAI's error, it does not repeat parts of the key."""
        scheme, _, given = (header or "").partition(" ")
        if scheme != "Bearer" or not given:
            raise OpenAiError(
                401,
                "You didn't provide an API key. You need to provide your API key in an Authorization header using "
                "Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            )
        if not self._key.is_right(given):
            raise OpenAiError(401, "Incorrect API key provided: ****.", code="invalid_api_key")

    def _embed(self, body: dict[str, Any]) -> ModelResponse:
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        counts = [self._model.count_tokens(text) for text in texts]
        if max(counts) > _MOST_TOKENS:
            raise OpenAiError(
                400,
                f"This model's maximum context length is {_MOST_TOKENS} tokens, however you requested {max(counts)} "
                "tokens. Please reduce your prompt.",
            )
        vectors = projected(self._model, texts, body.get("dimensions", _WIDTHS[body["model"]]))
        encoded = body.get("encoding_format") == "base64"
        listed = [
            {"object": "embedding", "index": index, "embedding": _base64(vector) if encoded else vector}
            for index, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": sum(counts), "total_tokens": sum(counts)}
        answer = {"object": "list", "data": listed, "model": body["model"], "usage": usage}
        return json_reply(200, answer, batch=len(texts))


def _checked(raw: bytes) -> dict[str, Any]:
    try:
        body = json_body(raw)
    except ValueError as reason:
        raise OpenAiError(400, "We could not parse the JSON body of your request.") from reason
    if not isinstance(body, dict):
        raise OpenAiError(400, "We expected a JSON object as the body of your request.")
    for name in sorted(set(body) - _FIELDS):
        raise OpenAiError(400, f"Unrecognized request argument supplied: {name}")
    model = body.get("model")
    if model is None:
        raise OpenAiError(400, "you must provide a model parameter")
    if model not in _WIDTHS:
        message = f"The model `{model}` does not exist or you do not have access to it."
        raise OpenAiError(404, message, code="model_not_found")
    texts: Any = [body["input"]] if isinstance(body.get("input"), str) else body.get("input")
    if not is_strings(texts) or not 1 <= len(texts) <= _MOST_TEXTS or "" in texts:
        raise OpenAiError(400, "'$.input' is invalid. Please check the API reference.")
    if body.get("encoding_format", "float") not in ("float", "base64"):
        raise OpenAiError(400, f"'{body['encoding_format']}' is not one of ['float', 'base64'] - 'encoding_format'")
    _check_dimensions(model, body.get("dimensions"))
    return body


def _listed(model: str) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": 0, "owned_by": "openai"}


def _check_dimensions(model: str, dimensions: Any) -> None:
    if dimensions is None:
        return
    if model not in _SHORTENED:
        raise OpenAiError(400, "This model does not support specifying dimensions.")
    if not is_whole(dimensions) or not 1 <= dimensions <= _WIDTHS[model]:
        raise OpenAiError(400, f"Invalid value for 'dimensions': must be between 1 and {_WIDTHS[model]}.", "dimensions")


def _base64(vector: list[float]) -> str:
    return base64.b64encode(np.array(vector, dtype="<f4").tobytes()).decode()
