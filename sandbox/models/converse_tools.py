"""Tools in Bedrock's Converse API: the checks of a request, and the tool calls in an answer.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.models.tool_use import TOOL, ToolUse, calls

USE, RESULT = "toolUse", "toolResult"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class InvalidConverse(Exception):
    """A member of the request breaks a rule of Converse; the message is Bedrock's."""


def check(body: Mapping[str, Any]) -> None:
    """Check the tools, and that the message after each call contains its result; raises `InvalidConverse`."""
    config, messages = body.get("toolConfig"), body["messages"]
    used = [block for message in messages for block in message["content"] if USE in block or RESULT in block]
    if config is None:
        if used:
            # https://github.com/langgenius/dify/issues/17545
            raise InvalidConverse(
                "The toolConfig field must be defined when using toolUse and toolResult content blocks."
            )
        return
    if not isinstance(config, dict) or set(config) - {"tools", "toolChoice"} or not config.get("tools"):
        raise InvalidConverse("The toolConfig needs the field tools, with at least one tool, and takes toolChoice.")
    for number, tool in enumerate(config["tools"]):
        _check_tool(f"toolConfig.tools.{number}", tool)
    _check_order(messages)


def block_fault(where: str, block: Mapping[str, Any]) -> str | None:
    """The fault of a block with a call or a result; None if it has none."""
    use, result = block.get(USE), block.get(RESULT)
    if isinstance(use, dict) and set(use) == {"toolUseId", "name", "input"} and isinstance(use["input"], dict):
        return None
    if isinstance(result, dict) and {"toolUseId", "content"} <= set(result) <= {"toolUseId", "content", "status"}:
        content = result["content"]
        if isinstance(content, list) and content and all(set(part) <= {"text", "json"} for part in content):
            return None
    return f"The value at {where} is no complete toolUse or toolResult block."


def chosen(body: Mapping[str, Any]) -> list[ToolUse]:
    """The calls for a request that offers the tool `search`; an empty list for any other request."""
    offered = [tool["toolSpec"] for tool in body.get("toolConfig", {}).get("tools", [])]
    tools = {tool["name"]: tool["inputSchema"]["json"] for tool in offered}
    if TOOL not in tools:
        return []
    blocks = [block for message in body["messages"] for block in message["content"]]
    first = "\n".join(block["text"] for block in blocks if "text" in block)
    results = [part.get("text", "") for block in blocks if RESULT in block for part in block[RESULT]["content"]]
    return calls(first, results, [block[USE]["input"] for block in blocks if USE in block], tools[TOOL])


def written(chosen_calls: Sequence[ToolUse]) -> list[dict[str, Any]]:
    """The calls in the form of a message's blocks."""
    return [{USE: {"toolUseId": call.id, "name": TOOL, "input": dict(call.arguments)}} for call in chosen_calls]


def _check_tool(where: str, tool: Any) -> None:
    spec = tool.get("toolSpec") if isinstance(tool, dict) else None
    if not isinstance(spec, dict) or not {"name", "inputSchema"} <= set(spec) <= {"name", "description", "inputSchema"}:
        raise InvalidConverse(f"The value at {where}.toolSpec needs the fields name and inputSchema.")
    if not isinstance(spec["name"], str) or not _NAME.fullmatch(spec["name"]):
        raise InvalidConverse(f"The value at {where}.toolSpec.name must satisfy the pattern [a-zA-Z0-9_-]+.")
    schema = spec["inputSchema"].get("json") if isinstance(spec["inputSchema"], dict) else None
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise InvalidConverse(
            f"The value at {where}.toolSpec.inputSchema.json.type must be one of the following: object."
        )


def _check_order(messages: Sequence[Mapping[str, Any]]) -> None:
    """Check that each call is followed by its result.

    The messages are from https://github.com/agno-agi/agno/issues/6698 and
    https://github.com/pydantic/pydantic-ai/issues/2327.
    """
    waiting: list[str] = []
    for number, message in enumerate(messages):
        answered = list(_ids(message, RESULT))
        missing = [id for id in waiting if id not in answered]
        if missing:
            raise InvalidConverse(
                f"Expected toolResult blocks at messages.{number}.content for the following Ids: {', '.join(missing)}"
            )
        if len(answered) > len(waiting):
            raise InvalidConverse(
                f"The number of toolResult blocks at messages.{number}.content exceeds the number of toolUse blocks "
                "of previous turn."
            )
        waiting = list(_ids(message, USE))
    if waiting:
        ids = ", ".join(waiting)
        raise InvalidConverse(
            f"Expected toolResult blocks at messages.{len(messages)}.content for the following Ids: {ids}"
        )


def _ids(message: Mapping[str, Any], kind: str) -> Iterator[str]:
    return (block[kind]["toolUseId"] for block in message["content"] if kind in block)
