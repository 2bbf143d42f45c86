"""Every way to search, on a real engine: also by words, with a sparse encoder, and reranked by a model."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from mlcommons import HttpTransport
from opensearch_ml.providers.bedrock_rerank import bedrock_rerank
from opensearch_ml.resources.field_script import WORDS, field_mappings
from opensearch_ml.resources.search_pipeline import Mixture
from rag.caller import OPERATOR, Caller
from rag.models import MOST_QUESTION_CHARACTERS
from rag.search.fusion import mixed
from rag.search.query import nearest, parameters, similarity
from settings.index import IndexNames
from settings.retrieval import HighlightSettings, Hybrid, Rerank, Retrieval, Sparse
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import MINILM, Models
from tests.contract.kinds_engine import KindsEngine
from tests.needs import needs

engine_transport, models = kinds_engine.engine_transport, assistant_engine.models

REGION, RERANK = "us-east-1", "cohere.rerank-v3-5:0"
SPARSE = json.dumps({"name": "sparse", "model": "opensearch-project/opensearch-neural-sparse-encoding-v2-distill"})
QUESTION = "What does E17 mean?"
DOCUMENTS = {
    "washer": "E17 on the washing machine: the hose lets no water in.",
    "oven": "E18 on the oven: the door is open.",
    "ferry": "A ferry goes to the island four times a day.",
}


@dataclass(frozen=True)
class Shelf:
    """An index of three documents, with dense and sparse vectors, and the models that make them."""

    engine: KindsEngine
    index: IndexNames
    embedding: str
    sparse: str
    rerank: str

    def hits(
        self,
        retrieval: Retrieval,
        *,
        phases: list[Any] | None = None,
        after: list[Any] | None = None,
        caller: Caller = OPERATOR,
        question: str = QUESTION,
    ) -> Any:
        """The hits of `question` for a caller, with these processors in the search pipeline."""
        enrich = {"default_model_id": self.embedding, "neural_field_default_id": {"word_weights": self.sparse}}
        pipeline = {
            "request_processors": [{"neural_query_enricher": enrich}],
            "phase_results_processors": phases or [],
            "response_processors": after or [],
        }
        body = nearest(question, 3, self.index, retrieval, caller.clauses) | {"search_pipeline": pipeline}
        path = f"/{self.index.name}-1/_search?{urlencode(parameters(retrieval))}"
        return self.engine.client().post(path, body)["hits"]["hits"]


def _model(engine: KindsEngine, name: str, probe: dict[str, Any], connector: dict[str, Any]) -> str:
    connector_id = engine.apply(
        "Connector", {"connector": connector}, owner=engine.owner(f"{name}Connector")
    ).physical_id
    group = engine.apply("ModelGroup", {"name": f"{engine.stack} {name}"}, owner=engine.owner(f"{name}Group"))
    spec = {"name": f"{engine.stack} {name}", "model_group_id": group.physical_id, "connector_id": connector_id}
    return engine.apply("Model", {**spec, "probe": {"parameters": probe}}, owner=engine.owner(name)).physical_id


def _endpoint(engine: KindsEngine, models: Models, header: str, body: str, **functions: str) -> dict[str, Any]:
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": f"{models.sagemaker_url}/endpoints/any/invocations",
        "headers": {"x-sandbox-endpoint": header},
        "request_body": body,
        "pre_process_function": "connector.pre_process.default.embedding",
    }
    return engine.connector() | {"parameters": {}, "actions": [action | functions]}


def _reranker(engine: KindsEngine, models: Models) -> dict[str, Any]:
    made = bedrock_rerank(model=RERANK, region=REGION).connector
    actions: Any = made["actions"]
    url = f"{models.url}/_aws/bedrock-runtime.{REGION}.amazonaws.com/model/{RERANK}/invoke"
    keys = {"access_key": "test", "secret_key": "test"}
    return engine.connector() | {**made, "credential": keys, "actions": [{**actions[0], "url": url}]}


def _probe() -> Any:
    return bedrock_rerank(model=RERANK, region=REGION).probe["parameters"]


@pytest.fixture(scope="module")
def shelf(engine_transport: HttpTransport, models: Models) -> Iterator[Shelf]:
    engine = KindsEngine(engine_transport, models.url)
    name, texts = f"{engine.stack}-passages", {"input": ["ready"]}
    vectors = {"post_process_function": "connector.post_process.default.embedding"}
    minilm = _endpoint(engine, models, MINILM, "${parameters.input}", **vectors)
    words = _endpoint(engine, models, SPARSE, '{"texts": ${parameters.input}, "sparse_embedding_format": "word"}')
    made = Shelf(
        engine,
        IndexNames(name=name, text_field="text", embedding_field="embedding"),
        _model(engine, "Embedding", texts, minilm),
        _model(engine, "Sparse", texts, words),
        _model(engine, "Rerank", _probe(), _reranker(engine, models)),
    )
    embeds = [
        {"text_embedding": {"model_id": made.embedding, "field_map": {"text": "embedding"}, "batch_size": 2}},
        {"sparse_encoding": {"model_id": made.sparse, "field_map": {"text": "word_weights"}, "batch_size": 2}},
    ]
    engine.apply("IngestPipeline", {"name": name, "pipeline": {"processors": embeds}}, owner=engine.owner("Ingest"))
    vector = {"type": "knn_vector", "dimension": 384, "method": {"name": "hnsw", "engine": "lucene"}}
    said = {"type": "text", "copy_to": [WORDS]}
    fields = {"text": said, "embedding": vector, "word_weights": {"type": "rank_features"}, **field_mappings({})}
    body = {"settings": {"index": {"knn": True, "default_pipeline": name}}, "mappings": {"properties": fields}}
    engine.apply("Index", {"name": f"{name}-1", "body": body}, owner=engine.owner("Index"))
    engine.client().post("/_aliases", {"actions": [{"add": {"index": f"{name}-1", "alias": name}}]})
    for id, text in DOCUMENTS.items():
        engine.client().put(f"/{name}/_doc/{id}?refresh=true", {"text": text})
    yield made
    engine.clean()


@pytest.mark.parametrize("normalization", ["min_max", "l2", pytest.param("z_score", marks=needs("z_score"))])
def test_words_and_meaning_become_one_score(shelf: Shelf, normalization: str) -> None:
    mixture = Mixture((0.3, 0.7), normalization).processor
    hits = shelf.hits(Retrieval(hybrid=Hybrid(), candidates=3), phases=[mixture])
    assert hits[0]["_id"] == "washer"
    scores = [hit["_score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1.5 for score in scores)


@pytest.mark.parametrize("more", [{}, {"rerank": Rerank()}])
def test_a_hit_tells_the_score_of_its_vector_however_it_is_ordered(shelf: Shelf, more: dict[str, Any]) -> None:
    """`min_score` is compared with this score: in a mixture, the best passage always scores nearly 1."""
    plain = {hit["_id"]: similarity(hit) for hit in shelf.hits(Retrieval())}
    by = {"ml_opensearch": {"model_id": shelf.rerank}, "context": {"document_fields": ["text"]}}
    after = [{"rerank": by}] if more else []
    hits = shelf.hits(
        Retrieval(hybrid=Hybrid(), candidates=3, **more), phases=[Mixture((0.3, 0.7)).processor], after=after
    )
    assert {hit["_id"]: similarity(hit) for hit in hits} == pytest.approx(plain)
    assert [hit["_score"] for hit in hits] != pytest.approx([similarity(hit) for hit in hits])


@pytest.mark.parametrize("question", ["漢字" * (MOST_QUESTION_CHARACTERS // 2), "x " * MOST_QUESTION_CHARACTERS])
def test_a_question_of_very_many_words_is_searched(shelf: Shelf, question: str) -> None:
    """More words than the engine's limit for clauses, which each search by words and each highlighter has."""
    by_words = Retrieval(hybrid=Hybrid(), highlight=HighlightSettings())
    assert len(shelf.hits(by_words, phases=[Mixture((0.3, 0.7)).processor], question=question)) == 3


