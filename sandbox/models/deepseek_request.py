"""The checks of a request to DeepSeek's chat API: its members and their values; all others are refused.

https://api-docs.deepseek.com/api/create-chat-completion
"""

from typing import Any

from sandbox.models import chat_tools
from sandbox.models.exchange import is_number, is_strings, is_whole, json_body, json_reply

MODELS = ("deepseek-flash", "deepseek-v4-pro")
# For each retired model, the model that the API uses instead: https://github.com/anomalyco/models.dev/issues/7726
ALIASES = {"deepseek-v4-flash": "deepseek-flash", "deepseek-v4-flash-vision-exp": "deepseek-flash"}
MOST_TOKENS = 393_216
_RANGES = {"temperature": (0, 2), "top_p": (0, 1)}
# The frequency penalty and the presence penalty have no effect since V4.
_PASSED_OVER = {
    "response_format",
    "tools",
    "tool_choice",
    "logprobs",
    "top_logprobs",
    "stream_options",
    "reasoning_effort",
    "frequency_penalty",
    "presence_penalty",
}
_FIELDS = {"model", "messages", "max_tokens", "stop", "stream", "thinking", *_RANGES, *_PASSED_OVER}
_ROLES = ("system", "user", "assistant", "tool")


class DeepSeekError(Exception):
    """The request breaks a rule of the API. `reply` has the HTTP status and DeepSeek's message."""

    def __init__(self, status: int, message: str, kind: str = "invalid_request_error") -> None:
        """`kind` is the error's `type`."""
        super().__init__(message)
        self.reply = json_reply(
            status,
            {"error": {"message": message, "type": kind, "param": None, "code": "invalid_request_error"}},
        )


def checked(raw: bytes) -> dict[str, Any]:
    """The request in a body, checked; raises DeepSeekError."""
    try:
        body = json_body(raw)
    except ValueError as reason:
        raise DeepSeekError(400, f"Failed to parse the request body as JSON: {reason}") from reason
    if not isinstance(body, dict):
        raise _wrong("invalid type, expected a JSON object")
    for name in ("messages", "model"):
        if name not in body:
            raise _wrong(f"missing field `{name}`")
    for name in sorted(set(body) - _FIELDS):
        raise _wrong(f"unknown field `{name}`, expected one of {', '.join(sorted(_FIELDS))}")
    if not isinstance(body["messages"], list):
        raise _wrong("messages: invalid type, expected a sequence")
    for number, message in enumerate(body["messages"]):
        _check_message(number, message)
    if not isinstance(body.get("stream", False), bool):
        raise _wrong("stream: invalid type, expected a boolean")
    if not (isinstance(body.get("stop"), str | None) or is_strings(body["stop"])):
        raise _wrong("stop: invalid type, expected a string or a sequence of strings")
    if not is_whole(body.get("max_tokens", 1)):
        raise _wrong("max_tokens: invalid type, expected an integer")
    thinking = body.get("thinking", {})
    if not isinstance(thinking, dict) or thinking.get("type", "enabled") not in ("enabled", "disabled"):
        raise _wrong("thinking: expected an object whose `type` is `enabled` or `disabled`")
    for name, (least, most) in _RANGES.items():
        if not is_number(body.get(name, 0)):
            raise _wrong(f"{name}: invalid type, expected a number")
        if not least <= body.get(name, least) <= most:
            raise DeepSeekError(400, f"Invalid {name} value, the valid range of {name} is [{least}, {most}]")
    if body["model"] not in (*MODELS, *ALIASES):
        # Reported on 2026-09-20: https://github.com/ooboqoo/interview-coder-cn/issues/87
        raise DeepSeekError(
            400, f"The supported API model names are {', '.join(MODELS)}, but you passed {body['model']}."
        )
    if not body["messages"]:
        raise DeepSeekError(400, "Empty input messages")
    if not 1 <= body.get("max_tokens", 1) <= MOST_TOKENS:
        raise DeepSeekError(400, f"Invalid max_tokens value, the valid range of max_tokens is [1, {MOST_TOKENS}]")
    try:
        chat_tools.check(body)
    except chat_tools.InvalidTools as fault:
        raise (_wrong(fault.message) if fault.status == 422 else DeepSeekError(fault.status, fault.message)) from fault
    if thinks(body) and any(
        message.get("tool_calls") and "reasoning_content" not in message for message in body["messages"]
    ):
        raise DeepSeekError(400, "The `reasoning_content` in the thinking mode must be passed back to the API.")
    return body


def thinks(body: dict[str, Any]) -> bool:
    """Whether the model reasons before it answers."""
    return bool(body.get("thinking", {}).get("type", "enabled") == "enabled")


def _check_message(number: int, message: Any) -> None:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        raise _wrong(f"messages[{number}]: role is none of {', '.join(_ROLES)}")
    content = message.get("content")
    if isinstance(content, str) or (content is None and message.get("tool_calls")):
        return
    if not isinstance(content, list):
        raise _wrong(f"messages[{number}]: content is neither a string nor a sequence")
    for block in content:
        if not isinstance(block, dict) or block.get("type") != "text" or not isinstance(block.get("text"), str):
            kind = block.get("type") if isinstance(block, dict) else block
            raise _wrong(f"messages[{number}]: unknown variant `{kind}`, expected `text`")


def _wrong(reason: str) -> DeepSeekError:
    return DeepSeekError(422, f"Failed to deserialize the JSON body into the target type: {reason}")
