"""Bedrock's Converse API, which has the same form of messages for every answer model."""

import time
from typing import Any

from sandbox.models import converse_tools, prompt
from sandbox.models.answer import StandIn
from sandbox.models.converse_tools import InvalidConverse
from sandbox.models.embedding import MiniLM
from sandbox.models.exchange import is_number, is_strings, is_whole
from sandbox.models.generation import finished

_MEMBERS = {"messages", "system", "inferenceConfig", "toolConfig", "additionalModelRequestFields", "requestMetadata"}
_INFERENCE = {"maxTokens", "temperature", "topP", "stopSequences"}


def converse(body: Any, model: MiniLM, stand_in: StandIn, *, thinks: bool = True) -> dict[str, Any]:
    """Answer `{"messages", "system"?, "inferenceConfig"?, "toolConfig"?}`: first the text, then the reasoning, like R1.

    If `thinks` is False, the answer has no reasoning, as with Nova and Claude by default. Raises `InvalidConverse`.
    """
    began = time.monotonic()
    messages, system, inference = _checked(body)
    if thinks and "toolConfig" in body:
        raise InvalidConverse("This model doesn't support tool use.")
    if tool_calls := converse_tools.chosen(body):
        return _answer(began, converse_tools.written(tool_calls), "tool_use", _read(model, messages, system), 0)
    answer = stand_in.answer(prompt.from_messages([{"role": "system", "content": system}, *messages]))
    stop = inference.get("stopSequences", ())
    done = finished(answer.text, model, inference.get("maxTokens"), stop)
    written = done.tokens + (model.count_tokens(answer.reasoning) if thinks else 0)
    content: list[dict[str, Any]] = [{"text": done.text}]
    if thinks:
        content.append({"reasoningContent": {"reasoningText": {"text": answer.reasoning}}})
    reason = "max_tokens" if done.reason == "length" else "end_turn"
    return _answer(began, content, reason, _read(model, messages, system), written)


def _answer(began: float, content: list[dict[str, Any]], reason: str, read: int, written: int) -> dict[str, Any]:
    return {
        "metrics": {"latencyMs": int((time.monotonic() - began) * 1000)},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": reason,
        "usage": {"inputTokens": read, "outputTokens": written, "totalTokens": read + written},
    }


def _read(model: MiniLM, messages: list[dict[str, Any]], system: list[dict[str, Any]]) -> int:
    return sum(model.count_tokens(block["text"]) for block in [*system, *_texts(messages)])


def _checked(body: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    if not isinstance(body, dict):
        raise InvalidConverse("The request body is not a JSON object.")
    for name in sorted(set(body) - _MEMBERS):
        raise InvalidConverse(f"The member {name} is not one that this model accepts: {', '.join(sorted(_MEMBERS))}.")
    messages, system = body.get("messages"), body.get("system", [])
    if not isinstance(messages, list) or not messages:
        raise InvalidConverse("The messages field is empty. Add at least one message and try again.")
    for number, message in enumerate(messages):
        _check_message(number, message)
    if messages[0]["role"] != "user":
        raise InvalidConverse(
            "A conversation must start with a user message. Try again with a conversation that starts with a "
            "user message."
        )
    _check_blocks("system", system)
    converse_tools.check(body)
    return messages, system, _check_inference(body.get("inferenceConfig", {}))


def _check_message(number: int, message: Any) -> None:
    if not isinstance(message, dict) or set(message) != {"role", "content"}:
        raise InvalidConverse(f"The value at messages.{number} needs the fields role and content, and no other.")
    if message["role"] not in ("user", "assistant"):
        raise InvalidConverse(
            f"1 validation error detected: Value '{message['role']}' at 'messages.{number + 1}.member.role' failed "
            "to satisfy constraint: Member must satisfy enum value set: [user, assistant]"
        )
    if not message["content"]:
        raise InvalidConverse(f"The content field in the Message object at messages.{number} is empty. "
                      "Add a ContentBlock object to the content field and try again.")  # fmt: skip
    where = f"messages.{number}.content"
    if isinstance(message["content"], list):
        blocks = [block for block in message["content"] if not _is_of_a_tool(block)]
        for place, block in enumerate(message["content"]):
            fault = converse_tools.block_fault(f"{where}.{place}", block) if _is_of_a_tool(block) else None
            if fault:
                raise InvalidConverse(fault)
        if blocks:
            _check_blocks(where, blocks)
        return
    _check_blocks(where, message["content"])


def _is_of_a_tool(block: Any) -> bool:
    return isinstance(block, dict) and set(block) in ({converse_tools.USE}, {converse_tools.RESULT})


def _check_blocks(where: str, blocks: Any) -> None:
    if not isinstance(blocks, list):
        raise InvalidConverse(f"The value at {where} is not a list of ContentBlock objects.")
    for place, block in enumerate(blocks):
        if not isinstance(block, dict) or set(block) != {"text"} or not isinstance(block["text"], str):
            kind = next(iter(block), "empty") if isinstance(block, dict) else type(block).__name__
            raise InvalidConverse(f"This model doesn't support the {kind} field at {where}.{place}. "
                          "Remove it, give text, and try again.")  # fmt: skip
        if not block["text"].strip():
            raise InvalidConverse(f"The text field in the ContentBlock object at {where}.{place} is blank. "
                          "Add text to the text field, and try again.")  # fmt: skip


def _check_inference(inference: Any) -> dict[str, Any]:
    if not isinstance(inference, dict) or set(inference) - _INFERENCE:
        raise InvalidConverse(f"The inferenceConfig takes the fields {', '.join(sorted(_INFERENCE))}.")
    if not (is_whole(inference.get("maxTokens", 1)) and inference.get("maxTokens", 1) >= 1):
        raise InvalidConverse("The maxTokens field must be an integer of at least 1.")
    for name in ("temperature", "topP"):
        if not (is_number(inference.get(name, 1)) and 0 <= inference.get(name, 1) <= 1):
            raise InvalidConverse(f"The {name} field must be a number between 0 and 1.")
    if not is_strings(inference.get("stopSequences", [])):
        raise InvalidConverse("The stopSequences field must be a list of strings.")
    return inference


def _texts(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [block for message in messages for block in message["content"] if "text" in block]
