"""Everything in an engine that an environment could adopt, as the engine shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlcommons import Client, Owner, ProvisioningError
from mlcommons.client import path_of
from mlcommons.owner import read_mark

MOST = 10_000
Bodies = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Contents:
    """Objects by id or name, as the engine returns them. Credentials and the contents of models are left out."""

    version: str
    indexes: Bodies
    ingest_pipelines: Bodies
    search_pipelines: Bodies
    models: Bodies
    groups: Bodies
    connectors: Bodies
    agents: Bodies

    @property
    def aliases(self) -> set[str]:
        """The names of all aliases."""
        return {alias for body in self.indexes.values() for alias in body.get("aliases", {})}


def read(client: Client) -> Contents:
    """Read an engine without a write. Raises `ProvisioningError`."""
    about = client.get("/")
    return Contents(
        version=str(about["version"]["number"]),
        indexes={name: body for name, body in client.get("/*").items() if not name.startswith(".")},
        ingest_pipelines=client.find(path_of("_ingest", "pipeline")) or {},
        search_pipelines=client.find(path_of("_search", "pipeline")) or {},
        models={id: body for id, body in _hits(client, "models").items() if "chunk_number" not in body},
        groups=_hits(client, "model_groups"),
        connectors=_hits(client, "connectors"),
        agents=_hits(client, "agents"),
    )


def owner_of(body: dict[str, Any]) -> Owner | None:
    """The owner in the mark of an object of any kind; None without a mark."""
    notes = body.get("mappings", {}).get("_meta", {}) if "mappings" in body else {}
    text = notes.get("osml") if notes else body.get("description")
    return read_mark(text if isinstance(text, str) else None).owner


def _hits(client: Client, collection: str) -> Bodies:
    body = {"query": {"match_all": {}}, "size": MOST, "_source": {"excludes": ["credential", "content"]}}
    try:
        answer = client.post(path_of("_plugins", "_ml", collection, "_search"), body) or {}
    except ProvisioningError as error:
        # An engine without agents has no index for them, and engines before 2.13 have no agents.
        if collection == "agents" and error.status in (400, 404):
            return {}
        raise
    return {hit["_id"]: hit["_source"] for hit in answer.get("hits", {}).get("hits", [])}
