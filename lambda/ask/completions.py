"""`POST /v1/chat/completions` and `GET /v1/models`, for clients that speak OpenAI's chat API.

https://platform.openai.com/docs/api-reference/chat
"""

import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from gateway.mistake import mistake
from gateway.sse import WAITING
from rag.chat_models import MODEL, ChatError, ChatMessage, ChatProblem, ChatRequest
from rag.conversations import MOST_TURNS
from rag.events import Answered, Event, Text
from rag.failures import Absent, Invalid, RagFailure
from rag.models import Answer, Question, Source
from rag.prompt import Turn

# The creation time of every model, in seconds since 1970; clients sort by it.
_CREATED = 1_764_547_200


class Completions:
    """One request; `base` is the address of the API, for citations."""

    def __init__(self, environment: str, choices: Sequence[str], identifier: str, base: str) -> None:
        self._usual, self._choices = (MODEL, environment), choices
        self._base = base
        self._head = {"id": f"chatcmpl-{identifier}", "created": int(time.time()), "model": MODEL}
        self._streams = False
        self._counts = False
        self._begun = False

    def read(self, body: Any) -> tuple[Question, Sequence[Turn] | None]:
        try:
            request = ChatRequest.model_validate(body, strict=True)
            chosen = None if request.model in self._usual else request.model
            if chosen and chosen not in self._choices:
                raise Absent(f"There is no model with this name. Use {' or '.join([MODEL, *self._choices])}.")
            self._head["model"] = chosen or MODEL
            *earlier, last = request.messages
            if last.role != "user":
                raise Invalid("The last message is not the user's. Send the question as the last message.")
            self._streams = request.stream
            self._counts = bool(request.stream_options and request.stream_options.include_usage)
            return Question.model_validate({"question": last.said, "model": chosen}, strict=True), _turns(earlier)
        except ValidationError as error:
            raise Invalid(mistake(error.errors())) from None

    def streams(self, event: dict[str, Any]) -> bool:  # noqa: ARG002 of the interface
        return self._streams

    def whole(self, answer: Answer) -> bytes:
        message = {"role": "assistant", "content": _content(answer), "annotations": self._citations(answer)}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(answer)}
        content = {"object": "chat.completion", "choices": [choice], "usage": _usage(answer)}
        return _json({**self._head, **content, "osml": answer.model_dump()})

    def framed(self, event: Event) -> bytes:
        match event:
            case Text():
                return self._chunk({"content": event.text})
            case Answered():
                answer = event.answer
                # Without an answer model, the passages are the answer, and no text was sent before.
                rest = {"content": _content(answer)} if answer.answer is None else {}
                last = self._chunk(
                    {**rest, "annotations": self._citations(answer)}, _reason(answer), osml=answer.model_dump()
                )
                counts = self._sent([], usage=_usage(answer)) if self._counts else b""
                return last + counts + b"data: [DONE]\n\n"
        return WAITING

    def failed(self, failure: RagFailure, identifier: str) -> bytes:
        return b"data: " + self.problem(failure, identifier) + b"\n\n"

    def problem(self, failure: RagFailure, identifier: str) -> bytes:
        kind = "invalid_request_error" if failure.status < 500 else "server_error"
        if failure.cause == "quota-exceeded":
            kind = "insufficient_quota"
        error = ChatError(message=failure.message, type=kind, code=failure.cause)
        return ChatProblem(error=error, request_id=identifier).model_dump_json().encode()

    def _chunk(self, delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
        role = {} if self._begun else {"role": "assistant"}
        self._begun = True
        choice = {"index": 0, "delta": {**role, **delta}, "logprobs": None, "finish_reason": reason}
        return self._sent([choice], **more)

    def _sent(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        content = {**self._head, "object": "chat.completion.chunk", "choices": choices, **more}
        return b"data: " + _json(content) + b"\n\n"

    def _citations(self, answer: Answer) -> list[dict[str, Any]]:
        """A citation for each document with a sentence that the answer is based on; it covers the whole answer."""
        used = {source.document: source for source in answer.sources if source.used or answer.answer is None}
        length = len(_content(answer))
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "start_index": 0,
                    "end_index": length,
                    "title": source.title or source.document,
                    "url": self._address(source),
                },
            }
            for source in used.values()
        ]

    def _address(self, source: Source) -> str:
        if source.document.startswith(("https://", "http://")):
            return source.document
        return f"{self._base}/passages?document={quote(source.document, safe='')}"


def models(environment: str, choices: Sequence[str]) -> bytes:
    """The list of models: the default model by its fixed name, and the models that readers can choose."""
    about = {"object": "model", "created": _CREATED, "owned_by": environment}
    return _json({"object": "list", "data": [{"id": name, **about} for name in (MODEL, *choices)]})


def _turns(messages: Sequence[ChatMessage]) -> list[Turn]:
    """The last turns: each answer with the questions before it. A question without an answer is no turn."""
    turns, questions = list[Turn](), list[str]()
    for message in messages:
        if message.role == "user":
            questions.append(message.said)
        elif message.role == "assistant" and questions:
            turns.append(Turn("\n".join(questions), message.said))
            questions = []
    return turns[-MOST_TURNS:]


def _content(answer: Answer) -> str:
    if answer.answer is not None:
        return answer.answer
    return "\n\n".join(f"{source.title or source.document}: {source.text}" for source in answer.sources)


def _usage(answer: Answer) -> dict[str, int]:
    """The tokens as OpenAI counts them; clients expect the counts even if no model was called."""
    read, written = (answer.tokens.read, answer.tokens.written) if answer.tokens else (0, 0)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _reason(answer: Answer) -> str:
    return "content_filter" if answer.blocked else "stop"


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode(errors="replace")
