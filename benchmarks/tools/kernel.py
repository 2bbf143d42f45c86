"""The provisioner's kernel in this process: its client, transport and signature, without Lambda and CloudFormation."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from benchmarks.engine import BenchmarkEngine
from benchmarks.reference_set import ANSWER_PROBE, EMBEDDING_PROBE, ReferenceSet
from benchmarks.tools.tool import Unable
from mlcommons import (
    Client,
    Owner,
    Patience,
    ProvisioningError,
    Request,
    Response,
    Transport,
    apply,
    destroy,
    kind_named,
)

KINDS = {
    "EmbeddingConnector": "Connector",
    "AnswerConnector": "Connector",
    "Group": "ModelGroup",
    "EmbeddingModel": "Model",
    "AnswerModel": "Model",
    "Ingest": "IngestPipeline",
    "Index": "Index",
    "Search": "SearchPipeline",
}
"""The kind of each logical id, in the order of their dependencies."""
NEEDS = {
    "EmbeddingModel": ("EmbeddingConnector", "Group"),
    # Both models are in one group, and two simultaneous registrations in it are refused (409, ml-commons 3.4).
    "AnswerModel": ("AnswerConnector", "Group", "EmbeddingModel"),
    "Ingest": ("EmbeddingModel",),
    "Index": ("EmbeddingModel",),
    "Search": ("EmbeddingModel", "AnswerModel"),
}
"""The objects that must exist before each; CloudFormation creates an object as soon as they do."""
MODELS = ("AnswerModel", "EmbeddingModel")
OUTLIVES = {
    "AnswerModel": ("Search",),
    "EmbeddingModel": ("Search", "Index", "Ingest"),
    "Group": MODELS,
    # All models must be removed first, as in the stacks: see docs/decisions/0006.
    "AnswerConnector": MODELS,
    "EmbeddingConnector": MODELS,
}
"""The objects that must be removed before each."""


class Kernel:
    """Applies one object after another; with `parallel`, independent objects at once, as CloudFormation does."""

    def __init__(self, engine: BenchmarkEngine, *, parallel: bool = False) -> None:
        self.name = "osml, parallel" if parallel else "osml"
        self.requests = 0
        self._engine, self._local, self._lock = engine, threading.local(), threading.Lock()
        self._pool = ThreadPoolExecutor(4 if parallel else 1)
        self._ids: dict[str, dict[str, str]] = {}

    def create(self, wanted: ReferenceSet) -> None:
        self._ids[wanted.name] = {}
        self._each_after(lambda name: self._apply(name, wanted), list(KINDS), NEEDS)

    def again(self, wanted: ReferenceSet) -> None:
        changed = self._all(lambda name: self._apply(name, wanted, wanted), *KINDS)
        if any(changed):
            raise Unable(f"of {wanted.name} something was changed")

    def change(self, wanted: ReferenceSet) -> None:
        old, before = self._ids[wanted.name]["AnswerConnector"], self._spec("AnswerConnector", wanted)
        self._apply("AnswerConnector", wanted.changed(), wanted)
        model = self._spec("AnswerModel", wanted) | {"connector_id": old}
        self._apply("AnswerModel", wanted.changed(), wanted, previous=model)
        self._destroy("AnswerConnector", wanted, old, before)

    def remove(self, wanted: ReferenceSet) -> None:
        ids = self._ids[wanted.name]

        def destroy(name: str) -> None:
            self._destroy(name, wanted, ids[name], self._spec(name, wanted))

        self._each_after(destroy, list(reversed(KINDS)), OUTLIVES)
        del self._ids[wanted.name]

    def ids(self, wanted: ReferenceSet) -> dict[str, str]:
        """Ids by logical id. The tool uses this mapping itself, so a change in it takes effect."""
        return self._ids[wanted.name]

    def _apply(self, name: str, wanted: ReferenceSet, before: ReferenceSet | None = None, previous: Any = None) -> bool:
        ids = self._ids[wanted.name]
        try:
            outcome = apply(
                kind_named(KINDS[name]),
                self._spec(name, wanted),
                client=self.client(),
                owner=Owner(wanted.name, name),
                physical_id=ids[name] if before else None,
                previous=previous or (self._spec(name, before) if before else None),
            )
        except ProvisioningError as error:
            raise Unable(str(error)) from error
        ids[name] = outcome.physical_id
        return outcome.changed

    def _destroy(self, name: str, wanted: ReferenceSet, physical_id: str, spec: Any) -> None:
        try:
            destroy(
                kind_named(KINDS[name]),
                physical_id,
                client=self.client(),
                owner=Owner(wanted.name, name),
                previous=spec,
            )
        except ProvisioningError as error:
            raise Unable(str(error)) from error

    def _spec(self, object_name: str, wanted: ReferenceSet) -> dict[str, Any]:
        ids, name = self._ids[wanted.name], wanted.name
        match object_name:
            case "EmbeddingConnector":
                return {"connector": wanted.embedding_connector()}
            case "AnswerConnector":
                return {"connector": wanted.answer_connector()}
            case "Group":
                return {"name": name}
            case "EmbeddingModel":
                body = wanted.model("embedding", ids["Group"], ids["EmbeddingConnector"])
                return body | {"probe": EMBEDDING_PROBE}
            case "AnswerModel":
                return wanted.model("answer", ids["Group"], ids["AnswerConnector"]) | {"probe": ANSWER_PROBE}
            case "Ingest":
                return {"name": name, "pipeline": wanted.ingest_pipeline(ids["EmbeddingModel"])}
            case "Search":
                pipeline = wanted.search_pipeline(ids["EmbeddingModel"], ids["AnswerModel"])
                return {"name": name, "pipeline": pipeline}
        embedding = {"model_id": ids["EmbeddingModel"], "field": "embedding", "probe": EMBEDDING_PROBE}
        return {"name": name, "body": wanted.index(), "embedding": embedding}

    def client(self) -> Client:
        """A client for one object, as in each invocation; the connection of a thread stays open."""
        if not hasattr(self._local, "transport"):
            self._local.transport = self._engine.transport()
        return Client(_Counting(self._local.transport, self._sent), Patience(seconds=60))

    def _sent(self) -> None:
        with self._lock:
            self.requests += 1

    def _each_after(self, do: Callable[[str], object], ids: Sequence[str], others: Mapping[str, Sequence[str]]) -> None:
        """Call `do` for each of `ids` after the `others` of that id, which must be earlier in `ids`."""
        begun: dict[str, Future[object]] = {}

        def run(name: str) -> object:
            for other in others.get(name, ()):
                begun[other].result()
            return do(name)

        for id in ids:
            begun[id] = self._pool.submit(run, id)
        for future in begun.values():
            future.result()

    def _all(self, do: Callable[[str], Any], *ids: str) -> list[Any]:
        return list(self._pool.map(do, ids))


class _Counting:
    """A transport that calls `sent` for each request."""

    def __init__(self, inner: Transport, sent: Callable[[], None]) -> None:
        self._inner, self._sent = inner, sent

    def send(self, request: Request, timeout: float) -> Response:
        self._sent()
        return self._inner.send(request, timeout)
