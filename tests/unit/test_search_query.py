"""What the engine is asked for a question, in each way an environment may search."""

from assistant.search.query import EXPLORED, nearest
from assistant.settings import Index, Retrieval

INDEX = Index(name="passages", text_field="text", embedding_field="vector")
FILTER = {"term": {"document": "a"}}
IN_USE = {"term": {"_index": "passages"}}


def test_by_meaning() -> None:
    body = nearest("what?", 3, INDEX, Retrieval(), [FILTER])
    neural = {"query_text": "what?", "k": EXPLORED, "filter": {"bool": {"filter": [FILTER]}}}
    assert body == {"query": {"bool": {"must": [{"neural": {"vector": neural}}], "filter": [IN_USE]}}, "size": 3}


def test_by_words_too_and_ranked_anew() -> None:
    body = nearest("what?", 3, INDEX, Retrieval(hybrid=True, rerank=True, candidates=20), [FILTER])
    words, meaning = body["query"]["hybrid"]["queries"]
    assert words == {"bool": {"must": [{"match": {"text": "what?"}}], "filter": [IN_USE, FILTER]}}
    assert meaning["bool"]["must"][0]["neural"]["vector"]["k"] == EXPLORED
    assert body["size"] == 20
    assert body["ext"] == {"rerank": {"query_context": {"query_text": "what?"}}}


def test_by_weights_of_words_where_a_model_gives_them() -> None:
    words, _ = nearest("what?", 3, INDEX, Retrieval(hybrid=True, sparse_field="w"))["query"]["hybrid"]["queries"]
    assert words["bool"]["must"] == [{"neural_sparse": {"w": {"query_text": "what?"}}}]


def test_as_many_as_are_wanted_when_that_is_more() -> None:
    assert nearest("what?", 30, INDEX, Retrieval(hybrid=True, candidates=20))["size"] == 30


def test_the_graph_is_walked_with_as_many_as_are_wanted_when_that_is_more() -> None:
    query = nearest("what?", EXPLORED + 10, INDEX, Retrieval())["query"]
    assert query["bool"]["must"][0]["neural"]["vector"]["k"] == EXPLORED + 10
