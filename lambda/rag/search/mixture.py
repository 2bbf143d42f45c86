"""The order of passages that are in two lists of hits: by their scores, made comparable, or by their ranks.

The formulas of scores are those of OpenSearch's normalization-processor (neural-search:
MinMaxScoreNormalizationTechnique, L2ScoreNormalizationTechnique, ArithmeticMeanScoreCombinationTechnique), for what no
search pipeline computes.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rag.search.query import MEANING, WORDS, similarity
from settings.retrieval import Hybrid

Hit = dict[str, Any]
# What the last of a list has, lest it seem not to be found.
_LEAST = 0.001
# How many hits of each list are fused, and what is added to a rank: so little that the first of each list is among the
# four passages of an answer (docs/evaluation.md, "Follow-ups").
FUSED, _RANK = 20, 2


def mixed(words: Sequence[Hit], meaning: Sequence[Hit], hybrid: Hybrid) -> list[Hit]:
    """The hits by words and by meaning, best first; each has its score in both lists, by their names."""
    by_id = _added([(hybrid.words, words), (1 - hybrid.words, meaning)], hybrid.normalization)
    for name, those in ((WORDS, words), (MEANING, meaning)):
        for hit in those:
            by_id[hit["_id"]].setdefault("matched_queries", {})[name] = hit["_score"]
    return _ordered(by_id)


def fused(alone: Sequence[Hit], joined: Sequence[Hit]) -> list[Hit]:
    """The hits of a follow-up alone and together with earlier questions, by their ranks in both lists.

    Of equals the hit of the question alone is first. The similarity of a hit is that to the nearer of both texts.
    """
    by_id = dict[str, Hit]()
    for hits in (alone, joined):
        for rank, hit in enumerate(hits, start=1):
            by_id.setdefault(hit["_id"], {**hit, "_score": 0.0})["_score"] += 1 / (_RANK + rank)
    for id, hit in by_id.items():
        known = [similarity(hit) for hit in (*alone, *joined) if hit["_id"] == id]
        near = max((score for score in known if score is not None), default=None)
        hit["matched_queries"] = {} if near is None else {MEANING: near}
    return _ordered(by_id)


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
