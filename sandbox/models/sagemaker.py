"""SageMaker's runtime: `POST /endpoints/<name>/invocations` and `…/invocations-response-stream`, with the containers.

The header `x-sandbox-endpoint` (JSON with `name`, `model`, `shape`) determines the endpoint's model:
- all-MiniLM-L6-v2, shape `array`: a JSON array of strings → `[[384 floats], …]`
- all-MiniLM-L6-v2, shape `inputs` (text-embeddings-inference): `{"inputs": str | [str], …}` → the same answer;
  a call has at most 32 texts, that server's default, or as many as `max_client_batch_size` in the header
- a name that begins with `opensearch-project/opensearch-neural-sparse-encoding` (the container of ml-commons'
  `deploy_sparse_model_to_SageMaker.ipynb`): `{"texts": str | [str]}` → `[{word: weight}]`
- a name that begins with `deepseek-ai/DeepSeek-R1` (text-generation-inference): `{"inputs", "parameters"}` →
  `[{"generated_text"}]`; with the shape `lmi`, the object without a list; with `"stream": true`, tokens
"""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np

from sandbox.models import prompt
from sandbox.models.answer import StandIn
from sandbox.models.embedding import MiniLM, Vectors, unit
from sandbox.models.event_stream import MEDIA_TYPE, message
from sandbox.models.exchange import Call, ModelResponse, is_number, is_strings, is_whole, json_body, json_reply
from sandbox.models.generation import finished, pieces, with_thinking
from sandbox.models.sparse import encode
from sandbox.models.word_vectors import WordVectors

_PATH = re.compile(r"/endpoints/([^/]+)/invocations(-response-stream)?")
_EMBEDDING = "sentence-transformers/all-MiniLM-L6-v2"
_SPARSE = "opensearch-project/opensearch-neural-sparse-encoding"
_ANSWERING = "deepseek-ai/DeepSeek-R1"
_TEI_FIELDS = {"inputs", "truncate", "truncation_direction", "prompt_name", "normalize", "dimensions"}
_TGI_NUMBERS = {"temperature", "repetition_penalty", "frequency_penalty", "top_p", "typical_p"}
_TGI_WHOLES = {"best_of", "top_k", "max_new_tokens", "truncate", "seed", "top_n_tokens"}
_TGI_FLAGS = {"do_sample", "return_full_text", "watermark", "details", "decoder_input_details"}
_TGI_PARAMETERS = _TGI_NUMBERS | _TGI_WHOLES | _TGI_FLAGS | {"stop"}


class ContainerError(Exception):
    """The endpoint's container refuses the request; the error has the container's HTTP status and body."""

    def __init__(self, status: int, message: str, kind: str = "validation") -> None:
        """`message` is the container's `error`, and `kind` its `error_type`."""
        super().__init__(message)
        self.status = status
        self.body = json.dumps({"error": message, "error_type": kind})


