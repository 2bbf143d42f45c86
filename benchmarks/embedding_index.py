"""Indexes that embed with the slow endpoint, with the settings of a typical user or of a recipe."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from benchmarks.engine import CALLER, ROLE_HEADERS
from benchmarks.slow_endpoint import DIMENSION, slow_endpoint
from opensearch_ml.providers.provider import client_config
from opensearch_ml.resources.vector_index import HNSW
from sandbox.alone import alone
from settings.index import IndexSettings
from trials.ingesting import EngineIndex

# The same values as in `sagemaker_embedding`.
RECIPE_CLIENT = client_config(connections=100, connect_seconds=5, read_seconds=30)
RECIPE_BATCH = IndexSettings().batch_size


@dataclass
class BareEngine:
    """The engine under test, called with a role that may do everything; `models` maps names to model ids."""

    endpoint: str
    url: str
    ca: str
    models: dict[str, str] = field(default_factory=dict)

    def session(self) -> requests.Session:
        """A new connection."""
        session = requests.Session()
        # Otherwise REQUESTS_CA_BUNDLE overrides `verify`.
        session.trust_env = False
        session.verify = self.ca
        session.headers.update(ROLE_HEADERS)
        return session

    def engine_index(self, index: str) -> EngineIndex:
        """An index of the engine, into which a load writes."""
        return EngineIndex(self.url, self.ca, CALLER, index)

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The engine's answer as JSON. Raises HTTPError for a status of 400 or more."""
        with self.session() as session:
            answer = session.request(method, f"{self.url}{path}", json=body, timeout=120)
        if not answer.ok:
            raise requests.HTTPError(f"{method} {path} was answered {answer.status_code}: {answer.text[:500]}")
        response: dict[str, Any] = answer.json()
        return response

    def throttle(self, share: float, *, amazon: bool = False) -> None:
        """Let the endpoint answer `share` of its calls with 429 from now on; `amazon` adds the header of Amazon's."""
        style = "/amazon" if amazon else ""
        requests.post(f"{self.endpoint}/throttle/{share}{style}", timeout=10).raise_for_status()

    def model(self, name: str, client: dict[str, object] | None) -> str:
        """Create a remote model for the endpoint, and return its id; `client` is its connector's `client_config`."""
        action = {
            "action_type": "predict",
            "method": "POST",
            "url": f"{self.endpoint}/embed",
            "headers": {"content-type": "application/json"},
            "request_body": "${parameters.input}",
            "pre_process_function": "connector.pre_process.default.embedding",
            "post_process_function": "connector.post_process.default.embedding",
        }
        connector = {
            "name": name,
            "description": name,
            "version": "1",
            "protocol": "http",
            "actions": [action],
            "credential": {"key": "none"},
            "parameters": {},
            **({"client_config": client} if client else {}),
        }
        made = self.ask("POST", "/_plugins/_ml/connectors/_create", connector)["connector_id"]
        body = {"name": name, "function_name": "remote", "connector_id": made}
        model: str = self.ask("POST", "/_plugins/_ml/models/_register?deploy=true", body)["model_id"]
        while self.ask("GET", f"/_plugins/_ml/models/{model}")["model_state"] != "DEPLOYED":
            time.sleep(0.1)
        self.models[name] = model
        return model

    @contextmanager
    def index(
        self, model: str, batch_size: int | None, *, embeds: bool = True, refresh: str | None = None
    ) -> Iterator[str]:
        """The alias of a new index, which with `embeds` embeds the text with `model`; it is removed after the block.

        `refresh` is the refresh interval, by default the engine's: one second while somebody searches.
        """
        name = f"bench-{secrets.token_hex(4)}"
        batched = {"batch_size": batch_size} if batch_size else {}
        embed = {"model_id": self.models[model], "field_map": {"text": "embedding"}, **batched}
        self.ask("PUT", f"/_ingest/pipeline/{name}", {"processors": [{"text_embedding": embed}] if embeds else []})
        method = {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil", "parameters": HNSW}
        properties = {
            "id": {"type": "keyword"},
            "document": {"type": "keyword"},
            "text": {"type": "text"},
            "embedding": {"type": "knn_vector", "dimension": DIMENSION, "method": method},
        }
        settings: dict[str, Any] = {
            "knn": True,
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "default_pipeline": name,
        }
        if refresh:
            settings["refresh_interval"] = refresh
        body = {"settings": {"index": settings}, "mappings": {"properties": properties}, "aliases": {name: {}}}
        self.ask("PUT", f"/{name}-1", body)
        try:
            yield name
        finally:
            self.ask("DELETE", f"/{name}-1")
            self.ask("DELETE", f"/_ingest/pipeline/{name}")

    def held(self, index: str) -> tuple[int, int]:
        """The number of documents in the index, and the number of those that have a vector."""
        self.ask("POST", f"/{index}/_refresh")
        vectors = {"query": {"exists": {"field": "embedding"}}}
        return (
            int(self.ask("GET", f"/{index}/_count")["count"]),
            int(self.ask("POST", f"/{index}/_count", vectors)["count"]),
        )


@contextmanager
def engine() -> Iterator[BareEngine]:
    """A new engine with the models `default` and `recipe`."""
    with alone("bench", optimize=True) as started, slow_endpoint() as endpoint:
        made = BareEngine(endpoint, started.url, str(started.ca))
        mapping = f"{made.url}/_plugins/_security/api/rolesmapping/all_access"
        body = {"backend_roles": ["admin", CALLER]}
        admin = str(started.admin_cert), str(started.admin_key)
        requests.put(mapping, json=body, cert=admin, verify=made.ca, timeout=60).raise_for_status()
        made.model("default", None)
        made.model("recipe", RECIPE_CLIENT)
        yield made
