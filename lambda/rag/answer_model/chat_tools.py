"""Tools in the form of OpenAI's chat API, which DeepSeek's API shares.

https://platform.openai.com/docs/guides/function-calling https://api-docs.deepseek.com/guides/tool_calls
"""

import json
from collections.abc import Mapping
from typing import Any

from rag.service_failure import ANSWER, unusable
from rag.tool_prompt import DESCRIPTION, NAME, SearchChoice, ToolCall, ToolPrompt


def tools(prompt: ToolPrompt) -> list[dict[str, Any]]:
    """The tools that the model is offered."""
    return [
        {"type": "function", "function": {"name": NAME, "description": DESCRIPTION, "parameters": prompt.parameters}}
    ]


def messages(prompt: ToolPrompt) -> list[dict[str, Any]]:
    """The prompt as messages; each call of the model is followed by its result."""
    said: list[dict[str, Any]] = [
        {"role": "system", "content": prompt.system},
        {"role": "user", "content": prompt.user},
    ]
    for round in prompt.rounds:
        calls = [
            {"id": call.id, "type": "function", "function": {"name": NAME, "arguments": json.dumps(call.arguments)}}
            for call in round.choice.calls
        ]
        thought = {"reasoning_content": round.choice.thought} if round.choice.thought else {}
        said.append({"role": "assistant", "content": "", "tool_calls": calls, **thought})
        said += [
            {"role": "tool", "tool_call_id": call.id, "content": prompt.result(result)}
            for call, result in zip(round.choice.calls, round.results, strict=True)
        ]
    return said


def chosen(choice: Mapping[str, Any]) -> SearchChoice:
    """The calls in a choice of the response, and its reasoning.

    It leaves out calls of other tools, and calls whose arguments are not a JSON object.
    """
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise unusable(ANSWER, "choices[0].message is not an object")
    wanted = []
    for call in message.get("tool_calls") or []:
        function = call.get("function") if isinstance(call, Mapping) else None
        if not isinstance(function, Mapping) or function.get("name") != NAME:
            continue
        wanted.append(ToolCall.of(str(call.get("id")), str(function.get("arguments"))))
    return SearchChoice([call for call in wanted if call], str(message.get("reasoning_content") or ""))
