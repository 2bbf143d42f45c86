"""Tools in DeepSeek's chat API: the checks of a request, and the tool calls in an answer.

https://api-docs.deepseek.com/guides/tool_calls
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.models import prompt
from sandbox.models.tool_use import TOOL, ToolUse, calls

_MOST_TOOLS = 128
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class InvalidTools(Exception):
    """The request breaks a rule. The error has an HTTP status and a message."""

    def __init__(self, status: int, message: str) -> None:
        """`status` is 422 for a field with a wrong form, and 400 for a wrong value or order."""
        super().__init__(message)
        self.status, self.message = status, message


def check(body: Mapping[str, Any]) -> None:
    """Check the tools and the order of calls and results; raises `InvalidTools`."""
    tools = body.get("tools", [])
    if not isinstance(tools, list):
        raise InvalidTools(422, "tools: invalid type, expected a sequence")
    if len(tools) > _MOST_TOOLS:
        raise InvalidTools(400, f"Invalid 'tools': array too long. Expected at most {_MOST_TOOLS}.")
    for number, tool in enumerate(tools):
        _check_tool(f"tools[{number}]", tool)
    if body.get("tool_choice", "auto") not in ("none", "auto", "required") and not isinstance(
        body["tool_choice"], dict
    ):
        raise InvalidTools(422, "tool_choice: expected none, auto, required or an object")
    _check_order(body["messages"])


def chosen(body: Mapping[str, Any]) -> list[ToolUse]:
    """The calls for a request that offers the tool `search`; an empty list for any other request."""
    tools = {tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in body.get("tools", [])}
    if TOOL not in tools or body.get("tool_choice") == "none":
        return []
    said = {role: [_text(message) for message in body["messages"] if message["role"] == role] for role in _READ}
    earlier = [
        json.loads(call["function"]["arguments"])
        for message in body["messages"]
        for call in message.get("tool_calls") or []
    ]
    return calls("\n".join(said["user"]), said["tool"], earlier, tools[TOOL])


def written(chosen_calls: Sequence[ToolUse]) -> list[dict[str, Any]]:
    """The calls in the form of an assistant's message."""
    return [
        {
            "index": number,
            "id": call.id,
            "type": "function",
            "function": {"name": TOOL, "arguments": json.dumps(call.arguments)},
        }
        for number, call in enumerate(chosen_calls)
    ]


_READ = ("user", "tool")


def _check_tool(where: str, tool: Any) -> None:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        raise InvalidTools(422, f"{where}: missing field `type`, or it is not `function`")
    function = tool.get("function")
    if not isinstance(function, dict) or "name" not in function:
        raise InvalidTools(422, f"{where}.function: missing field `name`")
    if not isinstance(function["name"], str) or not _NAME.fullmatch(function["name"]):
        raise InvalidTools(400, f"Invalid '{where}.function.name': string does not match pattern '^[a-zA-Z0-9_-]+$'.")
    parameters = function.get("parameters", {"type": "object"})
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        raise InvalidTools(400, f"Invalid schema for function '{function['name']}': schema must be of type 'object'")


def _check_order(messages: Sequence[Mapping[str, Any]]) -> None:
    """Check that each call is followed by its result.

    The messages are from https://github.com/TurixAI/TuriX-CUA/issues/15 and
    https://github.com/qwersyk/Newelle/issues/425.
    """
    waiting: set[str] = set()
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            if message.get("tool_call_id") not in waiting:
                raise InvalidTools(
                    400, "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
                )
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            break
        waiting = {_call_id(number, call) for call in message.get("tool_calls") or []}
    if waiting:
        raise InvalidTools(
            400,
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. (insufficient tool messages following tool_calls message)",
        )


def _call_id(number: int, call: Any) -> str:
    where = f"messages[{number}].tool_calls"
    if not isinstance(call, dict) or not isinstance(call.get("id"), str) or call.get("type") != "function":
        raise InvalidTools(422, f"{where}: missing field `id`, or `type` is not `function`")
    function = call.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("arguments"), str):
        raise InvalidTools(422, f"{where}.function: missing field `arguments`, or it is not a string")
    try:
        json.loads(function["arguments"])
    except ValueError:
        raise InvalidTools(400, f"{where}.function.arguments is not JSON") from None
    return str(call["id"])


def _text(message: Mapping[str, Any]) -> str:
    return "\n".join(prompt.blocks(message.get("content")))
