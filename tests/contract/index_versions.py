"""An index whose version changes while people write to it and read it, and a record of what they wrote and read."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mlcommons import Client, Patience, ProvisioningOutcome, Request, Response, Transport, apply, kind_named
from mlcommons.errors import Blocked, NotFound, ProvisioningError
from rag.budget import Budget
from rag.caller import OPERATOR
from rag.failures import RagFailure
from rag.search.domain import DomainSearch
from rag.search.engine import IndexClient as Searching
from sandbox.models.json_handler import JsonHandler, serving
from settings.runtime_settings import RuntimeSettings
from tests.contract.kinds_engine import KindsEngine, RoleHeaders
from tests.waiting import PATIENCE, until

MOST = 10_000
# Writes, and questions, that a test waits for before the next change.
MORE = 20
POISON, HELD = "poison", "held back"


class _Embeds(JsonHandler):
    """`/<dimension>/<mark>` makes a vector of that length for each text; its first number is the mark.

    The mark tells which index version made a vector, also when both have the same dimension. Every mark except 1
    refuses a text with POISON. A text with HELD waits for its gate.
    """

    embedder: "Embedder"
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        _, dimension, mark = self.path.split("/")
        texts = json.loads(self.body())
        time.sleep(self.embedder.seconds)
        for name, gate in self.embedder.gates.items():
            if any(f"{HELD} {name}" in text for text in texts):
                self.embedder.held.release()
                gate.wait(PATIENCE)
        refused = any(POISON in text for text in texts) and mark != "1"
        vectors = [[float(mark)] + [float(len(text) % 7 + 1)] * (int(dimension) - 1) for text in texts]
        self.answer(400 if refused else 200, {"message": "no such text"} if refused else vectors)


@dataclass
class Embedder:
    """A provider whose calls take `seconds`; `held` counts the texts that wait for one of the `gates`."""

    seconds: float = 0.02
    url: str = ""
    gates: dict[str, threading.Event] = field(default_factory=dict)
    held: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @contextmanager
    def running(self) -> Iterator["Embedder"]:
        """Within the block, the provider answers at `url`."""
        with serving(type("Embeds", (_Embeds,), {"embedder": self})) as self.url:
            yield self


class Killed(BaseException):
    """Simulates a killed process: no handler catches it, nothing is cleaned up."""


@dataclass
class Deadly:
    """A transport that kills the process after a request has arrived at the server."""

    inner: Transport
    at: Callable[[Request], bool]

    def send(self, request: Request, timeout: float) -> Response:
        answer = self.inner.send(request, timeout)
        if self.at(request):
            raise Killed
        return answer


@dataclass
class Attended:
    """A transport that calls a function `before` and `after` each request."""

    inner: Transport
    before: Callable[[Request], None]
    after: Callable[[Request], None]

    def send(self, request: Request, timeout: float) -> Response:
        self.before(request)
        answer = self.inner.send(request, timeout)
        self.after(request)
        return answer


@dataclass(frozen=True)
class Made:
    """One index version: its digest, dimension and mark, and the specification of its index."""

    name: str
    dimension: int
    mark: int
    spec: dict[str, Any]


@dataclass
class Library:
    """An index and its versions on the engine under test, made as by one stack."""

    engine: KindsEngine
    embedder: Embedder
    seconds: float = 300.0
    changed: bool = False
    # `clock` and `sleep` of the patience, where a test has its own.
    time: dict[str, Any] = field(default_factory=dict)

    @property
    def alias(self) -> str:
        return f"{self.engine.stack}-passages"

    @property
    def client(self) -> Client:
        return self.engine.client(seconds=self.seconds)

    def index_version(self, name: str, dimension: int, mark: int, shards: int = 1) -> Made:
        """Make connector, model and pipelines of an index version, and the specification of its index."""
        engine, owner = self.engine, self.engine.owner
        action = {
            "action_type": "predict",
            "method": "POST",
            "url": f"{self.embedder.url}/{dimension}/{mark}",
            "headers": {"content-type": "application/json"},
            "request_body": "${parameters.input}",
            "pre_process_function": "connector.pre_process.default.embedding",
            "post_process_function": "connector.post_process.default.embedding",
        }
        connector = engine.connector() | {"parameters": {}, "actions": [action]}
        connector_id = engine.apply("Connector", {"connector": connector}, owner=owner("Connector")).physical_id
        group = engine.apply("ModelGroup", {"name": f"{engine.stack} group"}, owner=owner("Group")).physical_id
        probe = {"parameters": {"input": ["ready"]}}
        model_spec = {"name": "embeds", "model_group_id": group, "connector_id": connector_id, "probe": probe}
        model = engine.apply("Model", {**model_spec, "generation": name}, owner=owner("Model")).physical_id
        pipeline = f"{self.alias}-embedding-{name}"
        embed = {"text_embedding": {"model_id": model, "field_map": {"text": "embedding"}, "batch_size": 16}}
        enrich = {"neural_query_enricher": {"default_model_id": model}}
        ingest = {"name": pipeline, "pipeline": {"processors": [embed]}}
        search = {"name": pipeline, "pipeline": {"request_processors": [enrich]}}
        engine.apply("IngestPipeline", ingest, owner=owner("Ingest"))
        engine.apply("SearchPipeline", search, owner=owner("Search"))
        method = {"name": "hnsw", "engine": "lucene", "space_type": "l2"}
        settings = {
            "knn": True,
            "number_of_shards": shards,
            "number_of_replicas": 0,
            "default_pipeline": pipeline,
            "search": {"default_pipeline": pipeline},
        }
        properties = {
            "id": {"type": "keyword"},
            "document": {"type": "keyword"},
            "title": {"type": "text"},
            "text": {"type": "text"},
            "revision": {"type": "integer"},
            "embedding": {"type": "knn_vector", "dimension": dimension, "method": method},
        }
        body = {"settings": {"index": settings}, "mappings": {"properties": properties}}
        spec = {
            "name": f"{self.alias}-{name}",
            "body": body,
            "embedding": {"model_id": model, "field": "embedding", "probe": probe},
        }
        return Made(name, dimension, mark, spec)

    def apply(self, made: Made, previous: str | None = None, transport: Transport | None = None) -> str:
        """Replace the index `previous` by an index version, then move the alias; returns the name of the index."""
        index = self._apply("Index", made.spec, previous, transport).physical_id
        self._move(index, transport)
        return index

    def back(self, made: Made, transport: Transport | None = None) -> None:
        """Roll back to an index version: CloudFormation moves the alias back, and the old index has not changed."""
        self._move(made.spec["name"], transport)

    def _move(self, index: str, transport: Transport | None) -> None:
        self._apply("Alias", {"name": self.alias, "index": index}, self.alias, transport)

    def _apply(self, kind: str, spec: Any, physical_id: str | None, transport: Transport | None) -> ProvisioningOutcome:
        owner, patience = self.engine.owner(kind), Patience(seconds=self.seconds, propagation=0.0, **self.time)
        client = Client(transport or self.engine.transport, patience)

        def move(new: str) -> None:
            self.engine.made.append((kind, new, owner, spec))

        made = apply(kind_named(kind), spec, client=client, owner=owner, physical_id=physical_id, on_created=move)
        self.changed = made.changed
        return made

    def destroy(self, index: str) -> None:
        """Remove an index version, as CloudFormation does when it cleans up."""
        self.engine.destroy("Index", index, self.engine.owner("Index"))

    def leave(self) -> None:
        """Remove the alias, as the deletion of the stack does before it removes the index."""
        self.engine.destroy("Alias", self.alias, self.engine.owner("Alias"))

    def named(self) -> list[str]:
        """The indexes that the alias names."""
        indexes = self.client.get(f"/{self.alias}-*")
        return sorted(name for name, body in indexes.items() if self.alias in body["aliases"])

    def indexes(self) -> list[str]:
        """The names of all index versions."""
        return sorted(self.client.get(f"/{self.alias}-*"))

    def write(self, id: str, revision: int, text: str | None = None) -> None:
        """Store a document as clients do: through the alias, repeated while the index takes no writes."""
        source = {"text": text or f"document {id} in its revision {revision}", "revision": revision}
        self._patiently(lambda client: client.put(f"/{self.alias}/_doc/{id}", source))

    def remove(self, id: str) -> None:
        """Delete a document through the alias."""
        self._patiently(lambda client: client.delete(f"/{self.alias}/_doc/{id}"))

    def fill(self, count: int) -> dict[str, int]:
        """Store documents; returns the expected revision of each."""
        ids = [f"old-{number}" for number in range(count)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda id: self.write(id, 1), ids))
        return dict.fromkeys(ids, 1)

    def documents(self) -> dict[str, tuple[int, int, int]]:
        """Each document behind the alias: its revision, the length of its vector, and the vector's mark."""
        client, seen = self.client, {}
        client.post(f"/{self.alias}/_refresh")
        page = client.post(f"/{self.alias}/_search", {"size": MOST, "query": {"match_all": {}}})
        hits = page["hits"]["hits"]
        assert len(hits) == page["hits"]["total"]["value"] < MOST
        for hit in hits:
            assert hit["_id"] not in seen, f"{hit['_id']} is there twice"
            vector = hit["_source"].get("embedding") or [0.0]
            seen[hit["_id"]] = (hit["_source"]["revision"], len(vector), int(vector[0]))
        return seen

    def searching(self) -> DomainSearch:
        """The assistant's search in this index."""
        settings = {
            "environment": "contract",
            "search": {"endpoint": self.engine.transport.endpoint, "region": "us-east-1", "service": "es"},
            "index": {"name": self.alias, "text_field": "text", "embedding_field": "embedding"},
            "prompt": {"system": "s", "instructions": "i"},
            "embedding": {"provider": "model"},
            "conversations": {"kind": "memory"},
        }
        return DomainSearch(Searching(RuntimeSettings.model_validate(settings), RoleHeaders()))

    def _patiently(self, write: Any) -> None:
        client = self.engine.client(seconds=60.0)
        while True:
            try:
                write(client)
                return
            except NotFound:
                return
            except Blocked:
                time.sleep(0.05)


