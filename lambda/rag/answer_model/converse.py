"""Any chat model on Bedrock with ConverseStream."""

from collections.abc import Iterator
from typing import Any

from rag import boto_calls
from rag.budget import Budget
from rag.other_side import ANSWER
from rag.prompt import Message, ModelInput
from rag.thinking import spoken
from rag.usage import Usage
from settings.answer.bedrock_converse import ConverseAnswer
from settings.runtime_settings import RuntimeTimeouts


class Converse:
    """Reasoning arrives separately as `reasoningContent`, and is left out."""

    def __init__(self, chosen: ConverseAnswer, timeouts: RuntimeTimeouts) -> None:
        self.name = chosen.model.rpartition("/")[2]
        self._chosen = chosen
        self._most = timeouts.answer
        self._clients = boto_calls.Clients(
            "bedrock-runtime", chosen.model_region(None), timeouts.answer, timeouts.connection
        )

    def deltas(self, prompt: ModelInput, budget: Budget, usage: Usage | None = None) -> Iterator[str]:
        return spoken(self._texts(prompt, budget, usage or Usage()))

    def _texts(self, prompt: ModelInput, budget: Budget, usage: Usage) -> Iterator[str]:
        client = self._clients.within(budget)
        said = prompt.messages()
        choices = {
            "maxTokens": self._chosen.max_tokens,
            "temperature": self._chosen.temperature,
            "topP": self._chosen.top_p,
        }
        request: dict[str, Any] = {
            "modelId": self._chosen.model,
            "messages": _merged([message for message in said if message.role != "system"]),
            "inferenceConfig": {name: value for name, value in choices.items() if value is not None},
        }
        if system := [{"text": message.content} for message in said if message.role == "system"]:
            request["system"] = system
        with boto_calls.calling(ANSWER):
            for event in client.converse_stream(**request)["stream"]:
                budget.call(self._most)
                delta = event.get("contentBlockDelta", {}).get("delta", {})
                usage.note(delta.get("text") or delta.get("reasoningContent", {}).get("text", ""))
                usage.report(event.get("metadata", {}).get("usage", {}).get("totalTokens", 0))
                yield delta.get("text", "")


def _merged(messages: list[Message]) -> list[dict[str, Any]]:
    """Merges neighbouring messages of one role, because roles must alternate; each message is a block."""
    merged: list[dict[str, Any]] = []
    for message in messages:
        if not merged or merged[-1]["role"] != message.role:
            merged.append({"role": message.role, "content": []})
        merged[-1]["content"].append({"text": message.content})
    return merged


MODEL = Converse
