"""The stand-in for a model that calls tools: it chooses searches by the words of the question and of the passages.

It searches for each part of a question with several parts. When the passages lack the answer to the question, it
searches for a name that they mention and the question does not, as a question of several steps needs it.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.models import sentence as text_of
from sandbox.models.conditions import conditions
from sandbox.models.sentence import Sentence

TOOL = "search"
_QUOTED = re.compile(r"<<<(?P<mark>[0-9a-f]+)\nid: [^\n]*\n(?P<text>.*?)\n(?P=mark)>>>", re.DOTALL)
_QUESTION = re.compile(r"(?:\A|\n)QUESTION: (.*?)(?=\n<<<|\nNothing was found\.|\Z)", re.DOTALL)
_PARTS = re.compile(r"(?<=[?？])\s*|;\s*|,?\s+and\s+(?=(?:who|what|when|where|which|how)\b)", re.IGNORECASE)
_FIELD = re.compile(r"(\w+) \((keyword|number|date|boolean)\)")
_MOST_CALLS = 3


@dataclass(frozen=True)
class ToolUse:
    """A call of the tool, with its `arguments`."""

    id: str
    arguments: Mapping[str, Any]


def calls(
    first: str, results: Sequence[str], earlier: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]
) -> list[ToolUse]:
    """The calls for a prompt: `first` is the user's text, `results` and `earlier` what calls before found and asked.

    `schema` is that of the tool's arguments, whose description names the fields of documents. For a question that
    states conditions on them one search is enough.
    """
    question = _QUESTION.search(first)
    if question is None:
        return []
    text = question[1].strip()
    described = schema.get("properties", {}).get("fields", {}).get("description", "")
    if stated := conditions(text, dict(_FIELD.findall(described))):
        limits = {name: _inclusive(value) for name, value in stated.items()}
        return [] if earlier else [_use({"query": text, "fields": limits})]
    passages = [match["text"] for part in (first, *results) for match in _QUOTED.finditer(part)]
    parts = [part.strip() for part in _PARTS.split(text) if re.search(r"\w", part)]
    wanted = parts if len(parts) > 1 and not earlier else _next_steps(text, passages)
    done = {str(arguments.get("query")) for arguments in earlier}
    new = [query for query in dict.fromkeys(wanted) if query not in done]
    return [_use({"query": query}) for query in new[:_MOST_CALLS]]


def _inclusive(value: Any) -> Any:
    """A range with the bounds that the tool describes; its bound itself is then within it."""
    return {f"{bound[:2]}e": limit for bound, limit in value.items()} if isinstance(value, dict) else value


def _use(arguments: Mapping[str, Any]) -> ToolUse:
    return ToolUse(f"call_{uuid.uuid4().hex[:24]}", arguments)


def _next_steps(question: str, passages: Sequence[str]) -> list[str]:
    """For each name beside a name of the question, a query with it and the question's other words.

    None while a passage has all the question's words.
    """
    wanted = text_of.content_words(question)
    sentences = [sentence for text in passages for sentence in text_of.split(text, 1)]
    if any(wanted <= text_of.content_words(text) for text in passages):
        return []
    known = text_of.names(question)
    queries: dict[str, str] = {}
    for sentence in sentences:
        if not any(sentence.mentions(name) for name in known):
            continue
        left = [word for word in question.split() if text_of.content_words(word) - sentence.words]
        for name in text_of.names(sentence.text):
            if not text_of.contains(question, name) and not _is_answered(name, wanted, sentences, known):
                queries.setdefault(name, " ".join([name, *left]).rstrip("?？"))
    return list(queries.values())


def _is_answered(name: str, wanted: frozenset[str], sentences: Sequence[Sentence], known: Sequence[str]) -> bool:
    """Whether a sentence about the name, and not about the names of the question, has words of the question."""
    return any(
        sentence.mentions(name) and not any(sentence.mentions(other) for other in known) and wanted & sentence.words
        for sentence in sentences
    )
