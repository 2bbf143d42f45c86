"""The contents of a domain as a team leaves them, and as they look when nothing changes any more."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from mlcommons import Client
from osml.takeover.contents import Contents, read
from osml.takeover.tree import tree
from tests.waiting import until

# Fields of a model that ml-commons writes again every ten seconds.
ENGINES = (
    *("model_state", "last_updated_time", "current_worker_node_count", "planning_worker_node_count"),
    *("planning_worker_nodes", "auto_redeploy_retry_times"),
)
# Looks that show the same before the contents count as settled; they take more than a second.
LOOKS = 12


def counted(contents: Contents) -> dict[str, int]:
    kinds = ("indexes", "ingest_pipelines", "search_pipelines", "models", "groups", "connectors")
    return {kind: len(getattr(contents, kind)) for kind in kinds}


def texts(left: Contents) -> str:
    """All texts that could contain a mark."""
    return json.dumps([left.models, left.groups, left.ingest_pipelines, left.search_pipelines])


def described(left: Contents) -> dict[str, Any]:
    """What people read about each object: its description, or the `_meta` of an index."""
    kinds = {kind: getattr(left, kind) for kind in ("models", "groups", "ingest_pipelines", "search_pipelines")}
    shown = {f"{kind} {id}": body.get("description") or "" for kind, each in kinds.items() for id, body in each.items()}
    notes = {f"index {name}": body["mappings"].get("_meta", {}) for name, body in left.indexes.items()}
    return shown | notes


def annotate(client: Client, left: Contents) -> None:
    """Describe every other object and the indexes, as a team does that shares a domain. The others have no text."""
    for kind, objects in {"models": left.models, "model_groups": left.groups}.items():
        for id in list(objects)[::2]:
            client.put(f"/_plugins/_ml/{kind}/{id}", {"description": "Asked by (travel), since 2024: see wiki/models"})
    for name in list(left.ingest_pipelines):
        client.put(f"/_ingest/pipeline/{name}", left.ingest_pipelines[name] | {"description": "Ours – don't touch"})
    for name in left.indexes:
        client.put(f"/{name}/_mapping", {"_meta": {"team": "travel", "page": 7}})


def own(contents: Contents) -> Contents:
    """The contents without what the engine itself writes about models every ten seconds."""
    models = {
        id: {name: value for name, value in body.items() if name not in ENGINES} for id, body in contents.models.items()
    }
    return replace(contents, models=models)


def settled(client: Client) -> Contents:
    """The contents when nothing is broken any more, and several looks in a row show the same.

    Before 3.3 the search for models is up to a second behind, so it shows models that are already deleted.
    """
    looks: list[Contents] = []

    def look() -> Contents:
        looks.append(read(client))
        return looks[-1]

    def stays(contents: Contents) -> bool:
        return not tree(contents).broken and [own(seen) for seen in looks[-LOOKS:]] == [own(contents)] * LOOKS

    return until("contents that stay the same", look, stays)
