"""Search bodies for a question: for passages in the index in use that are near in meaning, or in meaning and words."""

from collections.abc import Mapping, Sequence
from typing import Any

from rag.search.highlight import highlighting
from rag.search.words import last_words
from settings.index import WORDS_FIELD, IndexNames
from settings.retrieval import Retrieval

Clause = dict[str, Any]

# Lucene walks its graph with at most `k` candidates, and may miss a few passages that are far from all others. Among
# 2,000 passages, it missed five of six such passages with 50 candidates, and none with 200 (OpenSearch 3.4, m 16,
# ef_construction 100).
EXPLORED = 200
# The names of the two queries, under which the engine gives a hit's score in each.
WORDS, MEANING = "words", "meaning"
# It works only as a URL parameter: in a body, the scores are computed but left out of the answer (OpenSearch#22689).
NAMED_SCORES = {"include_named_queries_score": "true"}


def texts(earlier: Sequence[str], question: str, most: int) -> list[str]:
    """The question and, if it is a follow-up, the question after up to `most` earlier ones.

    A follow-up such as `And in 2021?` has no meaning without the earlier questions. A question about another subject
    must be searched without them.
    """
    before = earlier[max(0, len(earlier) - most) :]
    return [question, "\n".join([*before, question])] if before else [question]


def nearest(
    question: str, size: int, index: IndexNames, retrieval: Retrieval, filters: Sequence[Clause] = ()
) -> dict[str, Any]:
    """The body of a search for at least `size` passages, nearest first, that match all `filters`.

    It finds nothing in an index that the alias `index.name` no longer names. So it can be sent to the index that the
    alias named last, and only an empty result needs a read of the alias. (`_index` in a term query also matches the
    alias, and each shard checks it during the search.)
    """
    wanted = max(size, retrieval.looked_at)
    in_use: Clause = {"term": {"_index": index.name}}
    neural: Clause = {"query_text": question, "k": max(wanted, EXPLORED)}
    if filters:
        # The filter is within the vector query; a filter after it would leave fewer than `k` hits.
        neural["filter"] = {"bool": {"filter": [*filters]}}
    by_vector: Clause = {"must": [{"neural": {index.embedding_field: neural}}], "filter": [in_use]}
    if retrieval.rescored:
        by_vector["_name"] = MEANING
    meaning: Clause = {"bool": by_vector}
    body: dict[str, Any] = {"query": meaning, "size": wanted}
    if retrieval.hybrid:
        said: Clause = {"match": {WORDS_FIELD: last_words(question)}}
        if retrieval.sparse_field:
            said = {"neural_sparse": {retrieval.sparse_field: {"query_text": question}}}
        words: Clause = {"bool": {"must": [said], "filter": [in_use, *filters], "_name": WORDS}}
        # The order is that of the weights in the index's search pipeline.
        body["query"] = {"hybrid": {"queries": [words, meaning]}}
    if retrieval.rerank:
        body["ext"] = {"rerank": {"query_context": {"query_text": question}}}
    if retrieval.marked_by_words:
        body["highlight"] = highlighting(question, index.text_field, retrieval.marked_by_words)
    return body


def parameters(retrieval: Retrieval) -> dict[str, str]:
    """The URL parameters of a search with the body of `nearest`."""
    return NAMED_SCORES if retrieval.rescored else {}


def similarity(hit: Mapping[str, Any]) -> float | None:
    """The vector score of a hit, even if its `_score` has other parts; None if it was found only by its words."""
    named = hit.get("matched_queries")
    score = named.get(MEANING) if isinstance(named, Mapping) else hit["_score"]
    return None if score is None else float(score)