@dataclass
class Traffic:
    """Writers and readers at work; `expected` is the content of each document according to the acknowledged writes."""

    library: Library
    expected: dict[str, int]
    writes: int = 0
    questions: int = 0
    faults: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self, writers: int = 4, readers: int = 2) -> Iterator["Traffic"]:
        """Within the block people write and read; each document has one writer."""
        threads = [threading.Thread(target=self._write, args=(f"w{number}",)) for number in range(writers)]
        threads += [threading.Thread(target=self._ask) for _ in range(readers)]
        owned: list[list[str]] = [[] for _ in range(writers)]
        for place, id in enumerate(sorted(self.expected)):
            owned[place % writers].append(id)
        self._owned = {f"w{number}": ids for number, ids in enumerate(owned)}
        for thread in threads:
            thread.start()
        try:
            yield self
            self.go_on()
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def go_on(self) -> None:
        """Wait until there are more writes and more questions."""
        before = self.writes, self.questions
        until("traffic", lambda: (self.writes - before[0], self.questions - before[1]), lambda more: min(more) >= MORE)

    def _write(self, writer: str) -> None:
        ids, choose, number = self._owned[writer], random.Random(writer), 0  # noqa: S311 - the same each time
        hot = ids[0]
        while not self._over.is_set():
            number += 1
            new, old = f"{writer}-{number}", choose.choice(ids)
            try:
                self._keep(new, 1)
                self._keep(old, self.expected.get(old, 0) + 1)
                self._keep(hot, self.expected.get(hot, 0) + 1)
                if number % 3 == 0:
                    self._drop(new)
                if number % 5 == 0:
                    self._drop(old)
            except (ProvisioningError, AssertionError) as error:
                self.faults.append(f"{writer}: {error}")

    def _keep(self, id: str, revision: int) -> None:
        self.library.write(id, revision)
        with self._lock:
            self.expected[id] = revision
            self.writes += 1

    def _drop(self, id: str) -> None:
        self.library.remove(id)
        with self._lock:
            self.expected.pop(id, None)
            self.writes += 1

    def _ask(self) -> None:
        searching = self.library.searching()
        while not self._over.is_set():
            try:
                hits = searching.nearest(["which document is it?"], None, 4, Budget(20.0), OPERATOR)
                if len(hits.sources) != 4:
                    self.faults.append(f"a question found {len(hits.sources)} documents")
            except RagFailure as failure:
                self.faults.append(f"a question failed: {failure.message} {failure.said}")
            self.questions += 1
