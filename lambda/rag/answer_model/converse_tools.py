"""Tools in the form of Bedrock's Converse API.

https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rag.tool_prompt import DESCRIPTION, NAME, SearchChoice, ToolCall, ToolPrompt


def tools(prompt: ToolPrompt) -> dict[str, Any]:
    """The tools that the model is offered."""
    spec = {"name": NAME, "description": DESCRIPTION, "inputSchema": {"json": prompt.parameters}}
    return {"tools": [{"toolSpec": spec}]}


def messages(prompt: ToolPrompt) -> list[dict[str, Any]]:
    """The prompt as messages; the results of all calls of one answer are one message."""
    said: list[dict[str, Any]] = [{"role": "user", "content": [{"text": prompt.user}]}]
    for round in prompt.rounds:
        calls = [
            {"toolUse": {"toolUseId": call.id, "name": NAME, "input": dict(call.arguments)}}
            for call in round.choice.calls
        ]
        results = [
            {"toolResult": {"toolUseId": call.id, "content": [{"text": prompt.result(result)}]}}
            for call, result in zip(round.choice.calls, round.results, strict=True)
        ]
        said += [{"role": "assistant", "content": calls}, {"role": "user", "content": results}]
    return said


def chosen(events: Iterable[Mapping[str, Any]]) -> SearchChoice:
    """The calls in a stream's events, except calls of other tools and calls whose arguments are not a JSON object."""
    begun: dict[int, tuple[str, list[str]]] = {}
    for event in events:
        start, delta = event.get("contentBlockStart", {}), event.get("contentBlockDelta", {})
        use = start.get("start", {}).get("toolUse")
        if use and use.get("name") == NAME:
            begun[start["contentBlockIndex"]] = (use["toolUseId"], [])
        piece = delta.get("delta", {}).get("toolUse", {}).get("input", "")
        if piece and delta["contentBlockIndex"] in begun:
            begun[delta["contentBlockIndex"]][1].append(piece)
    wanted = [ToolCall.of(id, "".join(pieces)) for id, pieces in begun.values()]
    return SearchChoice([call for call in wanted if call])
