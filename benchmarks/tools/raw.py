"""The limit: the fewest requests that do the work, sent by a script that assumes that nothing goes wrong."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.engine import BenchmarkEngine
from benchmarks.reference_set import ANSWER_PROBE, EMBEDDING_PROBE, ReferenceSet
from benchmarks.tools.tool import Unable

ML = "/_plugins/_ml"
# Seconds between two requests for a state; without a pause, these requests would keep the engine busy.
PAUSE = 0.005
# Seconds after which the undeploy of a model is requested again.
FORGOTTEN = 1.0
ROLES = {"Embedding": EMBEDDING_PROBE, "Answer": ANSWER_PROBE}


class RawRequests:
    """Sends one request after another; with `parallel`, as many at once as the objects' dependencies allow."""

    def __init__(self, engine: BenchmarkEngine, *, parallel: bool = False) -> None:
        self.name = "raw requests, parallel" if parallel else "raw requests"
        self.requests = 0
        self._engine, self._local, self._lock = engine, threading.local(), threading.Lock()
        self._pool = ThreadPoolExecutor(3 if parallel else 1)
        self._ids: dict[str, dict[str, str]] = {}

    def create(self, wanted: ReferenceSet) -> None:
        embedding, answer, group = self._all(
            lambda: self._send("POST", f"{ML}/connectors/_create", wanted.embedding_connector())["connector_id"],
            lambda: self._send("POST", f"{ML}/connectors/_create", wanted.answer_connector())["connector_id"],
            lambda: self._send("POST", f"{ML}/model_groups/_register", {"name": wanted.name})["model_group_id"],
        )
        ids = {"EmbeddingConnector": embedding, "AnswerConnector": answer, "Group": group}
        # Two simultaneous registrations in one group are refused (409, ml-commons 3.4).
        for role in ROLES:
            body = {"function_name": "remote", **wanted.model(role.lower(), group, ids[f"{role}Connector"])}
            ids[f"{role}Model"] = self._send("POST", f"{ML}/models/_register?deploy=true", body)["model_id"]
        self._ids[wanted.name] = ids
        models = ids["EmbeddingModel"], ids["AnswerModel"]
        self._all(
            *(lambda role=role: self._ready(ids[f"{role}Model"], role) for role in ROLES),
            lambda: self._send("PUT", f"/_ingest/pipeline/{wanted.name}", wanted.ingest_pipeline(models[0])),
            lambda: self._send("PUT", f"/_search/pipeline/{wanted.name}", wanted.search_pipeline(*models)),
            lambda: self._send("PUT", f"/{wanted.name}", wanted.index()),
        )

    def again(self, wanted: ReferenceSet) -> None:
        self._all(*(lambda path=path: self._send("GET", path) for path in self._paths(wanted)))

    def change(self, wanted: ReferenceSet) -> None:
        ids, body = self._ids[wanted.name], wanted.changed().answer_connector()
        old = ids["AnswerConnector"]
        ids["AnswerConnector"] = self._send("POST", f"{ML}/connectors/_create", body)["connector_id"]
        model = f"{ML}/models/{ids['AnswerModel']}"
        self._send("PUT", model, {"connector_id": ids["AnswerConnector"]})
        self._send("POST", f"{model}/_predict", ANSWER_PROBE)
        self._send("DELETE", f"{ML}/connectors/{old}")

    def remove(self, wanted: ReferenceSet) -> None:
        ids = self._ids.pop(wanted.name)
        self._all(*(lambda path=path: self._send("DELETE", path) for path in _named(wanted)))
        self._all(*(lambda role=role: self._undeployed(ids[f"{role}Model"]) for role in ROLES))
        connectors = [f"{ML}/connectors/{ids[f'{role}Connector']}" for role in ROLES]
        last = [f"{ML}/model_groups/{ids['Group']}", *connectors]
        self._all(*(lambda path=path: self._send("DELETE", path) for path in last))

    def ids(self, wanted: ReferenceSet) -> dict[str, str]:
        """Ids by the kernel's logical ids. The tool uses this mapping itself, so a change in it takes effect."""
        return self._ids[wanted.name]

    def _paths(self, wanted: ReferenceSet) -> list[str]:
        ids = self._ids[wanted.name]
        paths = [f"{ML}/{kind.lower()}s/{ids[role + kind]}" for kind in ("Connector", "Model") for role in ROLES]
        return [*paths, f"{ML}/model_groups/{ids['Group']}", *_named(wanted)]

    def _ready(self, model_id: str, role: str) -> None:
        path = f"{ML}/models/{model_id}"
        while self._send("GET", path)["model_state"] != "DEPLOYED":
            time.sleep(PAUSE)
        self._send("POST", f"{path}/_predict", ROLES[role])

    def _undeployed(self, model_id: str) -> None:
        path = f"{ML}/models/{model_id}"
        # The answer may arrive before the state has changed, and a delete is refused until then. Sometimes ml-commons
        # (3.4) writes the old state once more, and a script that only waited would never end.
        while not self._is_undeployed_soon(path):
            pass
        self._send("DELETE", path)

    def _is_undeployed_soon(self, path: str) -> bool:
        self._send("POST", f"{path}/_undeploy")
        until = time.monotonic() + FORGOTTEN
        while self._send("GET", path)["model_state"] != "UNDEPLOYED":
            if time.monotonic() > until:
                return False
            time.sleep(PAUSE)
        return True

    def _all(self, *requests: Callable[[], Any]) -> list[Any]:
        return list(self._pool.map(lambda request: request(), requests))

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        if not hasattr(self._local, "session"):
            self._local.session = self._engine.session()
        with self._lock:
            self.requests += 1
        url, ca = self._engine.url + path, self._engine.ca
        response = self._local.session.request(method, url, json=body, timeout=60, verify=ca)
        if response.status_code >= 400:
            raise Unable(f"{method} {path} was answered with {response.status_code}: {response.text[:200]}")
        return response.json()


def _named(wanted: ReferenceSet) -> list[str]:
    return [f"/{wanted.name}", f"/_ingest/pipeline/{wanted.name}", f"/_search/pipeline/{wanted.name}"]