@pytest.mark.parametrize("reranked", [False, True])
@pytest.mark.parametrize("retrieval", [{}, {"hybrid": Hybrid()}, {"hybrid": Hybrid(sparse=Sparse(endpoint="sparse"))}])
def test_no_way_to_search_finds_what_is_for_others(shelf: Shelf, retrieval: dict[str, Any], reranked: bool) -> None:
    """The passage that would be the first hit is only found by its group."""
    path = f"/{shelf.index.name}/_doc/secret"
    source = {"text": f"{QUESTION} E17 means war.", "osml": {"access": {"groups": ["hr", "board"]}}}
    by = {"ml_opensearch": {"model_id": shelf.rerank}, "context": {"document_fields": ["text"]}}
    more = {**({"rerank": Rerank()} if reranked else {}), **({"candidates": 3} if reranked or retrieval else {})}
    chosen = Retrieval.model_validate({"highlight": HighlightSettings(), **retrieval, **more})
    phases = [Mixture((0.3, 0.7)).processor] if retrieval else None

    def texts(caller: Caller) -> list[str]:
        hits = shelf.hits(chosen, phases=phases, after=[{"rerank": by}] if reranked else None, caller=caller)
        assert len(hits) == 3
        return [hit["_id"] for hit in hits]

    shelf.engine.client().put(f"{path}?refresh=true", source)
    try:
        for groups in ({"hr"}, {"board", "x"}):
            assert texts(Caller("a", "reader", frozenset(groups)))[0] == "secret"
        assert texts(OPERATOR)[0] == "secret"
        for groups in (set(), {"x"}, {"HR"}, {"h"}):
            assert set(texts(Caller("a", "reader", frozenset(groups)))) == set(DOCUMENTS)
    finally:
        shelf.engine.client().delete(f"{path}?refresh=true")


