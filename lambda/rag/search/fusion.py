"""Combines two lists of hits into one order: by their normalized scores, or by their ranks.

The formulas of scores are those of OpenSearch's normalization-processor (neural-search:
MinMaxScoreNormalizationTechnique, L2ScoreNormalizationTechnique, ArithmeticMeanScoreCombinationTechnique). They are for
searches without a search pipeline.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rag.search.query import MEANING, WORDS, similarity
from settings.retrieval import Hybrid

Hit = dict[str, Any]
# The least normalized score. It is above 0, because a score of 0 means that the list does not contain the hit.
_LEAST = 0.001
# The number of hits of each list that are fused, and the number that is added to each rank. The list for a follow-up
# with its earlier questions counts only if its nearest hit is more than `_NEARER` times as near. Its weight then grows
# by `_GROWTH` for each further time. Chosen by cross-validation (docs/evaluation.md, "Follow-ups").
FUSED, _RANK, _NEARER, _GROWTH = 20, 2, 1.5, 1.5
_ROUNDING = 0.001


def mixed(words: Sequence[Hit], meaning: Sequence[Hit], hybrid: Hybrid) -> list[Hit]:
    """The hits by words and by meaning, best first; each has its score in both lists, by the name of the list."""
    by_id = _added([(hybrid.words, words), (1 - hybrid.words, meaning)], hybrid.normalization)
    for name, those in ((WORDS, words), (MEANING, meaning)):
        for hit in those:
            by_id[hit["_id"]].setdefault("matched_queries", {})[name] = hit["_score"]
    return _ordered(by_id)


def fused(alone: Sequence[Hit], joined: Sequence[Hit], *, least: float = 0.0) -> list[Hit]:
    """The hits of a question `alone`, and of the question `joined` with earlier ones, by their ranks in both lists.

    With its earlier questions, a follow-up is much nearer to a passage than alone. The nearer it gets, the more the
    joined list counts. A question about another subject does not get nearer, so its own hits stay as they are: what is
    near to the earlier questions is not shown as near to this one. If two scores are equal, the hit of the question
    alone is first. The similarity of a hit is the higher one of the lists that count.
    The joined list has at least the weight `least`.
    """
    weight = max(least, _weight(alone, joined))
    lists = [(1.0, alone), (weight, joined)] if weight else [(1.0, alone)]
    by_id = dict[str, Hit]()
    for weight, hits in lists:
        for rank, hit in enumerate(hits, start=1):
            by_id.setdefault(hit["_id"], {**hit, "_score": 0.0})["_score"] += weight / (_RANK + rank)
    for id, hit in by_id.items():
        near = nearest_similarity([hit for _, hits in lists for hit in hits if hit["_id"] == id])
        hit["matched_queries"] = {} if near is None else {MEANING: near}
    return _ordered(by_id)


def _weight(alone: Sequence[Hit], joined: Sequence[Hit]) -> float:
    """The weight of the list `joined`, if that of `alone` is 1. It is 1 if distances are unknown.

    `1 / score - 1` is the squared distance in the space l2, and for cosines the squared tangent of half the angle.
    Scores of inner products are twice those of cosines. So scores above 1, except for rounding, belong to inner
    products. Scores above 2 belong to vectors whose length is not 1, and do not show a distance.
    """
    scores = [score for hits in (alone, joined) if (score := nearest_similarity(hits)) is not None]
    if len(scores) < 2 or max(scores) > 2 + _ROUNDING:
        return 1.0
    same = 2 if max(scores) > 1 + _ROUNDING else 1
    far, near = (max(_ROUNDING, same / max(_ROUNDING, score) - 1) for score in scores)
    return max(0.0, _GROWTH * (far / near - _NEARER))


def nearest_similarity(hits: Sequence[Hit]) -> float | None:
    """The highest similarity of the hits; None if all were found only by their words."""
    return max((score for hit in hits if (score := similarity(hit)) is not None), default=None)


def _added(weighted: Sequence[tuple[float, Sequence[Hit]]], normalization: str) -> dict[str, Hit]:
    by_id: dict[str, Hit] = {}
    for weight, hits in weighted:
        for hit, score in zip(hits, _NORMALIZED[normalization]([hit["_score"] for hit in hits]), strict=True):
            by_id.setdefault(hit["_id"], {**hit, "_score": 0.0})["_score"] += weight * score
    return by_id


def _ordered(by_id: Mapping[str, Hit]) -> list[Hit]:
    return sorted(by_id.values(), key=lambda hit: -hit["_score"])


def _min_max(scores: Sequence[float]) -> list[float]:
    least, most = min(scores, default=0.0), max(scores, default=0.0)
    return [max(_LEAST, (score - least) / (most - least)) if most > least else 1.0 for score in scores]


def _l2(scores: Sequence[float]) -> list[float]:
    length = math.hypot(*scores)
    return [score / length if length else _LEAST for score in scores]


_NORMALIZED: Mapping[str, Callable[[Sequence[float]], list[float]]] = {"min_max": _min_max, "l2": _l2}
