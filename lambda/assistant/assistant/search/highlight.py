"""The sentences of a passage that say the most of what the question says, as the engine's highlighter finds them."""

from typing import Any

# Text that is not stored with its offsets is analyzed anew for each hit: of a long one that was loaded whole no more.
MOST_CHARACTERS = 100_000


def highlighting(question: str, field: str, sentences: int) -> dict[str, Any]:
    """The part of a search that asks for up to `sentences` of each hit, in text order.

    The words of the question count, whatever found the passage: a search by nearness has no words to mark.
    """
    asked = {
        "type": "unified",
        "boundary_scanner": "sentence",
        "fragment_size": 0,  # never a part of a sentence
        "number_of_fragments": sentences,
        "highlight_query": {"match": {field: question}},
        "max_analyzer_offset": MOST_CHARACTERS,
        "pre_tags": [""],
        "post_tags": [""],
    }
    return {"fields": {field: asked}}


def highlights(hit: dict[str, Any], field: str) -> list[tuple[int, int]]:
    """The ranges `[start, end)` of the sentences that came with a hit; none when it has no word of the question."""
    text, at = str(hit["_source"].get(field, "")), 0
    found: list[tuple[int, int]] = []
    for fragment in hit.get("highlight", {}).get(field, []):
        sentence = fragment.strip()
        start = text.find(sentence, at)
        if sentence and start >= 0:
            at = start + len(sentence)
            found.append((start, at))
    return found