class SageMakerApi:
    """Answers invocations of embedding and answer endpoints."""

    def __init__(self, model: MiniLM, words: Callable[[], WordVectors], stand_in: StandIn) -> None:
        """`model` embeds texts, `words` returns the word vectors for sparse vectors, `stand_in` answers questions."""
        self._model = model
        self._words = words
        self._stand_in = stand_in

    def answer(self, call: Call) -> ModelResponse:
        """Answer an invocation. A container's refusal becomes a ModelError with the status 424."""
        path = _PATH.fullmatch(call.path)
        if path is None or call.method != "POST":
            return _error(404, "UnknownOperationException", f"No operation of SageMaker runtime is at {call.path}.")
        try:
            endpoint = json.loads(call.headers.get("x-sandbox-endpoint", "null"))
        except ValueError:
            endpoint = None
        if not isinstance(endpoint, dict) or "model" not in endpoint:
            return _error(400, "ValidationError", f"Endpoint {path[1]} of account 000000000000 not found.")
        try:
            reply = self._invoke(endpoint, call.body)
            return _parts(reply) if path[2] else reply
        except ContainerError as refusal:
            return _model_error(call.region(), path[1], refusal.status, refusal.body)

    def throttled(self) -> ModelResponse:
        """The answer to a throttled call: ThrottlingException with the status 429."""
        return _error(429, "ThrottlingException", "Rate exceeded")

    def failed(self, status: int) -> ModelResponse:
        """SageMaker's error for a status: ModelError for 424, its own errors for 429 and 503, else InternalFailure."""
        if status == 424:
            return _model_error("us-east-1", "unknown", 500, '{"error":"CUDA out of memory"}')
        kind = {503: "ServiceUnavailable", 429: "ThrottlingException"}.get(status, "InternalFailure")
        return _error(status, kind, "The request processing has failed because of an internal error.")

    def _invoke(self, endpoint: dict[str, Any], body: bytes) -> ModelResponse:
        try:
            request = json_body(body)
        except ValueError as reason:
            raise ContainerError(400, f"Failed to parse the request body as JSON: {reason}") from reason
        model, shape = str(endpoint["model"]), endpoint.get("shape")
        if model.startswith(_ANSWERING):
            text = self._generate(request)
            if request.get("stream"):
                return _lmi_tokens(text) if shape == "lmi" else _tgi_tokens(text)
            generated = [{"generated_text": text}]
            return json_reply(200, generated[0] if shape == "lmi" else generated)
        if model.startswith(_SPARSE):
            return self._sparse(request)
        if model == _EMBEDDING and shape in (None, "array"):
            return self._array(request)
        if model == _EMBEDDING and shape == "inputs":
            return self._tei(request, int(endpoint.get("max_client_batch_size", 32)))
        raise ContainerError(500, f"No container here holds {model} with shape {shape}.", "backend")

    def _array(self, texts: Any) -> ModelResponse:
        if not is_strings(texts) or not texts:
            raise ContainerError(400, "The request body must be a JSON array of at least one string.")
        return json_reply(200, _rounded(self._model.embed(texts)), batch=len(texts))

    def _sparse(self, request: Any) -> ModelResponse:
        texts = request.get("texts") if isinstance(request, dict) else None
        texts = [texts] if isinstance(texts, str) else texts
        if not is_strings(texts) or not texts or request.get("sparse_embedding_format", "word") != "word":
            raise ContainerError(500, "Prediction failed: texts must be strings, sparse_embedding_format word")
        return json_reply(200, encode(self._model, self._words(), texts), batch=len(texts))

    def _tei(self, request: Any, most: int) -> ModelResponse:
        """Embed the texts. As in text-embeddings-inference, a wrong form is a 422, and a too long request a 413."""
        _known(request, _TEI_FIELDS)
        texts = [request["inputs"]] if isinstance(request["inputs"], str) else request["inputs"]
        if not is_strings(texts):
            raise _wrong("data did not match any variant of untagged enum PredictInput")
        if not texts:
            raise ContainerError(400, "`inputs` cannot be empty", "Empty")
        for flag in ("truncate", "normalize"):
            if not isinstance(request.get(flag, True), bool):
                raise _wrong(f"{flag}: invalid type, expected a boolean")
        if len(texts) > most:
            raise ContainerError(413, f"batch size {len(texts)} > maximum allowed batch size {most}", "Validation")
        width = request.get("dimensions", 384)
        if not is_whole(width) or not 1 <= width <= 384:
            raise ContainerError(413, "`dimensions` should be positive and not exceed 384", "Validation")
        rows = self._model.embed(texts, normalize=False)[:, :width]
        return json_reply(200, _rounded(unit(rows) if request.get("normalize", True) else rows), batch=len(texts))

    def _generate(self, request: Any) -> str:
        """The generated text. Like text-generation-inference, repeats the prompt unless `return_full_text` is false."""
        _known(request, {"inputs", "parameters", "stream"})
        inputs, parameters = request["inputs"], request.get("parameters", {})
        if not isinstance(inputs, str):
            raise _wrong("inputs: invalid type, expected a string")
        if not isinstance(request.get("stream", False), bool):
            raise _wrong("stream: invalid type, expected a boolean")
        _check_parameters(parameters)
        if not inputs:
            raise ContainerError(422, "Input validation error: `inputs` cannot be empty")
        read = prompt.from_text(inputs)
        answer = self._stand_in.answer(read)
        written = with_thinking(answer.reasoning, answer.text, read.thinking_opened)
        done = finished(written, self._model, parameters.get("max_new_tokens"), parameters.get("stop", ()))
        # A stream never contains the tokens of the prompt.
        echoed = parameters.get("return_full_text", True) and not request.get("stream")
        return (inputs if echoed else "") + done.text


