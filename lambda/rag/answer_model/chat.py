"""DeepSeek's chat API, and any OpenAI-compatible one, streamed as server-sent events."""

from collections.abc import Iterator
from typing import Any

from urllib3 import BaseHTTPResponse

from rag.answer_model import chat_tools
from rag.answer_model.lines import json_object, lines, objects
from rag.budget import Budget
from rag.failures import AssistantRefused
from rag.prompt import ModelInput
from rag.secret import StoredSecret
from rag.service_failure import ANSWER, failure_of, unreachable, unusable
from rag.thinking import spoken
from rag.tool_prompt import MOST_TOKENS, SearchChoice, ToolPrompt
from rag.usage import Usage
from rag.wire import Wire
from settings.chat_base import ChatModel
from settings.runtime_settings import RuntimeTimeouts

_ENOUGH = 512


class Chat:
    """Sends POST requests to the full address `url`; the key comes from the secret.

    The answer leaves out DeepSeek's reasoning in `reasoning_content`. It also leaves out reasoning within the content,
    which servers without a reasoning parser send. Follow-ups do not send reasoning back: DeepSeek needs it only for
    turns with tool calls, and ignores it otherwise. https://api-docs.deepseek.com/guides/thinking_mode
    """

    def __init__(self, chosen: ChatModel, timeouts: RuntimeTimeouts, secret: StoredSecret | None = None) -> None:
        self.name = chosen.model
        self._chosen = chosen
        self._secret = secret or StoredSecret(chosen.secret.id)
        self._most = timeouts.answer
        self._wire = Wire(ANSWER, timeouts.connection)

    def deltas(self, prompt: ModelInput, budget: Budget, usage: Usage | None = None) -> Iterator[str]:
        return spoken(self._contents(prompt, budget, usage))

    def _contents(self, prompt: ModelInput, budget: Budget, usage: Usage | None) -> Iterator[str]:
        body = self._body(prompt)
        if usage:
            # Without this option OpenAI reports no tokens: https://platform.openai.com/docs/api-reference/chat/create
            body["stream_options"] = {"include_usage": True}
        response = self._sent(body, budget, stream=True)
        with response, self._wire.reading():
            if "event-stream" not in response.headers.get("Content-Type", ""):
                yield _content(json_object(response.data), "message", usage)
                return
            ended = False
            for event in objects(lines(response.stream(_ENOUGH))):
                budget.call(self._most)
                yield _content(event, "delta", usage)
                ended = ended or bool(_choice(event).get("finish_reason"))
        if not ended:
            raise unreachable(ANSWER, "the stream ended without a finish_reason")

    def choice(self, prompt: ToolPrompt, budget: Budget, usage: Usage) -> SearchChoice:
        body = {
            "model": self._chosen.model,
            "messages": chat_tools.messages(prompt),
            "tools": chat_tools.tools(prompt),
            **{name: value for name, value in self._chosen.for_tools(MOST_TOKENS).items() if value is not None},
        }
        usage.note_read(prompt.text())
        response = self._sent(body, budget)
        answer = json_object(response.data)
        _report(answer, usage)
        return chat_tools.chosen(_choice(answer))

    def _sent(self, body: dict[str, Any], budget: Budget, *, stream: bool = False) -> BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {self._secret.value(self._chosen.secret.key, budget)}"}
        try:
            return self._wire.send(
                "POST", self._chosen.url, budget, self._most, body=body, headers=headers, stream=stream
            )
        except AssistantRefused:
            self._secret.forget()
            raise

    def _body(self, prompt: ModelInput) -> dict[str, Any]:
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages()]
        choices = {name: value for name, value in self._chosen.choices.items() if value is not None}
        return {"model": self._chosen.model, "messages": messages, "stream": True, **choices}


MODEL = Chat


def _content(event: dict[str, Any], place: str, usage: Usage | None) -> str:
    if "error" in event:
        raise failure_of(ANSWER, 500, str(event["error"]))
    part = _choice(event).get(place) or {}
    if not isinstance(part, dict):
        raise unusable(ANSWER, f"choices[0].{place} is not an object")
    text = str(part.get("content") or "")
    if usage:
        usage.note_written(text or str(part.get("reasoning_content") or ""))
        _report(event, usage)
    return text


def _report(event: dict[str, Any], usage: Usage) -> None:
    """Report the tokens of the whole call to `usage`, if this event contains them."""
    counts = event.get("usage")
    if isinstance(counts, dict):
        usage.report(counts.get("prompt_tokens"), counts.get("completion_tokens"))


def _choice(event: dict[str, Any]) -> dict[str, Any]:
    # An event that only has the usage has no choice.
    choices = event.get("choices") or [{}]
    if not isinstance(choices, list) or not isinstance(choices[0], dict):
        raise unusable(ANSWER, "choices is not a list of objects")
    return choices[0]
