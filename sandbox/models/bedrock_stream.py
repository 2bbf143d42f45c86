"""Bedrock's answers as streamed events; each function makes them from a complete answer."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from sandbox.models.event_stream import Event
from sandbox.models.generation import pieces


def managed(answer: dict[str, Any]) -> Iterator[Event]:
    """InvokeModelWithResponseStream of DeepSeek-R1: chunks of `{"choices": [{"text", "stop_reason"}]}`."""
    [choice] = answer["choices"]
    for piece in pieces(choice["text"]):
        yield _chunk({"choices": [{"text": piece, "stop_reason": None}]})
    yield _chunk({"choices": [{"text": "", "stop_reason": choice["stop_reason"]}]})


def imported(answer: dict[str, Any]) -> Iterator[Event]:
    """InvokeModelWithResponseStream of an imported model: chunks of `{"generation", …}`, the last with the counts."""
    for piece in pieces(answer["generation"]):
        yield _chunk({"generation": piece, "stop_reason": None})
    yield _chunk({**answer, "generation": ""})


def converse(answer: dict[str, Any]) -> Iterator[Event]:
    """ConverseStream: the blocks of the message, with the reasoning first; then the stop reason and the usage."""
    yield "messageStart", {"role": "assistant"}
    blocks = answer["output"]["message"]["content"]
    calls = any("toolUse" in block for block in blocks)
    for index, block in enumerate(blocks if calls else reversed(blocks)):
        if "toolUse" in block:
            use = block["toolUse"]
            begun = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
            yield "contentBlockStart", {"contentBlockIndex": index, "start": begun}
            for piece in pieces(json.dumps(use["input"])):
                yield "contentBlockDelta", {"contentBlockIndex": index, "delta": {"toolUse": {"input": piece}}}
            yield "contentBlockStop", {"contentBlockIndex": index}
            continue
        text = block["text"] if "text" in block else block["reasoningContent"]["reasoningText"]["text"]
        for piece in pieces(text):
            delta = {"text": piece} if "text" in block else {"reasoningContent": {"text": piece}}
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": answer["stopReason"]}
    yield "metadata", {"usage": answer["usage"], "metrics": answer["metrics"]}


def _chunk(body: dict[str, Any]) -> Event:
    # Bedrock pads chunks with a `p` of varying length to hide the size of their content.
    return "chunk", {"bytes": base64.b64encode(json.dumps(body).encode()).decode(), "p": "abcdefgh"}
