"""What a passage is worth: its similarity with the environment's embedding model, and who has loaded it."""

from collections.abc import Sequence

from rag.models import Match, Source
from settings.access import Access


def match_of(similarity: float | None, scores: tuple[float, float] | None) -> Match | None:
    """`scores` are those from which a match is good and close; None where the model is not measured."""
    if scores is None:
        return None
    good, close = scores
    if similarity is None or similarity < good:
        return "loose"
    return "close" if similarity >= close else "good"


def judge(source: Source, scores: tuple[float, float] | None, access: Access) -> None:
    """Set what the source's similarity means, and whether its loader is trusted."""
    source.match = match_of(source.similarity, scores)
    source.trusted = access.trusts(source.loaded_by)


def is_near(sources: Sequence[Source], least: float) -> bool:
    """Whether one of them is near enough in meaning, whatever else the search has ordered them by."""
    return bool(sources) and (least == 0 or any((source.similarity or 0.0) >= least for source in sources))