def _tgi_tokens(text: str) -> ModelResponse:
    """The server-sent events of text-generation-inference. The last event contains the whole text."""

    def event(place: int, piece: str, last: bool) -> bytes:
        token = {"id": place, "text": piece, "logprob": 0.0, "special": last}
        fields = {"index": place, "token": token, "generated_text": text if last else None, "details": None}
        return f"data:{json.dumps(fields)}\n\n".encode()

    said = [*pieces(text), "<｜end▁of▁sentence｜>"]
    sent = (event(place, piece, place == len(said)) for place, piece in enumerate(said, 1))
    return ModelResponse(200, sent, {"Content-Type": "text/event-stream"})


def _lmi_tokens(text: str) -> ModelResponse:
    """The JSON lines of Large Model Inference. The last line contains the whole text."""
    tokens = [{"token": {"id": place, "text": piece, "log_prob": 0.0}} for place, piece in enumerate(pieces(text), 1)]
    lines = [*tokens[:-1], *({**last, "generated_text": text} for last in tokens[-1:])]
    return ModelResponse(
        200, (f"{json.dumps(line)}\n".encode() for line in lines), {"Content-Type": "application/jsonlines"}
    )


def _parts(reply: ModelResponse) -> ModelResponse:
    """The container's reply as payload parts. As on Amazon, a part may end at any byte."""
    body = [reply.body] if isinstance(reply.body, bytes) else reply.body
    halves = (half for piece in body for half in (piece[: len(piece) // 2], piece[len(piece) // 2 :]) if half)
    sent = (message("PayloadPart", half, "application/octet-stream") for half in halves)
    headers = {"Content-Type": MEDIA_TYPE, "x-amzn-SageMaker-Content-Type": reply.headers["Content-Type"]}
    return ModelResponse(reply.status, sent, headers, reply.batch)


def _known(request: Any, fields: set[str]) -> None:
    if not isinstance(request, dict):
        raise _wrong("expected a JSON object")
    if "inputs" not in request:
        raise _wrong("missing field `inputs`")
    for name in sorted(set(request) - fields):
        raise _wrong(f"unknown field `{name}`, expected one of {', '.join(sorted(fields))}")


def _check_parameters(parameters: Any) -> None:
    if not isinstance(parameters, dict):
        raise _wrong("parameters: invalid type, expected a map")
    for name, value in parameters.items():
        right = (
            (name in _TGI_NUMBERS and is_number(value))
            or (name in _TGI_WHOLES and is_whole(value) and value >= 0)
            or (name in _TGI_FLAGS and isinstance(value, bool))
            or (name == "stop" and is_strings(value))
        )
        if name not in _TGI_PARAMETERS or not (right or value is None):
            raise _wrong(f"parameters.{name}: {'wrong type' if name in _TGI_PARAMETERS else 'unknown field'}")
    if parameters.get("temperature") is not None and parameters["temperature"] <= 0:
        raise ContainerError(422, "Input validation error: `temperature` must be strictly positive")
    if parameters.get("top_p") is not None and not 0 < parameters["top_p"] < 1:
        raise ContainerError(422, "Input validation error: `top_p` must be > 0.0 and < 1.0")
    if parameters.get("max_new_tokens") == 0:
        raise ContainerError(422, "Input validation error: `max_new_tokens` must be strictly positive")


def _wrong(reason: str) -> ContainerError:
    return ContainerError(422, f"Failed to deserialize the JSON body into the target type: {reason}")


def _model_error(region: str, endpoint: str, status: int, message: str) -> ModelResponse:
    side = "client" if status < 500 else "server"
    log = f"/aws/sagemaker/Endpoints/{endpoint}"
    body = {
        "ErrorCode": f"{side.upper()}_ERROR_FROM_MODEL",
        "LogStreamArn": f"arn:aws:logs:{region}:000000000000:log-group:{log}",
        "Message": f'Received {side} error ({status}) from primary with message "{message}". See '
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={log} "
        "in account 000000000000 for more information.",
        "OriginalMessage": message,
        "OriginalStatusCode": status,
    }
    return json_reply(424, body, _headers("ModelError"))


def _error(status: int, kind: str, message: str) -> ModelResponse:
    return json_reply(status, {"message": message}, _headers(kind))


def _headers(kind: str) -> dict[str, str]:
    return {"x-amzn-ErrorType": kind, "x-amzn-RequestId": str(uuid.uuid4())}


def _rounded(rows: Vectors) -> list[list[float]]:
    """The rows as lists, rounded to nine decimals: that is the precision of a float32 of this size."""
    listed: list[list[float]] = np.round(rows.astype(np.float64), 9).tolist()
    return listed
