"""Any chat model on Bedrock with ConverseStream."""

from collections.abc import Iterator
from typing import Any

from rag.answer_model import converse_tools
from rag.answer_model.on_bedrock import OnBedrock, StreamEvent
from rag.budget import Budget
from rag.prompt import Message, ModelInput
from rag.thinking import spoken
from rag.tool_prompt import MOST_TOKENS, SearchChoice, ToolPrompt
from rag.usage import Usage
from settings.answer.bedrock_converse import ConverseAnswer


class Converse(OnBedrock[ConverseAnswer]):
    """Reasoning arrives separately as `reasoningContent`, and is left out."""

    def deltas(self, prompt: ModelInput, budget: Budget, usage: Usage | None = None) -> Iterator[str]:
        return spoken(self._texts(prompt, budget, usage or Usage()))

    def choice(self, prompt: ToolPrompt, budget: Budget, usage: Usage) -> SearchChoice:
        usage.note_read(prompt.text())
        request = {
            "modelId": self._chosen.model,
            "system": [{"text": prompt.system}],
            "messages": converse_tools.messages(prompt),
            "inferenceConfig": self._inference | {"maxTokens": MOST_TOKENS},
            "toolConfig": converse_tools.tools(prompt),
        }
        return converse_tools.chosen(self._events(request, budget, usage))

    def _texts(self, prompt: ModelInput, budget: Budget, usage: Usage) -> Iterator[str]:
        said = prompt.messages()
        request: dict[str, Any] = {
            "modelId": self._chosen.model,
            "messages": _merged([message for message in said if message.role != "system"]),
            "inferenceConfig": self._inference,
        }
        if system := [{"text": message.content} for message in said if message.role == "system"]:
            request["system"] = system
        for event in self._events(request, budget, usage):
            delta = event.get("contentBlockDelta", {}).get("delta", {})
            usage.note_written(delta.get("text") or delta.get("reasoningContent", {}).get("text", ""))
            yield delta.get("text", "")

    @property
    def _inference(self) -> dict[str, Any]:
        choices = {
            "maxTokens": self._chosen.max_tokens,
            "temperature": self._chosen.temperature,
            "topP": self._chosen.top_p,
        }
        return {name: value for name, value in choices.items() if value is not None}

    def _events(self, request: dict[str, Any], budget: Budget, usage: Usage) -> Iterator[StreamEvent]:
        for event in self._stream(lambda client: client.converse_stream(**request)["stream"], budget):
            counts = event.get("metadata", {}).get("usage", {})
            usage.report(counts.get("inputTokens"), counts.get("outputTokens"))
            yield event


def _merged(messages: list[Message]) -> list[dict[str, Any]]:
    """Merges neighbouring messages of one role, because roles must alternate; each message is a block."""
    merged: list[dict[str, Any]] = []
    for message in messages:
        if not merged or merged[-1]["role"] != message.role:
            merged.append({"role": message.role, "content": []})
        merged[-1]["content"].append({"text": message.content})
    return merged


MODEL = Converse
