"""How good a passage is: how similar it is by the environment's embedding model, and whether its loader is trusted."""

from collections.abc import Sequence

from rag.models import Match, Source
from settings.access import Access


def match_of(similarity: float | None, scores: tuple[float, float] | None) -> Match | None:
    """The match for a similarity; None if `scores` is None, because the embedding model is not measured.

    `scores` are the least similarities of a good and of a close match.
    """
    if scores is None:
        return None
    good, close = scores
    if similarity is None or similarity < good:
        return "loose"
    return "close" if similarity >= close else "good"


def judge(source: Source, scores: tuple[float, float] | None, access: Access) -> None:
    """Set the `match` of a source, from its similarity, and whether its loader is `trusted`."""
    source.match = match_of(source.similarity, scores)
    source.trusted = access.trusts(source.loaded_by)


def is_near(sources: Sequence[Source], least: float) -> bool:
    """Whether the similarity of at least one source is `least` or more; the order of the sources does not matter."""
    return bool(sources) and (least == 0 or any((source.similarity or 0.0) >= least for source in sources))
