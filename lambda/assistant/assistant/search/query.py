"""What the engine is asked for a question: passages near in meaning, or in meaning and words, of the index in use."""

from collections.abc import Sequence
from typing import Any

from assistant.search.highlight import highlighting
from assistant.settings import Index, Retrieval

Clause = dict[str, Any]

# Lucene walks its graph with no more candidates than `k`, and may miss a few passages that are far from all others: of
# six among 2,000 it missed five with 50 candidates and none with 200 (OpenSearch 3.4, m 16, ef_construction 100).
EXPLORED = 200


def together(earlier: Sequence[str], question: str, most: int) -> str:
    """A follow-up and up to `most` questions before it: `And in 2021?` says nothing alone."""
    return "\n".join([*earlier[max(0, len(earlier) - most) :], question])


def nearest(
    question: str, size: int, index: Index, retrieval: Retrieval, filters: Sequence[Clause] = ()
) -> dict[str, Any]:
    """The body of a search for `size` passages or more, nearest first; all `filters` hold for each.

    It finds nothing in an index that `index.name`, an alias, does not name any more. So it can be sent to the index
    that the alias named last: nothing found means asking for the alias again, and only then. (`_index` in a term query
    means the alias, too, and is looked up on each shard as it is searched.)
    """
    wanted = max(size, retrieval.candidates)
    in_use: Clause = {"term": {"_index": index.name}}
    neural: Clause = {"query_text": question, "k": max(wanted, EXPLORED)}
    if filters:
        # Within the graph: a filter behind it would leave less than `k`.
        neural["filter"] = {"bool": {"filter": [*filters]}}
    meaning: Clause = {"bool": {"must": [{"neural": {index.embedding_field: neural}}], "filter": [in_use]}}
    body: dict[str, Any] = {"query": meaning, "size": wanted}
    if retrieval.hybrid:
        said: Clause = {"match": {index.text_field: question}}
        if retrieval.sparse_field:
            said = {"neural_sparse": {retrieval.sparse_field: {"query_text": question}}}
        words: Clause = {"bool": {"must": [said], "filter": [in_use, *filters]}}
        # In the order of the weights in the index's search pipeline.
        body["query"] = {"hybrid": {"queries": [words, meaning]}}
    if retrieval.rerank:
        body["ext"] = {"rerank": {"query_context": {"query_text": question}}}
    if retrieval.marked_by_words:
        body["highlight"] = highlighting(question, index.text_field, retrieval.marked_by_words)
    return body
