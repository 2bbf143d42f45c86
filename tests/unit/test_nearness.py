"""Which sentences are nearest in meaning, and the requests to the engine for it."""

from typing import Any

import pytest

from rag.search.nearness import MOST_SENTENCES, Nearness

PIPELINE = {"request_processors": [{"oversample": {}}, {"neural_query_enricher": {"default_model_id": "m/1"}}]}
KEY = "index.search.default_pipeline"


class Engine:
    """Its model makes a vector of two numbers from a text: how often it contains `dog`, and 1."""

    def __init__(self) -> None:
        self.requested: list[tuple[str, str]] = []
        self.texts: list[str] = []

    def send(self, method: str, path: str, body: Any) -> Any:
        self.requested.append((method, path))
        if path.startswith("/i-1/_settings/"):
            return {"i-1": {"settings": {KEY: "p 1"}}}
        if path.startswith("/_search/pipeline/"):
            return {"p 1": PIPELINE}
        self.texts = body["text_docs"]
        vectors = [{"name": "sentence_embedding", "data": [text.lower().count("dog"), 1]} for text in self.texts]
        # The answer has several parts, like that of a model with few texts per call.
        return {"inference_results": [{"output": vectors[:1]}, {"output": vectors[1:]}]}


@pytest.fixture
def engine() -> Engine:
    return Engine()


def parts(engine: Engine, most: int, *texts: str) -> list[list[str]]:
    nearby = Nearness(engine.send, {}).nearest("A dog?", texts, most, "i-1")
    return [[text[start:end] for start, end in ranges] for text, ranges in zip(texts, nearby, strict=True)]


def test_the_nearest_sentences_in_the_order_of_the_text(engine: Engine) -> None:
    text = "Cats sleep. Dogs bark at dogs. The gate is open. A dog came."
    assert parts(engine, 1, text, "One dog. No cat.") == [["A dog came."], ["One dog."]]
    assert parts(engine, 2, text) == [["Dogs bark at dogs.", "A dog came."]]
    assert engine.texts[0] == "A dog?"


def test_the_model_is_looked_up_once_for_an_index(engine: Engine) -> None:
    models: dict[str, str] = {}
    for _ in range(2):
        Nearness(engine.send, models).nearest("A dog?", ["A dog."], 1, "i-1")
    predict = ("POST", "/_plugins/_ml/_predict/text_embedding/m%2F1")
    settings = ("GET", f"/i-1/_settings/{KEY}?flat_settings=true")
    assert engine.requested == [settings, ("GET", "/_search/pipeline/p%201"), predict, predict]


def test_as_many_sentences_as_a_question_is_worth(engine: Engine) -> None:
    long = " ".join(["A dog came."] * (MOST_SENTENCES - 1))
    assert [len(sentences) for sentences in parts(engine, 1, "A dog. A cat.", long, "A dog. A cat.")] == [1, 0, 0]
    assert len(engine.texts) == 3


def test_without_a_sentence_nothing_is_asked(engine: Engine) -> None:
    assert parts(engine, 1, "", " \n") == [[], []]
    assert parts(engine, 1) == []
    assert engine.requested == []


def test_an_answer_that_lacks_vectors_is_refused() -> None:
    def lacking(method: str, path: str, body: Any) -> Any:
        return {"inference_results": [{"output": [{"data": [1.0]}]}]}

    with pytest.raises(ValueError, match=r"2 texts got 1 vector$"):
        Nearness(lacking, {"i-1": "m"}).nearest("A dog?", ["A dog."], 1, "i-1")


def test_a_model_that_went_away_is_looked_up_again(engine: Engine) -> None:
    def gone(method: str, path: str, body: Any) -> Any:
        raise LookupError(path)

    models = {"i-1": "old"}
    with pytest.raises(ValueError, match="_predict/text_embedding/old"):
        Nearness(gone, models).nearest("A dog?", ["A dog."], 1, "i-1")
    Nearness(engine.send, models).nearest("A dog?", ["A dog."], 1, "i-1")
    assert models == {"i-1": "m/1"}


@pytest.mark.parametrize("pipeline", [{}, {"request_processors": [{"oversample": {}}]}, {"request_processors": [None]}])
def test_a_pipeline_that_embeds_nothing_is_refused(engine: Engine, pipeline: dict[str, Any]) -> None:
    def send(method: str, path: str, body: Any) -> Any:
        return {"p 1": pipeline} if "pipeline/" in path else engine.send(method, path, body)

    with pytest.raises(ValueError, match="the model of i-1 has an unexpected form"):
        Nearness(send, {}).nearest("A dog?", ["A dog."], 1, "i-1")


def test_a_vector_of_nothing_is_far_from_all() -> None:
    def zeros(method: str, path: str, body: Any) -> Any:
        return {"inference_results": [{"output": [{"data": [0.0, 0.0]} for _ in body["text_docs"]]}]}

    assert Nearness(zeros, {"i-1": "m"}).nearest("A dog?", ["A dog. A cat."], 1, "i-1") == [[(0, 6)]]
