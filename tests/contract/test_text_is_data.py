"""Each model gets documents, questions, passages and turns unchanged, whatever they contain, on a real engine."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aws_cdk import App, Stack

from mlcommons import HttpTransport
from opensearch_ml.providers.answer_endpoint import AnswerEndpoint
from opensearch_ml.providers.bedrock_answer_model import BedrockAnswerModel
from opensearch_ml.providers.bedrock_converse import bedrock_converse
from opensearch_ml.providers.bedrock_rerank import bedrock_rerank
from opensearch_ml.providers.cohere_embedding import cohere_embedding
from opensearch_ml.providers.custom_connector import custom_connector
from opensearch_ml.providers.deepseek_bedrock import deepseek_bedrock
from opensearch_ml.providers.deepseek_chat import deepseek_chat
from opensearch_ml.providers.deepseek_sagemaker import deepseek_sagemaker
from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.providers.model_secret import ModelSecret
from opensearch_ml.providers.openai_chat import openai_chat
from opensearch_ml.providers.openai_embedding import openai_embedding
from opensearch_ml.providers.provider import Provider
from opensearch_ml.providers.sagemaker_embedding import sagemaker_embedding
from opensearch_ml.providers.sagemaker_sparse import sagemaker_sparse
from opensearch_ml.providers.titan_embedding import titan_embedding
from sandbox.models.json_handler import serving
from tests.contract import kinds_engine
from tests.contract.kinds_engine import KindsEngine
from tests.contract.metacharacters import DIMENSION, TEXTS, Recorded, vector

engine, engine_transport, provider = kinds_engine.engine, kinds_engine.engine_transport, kinds_engine.provider

REGION = "us-east-1"
PIECES = ("${parameters.", "}", "${", "$", ".toString()", "input", ":-", '"', "\\", "{", "[", "{{", "'", "\n", "a", " ")


def _drawn(count: int) -> list[str]:
    """Random texts from pieces with metacharacters; the same ones in each run."""
    chance = random.Random(19)  # noqa: S311 not cryptography
    return ["x" + "".join(chance.choices(PIECES, k=chance.randint(1, 12))) for _ in range(count)]


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack(App(), "Providers")


@pytest.fixture(scope="module")
def recorder() -> Iterator[str]:
    with serving(Recorded) as url:
        yield url


@dataclass(frozen=True)
class Case:
    """A provider, the shape of its answers, and where its requests contain the texts."""

    shape: str
    made: Callable[[Stack], Provider]
    texts: Callable[[Any], Any]


def _endpoint(stack: Stack, id: str) -> EmbeddingEndpoint:
    return EmbeddingEndpoint(stack, id, name=id, region=REGION)


def _secret(stack: Stack, id: str) -> ModelSecret:
    return ModelSecret(stack, id, name=id)


EMBEDDING = {
    "sagemaker-array": Case(
        "array", lambda stack: sagemaker_embedding(_endpoint(stack, "Array"), shape="array"), lambda sent: sent
    ),
    "sagemaker-inputs": Case(
        "inputs", lambda stack: sagemaker_embedding(_endpoint(stack, "Inputs")), lambda sent: sent["inputs"]
    ),
    "sparse": Case("sparse", lambda stack: sagemaker_sparse(_endpoint(stack, "Sparse")), lambda sent: sent["texts"]),
    "titan": Case("titan", lambda _: titan_embedding(region=REGION), lambda sent: [sent["inputText"]]),
    "titan-painless": Case(
        "titan", lambda _: titan_embedding(region=REGION, painless=True), lambda sent: [sent["inputText"]]
    ),
    "cohere": Case("cohere", lambda _: cohere_embedding(region=REGION), lambda sent: sent["texts"]),
    "openai": Case(
        "openai", lambda stack: openai_embedding(_secret(stack, "Texts"), model="m"), lambda sent: sent["input"]
    ),
}


def _custom(template: str, llm_model: str, probe: dict[str, Any]) -> Provider:
    action = {"action_type": "predict", "method": "POST", "url": "https://ai.example.com/", "request_body": template}
    return custom_connector(
        {"protocol": "http", "parameters": {"temperature": 0.5, "style": "${parameters.tone}", "tone": "dry"}}
        | {"actions": [action]},
        secret=None,
        statements=[],
        trusted_endpoints=[],
        llm_model=llm_model,
        llm_response_field=None,
        probe=probe,
    )


def _bedrock() -> BedrockAnswerModel:
    return BedrockAnswerModel("amazon.nova-lite-v1:0", region=REGION)


def _contents(sent: Any) -> str:
    return "".join(
        item if isinstance(item, str) else "".join(part["text"] for part in item)
        for item in (message["content"] for message in sent["messages"])
    )


CUSTOM_PROMPT = """{
  "prompt": "Q: ${parameters.inputs}",
  "temperature": ${parameters.temperature}, "style": "${parameters.style}", "stop": "${parameters.stop:-null}"
}"""
ANSWERING = {
    "deepseek": Case("chat", lambda stack: deepseek_chat(_secret(stack, "DeepSeek"), max_tokens=9), _contents),
    "openai": Case("chat", lambda stack: openai_chat(_secret(stack, "Chat"), model="m", temperature=0.5), _contents),
    "converse": Case("converse", lambda _: bedrock_converse(_bedrock()), _contents),
    "sagemaker": Case(
        "sagemaker",
        lambda stack: deepseek_sagemaker(
            AnswerEndpoint(stack, "R1", name="r1", region=REGION), temperature=0.6, top_p=0.9, max_tokens=9
        ),
        lambda sent: sent["inputs"],
    ),
    "bedrock": Case("bedrock", lambda _: deepseek_bedrock(_bedrock()), lambda sent: sent["prompt"]),
    "custom-inputs": Case(
        "custom", lambda _: _custom(CUSTOM_PROMPT, "bedrock/own", {"inputs": "ready"}), lambda sent: sent["prompt"]
    ),
    "custom-messages": Case(
        "chat",
        lambda _: _custom(
            '{"messages": ${parameters.messages}, "model": "${parameters.model:-own}"}',
            "own",
            {"messages": [{"role": "user", "content": "ready"}]},
        ),
        _contents,
    ),
}


def made_model(engine: KindsEngine, recorder: str, made: Provider, shape: str, id: str = "Model") -> str:
    """A model behind the connector of a provider, whose requests go to the recorder."""
    actions: Any = made.connector["actions"]
    action = {**actions[0], "url": f"{recorder}/{shape}/"}
    action["headers"] = {"content-type": "application/json"}
    credential = {"access_key": "test", "secret_key": "test"}
    connector = {**made.connector, "actions": [action], "credential": credential}
    connector |= {"name": f"{engine.stack} {id}", "version": "1"}
    spec = {"connector": connector}
    connector_id = engine.apply("Connector", spec, owner=engine.owner(f"{id}Connector")).physical_id
    name = f"{engine.stack} {id}"
    group = engine.apply("ModelGroup", {"name": name}, owner=engine.owner(f"{id}Group")).physical_id
    model = {"name": name, "model_group_id": group, "connector_id": connector_id, "probe": made.probe}
    return engine.apply("Model", model, owner=engine.owner(id)).physical_id


@pytest.mark.parametrize("name", EMBEDDING)
def test_each_provider_embeds_the_text_that_was_given(
    engine: KindsEngine, recorder: str, stack: Stack, name: str
) -> None:
    case = EMBEDDING[name]
    model = made_model(engine, recorder, case.made(Stack(stack, name)), case.shape)
    texts, before = [*TEXTS, *_drawn(200)], len(Recorded.bodies)
    algorithm = "sparse_encoding" if case.shape == "sparse" else "text_embedding"
    answer = engine.client().post(f"/_plugins/_ml/_predict/{algorithm}/{model}", {"text_docs": texts})
    bodies = Recorded.bodies[before:]
    most = {"titan": 1, "cohere": 96}.get(case.shape, len(texts))
    # The calls of one prediction run concurrently, so they are compared without their order.
    calls = [texts[start : start + most] for start in range(0, len(texts), most)]
    assert sorted(case.texts(body) for body in bodies) == sorted(calls)
    if case.shape != "sparse":
        outputs = [output for result in answer["inference_results"] for output in result["output"]]
        assert [output["data"] for output in outputs] == [pytest.approx(vector(text)) for text in texts]


def test_a_rerank_model_compares_the_texts_that_were_given(engine: KindsEngine, recorder: str) -> None:
    model = made_model(engine, recorder, bedrock_rerank(region=REGION), "rerank")
    for question in TEXTS:
        body = {"query_text": question, "text_docs": list(TEXTS)}
        engine.client().post(f"/_plugins/_ml/_predict/text_similarity/{model}", body)
        sent = Recorded.bodies[-1]
        assert (sent["query"], sent["documents"]) == (question, [*TEXTS])


@dataclass(frozen=True)
class Shelf:
    """An index that embeds, with one document for each text."""

    engine: KindsEngine
    name: str


@pytest.fixture(scope="module")
def shelf(engine_transport: HttpTransport, recorder: str, stack: Stack) -> Iterator[Shelf]:
    engine = KindsEngine(engine_transport, recorder)
    model = made_model(engine, recorder, EMBEDDING["sagemaker-array"].made(Stack(stack, "shelf")), "array", "Embedding")
    name = f"{engine.stack}-texts"
    embeds = {"text_embedding": {"model_id": model, "field_map": {"text": "embedding"}, "batch_size": 8}}
    finds = {"neural_query_enricher": {"default_model_id": model}}
    engine.apply("IngestPipeline", {"name": name, "pipeline": {"processors": [embeds]}}, owner=engine.owner("In"))
    engine.apply("SearchPipeline", {"name": name, "pipeline": {"request_processors": [finds]}}, owner=engine.owner("S"))
    vector = {"type": "knn_vector", "dimension": DIMENSION, "method": {"name": "hnsw", "engine": "lucene"}}
    settings = {"knn": True, "default_pipeline": name, "search": {"default_pipeline": name}}
    body = {
        "settings": {"index": settings},
        "mappings": {"properties": {"text": {"type": "text"}, "embedding": vector}},
    }
    engine.apply("Index", {"name": name, "body": body}, owner=engine.owner("Index"))
    for number, text in enumerate(TEXTS):
        engine.client().put(f"/{name}/_doc/{number}?refresh=true", {"text": text})
    yield Shelf(engine, name)
    engine.clean()


def test_what_was_stored_is_what_was_given(shelf: Shelf) -> None:
    hits = shelf.engine.client().post(f"/{shelf.name}/_search", {"size": 100})["hits"]["hits"]
    assert {hit["_id"]: hit["_source"]["text"] for hit in hits} == {str(id): text for id, text in enumerate(TEXTS)}


def test_a_question_is_embedded_as_it_was_asked(shelf: Shelf) -> None:
    for question in TEXTS:
        body = {"query": {"neural": {"embedding": {"query_text": question, "k": 3}}}}
        assert shelf.engine.client().post(f"/{shelf.name}/_search", body)["hits"]["hits"]
        assert Recorded.bodies[-1] == [question]


@pytest.mark.parametrize("name", ANSWERING)
def test_each_answer_model_reads_passages_question_and_turns_as_they_are(
    shelf: Shelf, engine: KindsEngine, recorder: str, stack: Stack, name: str
) -> None:
    case = ANSWERING[name]
    made = case.made(Stack(stack, f"answers-{name}"))
    model = made_model(engine, recorder, made, case.shape)
    pipeline = f"{engine.stack}-answer"
    generation = {
        "model_id": model,
        "context_field_list": ["text"],
        "system_prompt": "Answer ${parameters.region} from the passages.",
        "user_instructions": "Say {{no}} more.",
    }
    spec = {"name": pipeline, "pipeline": {"response_processors": [{"retrieval_augmented_generation": generation}]}}
    engine.apply("SearchPipeline", spec, owner=engine.owner("Answer"))
    memory = engine.client().post("/_plugins/_ml/memory", {"name": TEXTS[0]})["memory_id"]
    parameters: dict[str, Any] = {"llm_model": made.llm_model, "memory_id": memory, "context_size": len(TEXTS)}
    questions: list[str] = []
    for question in (TEXTS[2], TEXTS[4], TEXTS[12], TEXTS[20]):
        body = {
            "query": {"match_all": {}},
            "size": len(TEXTS),
            "_source": ["text"],
            "ext": {"generative_qa_parameters": {**parameters, "llm_question": question, "message_size": 10}},
        }
        answer = engine.client().post(f"/{shelf.name}/_search?search_pipeline={pipeline}", body)
        assert answer["ext"]["retrieval_augmented_generation"]["answer"] == "I repeat nothing."
        read = case.texts(Recorded.bodies[-1])
        questions.append(question)
        for text in (*TEXTS, *questions, generation["system_prompt"] if case.shape != "converse" else ""):
            assert text in read
    if name == "custom-inputs":
        sent = Recorded.bodies[-1]
        assert (sent["temperature"], sent["style"], sent["stop"]) == (0.5, "dry", None)
