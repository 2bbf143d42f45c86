"""The stand-in for a model that calls tools: it chooses searches by the words in the question and in the passages.

If a question has several parts, it searches for each of them. If the passages lack the answer, it searches for names
that are in the passages but not in the question: a question with several steps needs that.
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
    """A call of the tool `search`, with its `arguments`."""

    id: str
    arguments: Mapping[str, Any]


def calls(
    first: str, results: Sequence[str], earlier: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]
) -> list[ToolUse]:
    """The next calls for a prompt; an empty list if no further call is needed.

    If the question has conditions on fields, one search is enough.

    Args:
        first: The user's text.
        results: The results of the earlier calls.
        earlier: The arguments of the earlier calls.
        schema: The schema of the tool's arguments; its description names the fields of documents.
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
    """A range with the bounds of the tool, `gte` and `lte`: the value of a bound is then within the range."""
    return {f"{bound[:2]}e": limit for bound, limit in value.items()} if isinstance(value, dict) else value


def _use(arguments: Mapping[str, Any]) -> ToolUse:
    return ToolUse(f"call_{uuid.uuid4().hex[:24]}", arguments)


def _next_steps(question: str, passages: Sequence[str]) -> list[str]:
    """A query for each name that is in a sentence with a name of the question.

    The query has this name and the question's words that the sentence lacks. The list is empty if a passage has all the
    question's words.
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
    """Whether a sentence with the name, but with none of the question's names, has words of the question."""
    return any(
        sentence.mentions(name) and not any(sentence.mentions(other) for other in known) and wanted & sentence.words
        for sentence in sentences
    )
