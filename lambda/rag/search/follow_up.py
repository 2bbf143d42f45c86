"""Tells a follow-up from a question about something else, if neither is answered by itself.

Together with the question before it, both are near to a passage: both texts contain that question. The passage is
nearer to a follow-up than to another question. `Why?` is near to no passage, but it is only a small part of both
questions together. So the passage's nearness is compared with the question's share in the joined text.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rag.search import titled
from rag.search.cosine import cosine
from rag.search.fusion import Hit, fused, nearest_similarity
from rag.search.query import similarity
from settings.calibration import FollowUpLimit

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]] | None]
"""The vectors of texts; None if the model does not answer, because an answer does not depend on it."""


def merged(
    texts: Sequence[str],
    lists: Sequence[Sequence[Hit]],
    least: float,
    limit: FollowUpLimit | None,
    text_field: str,
    embed: Embed,
) -> list[Hit]:
    """The hits of a question, from one list for each of its `texts`: alone, and joined with earlier questions.

    A passage with the similarity `least` may contain an answer. If only the joined list has one, the model compares
    three texts: the question, the joined text and the nearest passage. The joined list counts only if the question is
    a follow-up by `limit`. With None, for a model that has not been measured, both lists are combined as `fused` does.
    """
    if len(lists) == 1:
        return [*lists[0]]
    alone, joined = lists
    if limit is None or not (nearest_similarity(alone) or 0.0) < least <= (nearest_similarity(joined) or 0.0):
        return fused(alone, joined)
    nearest = max(joined, key=lambda hit: similarity(hit) or 0.0)
    vectors = embed([*texts, embedded_text(nearest["_source"], text_field)])
    if vectors is None:
        return fused(alone, joined)
    try:
        question, whole, passage = vectors
        follows = limit.holds(cosine(question, passage), cosine(question, whole))
    except (TypeError, ValueError):  # the model's answer has an unexpected form
        return fused(alone, joined)
    if follows:
        return fused(alone, joined, least=1.0)
    return fused(alone, [])


def embedded_text(source: Mapping[str, Any], text_field: str) -> str:
    """The text of a stored passage as it was embedded."""
    return titled(source.get("title"), str(source.get(text_field, "")))
