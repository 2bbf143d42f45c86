"""The sentences of a passage with the most words of the question, from the engine's highlighter."""

from typing import Any

from rag.search.words import last_words

# The limit of characters for each hit, because the engine analyzes text without stored offsets for each hit again.
MOST_CHARACTERS = 100_000


def highlighting(question: str, field: str, sentences: int) -> dict[str, Any]:
    """The part of a search body that requests at most `sentences` of each hit, in text order.

    The marks use the words of the question in every kind of search, because a vector search has no words.
    """
    options = {
        "type": "unified",
        "boundary_scanner": "sentence",
        "fragment_size": 0,  # never a part of a sentence
        "number_of_fragments": sentences,
        "highlight_query": {"match": {field: last_words(question)}},
        "max_analyzer_offset": MOST_CHARACTERS,
        "pre_tags": [""],
        "post_tags": [""],
    }
    return {"fields": {field: options}}


def highlights(hit: dict[str, Any], field: str) -> list[tuple[int, int]]:
    """The ranges `[start, end)` of a hit's marked sentences; none if it has no word of the question."""
    text, at = str(hit["_source"].get(field, "")), 0
    ranges: list[tuple[int, int]] = []
    for fragment in hit.get("highlight", {}).get(field, []):
        sentence = fragment.strip()
        start = text.find(sentence, at)
        if sentence and start >= 0:
            at = start + len(sentence)
            ranges.append((start, at))
    return ranges
