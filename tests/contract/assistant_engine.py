"""An assistant on the engine under test: real connectors, models, pipelines and index, and the local model endpoints.

`shop` is an assistant on a domain. `shelf` is one that embeds and calls the answer model itself, as on a collection.
"""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from mlcommons import HttpTransport
from opensearch_ml.resources.conversation_index import ConversationIndex
from opensearch_ml.resources.field_script import ACCESS, LOADED
from rag.answering import answer
from rag.caller import OPERATOR, Caller
from rag.document_models import DocumentsStored
from rag.events import Answered, Event
from rag.models import Answer, Question
from rag.parts import Parts, assembled
from rag.search.engine import IndexClient
from rag.storing import store
from rag.upload_models import DocumentIn
from sandbox.cache import cache_directory
from sandbox.models.assembly import model_server
from sandbox.models.exchange import Call, ModelApi, ModelResponse
from sandbox.models.prompt import blocks
from sandbox.models.server import ModelServer
from sandbox.models.weights import weights_directory
from settings.answer.deepseek import DeepSeekAnswer
from settings.runtime_settings import RuntimeSettings
from tests.contract.kinds_engine import KindsEngine, RoleHeaders
from tests.served_at import served_at
from tests.unit.assistant_models import hold_endpoint

KEY = "sk-contract-0123456789"
MINILM = json.dumps({"name": "minilm", "model": "sentence-transformers/all-MiniLM-L6-v2", "shape": "array"})
SYSTEM, INSTRUCTIONS = "You answer from the passages.", "Say when they do not hold the answer."
SECONDS = 30.0
ALICE, BOB = Caller("alice", "editor"), Caller("bob", "editor")


@dataclass
class Recorded:
    """A provider of models that remembers the request bodies that it received."""

    inner: ModelApi
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, call: Call) -> ModelResponse:
        self.bodies.append(json.loads(call.body))
        return self.inner.answer(call)

    def throttled(self) -> ModelResponse:
        return self.inner.throttled()

    def failed(self, status: int) -> ModelResponse:
        return self.inner.failed(status)


@dataclass
class Shop:
    """An assistant, the requests that its answer model received, and faults of the models."""

    parts: Parts
    chat: Recorded
    server: ModelServer

    @property
    def engine(self) -> IndexClient:
        """A client for the tests' own requests to the engine, with the permissions that the assistant has."""
        return IndexClient(self.parts.settings, RoleHeaders())

    def ask(self, question: str, caller: Caller = ALICE, seconds: float = SECONDS, **more: Any) -> Answer:
        """Ask a question, store the turn, and return the whole answer."""
        [*_, last] = self.events(question, caller, seconds, **more)
        assert isinstance(last, Answered)
        last.keep()
        return last.answer

    def events(self, question: str, caller: Caller = ALICE, seconds: float = SECONDS, **more: Any) -> list[Event]:
        """All events of a question, in order."""
        return list(answer(Question(question=question, **more), caller, seconds, self.parts))

    def store(
        self,
        *documents: tuple[str, str] | tuple[str, str, str],
        seconds: float = SECONDS,
        caller: Caller = OPERATOR,
        groups: list[str] | None = None,
    ) -> DocumentsStored:
        """Store documents, each given as id, text and optionally title."""
        return store(
            [
                DocumentIn(id=id, text=text, title=title[0] if title else None, groups=groups)
                for id, text, *title in documents
            ],
            seconds,
            caller,
            self.parts,
        )

    def messages(self) -> list[tuple[str, str]]:
        """The role and the text of each block in the last messages to the answer model."""
        return [
            (message["role"], text)
            for message in self.chat.bodies[-1]["messages"]
            for text in blocks(message.get("content"))
        ]

    @contextmanager
    def fault(self, provider: str, **fault: float) -> Iterator[None]:
        """Within the block, the provider throttles, fails or is slow."""
        self.server.control.set(provider, fault)
        try:
            yield
        finally:
            self.server.control.reset(provider)


