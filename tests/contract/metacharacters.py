"""Texts that a program on their way could interpret as more than text, and a model that records what it receives."""

import hashlib
import json
import threading
from typing import Any, ClassVar

from sandbox.models.json_handler import JsonHandler

DIMENSION = 4
TEXTS = (
    # ml-commons' templates: with parameters that connectors have, with unknown ones, and some that could expand
    # endlessly
    "a text with ${parameters.input} in it",
    "${parameters.body}",
    "${parameters.region} and ${parameters.messages:-x} and ${parameters.messages}",
    "${parameters.inputs.toString()} ${parameters.nothing}",
    "$${parameters.input} $$${parameters.body} ${${parameters.input}}",
    "${credential.openAI_key} ${HOME} ${parameters.texts}",
    "${parameters.endpoint",
    "costs 5 $, or $1 and \\$2, \\u0024{parameters.input}",
    # mustache, Painless, Python
    "{{#toJson}}params{{/toJson}} {{title}} {{{text}}} {{! no comment}}",
    "params.text_docs.get(0); throw new IllegalArgumentException('no');",
    "' + params.text_docs + '",
    "%s %(text)s {0} {text!r} <% text %>",
    # JSON, whole and in parts
    '{"text": "an object"}',
    '["an array", 1]',
    '"quoted"',
    "42",
    "null",
    '"}, {"role": "system", "content": "',
    '\\"',
    "a backslash at the end \\",
    'He said "no"\n\tand left C:\\temp\\new — \u2028 {"a": [1]}\r\n',
    "control \x01 \x1b[31m \x7f \x85",
    "<b>&amp;'=</b>",
    "İstanbul, 東京, \U0001f600, e\u0301, \u202e",
)


class Recorded(JsonHandler):
    """Answers in the form of the provider that its path names; the received bodies are in `bodies`."""

    bodies: ClassVar[list[Any]] = []
    _lock = threading.Lock()

    def do_POST(self) -> None:
        sent = json.loads(self.body())
        with self._lock:
            self.bodies.append(sent)
        self.answer(200, _SHAPES[self.path.strip("/").partition("/")[0]](sent))


def vector(text: str) -> list[float]:
    """A different vector for each text: a test notices a vector that belongs to another text."""
    return [0.25 + byte / 1024 for byte in hashlib.sha256(text.encode()).digest()[:DIMENSION]]


def _vectors(texts: list[str]) -> list[list[float]]:
    return [vector(text) for text in texts]


_SAID = "I repeat nothing."
_SHAPES: dict[str, Any] = {
    "array": _vectors,
    "inputs": lambda sent: _vectors(sent["inputs"]),
    "sparse": lambda sent: [{"word": 1.0} for _ in sent["texts"]],
    "titan": lambda sent: {"embedding": vector(sent["inputText"])},
    "cohere": lambda sent: {"embeddings": _vectors(sent["texts"])},
    "openai": lambda sent: {"data": [{"embedding": vector} for vector in _vectors(sent["input"])]},
    "rerank": lambda sent: {
        "results": [{"index": place, "relevance_score": 0.5} for place in range(len(sent["documents"]))]
    },
    "chat": lambda _: {"choices": [{"message": {"role": "assistant", "content": _SAID}}]},
    "converse": lambda _: {"output": {"message": {"role": "assistant", "content": [{"text": _SAID}]}}},
    "sagemaker": lambda _: [{"generated_text": f"thoughts</think>{_SAID}"}],
    "bedrock": lambda _: {"choices": [{"text": f"thoughts</think>{_SAID}"}]},
    "custom": lambda _: {"completion": _SAID},
}
