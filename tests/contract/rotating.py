"""A model whose connector contains a key, the provider that checks the key, and predictions that run all the time."""

import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from mlcommons import Client, HttpTransport, Patience, Request, Response, Transport
from mlcommons.kinds.connector import Connector
from mlcommons.rotation import renew
from sandbox.models.json_handler import JsonHandler
from tests.contract.alike import distinct_id, rename
from tests.contract.front_domain import SECRET_ARN
from tests.contract.kinds_engine import WHOLE_TEST, KindsEngine, RoleHeaders
from tests.waiting import until

PROBE = {"parameters": {"input": "hi"}}


class Vault(ThreadingHTTPServer):
    """A provider that takes the keys in `accepted`, and a secret with one of them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _KeyChecked)
        self.accepted, self.value = {"key-0"}, "key-0"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def secret(self, arn: str, key: str) -> str:
        assert (arn, key) == (SECRET_ARN, "api_key")
        return self.value


class _KeyChecked(JsonHandler):
    server: Vault

    def do_POST(self) -> None:
        self.body()
        right = str(self.headers["Authorization"]).removeprefix("Bearer ") in self.server.accepted
        body = {"choices": [{"message": {"content": "hello"}}]} if right else {"error": {"message": "Invalid API key"}}
        self.answer(200 if right else 401, body)


@dataclass
class Traffic:
    """Predictions of a model, sent one after another by several threads, and their results."""

    probe: dict[str, Any] = field(default_factory=lambda: PROBE)
    answered: list[int] = field(default_factory=list)
    failed: list[Response] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def ask(self, transport: HttpTransport, model_id: str, number: int) -> None:
        request = Request("POST", f"/_plugins/_ml/models/{model_id}/_predict", {}, self.probe)
        while not self._over.is_set():
            answer = transport.send(request, 30)
            if answer.status == 200:
                self.answered[number] += 1
            else:
                self.failed.append(answer)

    def wait_for(self, more: int) -> None:
        """Wait until each thread has so many more answers."""
        before = list(self.answered)

        def look() -> tuple[int, list[Response]]:
            return min(now - then for now, then in zip(self.answered, before, strict=True)), self.failed[:1]

        until(f"{more} answers of each thread", look, lambda seen: seen[0] >= more)

    @contextmanager
    def running(self, transports: list[HttpTransport], model_id: str) -> Iterator["Traffic"]:
        self.answered = [0] * len(transports)
        threads = [
            threading.Thread(target=self.ask, args=(transport, model_id, number))
            for number, transport in enumerate(transports)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in threads:
                thread.join()


@pytest.fixture
def vault() -> Iterator[Vault]:
    server = Vault()
    yield server
    server.shutdown()


@dataclass
class Chat:
    """A connector that contains the secret's value, its model, and the client that may read the secret."""

    engine: KindsEngine
    vault: Vault
    client: Client
    spec: dict[str, Any]
    connector_id: str
    group: str
    model_id: str

    def renew(self, transport: Transport | None = None, changed_at: float = math.inf) -> str | None:
        client = Client(transport, self.client.patience, secret=self.vault.secret) if transport else self.client
        spec, owner = Connector().parse(self.spec), self.engine.owner("Connector")
        return renew(client, self.connector_id, spec, owner, {self.model_id: PROBE}, changed_at)

    def answers(self) -> bool:
        """Whether the model answers with the key that its connector has."""
        return bool(self.client.post(f"/_plugins/_ml/models/{self.model_id}/_predict", PROBE)["inference_results"])

    def connectors(self) -> list[str]:
        """Connectors of this stack, as the engine lists them."""
        return self._listed("connectors")

    def models(self) -> list[str]:
        """Models of this stack, as the engine lists them."""
        return self._listed("models")

    def _listed(self, folder: str) -> list[str]:
        query = {"match_phrase": {"description": f"osml:{self.engine.stack}"}}
        response = self.client.post(f"/_plugins/_ml/{folder}/_search", {"query": query, "size": 100})
        return [hit["_id"] for hit in response["hits"]["hits"] if self.engine.stack in hit["_source"]["description"]]

    def connector_in_use(self) -> str:
        return str(self.client.get(f"/_plugins/_ml/models/{self.model_id}")["connector_id"])


@pytest.fixture
def chat(engine: KindsEngine, vault: Vault) -> Chat:
    return chat_on(engine, vault, distinct_id())


def chat_on(engine: KindsEngine, vault: Vault, chosen_id: str) -> Chat:
    """A model and its connector, which has the chosen id."""
    body = engine.connector("/chat")
    del body["credential"]
    body["actions"][0]["url"] = f"http://127.0.0.1:{vault.server_port}/chat"
    body["actions"][0]["headers"] = {"Authorization": "Bearer ${credential.api_key}"}
    spec = {"connector": body, "secrets": {"api_key": {"secretArn": SECRET_ARN, "key": "api_key"}}, "revision": "1"}
    client = Client(engine.transport, Patience(seconds=WHOLE_TEST, propagation=0.0), secret=vault.secret)
    owner = engine.owner("Connector")
    connector_id = rename(Connector().create(client, Connector().parse(spec), owner), chosen_id)
    engine.made.append(("Connector", connector_id, owner, spec))
    group = engine.apply("ModelGroup", {"name": engine.stack}, owner=engine.owner("Group")).physical_id
    model = {"name": engine.stack, "model_group_id": group, "connector_id": connector_id, "probe": PROBE}
    model_id = engine.apply("Model", model, owner=engine.owner("Model")).physical_id
    return Chat(engine, vault, client, spec, connector_id, group, model_id)


def again(engine: KindsEngine) -> HttpTransport:
    """The same address and identity, over a new connection."""
    return HttpTransport(engine.transport.endpoint, auth=RoleHeaders(), verify=os.environ["OSML_TEST_CA"])