@pytest.mark.parametrize("normalization", ["min_max", "l2"])
def test_a_collection_mixes_words_and_meaning_as_the_engine_does(shelf: Shelf, normalization: Any) -> None:
    """On a collection the assistant computes the mixture; here it is compared with the engine's own processor."""
    hybrid = Hybrid(words=0.3, normalization=normalization)
    expected = shelf.hits(Retrieval(hybrid=hybrid, candidates=3), phases=[Mixture((0.3, 0.7), normalization).processor])
    meaning = shelf.hits(Retrieval())
    body = {"query": {"match": {WORDS: QUESTION}}}
    words = shelf.engine.client().post(f"/{shelf.index.name}-1/_search?search_pipeline=_none", body)["hits"]["hits"]
    hits = mixed(words, meaning, hybrid)
    assert [hit["_id"] for hit in hits] == [hit["_id"] for hit in expected]
    for hit, expectation in zip(hits, expected, strict=True):
        assert hit["_score"] == pytest.approx(expectation["_score"], abs=1e-4)
        assert hit["matched_queries"] == pytest.approx(expectation["matched_queries"])


def test_words_are_weighed_by_a_sparse_encoder(shelf: Shelf) -> None:
    only_words = Mixture((1.0, 0.0)).processor
    hits = shelf.hits(Retrieval(hybrid=Hybrid(sparse=Sparse(endpoint="e")), candidates=3), phases=[only_words])
    assert hits[0]["_id"] == "washer"
    stored = shelf.engine.client().get(f"/{shelf.index.name}/_doc/washer")["_source"]["word_weights"]
    assert stored["hose"] > 0


def test_a_model_reranks_passages(shelf: Shelf) -> None:
    by = {"ml_opensearch": {"model_id": shelf.rerank}, "context": {"document_fields": ["text"]}, "ignore_failure": True}
    plain = shelf.hits(Retrieval())
    hits = shelf.hits(Retrieval(rerank=Rerank(), candidates=3), after=[{"rerank": by}])
    assert hits[0]["_id"] == "washer"
    assert [hit["_score"] for hit in hits] != [hit["_score"] for hit in plain]
    assert all(0 <= hit["_score"] <= 1 for hit in hits)