@pytest.fixture
def two_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to models end after their second try: on a busy machine, a short time would end before the first."""
    monkeypatch.setattr("rag.budget.ATTEMPTS", 2)


@dataclass(frozen=True)
class Models:
    """The model endpoints at `url`, and the requests that the answer model receives."""

    url: str
    server: ModelServer
    chat: Recorded

    @property
    def chat_url(self) -> str:
        return f"{self.url}/_aws/api.deepseek.com/v1/chat/completions"

    @property
    def sagemaker_url(self) -> str:
        return f"{self.url}/_aws/runtime.sagemaker.us-east-1.amazonaws.com"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Models]:
    key: Path = tmp_path_factory.mktemp("models") / "key"
    key.write_text(KEY)
    server = model_server(0, weights_directory(cache_directory()), key)
    chat = Recorded(server.providers["deepseek"])
    server.providers["deepseek"] = chat
    with server.running() as url:
        yield Models(url, server, chat)


@pytest.fixture(scope="module")
def shop(engine_transport: HttpTransport, models: Models) -> Iterator[Shop]:
    engine = KindsEngine(engine_transport, models.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", os.environ["OSML_TEST_CA"])
        try:
            yield Shop(assembled(_domain(engine, models), RoleHeaders()), models.chat, models.server)
        finally:
            engine.clean()


@pytest.fixture(scope="module")
def shelf(engine_transport: HttpTransport, models: Models) -> Iterator[Shop]:
    engine = KindsEngine(engine_transport, models.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", os.environ["OSML_TEST_CA"])
        patch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", models.sagemaker_url)
        hold_endpoint(patch, json.loads(MINILM))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setattr(boto3, "DEFAULT_SESSION", boto3.Session(region_name="us-east-1"))
        patch.setattr("rag.secret.stored_object", lambda *_: {"key": KEY})
        try:
            yield Shop(assembled(_collection(engine, models), RoleHeaders()), models.chat, models.server)
        finally:
            engine.clean()


def _domain(engine: KindsEngine, models: Models) -> RuntimeSettings:
    embedding = _model(engine, "Embedding", models.sagemaker_url + "/endpoints/minilm/invocations", _EMBEDS)
    chat = _model(engine, "Answer", models.chat_url, _CHATS)
    name = f"shop-{uuid.uuid4().hex[:8]}"
    embeds = {"text_embedding": {"model_id": embedding, "field_map": {"text": "embedding"}}}
    ingest = {"processors": [embeds, LOADED]}
    engine.apply("IngestPipeline", {"name": name, "pipeline": ingest}, owner=engine.owner("Ingest"))
    rag = {
        "model_id": chat,
        "context_field_list": ["text"],
        "system_prompt": SYSTEM,
        "user_instructions": INSTRUCTIONS,
    }
    pipeline = {"response_processors": [{"retrieval_augmented_generation": rag}]}
    engine.apply("SearchPipeline", {"name": name, "pipeline": pipeline}, owner=engine.owner("Search"))
    enrich = {"request_processors": [{"neural_query_enricher": {"default_model_id": embedding}}]}
    engine.apply("SearchPipeline", {"name": f"{name}-embeds", "pipeline": enrich}, owner=engine.owner("Embeds"))
    _index(engine, name, {"default_pipeline": name, "search.default_pipeline": f"{name}-embeds"})
    return settings_of(
        name,
        embedding={"provider": "model"},
        answer={
            "provider": "pipeline",
            "search_pipeline": name,
            "llm_model": "deepseek-flash",
            "model": "DeepSeek",
        },
    )


def _collection(engine: KindsEngine, models: Models) -> RuntimeSettings:
    name = f"shelf-{uuid.uuid4().hex[:8]}"
    _index(engine, name, {}, stored={"type": "long"}, passages={"type": "integer"})
    secret = {"name": "chat", "key": "key"}
    settings = settings_of(
        name,
        conversations={"kind": "index", "name": conversation_index(engine, name)},
        embedding={"provider": "sagemaker", "endpoint": "minilm", "shape": "array", "dimension": 384},
        answer={"provider": "deepseek", "secret": secret},
    )
    answer = served_at(models.chat_url, DeepSeekAnswer, provider="deepseek", secret=secret)
    return settings.model_copy(update={"answer": answer})


def conversation_index(engine: KindsEngine, name: str) -> str:
    """The name of a new index of conversations, as a deploy makes it."""
    made = f"{name}-conversations"
    engine.apply(
        "Index", {"name": made, "body": ConversationIndex.body(replicas=0)}, owner=engine.owner("Conversations")
    )
    return made


def settings_of(name: str, **more: Any) -> RuntimeSettings:
    return RuntimeSettings.model_validate(
        {
            "environment": "contract",
            "search": {"endpoint": os.environ["OSML_TEST_ENGINE_URL"], "region": "us-east-1", "service": "es"},
            "index": {"name": name, "text_field": "text", "embedding_field": "embedding"},
            "prompt": {"system": SYSTEM, "instructions": INSTRUCTIONS},
            "conversations": {"kind": "memory"},
            "limits": {"passage_characters": 200},
            **more,
        }
    )


def _index(engine: KindsEngine, name: str, settings: dict[str, Any], **fields: dict[str, str]) -> None:
    vector = {
        "type": "knn_vector",
        "dimension": 384,
        "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"},
    }
    properties: dict[str, Any] = {
        "id": {"type": "keyword"},
        "document": {"type": "keyword"},
        "title": {"type": "text"},
        "text": {"type": "text"},
        "embedding": vector,
        "osml": {"properties": {"access": dict(ACCESS), "loaded": {"type": "date"}}},
        **fields,
    }
    body = {"settings": {"index": {"knn": True, **settings}}, "mappings": {"properties": properties}}
    engine.apply("Index", {"name": name, "body": body}, owner=engine.owner("Index"))


_EMBEDS: dict[str, Any] = {
    "headers": {"x-sandbox-endpoint": MINILM},
    "request_body": "${parameters.input}",
    "pre_process_function": "connector.pre_process.default.embedding",
    "post_process_function": "connector.post_process.default.embedding",
}
_CHATS: dict[str, Any] = {
    "headers": {"Authorization": "Bearer ${credential.key}"},
    "request_body": '{"model": "deepseek-flash", "messages": ${parameters.messages}}',
}


def _model(engine: KindsEngine, id: str, url: str, action: dict[str, Any]) -> str:
    connector = engine.connector() | {
        "credential": {"key": KEY},
        "parameters": {},
        "actions": [{"action_type": "predict", "method": "POST", "url": url, **action}],
    }
    connector_id = engine.apply("Connector", {"connector": connector}, owner=engine.owner(f"{id}Connector")).physical_id
    name = f"{engine.stack} {id}"
    group = engine.apply("ModelGroup", {"name": name}, owner=engine.owner(f"{id}Group")).physical_id
    probe = {"input": ["ready"]} if action is _EMBEDS else {"messages": [{"role": "user", "content": "Hello?"}]}
    spec = {"name": name, "model_group_id": group, "connector_id": connector_id, "probe": {"parameters": probe}}
    return engine.apply("Model", spec, owner=engine.owner(id)).physical_id
