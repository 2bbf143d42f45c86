"""The query for a question, in each way in which an environment may search."""

from typing import Any

import pytest

from rag.search import Passage
from rag.search.query import EXPLORED, nearest, parameters, similarity
from settings.index import WORDS_FIELD, IndexNames
from settings.retrieval import Hybrid, Rerank, Retrieval, Sparse

INDEX = IndexNames(name="passages", text_field="text", embedding_field="vector")
FILTER = {"term": {"document": "a"}}
IN_USE = {"term": {"_index": "passages"}}


def test_by_meaning() -> None:
    body = nearest("what?", 3, INDEX, Retrieval(), [FILTER])
    neural = {"query_text": "what?", "k": EXPLORED, "filter": {"bool": {"filter": [FILTER]}}}
    assert body == {"query": {"bool": {"must": [{"neural": {"vector": neural}}], "filter": [IN_USE]}}, "size": 3}


def test_hybrid_search_with_a_rerank_model() -> None:
    body = nearest("what?", 3, INDEX, Retrieval(hybrid=Hybrid(), rerank=Rerank()), [FILTER])
    words, meaning = body["query"]["hybrid"]["queries"]
    must = [{"match": {"osml.words": "what?"}}]
    assert words == {"bool": {"must": must, "filter": [IN_USE, FILTER], "_name": "words"}}
    assert meaning["bool"]["must"][0]["neural"]["vector"]["k"] == EXPLORED
    assert body["size"] == 20
    assert body["ext"] == {"rerank": {"query_context": {"query_text": "what?"}}}


def test_a_sparse_model_weighs_the_words() -> None:
    words, _ = nearest("what?", 3, INDEX, Retrieval(hybrid=Hybrid(sparse=Sparse(endpoint="e"))))["query"]["hybrid"][
        "queries"
    ]
    assert words["bool"]["must"] == [{"neural_sparse": {"word_weights": {"query_text": "what?"}}}]


def test_a_hybrid_search_returns_as_many_hits_as_are_wanted() -> None:
    assert nearest("what?", 30, INDEX, Retrieval(hybrid=Hybrid()))["size"] == 30


def test_the_graph_is_explored_for_as_many_hits_as_are_wanted() -> None:
    query = nearest("what?", EXPLORED + 10, INDEX, Retrieval())["query"]
    assert query["bool"]["must"][0]["neural"]["vector"]["k"] == EXPLORED + 10


@pytest.mark.parametrize(
    ("hit", "expected"),
    [
        ({"_score": 0.7}, 0.7),
        ({"_score": 1.0, "matched_queries": {"meaning": 0.61, "words": 3.2}}, 0.61),
        ({"_score": 0.5, "matched_queries": {"words": 3.2}}, None),
    ],
)
def test_the_similarity_of_a_hit_is_the_score_of_its_vector(hit: dict[str, Any], expected: float | None) -> None:
    assert similarity(hit) == expected


@pytest.mark.parametrize("retrieval", [Retrieval(hybrid=Hybrid()), Retrieval(rerank=Rerank())])
def test_the_score_of_the_vector_is_wanted_where_another_one_takes_its_place(retrieval: Retrieval) -> None:
    query = nearest("what?", 3, INDEX, retrieval)["query"]
    (*_, meaning) = query["hybrid"]["queries"] if retrieval.hybrid else [query]
    assert meaning["bool"]["_name"] == "meaning"
    assert parameters(retrieval) == {"include_named_queries_score": "true"}
    assert parameters(Retrieval()) == {}


@pytest.mark.thorough
def test_words_are_searched_where_the_index_has_them() -> None:
    # It imports the CDK.
    from opensearch_ml.resources.field_script import WORDS

    assert WORDS == WORDS_FIELD


def test_a_vector_is_of_the_title_and_the_text() -> None:
    assert Passage("a#1", "a", "Boston", "It grew.").embedded == "Boston It grew."
    assert Passage("a#1", "a", None, "It grew.").embedded == "It grew."
