"""Any chat model on Bedrock by ConverseStream."""

from collections.abc import Iterator
from typing import Any

from assistant import aws
from assistant.budget import Budget
from assistant.other_side import ANSWER
from assistant.prompt import Message, Told
from assistant.settings import ConverseAnswer, Timeouts
from assistant.thinking import spoken


class Converse:
    """Thoughts come apart from the text, as `reasoningContent`, and are left out."""

    def __init__(self, chosen: ConverseAnswer, timeouts: Timeouts) -> None:
        self.name = chosen.model.rpartition("/")[2]
        self._chosen = chosen
        self._most = timeouts.answer
        self._client = aws.client("bedrock-runtime", chosen.region, timeouts.answer, timeouts.connection)

    def deltas(self, told: Told, budget: Budget) -> Iterator[str]:
        return spoken(self._texts(told, budget))

    def _texts(self, told: Told, budget: Budget) -> Iterator[str]:
        budget.call(self._most)
        said = told.messages()
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
        with aws.calling(ANSWER):
            for event in self._client.converse_stream(**request)["stream"]:
                budget.call(self._most)
                yield event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")


def _merged(messages: list[Message]) -> list[dict[str, Any]]:
    """Roles have to take turns here; each message stays a block of its own."""
    merged: list[dict[str, Any]] = []
    for message in messages:
        if not merged or merged[-1]["role"] != message.role:
            merged.append({"role": message.role, "content": []})
        merged[-1]["content"].append({"text": message.content})
    return merged
